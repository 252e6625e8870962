from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from solver.arithmetic.exact import decimal_of, product, scaled_int, total

integers = st.integers(-(10**40), 10**40)
places = st.integers(0, 15)
decimals = st.builds(decimal_of, integers, places)


@given(integers, places)
def test_a_scaled_integer_comes_back(value: int, digits: int) -> None:
    assert scaled_int(decimal_of(value, digits), digits) == value
    assert Fraction(decimal_of(value, digits)) == Fraction(value, 10**digits)


@given(decimals, st.integers(-(10**30), 10**30))
def test_products_keep_every_digit_that_the_default_context_would_drop(value: Decimal, factor: int) -> None:
    assert Fraction(product(value, factor)) == Fraction(value) * factor


@given(st.lists(decimals, max_size=6))
def test_sums_are_exact_whatever_the_context(values: list[Decimal]) -> None:
    with localcontext(prec=3):
        assert Fraction(total(values)) == sum(map(Fraction, values))
