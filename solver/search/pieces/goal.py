"""What a mapping in pieces minimises: a sum over its pieces, in whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import FloatArray
from solver.arithmetic.exact import scaled_int
from solver.cost.events import decimal_places, static_per_cycle, whole_energy
from solver.cost.result import Objective
from solver.hardware import Hardware

SLACK = 1e-9
"""Relative slack for bounds that are computed in floats."""

Weights = tuple[int, int]
"""Weights of cycles and of energy."""

SMALL = 2**60
"""Values below it are kept in 64 bits: their sums fit too."""


@dataclass(frozen=True)
class Goal:
    """A weighted sum of cycles and energy; whole, as energies have so many decimals and no more.

    Attributes
    ----------
    cycles, energy
        Weights of a cycle, and of an energy unit's last decimal place.
    places
        Decimals of energies on the accelerator.
    static
        Static energy per cycle.
    """

    cycles: int
    energy: int
    places: int
    static: Decimal

    @classmethod
    def of(cls, objective: Objective, hardware: Hardware) -> Goal:
        """Return the goal of an objective that is a sum: latency or energy."""
        latency = objective is Objective.LATENCY
        return weighted(hardware, int(latency), int(not latency))

    @property
    def weights(self) -> Weights:
        """Weights of cycles and energy."""
        return self.cycles, self.energy

    def value(self, cycles: int, energy: Decimal) -> int:
        """Return the value of a mapping's figures."""
        return self.cycles * cycles + (self.energy * scaled_int(energy, self.places) if self.energy else 0)

    def sum(self, figures: tuple[int, int]) -> int:
        """Return the value of cycles and of energy in units of its last decimal place."""
        return self.cycles * figures[0] + self.energy * figures[1]

    def values(self, cycles: FloatArray, dynamic: FloatArray) -> FloatArray:
        """Return the values of cycles and dynamic energies in floats, linear in both."""
        if not self.energy:
            return self.cycles * cycles
        unit = float(self.energy) * 10.0**self.places
        return self.cycles * cycles + unit * np.asarray(whole_energy(dynamic, float(self.static), cycles))

    def whole(self, bounds: FloatArray, most: int) -> NDArray:
        """Return whole numbers that are no higher than what bounds prove of whole numbers, nor than `most`.

        In 64 bits where they fit; the products of EDP are Python's integers.
        """
        lowered = np.ceil(np.clip(bounds, 0.0, 2.0 * most) * (1 - SLACK))
        if most < SMALL:
            return np.minimum(lowered.astype(np.int64), most)
        return np.array([min(int(value), most) for value in lowered.tolist()], dtype=object)


def between(weights: Weights, others: Iterable[Weights]) -> list[tuple[Weights, Fraction]] | None:
    """Return the nearest of other weights on either side, and how often some are the sum of each.

    None if there are none on one of the sides.
    """
    others = list(others)
    steeper = [w for w in others if w[0] * weights[1] > w[1] * weights[0]]
    flatter = [w for w in others if w[0] * weights[1] < w[1] * weights[0]]
    if not steeper or not flatter:
        return None
    one = min(steeper, key=lambda w: Fraction(w[0], w[0] + w[1]))
    other = max(flatter, key=lambda w: Fraction(w[0], w[0] + w[1]))
    divisor = one[0] * other[1] - one[1] * other[0]
    return [
        (one, Fraction(weights[0] * other[1] - weights[1] * other[0], divisor)),
        (other, Fraction(weights[1] * one[0] - weights[0] * one[1], divisor)),
    ]


def weighted(hardware: Hardware, cycles: int, energy: int) -> Goal:
    """Return a goal with some weights.

    Parameters
    ----------
    cycles, energy
        Weights of a cycle and of an energy unit's last decimal place.
    """
    static = static_per_cycle(hardware)
    places = max(decimal_places(hardware), -int(static.as_tuple().exponent))
    return Goal(cycles, energy, places, static)
