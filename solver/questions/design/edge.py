"""Where a limit on power cuts the lower hull of all choices, and what is left of choices near it.

Of layers in pieces the corners of the lower hulls are known. Their sums bound a network: no choice lies below
the sum of the hulls, so one that keeps the limit costs no less than the point where that sum meets the limit,
on an edge with weights x and y, or than one of its later corners. Those are choices; that point is none.

All that may still be better than a known choice lies between the edge, the limit E = P T and the known value,
of T or of T E. On the edge x T + y E is least, and it is greatest where the known value meets the limit: on a
curve of equal products it grows towards both ends, and the other end is on the edge. So each layer of a
better choice has a mapping whose own sum is near its least: by what is between, and by no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, gcd, isqrt

from solver.arithmetic.exact import decimal_of, scaled_int
from solver.cost.result import Objective
from solver.questions.design.hull import hull
from solver.questions.design.work import Choice


@dataclass(frozen=True)
class Edge:
    """An edge of the hull of all choices that a limit on power cuts.

    Attributes
    ----------
    cycles, energy
        The weights of a cycle, and of energy in units of its last decimal place, whose sum is the same
        everywhere on it.
    least
        That sum, which no choice falls below.
    places
        Decimals of energies.
    objective, power
        Latency or energy-delay product, and the limit in energy per cycle.
    """

    cycles: int
    energy: int
    least: int
    places: int
    objective: Objective
    power: Decimal

    def sum(self, cycles: int, energy: Decimal) -> int:
        """Return the weighted sum of cycles and energy."""
        return self.cycles * cycles + self.energy * scaled_int(energy, self.places)

    def room(self, value: Decimal) -> int:
        """Return by how much the sum of a choice that costs no more than a value may exceed the least."""
        if self.objective is Objective.LATENCY:
            farthest = floor(Fraction(value) * self._rate)
        else:
            # There are floor(T) and floor(E) with T E = value, E = P T.
            farthest = isqrt(floor(self._rate**2 * Fraction(value) * 10**self.places / self._power))
        return max(0, farthest - self.least)

    def bound(self, room: int) -> Decimal:
        """Return what choices that keep the limit cost at least whose sum exceeds the least by so much.

        But for those beyond a corner of the hull that costs no less than what is known.
        """
        cycles = (self.least + room) / self._rate
        if self.objective is Objective.LATENCY:
            return Decimal(ceil(cycles))
        return decimal_of(ceil(self._power * cycles**2), self.places)

    @property
    def _power(self) -> Fraction:
        return Fraction(self.power) * 10**self.places

    @property
    def _rate(self) -> Fraction:
        """The sum per cycle where the limit is met."""
        return self.cycles + self.energy * self._power


def edge_of(
    layers: Sequence[Sequence[Choice]], objective: Objective, power: Decimal, places: int
) -> Edge | None:
    """Return the edge of the hull of all choices that a limit cuts; None if it cuts none.

    Parameters
    ----------
    layers
        For each layer choices of which no other beats one in both figures, fastest first: the corners of
        their lower hull among them.
    """
    steps: list[tuple[Fraction, int, int]] = []
    for choices in layers:
        for one, other in pairwise(hull(choices)):
            saved = scaled_int(choices[one].energy, places) - scaled_int(choices[other].energy, places)
            more = choices[other].cycles - choices[one].cycles
            steps.append((Fraction(saved, more), saved, more))
    cycles = sum(choices[0].cycles for choices in layers)
    energy = sum(scaled_int(choices[0].energy, places) for choices in layers)
    limit = Fraction(power) * 10**places
    if energy <= limit * cycles:
        return None
    for _, saved, more in sorted(steps, key=lambda step: -step[0]):
        before = cycles, energy
        cycles, energy = cycles + more, energy - saved
        if energy <= limit * cycles:
            shared = gcd(saved, more)
            x, y = saved // shared, more // shared
            return Edge(x, y, x * before[0] + y * before[1], places, objective, power)
    return None
