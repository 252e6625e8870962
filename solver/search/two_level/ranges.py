"""Ranges of neighbouring refill counts of one loop, each halved into two: the steps of the branch and bound.

A box is a range of every loop. What a box costs at least follows from a few figures of its ranges, looked up
by their numbers: the first (range 0) holds all refill counts; its halves are "refilled once" (range 1) and
"refilled more than once" (range 2), as on that depends which DRAM orders differ; each further range is halved
in the middle of its classes, which is about the geometric mean of its refill counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.search.two_level.options import FAR, Axis


@dataclass(frozen=True, eq=False)
class Ranges:
    """The ranges of one loop's refill counts.

    Attributes
    ----------
    axis
        The loop.
    first, last
        Classes at either end of each range, both within.
    halves
        Shape (ranges, 2): numbers of the halves, -1 where a range is a single class.
    """

    axis: Axis
    first: IntArray
    last: IntArray
    halves: IntArray
    _passes: dict[int, IntArray] = field(default_factory=dict)

    @staticmethod
    @lru_cache(maxsize=64)
    def of(axis: Axis) -> Ranges:
        """Return the ranges of a loop."""
        bounds, halves = [(0, len(axis.classes) - 1)], list[tuple[int, int]]()
        while len(halves) < len(bounds):
            first, last = bounds[len(halves)]
            if first == last:
                halves.append((-1, -1))
                continue
            middle = (first + last) // 2 if halves else 0
            halves.append((len(bounds), len(bounds) + 1))
            bounds += [(first, middle), (middle + 1, last)]
        ends = np.array(bounds, dtype=np.int64)
        return Ranges(axis, ends[:, 0], ends[:, 1], np.array(halves, dtype=np.int64))

    @property
    def roots(self) -> IntArray:
        """Numbers of "refilled once" and "refilled more than once", as far as there are such."""
        first = self.halves[0]
        return first if first[0] > 0 else np.zeros(1, dtype=np.int64)

    @cached_property
    def trips(self) -> IntArray:
        """Least refill count of each range."""
        return self.axis.classes[self.first]

    @cached_property
    def most(self) -> IntArray:
        """Largest refill count of each range."""
        return self.axis.classes[self.last]

    @cached_property
    def smallest(self) -> IntArray:
        """Smallest buffer tile of each range."""
        return self.axis.smallest[self.last]

    @cached_property
    def width(self) -> FloatArray:
        """How many times the least refill count the largest is; 0 for a single class."""
        return np.where(self.single, 0.0, self.most / self.trips)

    @cached_property
    def single(self) -> BoolArray:
        """Which ranges are one class."""
        return self.first == self.last

    @cached_property
    def fetched(self) -> IntArray:
        """Least input lines that all buffer tiles fetch, each as a whole."""
        return self.least(self.axis.fetched)

    @cached_property
    def kept(self) -> IntArray:
        """Least input lines that all buffer tiles fetch, if overlaps stay."""
        return self.least(self.axis.kept)

    def least(self, column: IntArray) -> IntArray:
        """Return the least value of a column with an element per buffer tile in each range."""
        by_class = np.append(self.axis.least(column), FAR)
        ends = np.stack([self.first, self.last + 1], axis=1).ravel()
        result: IntArray = np.minimum.reduceat(by_class, ends)[::2]
        return result

    def passes(self, tile: int) -> IntArray:
        """Return the fewest passes of an array tile in each range; FAR where no buffer tile holds it."""
        if tile not in self._passes:
            self._passes[tile] = self.least(self.axis.passes(tile))
        return self._passes[tile]
