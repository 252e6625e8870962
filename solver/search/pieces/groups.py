"""Tiles of pieces with their bounds, grouped by tile size along the cut, and how a group becomes exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike, NDArray

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.batch import quick_bound
from solver.cost.evaluate import evaluate
from solver.hardware import Hardware
from solver.layer import DIMS
from solver.legal.tiles import Limits, candidate_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import Family
from solver.search.pieces.goal import Goal
from solver.search.pieces.lines import Lines, bounds, drains_always

EVERYWHERE, DIVIDED, PADDED = range(3)
"""The pieces that lines hold for: all, those that the tile divides, those that it does not."""


@dataclass
class Group:
    """Tiles of one form with the same size along the cut, under the same rule for draining.

    Attributes
    ----------
    family
        The form.
    width
        Filters of a tile (T).
    where
        Which pieces the lines hold for.
    linear
        Whether the cost of a piece is a straight line too: known for all sizes once it is for a few. It is
        if the loop that is cut is one of filter iterations, and the array drains between them.
    drains
        Whether the lines are those of an array that drains.
    tiles
        Shape (tiles, 8).
    lines
        Their bounds.
    laid_out
        Whether the bounds are of tiles that were laid out.
    exact
        Costs of tiles that are known, by their place: base, step and each.
    """

    family: Family
    width: int
    where: int
    linear: bool
    drains: bool
    tiles: IntArray
    lines: Lines
    laid_out: bool = False
    exact: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)
    """Places of tiles that are too long to replay: their bounds are all that is known."""
    _costs: NDArray | None = None

    def sizes(self, size: int) -> IntArray:
        """Return the pieces of a layer of some size that the lines hold for."""
        if self.where == DIVIDED:
            return np.arange(self.width, size + 1, self.width)
        sizes = np.arange(self.width, size + 1)
        return sizes if self.where == EVERYWHERE else sizes[sizes % self.width != 0]

    def costs(self, size: int, goal: Goal, most: int) -> NDArray:
        """Return what the pieces of `sizes` cost at least, and `most` for those that cost more."""
        if self._costs is None:
            self._costs = self.costs_of(self.sizes(size), goal, most)
        return self._costs

    def cost_at(self, count: int, size: int, goal: Goal, most: int) -> int:
        """Return what a piece of one of `sizes` costs at least, or `most`."""
        if self.where == DIVIDED:
            place = count // self.width - 1
        elif self.where == EVERYWHERE:
            place = count - self.width
        else:
            place = count - count // self.width - self.width
        return int(self.costs(size, goal, most)[place])

    def costs_of(self, sizes: IntArray, goal: Goal, most: int) -> NDArray:
        """Return what pieces of some sizes cost at least, or `most`."""
        iterations = -(-sizes // self.width)
        least = np.full(len(sizes), np.inf)
        lines = self.lines
        for row in self._envelope():
            line = lines.base[row] + lines.step[row] * iterations + lines.each[row] * sizes
            np.minimum(least, line, out=least)
        found = goal.whole(least, most)
        for at in self.exact:
            found = np.minimum(found, self.line_of(at, sizes, found.dtype))
        return found

    def line_of(self, at: int, sizes: IntArray, kind: DTypeLike) -> NDArray:
        """Return what pieces of some sizes cost with a tile whose costs are known."""
        base, step, each = self.exact[at]
        result: NDArray = base + step * (-(-sizes // self.width)).astype(kind) + each * sizes.astype(kind)
        return result

    def best(self, size: int) -> int:
        """Return the place of the tile with the least bound of a piece among those that are not exact."""
        rows = self._open()
        return int(rows[self.lines.take(rows).at(-(-size // self.width), size).argmin()])

    def keep(self, rows: BoolArray) -> None:
        """Forget tiles that cannot matter."""
        if not rows.all():
            place = np.cumsum(rows) - 1
            self.exact = {int(place[at]): line for at, line in self.exact.items() if rows[at]}
            self.unknown = {int(place[at]) for at in self.unknown if rows[at]}
            self.tiles, self.lines, self._costs = self.tiles[rows], self.lines.take(rows), None

    def lay_out(self, hardware: Hardware, goal: Goal) -> None:
        """Sharpen the bounds of all tiles."""
        draining, overlapping = bounds(self.family, hardware, self.tiles, goal, laid_out=True)
        self.lines, self.laid_out = draining if self.drains else overlapping, True
        self._costs = None

    def settle(self, at: int, hardware: Hardware, goal: Goal) -> Tile | None:
        """Find the exact line of a tile that has one, from the replays of small pieces; None if too long."""
        tile, family, width = Tile.of(self.tiles[at]), self.family, self.width
        self._costs = None
        one = evaluate(family.nest_of(width), hardware, tile)
        if one.method == "closed form":
            self.unknown.add(at)
            return None
        step = one.cycles
        if hardware.real:
            step = evaluate(family.nest_of(2 * width), hardware, tile).cycles - one.cycles
        two = self._value(tile, hardware, goal, 2 * width, one.cycles + step)
        first, each = goal.value(one.cycles, one.energy), 0
        if width > 1 and self.where == EVERYWHERE:
            padded = self._value(tile, hardware, goal, width + 1, one.cycles + step)
            each = (two - padded) // (width - 1)
        self.exact[at] = (2 * first - two, two - first - each * width, each)
        return tile

    def _value(self, tile: Tile, hardware: Hardware, goal: Goal, count: int, cycles: int) -> int:
        cost = evaluate(self.family.nest_of(count), hardware, tile, cycles)
        return goal.value(cost.cycles, cost.energy)

    def _open(self) -> IntArray:
        rows = np.arange(len(self.tiles))
        return rows[~np.isin(rows, list(self.exact))] if self.exact else rows

    def _envelope(self) -> IntArray:
        """Return the tiles whose lines are not above another's everywhere."""
        rows = self._open()
        lines = self.lines.take(rows)
        kept, bases, eaches = [], np.inf, np.inf
        for place in np.lexsort((lines.each, lines.base, lines.step)).tolist():
            if lines.base[place] < bases or lines.each[place] < eaches:
                kept.append(rows[place])
                bases = min(bases, lines.base[place])
                eaches = min(eaches, lines.each[place])
        return np.array(kept, dtype=np.int64)


def groups_of(
    family: Family, size: int, hardware: Hardware, goal: Goal, limits: Limits
) -> tuple[list[Group], int]:
    """Return the tiles that pieces of a form may have, by their size along the cut, and how many they are.

    All tiles of all pieces are tiles of the whole layer: the rules know the loop that is cut only as the
    largest size of a tile. Those in which weights may overtake inputs are among them.

    Parameters
    ----------
    size
        Of the whole range along the cut.
    """
    tiles = candidate_tiles(family.nest, hardware, limits)
    if not len(tiles):
        return [], 0
    if family.whole:
        bound = quick_bound(family.nest, hardware, tiles)
        values = goal.values(bound.least_cycles.astype(np.float64), bound.dynamic_energy)
        zero = np.zeros(len(tiles))
        lines = Lines(values, zero, zero)
        return [Group(family, size, EVERYWHERE, False, False, tiles, lines, laid_out=True)], len(tiles)
    draining, overlapping = bounds(family, hardware, tiles, goal, laid_out=False)
    always, divided = drains_always(family, tiles)
    if hardware.real:
        always = divided = np.ones(len(tiles), dtype=bool)
    straight = family.dim in ("K", "G")
    width = tiles[:, DIMS.index(family.dim)]
    kinds = [
        (always, EVERYWHERE, draining, straight, True),
        (divided & ~always, DIVIDED, draining, straight, True),
        (divided & ~always, PADDED, overlapping, False, False),
        (~divided, EVERYWHERE, overlapping, False, False),
    ]
    groups = []
    for chosen, where, lines, linear, drains in kinds:
        for size in np.unique(width[chosen]).tolist():
            rows = np.flatnonzero(chosen & (width == size))
            if where != PADDED or size > 1:
                groups.append(Group(family, size, where, linear, drains, tiles[rows], lines.take(rows)))
    return groups, len(tiles)
