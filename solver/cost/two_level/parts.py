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

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.held import held_back
from solver.cost.two_level.unavoidable import BEGUN, CONTINUED, WAITS
from solver.cost.two_level.work import Steps, drains, steps, waited
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, G, R, S, array_passes, buffer_trips

_INNER = [R, S, C]
_WORDS = [WAITS.index(name) for name in ("weights", "first", "slides")]
_BEGUN = WAITS.index("begun")
_FAR = np.iinfo(np.int64).max // 4


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
    straight, words = np.full_like(shapes.waits[:, :, 0], once), np.zeros_like(shapes.waits[:, :, 0])
    for rows, sizes, begun, continued in _parts(nest, buffers):
        tiles, fits = shapes.take(rows), -(-sizes // shapes.tiles[rows])
        first, later = _own(tiles, sizes, fits)
        own[rows] += begun * (first - once) + continued * (later - once)
        count = steps(tiles, np.ones_like(sizes), fits, "weights", drained[rows])
        each = [waits - once for waits in _first_and_later(tiles, count)]
        first, later = (waits.max(axis=1) for waits in each)
        first = np.where(tiles.aux == 1, _evened(tiles, count) - once, first)
        alike[rows] += begun * first + continued * later
        straight[rows] += begun[:, None] * each[0] + continued[:, None] * each[1]
        words[rows] += (begun + continued)[:, None] * _words(tiles, count)
    straight += _held_alike(nest, shapes, buffers, ~drained, words)
    return LeastByPart(own, np.maximum(alike, straight.max(axis=1)))


def _held_alike(
    nest: LoopNest, shapes: ArrayShapes, buffers: IntArray, overlaps: BoolArray, words: IntArray
) -> IntArray:
    """Return how much longer each wait is at least in buffer tiles that `LeastByPart.alike` tells of.

    The filter barrier holds them back if they have as many folds as the row's own where they are whole. The
    largest of them are held back least, and only those are counted that are whole along all loops but R, S
    and C: their edges have no more folds. With other folds there are more passes in all.

    Parameters
    ----------
    overlaps
        Rows that do not drain.
    words
        Words of each wait for products over all buffer tiles, shape (rows, e).
    """
    trips, passes = buffer_trips(nest, buffers), array_passes(nest, shapes.tiles, buffers)
    layer = np.array(nest.sizes, dtype=np.int64)
    largest = np.where(trips == 1, layer, -(-layer // np.maximum(1, trips - 1)) - 1)
    fits, most = (-(-sizes // shapes.tiles) for sizes in (buffers, largest))
    # The other buffer tiles have one output more at least than fewer array tiles would hold.
    least = np.where(most == fits, buffers, (most - 1) * shapes.tiles + 1)
    one_group = np.where(np.arange(len(layer)) == G, 1, fits)
    begun, continued = (
        held_back(shapes, least, one_group, overlaps, columns, most) for columns in (BEGUN, CONTINUED)
    )
    outer, inner = np.maximum(1, np.delete(trips, _INNER, axis=1) - 1), trips[:, _INNER]
    images, sums = outer.prod(axis=1)[:, None], inner.prod(axis=1)[:, None]
    held = images * (begun + (sums - 1) * continued)
    others = np.maximum(passes, (trips - 1) * (fits + 1) + 1)[:, _INNER]
    more = words[:, :, None] * (others - passes[:, _INNER])[:, None] // passes[:, None, _INNER]
    more = np.where((most > fits)[:, None, _INNER], more, _FAR).min(axis=2)
    result: IntArray = np.minimum(held, more)
    return result


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
    first, later = _own(tiles, sizes, -(-sizes // tiles.tiles))
    back = np.array([part.sums == "continued" for part in parts])
    result: list[int] = np.where(back, later, first).tolist()
    return result


def _own(shapes: ArrayShapes, sizes: IntArray, fits: IntArray) -> tuple[IntArray, IntArray]:
    """Return what buffer tiles of some sizes take at least to which no sums come back yet, and where they do.

    Parameters
    ----------
    fits
        Array tiles in the buffer tile along each loop.
    """
    empty = drains(sizes, shapes.tiles, sizes, fits)
    count = steps(shapes, np.ones_like(sizes), fits, "weights", empty)
    first, later = (
        (waits + held_back(shapes, sizes, fits, ~empty, columns)).max(axis=1)
        for waits, columns in zip(_first_and_later(shapes, count), (BEGUN, CONTINUED), strict=True)
    )
    return first, later


def _first_and_later(shapes: ArrayShapes, count: Steps) -> tuple[IntArray, IntArray]:
    """Return the waits of buffer tiles to which no sums come back yet, and where they do; shape (rows, e)."""
    fills = shapes.aux * count.begun
    back = replace(count, sums=shapes.aux * count.windows, begun=count.begun - fills, continued=fills)
    return waited(shapes.waits, count), waited(shapes.waits, back)


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
    words = _words(shapes, count)
    cycles = words + shapes.waits[:, :, _BEGUN] * count.begun[:, None]
    result: IntArray = np.where(words == words.max(axis=1)[:, None], cycles, 0).max(axis=1)
    return result


def _words(shapes: ArrayShapes, count: Steps) -> IntArray:
    """Return the words for products of each wait, shape (rows, e): as many more as there are folds."""
    times = np.stack([count.weights, count.first, count.slides], axis=1)
    result: IntArray = (shapes.waits[:, :, _WORDS] * times[:, None]).sum(axis=2)
    return result
