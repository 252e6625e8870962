"""The choices along one loop: how often the buffer is refilled, and which buffer tile that takes.

For one loop of size D the refill count o = ceil(D / B) falls into about 2 sqrt(D) classes. Given the array
tile T, every cost term depends on B only through o, the array passes n, and the room B takes; so within a
class only the buffer tiles that no other beats in all of those can be optimal (`contenders`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.cost.two_level.tiling import R, S, X, Y, axis_lines
from solver.layer import DIMS, LoopNest

IntArray = NDArray[np.int64]
FAR = np.int64(2**40)
"""Passes of a class that holds no buffer tile as large as the array tile."""


@dataclass(frozen=True)
class Axis:
    """Buffer tiles of one loop.

    Attributes
    ----------
    sizes
        Allowed buffer tiles B, ascending.
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
    sizes: IntArray
    trips: IntArray
    classes: IntArray
    smallest: IntArray
    held: IntArray
    fetched: IntArray
    kept: IntArray

    def passes(self, tile: int) -> IntArray:
        """Return n of each B for an array tile; FAR where B is smaller than the tile."""
        full = self.trips - 1
        n = full * -(-self.sizes // tile) + -(-(self.size - full * self.sizes) // tile)
        return np.where(self.sizes >= tile, n, FAR)

    def least(self, column: IntArray) -> IntArray:
        """Return the least value of a per-B column in each class."""
        order = np.searchsorted(self.classes, self.trips)
        result = np.full(len(self.classes), FAR)
        np.minimum.at(result, order, column)
        return result

    def contenders(self, tile: int, trips: int) -> IntArray:
        """Return the buffer tiles of a class that can be optimal with an array tile.

        A smaller tile takes less room and exposes fewer words; fewer passes save array work; fewer lines save
        traffic; and a multiple of the array tile keeps the forwarding rule.
        """
        members = (self.trips == trips) & (self.sizes >= tile)
        sizes = self.sizes[members]
        figures = np.column_stack(
            [
                self.passes(tile)[members],
                self.fetched[members],
                self.kept[members],
                sizes % tile != 0,
            ]
        )
        keep: list[int] = []
        for i in range(len(sizes)):  # ascending: an earlier one is never larger
            if not any((figures[j] <= figures[i]).all() for j in keep):
                keep.append(i)
        return sizes[keep]


def axes(nest: LoopNest) -> list[Axis]:
    """Return the buffer tile choices of every loop, in the order of `DIMS`."""
    return [_axis(nest, index) for index in range(len(DIMS))]


def _axis(nest: LoopNest, index: int) -> Axis:
    size = nest.sizes[index]
    # Sliding filters stay whole (see `tiling`).
    whole = (index == R and nest.X > 1) or (index == S and nest.Y > 1)
    sizes = np.array([size] if whole else np.arange(1, size + 1), dtype=np.int64)
    trips = -(-size // sizes)
    classes = np.unique(trips)
    held, fetched, kept = sizes, np.full_like(sizes, size), np.full_like(sizes, size)
    if index in (X, Y):
        taps, axis = (nest.R, 0) if index == X else (nest.S, 1)
        if size > 1:
            lines = axis_lines(size, taps, nest.stride[axis], nest.dilation[axis])
            held, fetched, kept = (column[sizes] for column in (lines.held, lines.fetched, lines.kept))
        else:
            # One row of outputs: the rows of the input are the taps; R holds them.
            held = np.ones_like(sizes)
            fetched = kept = np.full_like(sizes, taps)
    order = np.searchsorted(classes, trips)
    smallest = np.full(len(classes), FAR)
    np.minimum.at(smallest, order, sizes)
    return Axis(DIMS[index], size, sizes, trips, classes, smallest, held, fetched, kept)
