"""Exact decimals of any length.

Decimal's default context rounds products and sums to 28 digits; energies of large layers need more, so they
are computed as integers of the last decimal place and only then turned into decimals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal, localcontext
from math import ceil, floor

_DIGITS = 60
"""Of square roots, which are rounded down."""


def decimal_of(value: int, places: int) -> Decimal:
    """Return value / 10**places exactly."""
    return Decimal((int(value < 0), tuple(int(digit) for digit in str(abs(value))), -places))


def scaled_int(value: Decimal, places: int) -> int:
    """Return value * 10**places for a value with at most `places` decimals."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int) and exponent >= -places
    return (-1 if sign else 1) * int("".join(map(str, digits))) * 10 ** (exponent + places)


def product(value: Decimal, factor: int) -> Decimal:
    """Return value * factor exactly."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    places = max(0, -exponent)
    return decimal_of(scaled_int(value, places) * factor, places)


def total(values: list[Decimal]) -> Decimal:
    """Return the exact sum."""
    places = max((max(0, -int(v.as_tuple().exponent)) for v in values), default=0)
    return decimal_of(sum(scaled_int(v, places) for v in values), places)


def whole_bound(bound: Decimal) -> Decimal:
    """Return the lower bound of a whole number that a lower bound of it proves: the next whole number.

    A bound that was computed in binary floats may be too large by its rounding, so one that is a whole number
    but for 1e-9 of it counts as that number.
    """
    return (
        bound if not bound.is_finite() else Decimal(max(floor(bound), ceil(bound - bound * Decimal("1e-9"))))
    )


def least_product(bounds: Iterable[tuple[Decimal, int]]) -> Decimal:
    """Return a lower bound of the product of two sums, from bounds of the products of their summands.

    With part i in the sums n_i times and b_i <= E_i T_i, (sum n_i E_i) (sum n_i T_i) >= (sum n_i sqrt(E_i
    T_i))^2 >= (sum n_i sqrt(b_i))^2 by the inequality of Cauchy and Schwarz. That is the least known, even if
    every part has its least product.

    Parameters
    ----------
    bounds
        b_i and n_i of every part. Of parts with the same bound the result is exact, else it is rounded down.
    """
    counts: Counter[Decimal] = Counter()
    for bound, count in bounds:
        counts[bound] += count
    if len(counts) == 1:
        ((bound, count),) = counts.items()
        return product(bound, count**2)
    with localcontext(prec=_DIGITS, rounding=ROUND_FLOOR):
        roots = (bound.sqrt().next_minus() * count for bound, count in counts.items() if bound)
        return sum(roots, Decimal(0)) ** 2
