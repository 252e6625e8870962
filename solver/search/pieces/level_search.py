"""The search for the best pieces of a layer along one cut behind a prefetch buffer, with its proof.

As on the array alone a knapsack over bounds of pieces says which of them a mapping would take that is better
than what is known. Bounds of array tiles come from lines, then from the buffer tiles that go with them
(`solver.search.pieces.level_groups`); a piece whose bounds are all that close is searched, over both levels,
among the array tiles that its bounds leave open and for less than what it may cost. When the knapsack takes
none but searched pieces, or costs no less than what is known, that is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from solver.answers.mapped import PieceMapping
from solver.arithmetic.arrays import FloatArray
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.pieces.cuts import Cut
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.knapsack import Filled, fill
from solver.search.pieces.level_floors import Floors
from solver.search.pieces.level_groups import LevelGroup, level_groups
from solver.search.pieces.level_lot import LevelLot
from solver.search.pieces.level_piece import Found, LevelPiece
from solver.search.progress import Clock
from solver.search.two_level.alike import mirrored
from solver.search.two_level.figures import Figures
from solver.search.two_level.floor import BoundSearch, NearSearch, Slots
from solver.search.two_level.search import LevelSearch

MOST_SEARCHES, MOST_GROUPS = 256, 1024
"""Pieces that are searched along one cut, and of groups, whose bounds hold for one size each but take some
milliseconds, under one goal; the bound by then is told, without a proof.
"""

_WIDE = 63 / 64
"""Part of the known value below which a better mapping is looked for before bounds are made closer."""

_MANY = 256
"""Array tiles up to which the best pairs are found at once: to look for good ones first takes longer."""


class LevelPieceSearch:
    """The search for the best two and more pieces of a layer along one cut, under one goal.

    Parameters
    ----------
    lots
        The array tiles of the pieces.
    known
        The value of a mapping that is known.
    most
        How many pieces there may be; None for any number.
    images
        Whether products may run as images of their streamed side.
    figures
        Those of array tiles that are shared with other searches.

    Attributes
    ----------
    bound
        No mapping in several pieces along the cut costs less, unless it costs no less than `known`.
    known, best
        The least value that is known, and the pieces that have it; None if they are not of this search.
    searched
        Pieces that were searched.
    open
        Whether a piece may have mappings that were not searched, so that there is no proof.
    groups, every
        The array tiles of pieces, those that may be part of a better mapping and all of the beginning.
    """

    def __init__(
        self,
        layer: Primitive,
        cut: Cut,
        hardware: Hardware,
        lots: list[LevelLot],
        goal: Goal,
        known: int,
        most: int | None = None,
        *,
        images: bool = True,
        figures: Figures | None = None,
    ) -> None:
        self.layer, self.cut, self.hardware = layer, cut, hardware
        self._images = images
        self.goal, self.known, self.most = goal, known, most
        self.best: tuple[PieceMapping, ...] | None = None
        self.bound = self.searched = 0
        self.open = False
        self.most_value = 2 * known
        self.groups = level_groups(lots, goal, hardware, cut.size, known)
        self.every = list(self.groups)
        self.floors = Floors(self.groups, hardware, goal, cut.size, figures)
        self.found: dict[int, Found] = {}
        self.least: dict[int, int] = {}
        """What searched pieces cost at least."""
        self.bounded: set[int] = set()
        self._most_searches = MOST_GROUPS if cut.dim == "G" else MOST_SEARCHES
        self._ahead = 0
        self._looked = self._tried = False
        self._promising = True

    def run(self, clock: Clock, *, ahead: bool = False) -> None:
        """Raise `bound` until it is the least cost of all mappings, or no less than what is known.

        Not after the time limit or too many searches, and not if pieces are too long to replay.

        Parameters
        ----------
        ahead
            Whether to stop with the first pieces that were searched, or where single pieces would be bounded.
        """
        while True:
            costs = self._costs()
            filled = fill(costs, self.most, self.known)
            self.bound = max(self.bound, min(self.known, int(filled.least[-1])))
            if self.bound >= self.known:
                return
            if not self._looked:
                self._looked = True
                self.floors.by_the_filter(self.groups, self.known, clock)
                continue
            doubtful = [count for count in dict.fromkeys(filled.sizes) if not self._settled(count, costs)]
            if not doubtful:
                self._improve(filled)
                return
            free = filled if self.most is None else fill(costs, enough=self.known)
            rest = free.least[::-1].astype(np.float64)
            self.groups = [
                g for g in self.groups if float((g.bounds + rest).min()) * (1 - SLACK) < self.known
            ]
            if not self._tried and self.bound < _WIDE * self.known and not clock.expired:
                self._tried = True
                self._try(doubtful, free.least, clock)
                continue
            if blunt := self._blunt(doubtful):
                # Long pieces have few array tiles that matter; short ones may not be asked about after them.
                group, count = max(blunt, key=lambda pair: pair[1])
                others = [each for each in self.groups if each is not group]
                self.floors.sharpen([group, *others], count, self.known, rest, clock)
                if clock.expired:
                    return
                continue
            if clock.expired or self.open or self.searched >= self._most_searches:
                return
            open_ = [count for count in doubtful if count not in self.bounded]
            if open_ and not self._promising:
                if ahead:
                    return
                self._bound(max(open_), rest, clock)
                continue
            # What the bounds promise first, and after every improvement, may be a better mapping.
            self._try(doubtful, free.least, clock)
            if ahead:
                return

    def _try(self, counts: list[int], least: NDArray, clock: Clock) -> None:
        """Search the pieces of a sum until one has no better mapping, and take what is better than known.

        Parameters
        ----------
        counts
            Filters of the pieces.
        least
            What so many filters cost at least.
        """
        likely, self._promising = self._promising, False
        for count in counts:
            self._search(count, self.known - int(least[self.cut.size - count]), clock, likely=likely)
            if count not in self.found:
                break
        self._improve(fill(self._exact(), self.most, self.known))

    @property
    def open_tiles(self) -> int:
        """Array tiles of which pieces might be made."""
        return sum(len(group.rows) for group in self.groups)

    def learn(self, known: int) -> None:
        """Take over the value of a better mapping that is not of this search."""
        if known < self.known:
            self.known, self.best = known, None

    def _costs(self) -> NDArray:
        """Return what a piece of every size costs at least."""
        bounds = np.full(self.cut.size + 1, np.inf)
        for group in self.groups:
            np.minimum(bounds, group.bounds, out=bounds)
        costs = self.goal.whole(bounds, self.most_value)
        for count, value in self.least.items():
            costs[count] = max(costs[count], min(value, self.most_value))
        return costs

    def _exact(self) -> NDArray:
        """Return what pieces of those sizes cost whose best mapping is known."""
        costs = self.goal.whole(np.full(self.cut.size + 1, np.inf), self.most_value)
        for count, found in self.found.items():
            costs[count] = min(found.value, self.most_value)
        return costs

    def _settled(self, count: int, costs: NDArray) -> bool:
        return count in self.found and self.found[count].value <= costs[count]

    def _blunt(self, counts: list[int]) -> list[tuple[LevelGroup, int]]:
        """Return the groups that set bounds of pieces of which more can be found out, and the pieces."""
        least = [(min(self.groups, key=lambda each: float(each.bounds[c])), c) for c in counts]
        return [(g, c) for g, c in least if c not in self.least and not self.floors.knows(g, c)]

    def _bound(self, count: int, rest: FloatArray, clock: Clock) -> None:
        """Bound a piece, and with it all that are longer, by both levels together.

        One that is somewhat shorter is bounded if the last one cost more than it had to by that much.
        """
        self.searched += 1
        slope = self.known / self.cut.size
        least = 0 if self.cut.dim == "G" else max(1, count - self._ahead)
        at = count if self.cut.dim == "G" else least
        wanted = float(self.known) - float(rest[count])
        cutoff = wanted + (self._ahead + 2) * slope
        weights = float(self.goal.cycles), float(self.goal.energy) * 10.0**self.goal.places
        goal = Slots(*weights, np.array([cutoff]))
        energy = bool(self.goal.energy)
        for lot, tiles in self._open(at, cutoff):
            with suppress(InfeasibleError):
                nest = lot.family.nest_of(at)
                parts = nest, self.hardware, Limits(), tiles
                search = BoundSearch(*parts, energy=energy, figures=self.floors.figures)
                self.floors.share(search, lot, at)
                search.run_slots(goal, clock)
        value = float(goal.least[0]) * (1 - SLACK)
        last = at + 1 if self.cut.dim == "G" else self.cut.size
        for group in self.groups:
            if group.width <= at:
                group.bounds[at:last] = np.maximum(group.bounds[at:last], value)
        if at == count or value >= wanted:
            self.bounded.add(count)
        excess = value - (float(self.known) - float(rest[at]))
        self._ahead = max(0, min(2 * self._ahead + 1, int(0.8 * excess / slope))) if value >= wanted else 0

    def _searches(self, kind: type[LevelSearch], count: int, cutoff: float) -> Iterator[LevelSearch]:
        """Yield searches of a piece's forms, among the array tiles with which it may cost less."""
        for lot, tiles in self._open(count, cutoff):
            forms = [(lot.family, tiles)]
            if lot.twin is not None:
                forms.append((lot.twin, mirrored(tiles)))
            for family, its in forms:
                with suppress(InfeasibleError):
                    its_kind = kind if len(its) > _MANY else NearSearch
                    nest, figures = family.nest_of(count), self.floors.figures
                    search = its_kind(nest, self.hardware, Limits(), its, figures=figures)
                    search.tight = self.floors.tight(family)
                    yield search

    def _open(self, count: int, cutoff: float) -> list[tuple[LevelLot, NDArray]]:
        """Return the lots with forms of a piece, and their array tiles with which it may cost less."""
        lots: dict[int, tuple[LevelLot, list[NDArray]]] = {}
        for group in self.groups:
            if count >= group.width and group.bounds[count] * (1 - SLACK) < cutoff:
                rows = group.rows[group.at(count) * (1 - SLACK) < cutoff]
                lots.setdefault(id(group.lot), (group.lot, []))[1].append(rows)
        return [
            (lot, np.unique(lot.tiles[found], axis=0))
            for lot, rows in lots.values()
            if len(found := np.concatenate(rows))
        ]

    def _improve(self, filled: Filled) -> None:
        """Take pieces whose best mappings are known if they are better than what is known."""
        if not all(count in self.found for count in filled.sizes):
            return
        value = sum(self.found[count].value for count in filled.sizes)
        if value >= self.known:
            return
        self.known, self._promising = value, True
        pieces, begin = [], 0
        for count in sorted(filled.sizes, reverse=True):
            one = self.found[count].mapping
            pieces.append(
                PieceMapping(one.base, one.dim, begin, count, one.tile, one.form, one.cost, one.levels)
            )
            begin += count
        self.best = tuple(pieces)

    def _search(self, count: int, cutoff: int, clock: Clock, *, likely: bool) -> None:
        """Find the best mapping of a piece, or that it costs no less than a cutoff.

        Parameters
        ----------
        likely
            Whether it probably costs much less.
        """
        self.searched += 1
        kind = LevelSearch if likely else NearSearch
        searches = self._searches(kind, count, float(cutoff))
        piece = LevelPiece(self.layer, self.cut, count, self._images)
        known = piece.search(searches, self.goal, cutoff, clock)
        self.least[count], self.open = known.least, self.open or known.open
        if known.found:
            self.found[count] = known.found
