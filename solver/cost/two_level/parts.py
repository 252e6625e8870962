"""What no replay falls below, buffer tile by buffer tile.

`solver.cost.two_level.work` sums the cycles of each port, of the generator and of each bus line over all
buffer tiles, and takes the longest sum. But each buffer tile waits for its own busiest one: sums that come
back make another port the busiest in all tiles but the first, and an edge has fewer words to hide a drain
behind. The sum of what each tile waits for is nearly always the replay's, at a hundredth of its price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.unavoidable import WAITS
from solver.cost.two_level.work import Steps, array_cycles, drains, steps
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, R, S, array_passes, buffer_trips

_INNER = [R, S, C]
_WORDS = [WAITS.index(name) for name in ("weights", "first", "slides")]
_BEGUN = WAITS.index("begun")


@dataclass(frozen=True)
class LeastByPart:
    """Cycles of the array with the weights stationary, one element for each row of (array tile, buffer tile).

    Attributes
    ----------
    own
        What no replay of the row's buffer tiles falls below.
    alike
        Never more than `own` of this row, nor than `own` of another one that is refilled as often along every
        loop, drains the array where this one does, and takes as many array passes along each loop or more
        with buffer tiles as large or larger.
    """

    own: IntArray
    alike: IntArray


def least_by_part(nest: LoopNest, shapes: ArrayShapes, buffers: IntArray) -> LeastByPart:
    """Bound the array's cycles on buffer tiles, each different one, edges included, by itself.

    Along one loop a smaller buffer tile with as many passes in all evens them out between the whole tiles and
    the last one. What a tile takes is convex in its passes, so evened out they take less; `alike` sees to it
    that this holds for the tile to which no sums come back yet, and for edges that drain, too.

    Parameters
    ----------
    shapes
        Figures of the array tiles, one row each.
    buffers
        Buffer tiles, shape (rows, 8).
    """
    layer = np.array(nest.sizes, dtype=np.int64)
    drained = drains(layer, shapes.tiles, buffers, array_passes(nest, shapes.tiles, buffers))
    once = shapes.kind.start_up
    own, alike = (np.full(len(buffers), once, dtype=np.int64) for _ in range(2))
    for rows, sizes, begun, continued in _parts(nest, buffers):
        tiles, fits = shapes.take(rows), -(-sizes // shapes.tiles[rows])
        for total, empty in (
            (own, drains(sizes, tiles.tiles, sizes, fits)),
            (alike, drained[rows]),
        ):
            count = steps(tiles, np.ones_like(sizes), fits, "weights", empty)
            first, later = _first_and_later(tiles, count)
            if total is alike:
                first = np.where(tiles.aux == 1, _evened(tiles, count), first)
            total[rows] += begun * (first - once) + continued * (later - once)
    return LeastByPart(own, alike)


def least_of_parts(shapes: ArrayShapes, parts: Sequence[LoopNest]) -> list[int]:
    """Return what no replay of each of some buffer tiles of one mapping falls below.

    Their sum is `LeastByPart.own` of the mapping.

    Parameters
    ----------
    shapes
        Figures of the array tile, one row.
    parts
        The buffer tiles as layers of their own (`solver.mapping.buffer_tile.parts_of`).
    """
    sizes = np.array([part.sizes for part in parts], dtype=np.int64)
    tiles = shapes.take(np.zeros(len(parts), dtype=np.int64))
    fits = -(-sizes // tiles.tiles)
    count = steps(tiles, np.ones_like(sizes), fits, "weights", drains(sizes, tiles.tiles, sizes, fits))
    first, later = _first_and_later(tiles, count)
    back = np.array([part.sums == "continued" for part in parts])
    result: list[int] = np.where(back, later, first).tolist()
    return result


def _first_and_later(shapes: ArrayShapes, count: Steps) -> tuple[IntArray, IntArray]:
    """Return what buffer tiles take at least to which no sums come back yet, and where they do."""
    fills = shapes.aux * count.begun
    back = replace(count, sums=shapes.aux * count.windows, begun=count.begun - fills, continued=fills)
    return array_cycles(shapes, count, "weights"), array_cycles(shapes, back, "weights")


def _parts(nest: LoopNest, buffers: IntArray) -> Iterator[tuple[IntArray, IntArray, IntArray, IntArray]]:
    """Yield rows, the sizes of one of their buffer tiles, and how many of them begin and continue sums.

    Along a loop all tiles are whole, or all but the last one. The first along R, S and C is a whole one.
    """
    trips = buffer_trips(nest, buffers)
    rest = np.array(nest.sizes, dtype=np.int64) - (trips - 1) * buffers
    whole = np.where(rest == buffers, trips, trips - 1)
    kinds = [(False, True) if (whole < trips)[:, loop].any() else (False,) for loop in range(len(nest.sizes))]
    for edge in product(*kinds):
        at_edge = np.array(edge)
        times = np.where(at_edge, trips - whole, whole)
        rows = np.flatnonzero(times.all(axis=1))
        count, inner = times[rows].prod(axis=1), times[rows][:, _INNER].prod(axis=1)
        begun = np.zeros_like(count) if at_edge[_INNER].any() else count // inner
        if len(rows):
            yield rows, np.where(at_edge, rest, buffers)[rows], begun, count - begun


def _evened(shapes: ArrayShapes, count: Steps) -> IntArray:
    """Return what buffer tiles take at least to which no sums come back, by the port with the most words.

    More passes along R, S or C cost as much of it at least as where sums come back and another port may wait
    longer: none sends more words per pass.
    """
    times = np.stack([count.weights, count.first, count.slides], axis=1)
    words = (shapes.waits[:, :, _WORDS] * times[:, None]).sum(axis=2)
    cycles = words + shapes.waits[:, :, _BEGUN] * count.begun[:, None]
    result: IntArray = np.where(words == words.max(axis=1)[:, None], cycles, 0).max(axis=1)
    return result
