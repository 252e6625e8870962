"""Numbers are read exactly as written or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.arithmetic.numbers import MAX_INTEGER, parse_decimal, parse_integer


@given(st.integers(0, MAX_INTEGER))
def test_every_integer_of_63_bits_is_read_back(number: int) -> None:
    assert parse_integer(str(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "010",
        "0x10",
        "1_000",
        "1:30",
        "5.9",
        "1e3",
        "27px",
        "٣",
        "9" * 19,
        pytest.param("9" * 9999, id="long"),
    ],
)
def test_other_ways_to_write_integers_are_refused(text: str) -> None:
    assert parse_integer(text) is None


@given(st.decimals(min_value=0, max_value=10**12, places=20))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    assert parse_decimal(str(number)) == number


def test_decimals_may_have_exponents() -> None:
    assert parse_decimal("4.4e-14") == Decimal("0.000000000000044")
    assert parse_decimal(".5E+2") == 50


@pytest.mark.parametrize(
    "text", ["", ".", "-1", "nan", "inf", "1e", "1e-999999999", "1e13", "1e-31", "0x1", "1_0"]
)
def test_what_is_no_decimal_or_too_fine_is_refused(text: str) -> None:
    assert parse_decimal(text) is None
