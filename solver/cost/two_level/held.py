"""How long the filter barrier holds iterations back where the array does not drain between them.

An iteration begins when the memory has as many outputs as the ones before it have without padding (rule T8).
Padded ones make up for some that are not there yet: before iteration j at most M_j are missing. So of the B
virtual neurons that wait for some ports one misses no more than M_j / B, and these ports have sent all but
the words of so many windows by the time at which its output left. They send what is left before they send the
next weights. What an output takes beyond that to the memory they idle, once more in every iteration.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.unavoidable import CONTINUED, WAITS
from solver.mapping.buffer_tile import C, G, K, R, S, X, Y

_MOST = 128
"""Iterations that are looked at: padded outputs add up, and later ones are seldom held back."""

_AT_ONCE = 1 << 20
_PORT = [WAITS.index(name) for name in ("first", "slides", "sums")]


def held_back(
    shapes: ArrayShapes,
    sizes: IntArray,
    fits: IntArray,
    overlaps: BoolArray,
    columns: slice,
    most: IntArray | None = None,
) -> IntArray:
    """Return how long the ports of each wait idle at least between iterations of a buffer tile.

    Parameters
    ----------
    shapes
        Figures of the array tiles, one row for each buffer tile.
    sizes, fits
        Sizes of the buffer tile and array tiles in it along each loop, shape (tiles, 8).
    overlaps
        For which buffer tiles this is asked; what the others idle is counted with their drains.
    columns
        `BEGUN` or `CONTINUED`.
    most
        Array tiles along X and Y of those that the sizes there are of; None is for `fits`. With more of them
        than `fits` this bounds what buffer tiles idle that have more in one filter iteration, up to so many.

    Returns
    -------
    IntArray
        Cycles, shape (tiles, e); 0 where nothing is known.
    """
    result = np.zeros(shapes.waits.shape[:2], dtype=np.int64)
    formed = shapes.num_vns * (fits if most is None else most)[:, [X, Y]].prod(axis=1)
    count = np.minimum(fits[:, G] * fits[:, K] - 1, _MOST)
    known = np.all(shapes.waits[:, :, columns], axis=2)
    rows = np.flatnonzero(overlaps & (count > 0) & known.any(axis=1))
    step = max(1, _AT_ONCE // (_MOST * max(1, known.shape[1])))
    for begin in range(0, len(rows), step):
        some = rows[begin : begin + step]
        number = np.arange(1, count[some].max() + 1)
        missing = number * formed[some, None] - _before(shapes.tiles[some], sizes[some], fits[some], number)
        idle = _idle(shapes.waits[some], fits[some], missing, columns)
        idle[np.broadcast_to((number > count[some, None])[:, None], idle.shape)] = 0
        result[some] = np.where(known[some], idle.sum(axis=2), 0)
    return result


def _before(tiles: IntArray, sizes: IntArray, fits: IntArray, number: IntArray) -> IntArray:
    """Return for how many outputs iterations wait, shape (tiles, iterations)."""
    group, filters = np.divmod(number, fits[:, [K]])
    before = tiles[:, [G]] * (group * sizes[:, [K]] + filters * tiles[:, [K]])
    result: IntArray = before * (sizes[:, X] * sizes[:, Y])[:, None]
    return result


def _idle(waits: IntArray, fits: IntArray, missing: IntArray, columns: slice) -> IntArray:
    """Return the cycles that ports idle before iterations, shape (tiles, e, iterations).

    Parameters
    ----------
    missing
        How many outputs may be missing, shape (tiles, iterations).
    """
    behind, leave = np.moveaxis(waits[:, :, columns, None], 2, 0)
    first, slides, sums = np.moveaxis(waits[:, :, _PORT, None], 2, 0)
    folds = fits[:, [R, S, C]].prod(axis=1)[:, None, None]
    windows = missing[:, None] // np.maximum(behind, 1)
    across, all_windows = (fits[:, loops].prod(axis=1)[:, None, None] for loops in ([Y], [X, Y]))
    rows = windows // across
    words = folds * (rows * first + (windows - rows) * slides)
    if columns == CONTINUED:
        words = words + windows * sums
    # Where all of an iteration may be missing nothing is known.
    result: IntArray = np.where(windows < all_windows, np.maximum(leave - words, 0), 0)
    return result
