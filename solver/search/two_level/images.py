"""Products whose streamed side is an image of rows and columns: searched only where a bound leaves one open.

There is one such form for every way to write the streamed side as rows times columns, dozens for most layers.
Next to none of them gains: an array tile of t_x rows and t_y columns computes what one of t_x t_y streamed
vectors does, and buffer tiles that cut both ways are refilled no less often, take no less room and no fewer
array passes than the smallest tiles along one loop that hold as much, passes rounded up once. So the bounds
of the product, without what they know of rests along the streamed loop, are bounds of its images too. What
stays open below the answer names the few array tiles with which an image may be better.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, S, X, Y
from solver.search.two_level.goal import Best


class Suspects:
    """Array tiles of a product with which an image of its streamed side may improve on a goal."""

    def __init__(self) -> None:
        self._bounds: list[tuple[FloatArray, FloatArray]] = []
        self._tiles: list[IntArray] = []

    def note(self, latency: FloatArray, energy: FloatArray, tiles: IntArray) -> None:
        """Remember array tiles, shape (tiles, 8), that are open with one vector of refill counts each."""
        self._bounds.append((latency, energy))
        self._tiles.append(tiles)

    def tiles(self, goal: Best) -> IntArray:
        """Return the different array tiles that are still open, shape (tiles, 8).

        The answer's own array tile never is: its bound is the answer but for rounding.
        """
        if not self._tiles:
            return np.empty((0, Y + 1), dtype=np.int64)
        latency, energy = (np.concatenate(column) for column in zip(*self._bounds, strict=True))
        return np.unique(np.concatenate(self._tiles)[goal.open_beyond_rounding(latency, energy)], axis=0)


def has_images(nest: LoopNest) -> bool:
    """Return whether a nest is a product as products are written, with several streamed vectors."""
    alone = nest.R == nest.C == nest.Y == nest.N == 1
    return alone and nest.stride == (1, 1) and nest.operation == "mac" and nest.X > 3


def imaged(tiles: IntArray, image: LoopNest) -> IntArray:
    """Return the array tiles of an image that compute what those of its product do, shape (tiles, 8)."""
    found = []
    for sizes in tiles:
        for rows in range(1, min(int(sizes[X]), image.X) + 1):
            columns = int(sizes[X]) // rows
            if rows * columns == sizes[X] and columns <= image.Y:
                tile = sizes.copy()
                tile[[S, C, X, Y]] = 1, sizes[S], rows, columns
                found.append(tile)
    return np.unique(np.array(found, dtype=np.int64).reshape(-1, tiles.shape[1]), axis=0)
