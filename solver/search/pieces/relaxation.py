"""The first look at the tiles of pieces: what filters cost at least if they could be had one by one.

A piece with a tile takes its iterations, and what these cost by the filter is no less than the least that any
tile takes for one. So a mapping with a tile costs no less than one iteration of it, and that least for all
other filters. Most tiles are excluded by that, often all, before a knapsack is solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.ground import Ground, Lot
from solver.search.pieces.lines import Lines

_FIRST = 256
"""Tiles that are laid out the first time; every time after it twice as many."""


def value_lines(lot: Lot, rows: IntArray, goal: Goal) -> Lines:
    """Return bounds of the values of some tiles of a lot."""
    cycles, energy = lot.cycles.take(rows), lot.energy.take(rows)
    return Lines(*(goal.values(getattr(cycles, n), getattr(energy, n)) for n in ("base", "step", "each")))


@dataclass
class View:
    """Tiles of a lot that may still matter.

    Attributes
    ----------
    lot, rows
        The tiles: rows of a lot.
    lines
        Bounds of their values.
    share
        What a filter costs with them at least; not less than nothing for forms that only the whole has.
    total
        What a mapping costs at least that uses them.
    """

    lot: Lot
    rows: IntArray
    lines: Lines
    share: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, lot: Lot, goal: Goal, size: int, most: int | None) -> View:
        """Return all tiles of a lot; of a layer in one piece the share is that of the whole."""
        lines = value_lines(lot, np.arange(len(lot.tiles)), goal)
        view = cls(lot, np.arange(len(lot.tiles)), lines, lines.base, lines.base)
        view.reload(goal, size, most)
        return view

    def reload(self, goal: Goal, size: int, most: int | None) -> None:
        """Take over what became known of the lot's tiles."""
        self.lines = lines = value_lines(self.lot, self.rows, goal)
        width = self.lot.width[self.rows]
        if most == 1 or self.lot.family.whole:
            self.total = lines.at(-(-size // width), size)
            self.share = self.total / size
        else:
            self.share = (lines.step + np.minimum(lines.base, 0.0)) / width + lines.each

    def bound(self, least: float, size: int) -> None:
        """Say what mappings cost if no filter costs less than some value."""
        lines, more = self.lines, self.lines.each - least
        width = self.lot.width[self.rows]
        self.total = lines.base + lines.step + np.minimum(more, more * width) + least * size

    def keep(self, places: BoolArray) -> None:
        """Forget tiles that cannot matter."""
        if not places.all():
            self.rows, self.lines = self.rows[places], self.lines.take(places)
            self.share, self.total = self.share[places], self.total[places]

    @property
    def laid_out(self) -> BoolArray:
        """Which of the tiles were laid out."""
        result: BoolArray = self.lot.laid_out[self.rows]
        return result


def least_of_all(ground: Ground, goal: Goal) -> float:
    """Return what no mapping in pieces falls below, from the bounds as they are: 0 if there is none."""
    size = ground.cut.size
    views = [View.of(lot, goal, size, None) for lot in ground.lots]
    shared = [view for view in views if not view.lot.family.whole]
    least = min((float(view.share.min()) for view in shared), default=0.0)
    for view in shared:
        view.bound(least, size)
    return min((float(view.total.min()) for view in views), default=0.0) * (1 - SLACK)


def relaxed(ground: Ground, goal: Goal, known: int, most: int | None) -> list[View]:
    """Return the tiles that pieces might have which cost less than what is known.

    Tiles are laid out, those with the least shares first, until the one with the least of all is.

    Parameters
    ----------
    most
        How many pieces there may be; None for any number.
    """
    size, number = ground.cut.size, _FIRST
    views = [View.of(lot, goal, size, most) for lot in ground.lots]
    while True:
        shared = [view for view in views if not view.lot.family.whole and len(view.rows)]
        least = min((float(view.share.min()) for view in shared), default=0.0)
        for view in shared if most != 1 else ():
            view.bound(least, size)
        for view in views:
            view.keep(view.total * (1 - SLACK) < float(known))
        views = [view for view in views if len(view.rows)]
        if not _laid_out_more(views, ground, goal, most, number):
            return views
        number *= 2


def least_share(ground: Ground, goal: Goal) -> float:
    """Return what a filter costs at least with any tile, infinity if there are none: that one is laid out."""
    size, number = ground.cut.size, _FIRST
    views = [View.of(lot, goal, size, None) for lot in ground.lots]
    while _laid_out_more(views, ground, goal, None, number):
        number *= 2
    return min((float(view.share.min()) for view in views), default=np.inf)


def _laid_out_more(views: list[View], ground: Ground, goal: Goal, most: int | None, number: int) -> bool:
    """Lay out so many tiles with the least shares; False if the one with the least of all is laid out."""
    shared = [view for view in views if not view.lot.family.whole]
    certain = min((float(view.share[view.laid_out].min(initial=np.inf)) for view in shared), default=np.inf)
    places = [np.flatnonzero(~view.laid_out & (view.share < certain)) for view in views]
    found = [view.share[some] for view, some in zip(views, places, strict=True)]
    shares = np.concatenate([np.empty(0), *found])
    if not len(shares):
        return False
    limit = np.partition(shares, number - 1)[number - 1] if number < len(shares) else np.inf
    for view, some in zip(views, places, strict=True):
        if len(some := some[view.share[some] <= limit]):
            ground.lay_out(view.lot, view.rows[some])
            view.reload(goal, ground.cut.size, most)
    return True
