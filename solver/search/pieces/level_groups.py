"""The array tiles of a lot with the same size along the cut, and what pieces with them cost at least.

At first that follows from the lines of `solver.search.pieces.level_lot`, which know nothing of which buffer
tiles go with which array tiles. `solver.search.pieces.level_floors` asks for the least that a long piece
takes with one tile of both, where refills along the loop that is cut cost nothing
(`solver.search.two_level.floor`). That bounds a piece by its share of the long one. The least of several such
bounds is concave in the share, so between two shares that were searched it lies above the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.hardware import Hardware
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.level_lot import LevelLot
from solver.search.pieces.lines import Lines, lowest


@dataclass(eq=False)
class LevelGroup:
    """Array tiles of one size along the cut.

    Attributes
    ----------
    lot, rows
        The tiles: rows of a lot.
    width
        Filters of a tile (T).
    lines
        Lines below the values of the rows, as the array sets their latency, and as transfers do.
    bounds
        What a piece of every size costs at least, infinite below T and for the whole; shape (size + 1,).
    points
        What pieces cost at least that know of buffer tiles, by the share that was searched.
    known
        Up to how much more than their share of what is known pieces were bounded, by the step and the class
        of their size, see `solver.search.pieces.level_floors`; infinite where no more can be found out.
    """

    lot: LevelLot
    rows: IntArray
    width: int
    lines: tuple[Lines, Lines]
    bounds: FloatArray
    points: dict[float, float] = field(default_factory=dict)
    known: dict[tuple[int, int], float] = field(default_factory=dict)

    def at(self, count: int) -> FloatArray:
        """Return the lines' bounds of every row for a piece."""
        iterations = -(-count // self.width)
        array, transfer = (line.at(iterations, count) for line in self.lines)
        return np.maximum(array, transfer)

    def raise_to(self, bounds: FloatArray) -> None:
        """Take over bounds of pieces from T filters on that are not the whole layer's."""
        part = self.bounds[self.width : -1]
        np.maximum(part, bounds, out=part)

    @property
    def counts(self) -> IntArray:
        """Sizes of the pieces."""
        return np.arange(self.width, len(self.bounds) - 1)

    @property
    def rounded(self) -> IntArray:
        """Filters of their array tiles, whether or not they use them."""
        result: IntArray = -(-self.counts // self.width) * self.width
        return result


def level_groups(
    lots: list[LevelLot], goal: Goal, hardware: Hardware, size: int, known: int
) -> list[LevelGroup]:
    """Return the array tiles of which pieces might be made that cost less than what is known.

    A mapping with a tile costs no less than one iteration of it, and for all other filters the least that
    any tile takes for one.

    Parameters
    ----------
    size
        Filters of the layer; only shorter pieces count.
    """
    drawn = [(lot, lot.lines(goal, hardware)) for lot in lots]
    shares = [
        float(((line.step + np.minimum(line.base, 0.0)) / lot.width + line.each).min())
        for lot, (line, _) in drawn
    ]
    least = min(shares, default=0.0)
    groups = []
    for lot, (array, transfer) in drawn:
        more = array.each - least
        total = array.base + array.step + np.minimum(more, more * lot.width) + least * size
        places = np.flatnonzero((total * (1 - SLACK) < float(known)) & (lot.width < size))
        order = places[np.argsort(lot.width[places], kind="stable")]
        distinct, begins = np.unique(lot.width[order], return_index=True)
        for width, rows in zip(distinct.tolist(), np.split(order, begins[1:]), strict=False):
            lines = array.take(rows), transfer.take(rows)
            groups.append(LevelGroup(lot, rows, width, lines, least_of(lines, width, size)))
    return groups


def least_of(lines: tuple[Lines, Lines], width: int, size: int) -> FloatArray:
    """Return the least of some lines for every size from T on that is not the whole layer's."""
    bounds = np.full(size + 1, np.inf)
    counts = np.arange(width, size)
    iterations = -(-counts // width)
    found = []
    for line in lines:
        some = line.take(lowest(line))
        least = np.full(len(counts), np.inf)
        for base, step, each in zip(some.base, some.step, some.each, strict=True):
            np.minimum(least, base + step * iterations + each * counts, out=least)
        found.append(least)
    bounds[width:size] = np.maximum(*found)
    return bounds
