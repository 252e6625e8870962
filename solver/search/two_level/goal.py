"""What a two-level search looks for: one objective, or the whole latency-energy front."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray
from solver.cost.result import Objective, values_of
from solver.mapping.levels import LevelMapping

SLACK = 1e-11
"""Relative slack for floating-point energies: a bound excludes only mappings that are worse by more."""


@dataclass(frozen=True)
class Point:
    """A mapping with its latency (cycles) and energy (table units, floating point)."""

    latency: int
    energy: float
    mapping: LevelMapping


class Goal(Protocol):
    """A search's incumbents and what can still improve on them."""

    @property
    def weighs_energy(self) -> bool:
        """Whether energies have a say in what is open."""
        ...

    @property
    def has_mapping(self) -> bool:
        """Whether there is an incumbent."""
        ...

    def open(self, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which lower bounds leave room for an improvement."""
        ...

    def rank(self, latency: FloatArray, energy: FloatArray) -> FloatArray:
        """Return the order in which candidates should be looked at, least first."""
        ...

    def offer(self, point: Point) -> None:
        """Take a mapping into account."""
        ...


class Best:
    """The least value of one objective, with at most so many cycles.

    `floor` is what no mapping can beat; mappings from `cutoff` on are of no interest, but may be kept.
    """

    def __init__(
        self,
        objective: Objective,
        most_cycles: int | None = None,
        floor: Decimal = Decimal(0),
        cutoff: float = np.inf,
    ) -> None:
        self.objective, self.floor, self.cutoff = objective, floor, cutoff
        self.most_cycles = most_cycles
        self.point: Point | None = None

    @property
    def weighs_energy(self) -> bool:
        """Whether energies have a say in what is open; among mappings of equal latency they have none."""
        return self.objective is not Objective.LATENCY

    @property
    def has_mapping(self) -> bool:
        """Whether there is an incumbent."""
        return self.point is not None

    def value(self, latency: FloatArray, energy: FloatArray) -> FloatArray:
        """Return the objective of points."""
        return values_of(self.objective, latency, energy)

    def rank(self, latency: FloatArray, energy: FloatArray) -> FloatArray:
        """Look at the least value first; among mappings of equal latency at the least energy."""
        if self.objective is not Objective.LATENCY:
            return self.value(latency, energy)
        return np.asarray(latency + energy / (2 * np.max(energy, initial=1.0) + 1))

    @property
    def best(self) -> float:
        """What a mapping must beat: the incumbent or the cutoff."""
        return min(self.found, self.cutoff)

    @property
    def found(self) -> float:
        """Value of the incumbent, infinite without one."""
        if self.point is None:
            return np.inf
        return float(self.value(np.array(float(self.point.latency)), np.array(self.point.energy)))

    def open(self, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which lower bounds leave room for an improvement."""
        better = self.value(latency, energy) * self._slack < self.best
        if self.most_cycles is not None:
            better &= latency <= self.most_cycles
        return np.asarray(better)

    def open_beyond_rounding(self, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which lower bounds are below what is known by more than energies are rounded."""
        return np.asarray(self.value(latency, energy) < self.best * self._slack)

    @property
    def _slack(self) -> float:
        return 1.0 if self.objective is Objective.LATENCY else 1 - SLACK

    def offer(self, point: Point) -> None:
        """Keep the point if it is better; the other figure settles ties, then the mapping itself."""
        if self.most_cycles is not None and point.latency > self.most_cycles:
            return
        if self.point is None or self._key(point) < self._key(self.point):
            self.point = point

    def _key(self, point: Point) -> tuple[float, float, int, LevelMapping]:
        value = float(self.value(np.array(float(point.latency)), np.array(point.energy)))
        return (value, point.energy, point.latency, point.mapping)


class Weighted(Best):
    """The least weighted sum of cycles and energy.

    Parameters
    ----------
    cycles, energy
        Weights of a cycle and of an energy unit.
    """

    def __init__(self, cycles: float, energy: float, cutoff: float = np.inf) -> None:
        super().__init__(Objective.ENERGY if energy else Objective.LATENCY, cutoff=cutoff)
        self._weights = cycles, energy

    def value(self, latency: FloatArray, energy: FloatArray) -> FloatArray:
        """Return the sum of points."""
        # What nothing is known of is infinite: no weight times it is nothing.
        weighted = zip(self._weights, (latency, energy), strict=True)
        return np.asarray(sum(weight * figure for weight, figure in weighted if weight))


class Front:
    """All points that no other beats in latency and energy."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    weighs_energy = True

    @property
    def has_mapping(self) -> bool:
        """Whether there is an incumbent."""
        return bool(self.points)

    def open(self, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which lower bounds no point of the front dominates."""
        result = np.ones(np.shape(latency), dtype=bool)
        if not self.points:
            return result
        cycles = np.array([p.latency for p in self.points], dtype=np.float64)
        least = np.array([p.energy for p in self.points])
        # Points ascend in latency and descend in energy: the last one that is no slower has the least energy.
        at = np.searchsorted(cycles, latency, side="right") - 1
        beaten = (at >= 0) & (least[np.maximum(at, 0)] <= energy * (1 + SLACK))
        return ~beaten

    def rank(self, latency: FloatArray, energy: FloatArray) -> FloatArray:
        """Look at candidates with the least product first: they prune most."""
        return np.asarray(latency * energy)

    def offer(self, point: Point) -> None:
        """Add the point unless it is dominated, and drop those that it dominates."""
        if not self.open(np.array([float(point.latency)]), np.array([point.energy]))[0]:
            return
        kept = [p for p in self.points if p.latency < point.latency or p.energy < point.energy * (1 - SLACK)]
        self.points = sorted([*kept, point], key=lambda p: p.latency)
