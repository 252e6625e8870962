"""The array tiles of a lot with the same size along the cut, and what pieces with them cost at least.

At first that follows from the lines of `solver.search.pieces.level_lot`, which know nothing of which buffer
tiles go with which array tiles. `sharpen` asks for the least that a long piece takes with one tile of both,
where refills along the loop that is cut cost nothing (`solver.search.two_level.floor`). That bounds a piece
by its share of the long one. The least of several such bounds is concave in the share, so between two shares
that were searched it lies above the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.events import static_per_cycle
from solver.cost.two_level.cost import memory_of
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.level_lot import LevelLot
from solver.search.pieces.lines import Lines, lowest
from solver.search.progress import Clock
from solver.search.two_level.floor import FloorSearch
from solver.search.two_level.goal import Weighted

_NEAR, _MOST_POINTS = 1.4, 8
"""How near a share that was searched must be to another, and how many are enough."""


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
    """

    lot: LevelLot
    rows: IntArray
    width: int
    lines: tuple[Lines, Lines]
    bounds: FloatArray
    points: dict[float, float] = field(default_factory=dict)

    def at(self, count: int) -> FloatArray:
        """Return the lines' bounds of every row for a piece."""
        iterations = -(-count // self.width)
        array, transfer = (line.at(iterations, count) for line in self.lines)
        return np.maximum(array, transfer)

    def knows(self, count: int, goal: Goal, hardware: Hardware) -> bool:
        """Return whether a share was searched that is near that of a piece, or many were."""
        share = self._shares(np.array([count]), goal, hardware)[0]
        near = any(share / _NEAR <= known <= share * _NEAR for known in self.points)
        return near or len(self.points) >= _MOST_POINTS

    def sharpen(
        self, count: int, goal: Goal, hardware: Hardware, known: int, rest: FloatArray, clock: Clock
    ) -> None:
        """Let the bounds know of the buffer tiles that go with pieces of about some size.

        Parameters
        ----------
        known
            The value of a mapping that is known.
        rest
            What the filters that a piece leaves cost at least, by its size; shape (size + 1,).
        """
        size, width, family = len(self.bounds) - 1, self.width, self.lot.family
        counts = np.arange(width, size)
        shares = self._shares(counts, goal, hardware)
        share = float(shares[count - width])
        base = self._base(goal, hardware)
        part = np.minimum(shares / share, 1.0)
        cutoff = float(((float(known) - rest[width:size] - (1 - part) * base) / part).max())
        unit = float(goal.energy) * 10.0**goal.places
        least = Weighted(float(goal.cycles), unit, (cutoff - (1 - share) * base) / share)
        tiles = np.unique(self.lot.tiles[self.rows], axis=0)
        try:
            search = FloorSearch(family.nest_of(self._long * width), hardware, tiles, family.dim, 1 / share)
            left = search.run(least, clock)
        except InfeasibleError:
            self.bounds[width:size] = np.inf
            return
        missed = float(least.value(*(np.array(each) for each in left)))
        value = min(least.found, least.cutoff, missed) * (1 - SLACK)
        self.points[share] = share * value + (1 - share) * base
        known_shares = sorted(self.points)
        # With no iterations there is nothing but the base.
        values = [base, *(self.points[each] for each in known_shares)]
        sharper = np.interp(shares, [0.0, *known_shares], values)
        memory = memory_of(hardware)
        if not memory.buffer.double_buffered:
            # The search leaves out all transfers, which nothing overlaps here.
            units, each = (per / memory.units_per_cycle for per in self.lot.units)
            cycle = goal.cycles + unit * float(static_per_cycle(hardware))
            sharper += cycle * (units + each * counts)
        self.bounds[width:size] = np.maximum(self.bounds[width:size], sharper)

    @property
    def _long(self) -> int:
        """Iterations of a piece that is no shorter than any other."""
        return -(-(len(self.bounds) - 2) // self.width)

    def _shares(self, counts: IntArray, goal: Goal, hardware: Hardware) -> FloatArray:
        """Return what part of the longest piece's iterations and filters pieces have at least."""
        share: FloatArray = -(-counts // self.width) / self._long
        if goal.energy or memory_of(hardware).buffer.units_per_cycle is not None:
            share = np.minimum(share, counts / (self._long * self.width))
        return share

    def _base(self, goal: Goal, hardware: Hardware) -> float:
        """Return what pieces cost at least beside their iterations and filters."""
        if not goal.energy:
            return 0.0
        return float(goal.energy) * 10.0**goal.places * max(0.0, self.lot.moved[0])


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
            groups.append(LevelGroup(lot, rows, width, lines, _least(lines, width, size)))
    return groups


def _least(lines: tuple[Lines, Lines], width: int, size: int) -> FloatArray:
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
