"""The tiles of a lot with the same size along the cut, and what pieces with them cost at least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.search.pieces.goal import Goal
from solver.search.pieces.ground import DIVIDED, EVERYWHERE, Exact, Ground, Lot
from solver.search.pieces.lines import Lines, lowest
from solver.search.pieces.relaxation import relaxed, value_lines

_FIRST = 8
"""Tiles of a group that are laid out the first time; every time after it twice as many."""


@dataclass
class Group:
    """Tiles that may still matter to what is minimised.

    Attributes
    ----------
    lot, rows
        The tiles: rows of a lot.
    width
        Filters of a tile (T).
    goal
        What is minimised.
    lines
        Bounds of the values.
    """

    lot: Lot
    rows: IntArray
    width: int
    goal: Goal
    lines: Lines
    _next: int = _FIRST
    _bounds: FloatArray | None = None
    _lowest: IntArray | None = None

    def sizes(self, size: int) -> IntArray:
        """Return the pieces of a layer of some size that the lines hold for."""
        if self.lot.where == DIVIDED:
            return np.arange(self.width, size + 1, self.width)
        sizes = np.arange(self.width, size + 1)
        return sizes if self.lot.where == EVERYWHERE else sizes[sizes % self.width != 0]

    def holds(self, count: int) -> bool:
        """Return whether the lines hold for a piece."""
        if self.lot.where == EVERYWHERE:
            return count >= self.width
        return count >= self.width and (count % self.width == 0) == (self.lot.where == DIVIDED)

    def bounds(self, size: int, *, kept: bool) -> FloatArray:
        """Return what the pieces of `sizes` cost at least, but with tiles of which more is known.

        Parameters
        ----------
        kept
            Whether they are kept for the next time; of a long loop they are large.
        """
        if self._bounds is not None:
            return self._bounds
        sizes = self.sizes(size)
        iterations = -(-sizes // self.width)
        result = np.full(len(sizes), np.inf)
        for place in self._envelope():
            np.minimum(result, self._line(place, iterations, sizes), out=result)
        if kept:
            self._bounds = result
        return result

    def bound_at(self, count: int) -> float:
        """Return what a piece of one of `sizes` costs at least."""
        iterations = -(-count // self.width)
        return min((float(self._line(at, iterations, count)) for at in self._envelope()), default=np.inf)

    def _line(self, place: int, iterations: IntArray | int, sizes: IntArray | int) -> FloatArray:
        lines = self.lines
        result: FloatArray = lines.base[place] + lines.step[place] * iterations + lines.each[place] * sizes
        return result

    def line_of(self, exact: Exact, sizes: IntArray, kind: DTypeLike) -> NDArray:
        """Return what pieces of some sizes cost with a tile of which that is known."""
        base, step, each = (self.goal.sum(figures) for figures in (exact.base, exact.step, exact.each))
        result: NDArray = base + step * (-(-sizes // self.width)).astype(kind) + each * sizes.astype(kind)
        return result

    def least(self, size: int) -> float:
        """Return the least bound of a piece of some size."""
        return float(self.lines.at(-(-size // self.width), size).min())

    def best(self, size: int) -> int:
        """Return the row of the tile with the least bound of a piece among those that are not exact."""
        places = self._open()
        return int(self.rows[places[self._values(places, size).argmin()]])

    def promising(self, size: int) -> IntArray:
        """Return rows to lay out, those with the least bounds of a piece; none if the least is laid out."""
        places = self._open()
        if not len(places):
            return places
        order = np.argsort(self._values(places, size), kind="stable")
        rows = self.rows[places[order]]
        if self.lot.laid_out[rows[0]]:
            return rows[:0]
        rows = rows[~self.lot.laid_out[rows]][: self._next]
        self._next *= 2
        return rows

    def reload(self) -> None:
        """Take over what became known of the lot's tiles."""
        self.lines, self._bounds = value_lines(self.lot, self.rows, self.goal), None
        self._lowest = None

    def keep(self, places: BoolArray) -> None:
        """Forget tiles that cannot matter."""
        if not places.all():
            self.rows, self.lines = self.rows[places], self.lines.take(places)
            self._bounds = self._lowest = None

    def _values(self, places: IntArray, size: int) -> FloatArray:
        return self.lines.take(places).at(-(-size // self.width), size)

    def _open(self) -> IntArray:
        exact = self.lot.exact
        return np.flatnonzero(~np.isin(self.rows, list(exact))) if exact else np.arange(len(self.rows))

    def _envelope(self) -> IntArray:
        """Return the places of tiles whose lines are not above another's everywhere."""
        if self._lowest is None:
            places = self._open()
            self._lowest = places[lowest(self.lines.take(places))]
        return self._lowest


def groups_of(ground: Ground, goal: Goal, known: int, most: int | None) -> list[Group]:
    """Return the tiles of which pieces might be made that cost less than what is known."""
    groups = []
    for view in relaxed(ground, goal, known, most):
        width = view.lot.width[view.rows]
        order = np.argsort(width, kind="stable")
        distinct, begins = np.unique(width[order], return_index=True)
        for size, places in zip(distinct.tolist(), np.split(order, begins[1:]), strict=False):
            rows, lines = view.rows[places], view.lines.take(places)
            groups.append(Group(view.lot, rows, size, goal, lines))
    return groups
