"""The least product of two sums: energy-delay products of layers in pieces, and of networks.

Cycles and energies add up over pieces and layers, their product does not. Sums of choices are points in the
plane; the product of two positive figures is quasi-concave, so it is least at a corner of their lower convex
hull, and every corner is the cheapest point under some weights of the two. Each weighted sum that is
minimised with proof gives a line that no point lies below, and a point on it. The lines bound the product
from below: it is least where two neighbouring ones meet. The weights under which their points are equal
cut that corner off, or show that there is nothing between the points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Point(Generic[Item]):
    """A choice: its cycles, its energy in whole units, and what it is."""

    cycles: int
    energy: int
    item: Item

    @property
    def product(self) -> int:
        """Energy times cycles."""
        return self.cycles * self.energy


@dataclass(frozen=True)
class Least(Generic[Item]):
    """What is known of a weighted sum: a point, a bound that no point falls below, and whether they meet."""

    point: Point[Item]
    bound: int
    proved: bool = True


@dataclass(frozen=True)
class _Line(Generic[Item]):
    """No point has cycles x + energy y below `bound`; `point` is the best that is known."""

    cycles: int
    energy: int
    bound: int
    point: Point[Item]

    def meets(self, other: _Line[Item]) -> tuple[Fraction, Fraction]:
        """Return cycles and energy where two lines meet."""
        divisor = self.cycles * other.energy - other.cycles * self.energy
        return (
            Fraction(self.bound * other.energy - other.bound * self.energy, divisor),
            Fraction(self.cycles * other.bound - other.cycles * self.bound, divisor),
        )


def least_product(
    minimise: Callable[[int, int], Least[Item]], expired: Callable[[], bool] = lambda: False
) -> tuple[Point[Item], Fraction]:
    """Return the point with the least product, and a bound that no product falls below.

    Parameters
    ----------
    minimise
        Returns the least of cycles x + energy y for weights x and y, and its bound.
    expired
        Whether to stop with what is known.
    """
    lines = [_asked(minimise, 1, 0), _asked(minimise, 0, 1)]
    best = min((line.point for line in lines), key=lambda point: (point.product, point.cycles))
    closed: set[tuple[int, int, int, int]] = set()
    while True:
        corners = [(x * y, place) for place in range(len(lines) - 1) for x, y in [_corner(lines, place)]]
        bound, place = min(corners)
        if bound >= best.product:
            return best, Fraction(best.product)
        one, other = lines[place], lines[place + 1]
        x, y = one.point.energy - other.point.energy, other.point.cycles - one.point.cycles
        weights = (one.cycles, one.energy, other.cycles, other.energy)
        if expired() or weights in closed or x <= 0 or y <= 0:
            return best, max(bound, Fraction(0))
        closed.add(weights)
        found = _asked(minimise, x // gcd(x, y), y // gcd(x, y))
        corner = _corner(lines, place)
        if found.bound > found.cycles * corner[0] + found.energy * corner[1]:
            lines.insert(place + 1, found)
        best = min(best, found.point, key=lambda point: (point.product, point.cycles))


def _asked(minimise: Callable[[int, int], Least[Item]], cycles: int, energy: int) -> _Line[Item]:
    found = minimise(cycles, energy)
    return _Line(cycles, energy, found.bound, found.point)


def _corner(lines: list[_Line[Item]], place: int) -> tuple[Fraction, Fraction]:
    return lines[place].meets(lines[place + 1])
