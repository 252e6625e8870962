"""How a tile splits the loops: sizes, trip counts and what divides, of many tiles or in variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.algebra import Truth, Value
from solver.arithmetic.arrays import IntArray
from solver.layer import DIMS, LoopNest


@dataclass(frozen=True)
class Split:
    """Values by loop.

    Attributes
    ----------
    tile, trip
        T_d, and ceil(D / T_d).
    whole
        Whether T_d divides D.
    """

    tile: Mapping[str, Value]
    trip: Mapping[str, Value]
    whole: Mapping[str, Truth]


class _Whole(Mapping[str, Truth]):
    """Which tiles divide a loop, computed when asked."""

    def __init__(self, nest: LoopNest, tile: Mapping[str, Value]) -> None:
        self._nest, self._tile = nest, tile

    def __getitem__(self, dim: str) -> Truth:
        return getattr(self._nest, dim) % self._tile[dim] == 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(DIMS)

    def __len__(self) -> int:
        return len(DIMS)


def split_of(nest: LoopNest, tiles: IntArray, trips: IntArray | None = None) -> Split:
    """Return how each of some tiles splits the loops.

    Parameters
    ----------
    tiles
        Shape (tiles, 8), sizes in the order of `DIMS`.
    trips
        Trip counts in the same shape, if they are known.
    """
    if trips is None:
        trips = -(-np.array(nest.sizes, dtype=np.int64) // tiles)
    tile = dict(zip(DIMS, tiles.T, strict=True))
    return Split(tile, dict(zip(DIMS, trips.T, strict=True)), _Whole(nest, tile))
