from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.views import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.00"),
        ("0.0012345", "0.001234"),
        ("12.5", "12.50"),
        ("999999.994", "999,999.99"),
        ("61234567.891839831", "61,234,568"),
        ("1234567890123456", "1.23457e15"),
    ],
)
def test_amounts_are_rounded_only_where_a_reader_would(value: str, text: str) -> None:
    assert figures.amount(Decimal(value)) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.0, 1, "0 %"),
        (1.0, 1, "100 %"),
        (1e-9, 2, "<0.01 %"),
        (1e-9, 1, "<0.1 %"),
        (0.0123, 2, "1.23 %"),
        (0.9874, 1, "98.7 %"),
    ],
)
def test_a_share_that_is_not_nothing_is_never_written_as_zero(share: float, digits: int, text: str) -> None:
    assert figures.percent(share, digits) == text


def test_the_largest_figure_of_a_column_decides_on_decimals() -> None:
    assert figures.amount(Decimal("2988.71"), beside=Decimal(10**7)) == "2,989"
    assert figures.amount(Decimal("2988.71"), beside=Decimal(10**5)) == "2,988.71"


@pytest.mark.parametrize(
    ("value", "best", "text"),
    [
        ("10", "10", "1"),
        ("15.08", "10", "1.508"),
        ("10.000001", "10", ">1.000"),
        ("9.999999", "10", "<1.000"),
        ("123456", "10", "12,346"),
        ("1", "0", "∞"),
    ],
)
def test_only_equal_figures_have_the_ratio_one(value: str, best: str, text: str) -> None:
    assert figures.ratio(Decimal(value), Decimal(best)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.8431, "0.84 s"), (12.34, "12.3 s"), (125, "2 min 05 s"), (7300, "2 h 01 min")]
)
def test_times_are_written_as_people_say_them(value: float, text: str) -> None:
    assert figures.seconds(value) == text


@given(st.integers(min_value=10**9, max_value=10**40))
def test_products_keep_four_significant_digits_at_any_size(value: int) -> None:
    shown = Decimal(figures.product(Decimal(value)))
    assert abs(shown - value) <= Decimal("0.0005") * value


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([17.67, 4.703, 9.0645], ["17.7", "4.7", "9.06"]),
        ([130.80, 130.18, 130.08], ["130.8", "130.2", "130.1"]),
        ([0.0125, 12345.6], ["0.0125", "12,346"]),
        ([5.0, 5.0, 5.0004], ["5", "5", "5.0004"]),
        ([5.0, 5.0000001], ["5", "5"]),
    ],
)
def test_figures_of_a_picture_are_told_apart(values: list[float], texts: list[str]) -> None:
    assert figures.told_apart(values) == texts
