"""The choices along one loop: how often the buffer is refilled, and which buffer tile that takes.

For one loop of size D the refill count o = ceil(D / B) falls into about 2 sqrt(D) classes. Given the array
tile T, every cost term depends on B only through o, the array passes n, and the room B takes; so within a
class only the buffer tiles that no other beats in all of those can be optimal (`contenders`).

Sizes that are contenders with no array tile are not listed at all (`_sizes`): a loop of millions, such as the
words of an addition, has few others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import R, S, X, Y, lines_of
from solver.mapping.lines import shared_after

_AXES = 64
"""Loops that are remembered: the pieces of a layer differ in one of eight."""

_LISTED = 4096
"""Largest loop of which all buffer tiles of a class are listed."""

FAR = np.int64(2**40)
"""Passes of a class that holds no buffer tile as large as the array tile."""


@dataclass(frozen=True, eq=False)
class Axis:
    """Buffer tiles of one loop.

    Attributes
    ----------
    allowed
        How many buffer tiles B are allowed.
    sizes
        Those that can be contenders, ascending.
    trips
        o of each.
    classes
        Distinct values of o, ascending.
    smallest
        Smallest B of each class.
    held, fetched, kept
        Input lines of each B (see `tiling.AxisLines`); B itself, D and D for loops without lines.
    """

    dim: str
    size: int
    allowed: int
    sizes: IntArray
    trips: IntArray
    classes: IntArray
    smallest: IntArray
    held: IntArray
    fetched: IntArray
    kept: IntArray

    def members(self, trips: int) -> IntArray:
        """Return the buffer tiles of a class: all of a moderate loop, else those that can be contenders."""
        if self.size > _LISTED:
            return self.sizes[self.trips == trips]
        every = np.arange(self.size - self.allowed + 1, self.size + 1)
        return every[-(-self.size // every) == trips]

    def passes(self, tile: int) -> IntArray:
        """Return n of each B for an array tile; FAR where B is smaller than the tile."""
        full = self.trips - 1
        n = full * -(-self.sizes // tile) + -(-(self.size - full * self.sizes) // tile)
        return np.where(self.sizes >= tile, n, FAR)

    def _drains(self, tile: int) -> BoolArray:
        """Return with which B this loop lets the array drain between filter iterations (rule T8)."""
        if self.dim == "N":
            return self.sizes == 1
        if self.dim == "G":
            return self.sizes <= tile
        return self.passes(tile) * tile == self.size

    def least(self, column: IntArray) -> IntArray:
        """Return the least value of a per-B column in each class."""
        order = np.searchsorted(self.classes, self.trips)
        result = np.full(len(self.classes), FAR)
        np.minimum.at(result, order, column)
        return result

    def contenders(self, tile: int, trips: int) -> IntArray:
        """Return the buffer tiles of a class that can be optimal with an array tile.

        A smaller tile takes less room and exposes fewer words; fewer passes save array work; fewer lines save
        traffic; and filter iterations that do not drain may overlap.
        """
        members = np.flatnonzero((self.trips == trips) & (self.sizes >= tile))
        return self.sizes[members[_unbeaten(self._figures(tile)[members])]]

    def all_contenders(self, tile: int) -> IntArray:
        """Return the places in `sizes` of the contenders of all classes."""
        figures, large = self._figures(tile), np.flatnonzero(self.sizes >= tile)
        classes = np.split(large, np.flatnonzero(np.diff(self.trips[large])) + 1)
        result: IntArray = np.concatenate([members[_unbeaten(figures[members])] for members in classes])
        return result

    def _figures(self, tile: int) -> IntArray:
        """Return what the costs of each B depend on beside its room and refills, shape (sizes, 4)."""
        return np.column_stack([self.passes(tile), self.fetched, self.kept, self._drains(tile)])


def _unbeaten(figures: IntArray) -> list[int]:
    """Return the rows that no earlier one, of a smaller buffer tile, is no larger than in any column."""
    keep: list[int] = []
    for i in range(len(figures)):
        if not any((figures[j] <= figures[i]).all() for j in keep):
            keep.append(i)
    return keep


def axes(nest: LoopNest, widest: int | None = None) -> list[Axis]:
    """Return the buffer tile choices of every loop, in the order of `DIMS`.

    Parameters
    ----------
    widest
        Largest array tile along a loop that will be asked about; None lists every allowed buffer tile.
    """
    # Sliding filters stay whole (see `tiling`).
    whole = {R: nest.X > 1, S: nest.Y > 1}
    sliding = {
        axis: (nest.sizes[taps], nest.stride[place], nest.dilation[place])
        for place, (axis, taps) in enumerate(((X, R), (Y, S)))
    }
    return [
        _axis(index, size, whole.get(index, False), sliding.get(index), widest)
        for index, size in enumerate(nest.sizes)
    ]


@lru_cache(maxsize=_AXES)
def _axis(
    index: int, size: int, whole: bool, window: tuple[int, int, int] | None, widest: int | None
) -> Axis:
    """Return the buffer tiles of a loop.

    Parameters
    ----------
    whole
        Whether it is never cut.
    window
        Taps, stride and dilation of a window that slides along it; None of other loops.
    """
    taps, stride, dilation = window or (1, 1, 1)
    sliding = window is not None and size > 1
    alone = shared_after(stride, dilation) if sliding else 1
    least = size if whole else 1
    sizes = np.arange(least, size + 1) if whole or widest is None else _sizes(size, min(widest, size), alone)
    trips = -(-size // sizes)
    held, fetched, kept = sizes, np.full_like(sizes, size), np.full_like(sizes, size)
    if sliding:
        lines = lines_of(sizes, size, taps, stride, dilation)
        held, fetched, kept = lines.held, lines.fetched, lines.kept
    elif window is not None:
        # One row of outputs: the rows of the input are the taps; R holds them.
        held = np.ones_like(sizes)
        fetched = kept = np.full_like(sizes, taps)
    classes, first = np.unique(trips, return_index=True)
    return Axis(
        DIMS[index], size, 1 if whole else size, sizes, trips, classes, sizes[first], held, fetched, kept
    )


def _sizes(size: int, widest: int, alone: int) -> IntArray:
    """Return the buffer tiles that can be contenders with an array tile T of at most `widest`, ascending.

    A tile B and one that is a multiple of T smaller have the same passes and alignment while both hold T and
    are refilled equally often. They fetch as many lines, too, if the smaller one and the last, rest tile of
    the larger one have at least `alone` outputs, from where on every output adds as many lines. So B is
    beaten unless it is near the smallest tile of its class, or its rest is that small.
    """
    root = isqrt(size) + 1
    trips = np.arange(1, root + 1)
    trips = np.unique(np.concatenate([trips, -(-size // trips)]))
    trips = trips[-(-size // -(-size // trips)) == trips][::-1]
    least = -(-size // trips)
    most = np.where(trips > 1, -(-size // np.maximum(1, trips - 1)) - 1, size)
    near = np.minimum(most, np.maximum(least, max(widest, alone)) + widest - 1)
    # The least tile whose rest has fewer than `alone` outputs.
    small_rest = np.where(trips > 1, (size - alone) // np.maximum(1, trips - 1) + 1, size + 1)
    last = np.maximum(near + 1, small_rest)
    begins = np.stack([least, last], axis=1).ravel()
    counts = np.stack([near - least + 1, np.maximum(0, most - last + 1)], axis=1).ravel()
    ahead = np.cumsum(counts) - counts
    result: IntArray = np.repeat(begins - ahead, counts) + np.arange(counts.sum())
    return result
