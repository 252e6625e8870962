"""The best pieces of a layer along one cut, proved over every number of pieces.

1. Every tile of every form has straight lines that bound its cost in a piece of any size.
2. A knapsack over the bounds (`solver.search.pieces.knapsack`) says what no mapping in pieces can beat, and
   which pieces that would take. If it is no less than a mapping that is known, that one is optimal.
3. Tiles that no better mapping can use are dropped. The bounds of the pieces that the knapsack takes are made
   closer, and exact in the end, and it is solved again, until it takes none but exact ones: then it is a
   mapping, and no other is better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.mapping.tile import Tile
from solver.pieces.cuts import Family
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.ground import Ground, Lot
from solver.search.pieces.groups import Group, groups_of
from solver.search.pieces.knapsack import Filled, fill
from solver.search.progress import Clock

_AT_ONCE = 1024
"""Tiles that are laid out between two solutions: they take about as long."""

_FIRST = 64
"""Tiles that are laid out for one size at first; every time after it twice as many."""

_KEPT = 1 << 24
"""Bounds of all groups for pieces of all sizes that are kept from one round to the next: 128 MiB."""


@dataclass(frozen=True)
class Chosen:
    """A piece of some size, and how it runs.

    `linear` tells that pieces with this tile cost the same apart and together.
    """

    count: int
    family: Family
    tile: Tile
    linear: bool


class PieceSearch:
    """The search for the best pieces of a layer along one cut, under one goal.

    Parameters
    ----------
    ground
        The tiles, and what is known of them.
    goal
        What is minimised.
    known
        The value of a mapping that is known.
    most
        How many pieces there may be; None for any number.

    Attributes
    ----------
    bound
        No mapping in pieces costs less.
    known, best
        The least value that is known, and the pieces that have it; None if they are not of this search.
    rounds
        How often the knapsack was solved.
    open
        Whether a piece is too long to replay, so that there may be no proof.
    """

    def __init__(self, ground: Ground, goal: Goal, known: int, most: int | None = None) -> None:
        self.ground, self.goal, self.known, self.most = ground, goal, known, most
        self.size = ground.cut.size
        self.best: tuple[Chosen, ...] | None = None
        self.resolved: dict[int, int] = {}
        """Of tiles without straight costs: the least cost of a piece, or a lower bound that is enough."""
        self.bound = self.rounds = 0
        self.open = False
        self.most_value = 2 * known
        self.groups = groups_of(ground, goal, known, most)
        self.exact = self._infinite()
        self.bounds = np.full(self.size + 1, np.inf)
        """What pieces cost at least, but with tiles of which more is known."""
        self._asked = self.groups
        self._owner = np.full(self.size + 1, -1)
        """The groups that were asked, and the place of that which has the bound."""
        self.owners: dict[int, tuple[Family, Tile, bool]] = {}
        for group in self.groups:
            settled = np.fromiter(group.lot.exact, dtype=np.int64)
            for row in settled[np.isin(settled, group.rows)].tolist():
                self._settled(group, row)

    def run(self, clock: Clock) -> None:
        """Raise `bound` until it is the least cost of all mappings, or no less than what is known.

        Not after the time limit, and not if pieces are too long to replay.
        """
        while True:
            costs = self._costs()
            filled = fill(costs, self.most, self.known)
            self.rounds += 1
            self.bound = max(self.bound, min(self.known, int(filled.least[self.size])))
            if self.bound >= self.known:
                return
            doubtful = [count for count in dict.fromkeys(filled.sizes) if costs[count] < self.exact[count]]
            if not doubtful:
                self._improve(filled)
                return
            if clock.expired or self.open:
                return
            free = filled if self.most is None else fill(costs, enough=self.known)
            rest = free.least[::-1].astype(np.float64)  # of the layer's size, one less, ...
            self._drop_hopeless(rest)
            before = self.ground.replayed
            doubtful += self._near(costs, rest, doubtful)
            found = [(self._sharpen(count, filled, clock), count) for count in doubtful]
            self._lay_out([(group, count) for group, count in found if group is not None], rest)
            if self.ground.replayed > before:
                self._improve(fill(self.exact, self.most, self.known))

    def _infinite(self) -> NDArray:
        return self.goal.whole(np.full(self.size + 1, np.inf), self.most_value)

    def _improve(self, filled: Filled) -> None:
        """Take pieces whose costs are exact if they are better than what is known."""
        value = sum(int(self.exact[count]) for count in filled.sizes)
        if value < self.known and all(count in self.owners for count in filled.sizes):
            self.known = value
            self.best = tuple(Chosen(count, *self.owners[count]) for count in filled.sizes)

    def _drop_hopeless(self, rest: FloatArray) -> None:
        """Forget tiles that no mapping in pieces can use and cost less than what is known.

        Whatever a piece takes beside one iteration of a tile, it and the other pieces cost no less than the
        least for as many filters.

        Parameters
        ----------
        rest
            What the filters that a piece leaves cost at least, by its size.
        """
        for group in self.groups:
            lines = group.lines
            last = (float(lines.each.min()) * np.arange(1, group.width + 1) + rest[1 : group.width + 1]).min()
            group.keep((lines.step + np.minimum(lines.base, 0.0) + last) * (1 - SLACK) < float(self.known))
        self.groups = [group for group in self.groups if len(group.rows)]

    def _near(self, costs: NDArray, rest: FloatArray, doubtful: list[int]) -> list[int]:
        """Return more sizes that solutions which seem better than what is known take.

        In every round twice as many: each is looked at in some round unless a better mapping is found.
        """
        reach = (costs[1:].astype(np.float64) + rest[1:]) * (1 - SLACK)
        open_ = (reach < float(self.known)) & (costs[1:] < self.exact[1:]) & (self.bounds[1:] < np.inf)
        sizes = np.flatnonzero(open_) + 1
        chosen = sizes[np.argsort(reach[open_], kind="stable")[: 2**self.rounds // 4]]
        return [count for count in chosen.tolist() if count not in doubtful]

    def _costs(self) -> NDArray:
        """Return the least cost of a piece of every size, as far as it is known."""
        self.bounds = np.full(self.size + 1, np.inf)
        self._asked = self.groups
        self._owner = np.full(self.size + 1, -1)
        kept = len(self.groups) * self.size <= _KEPT
        for linear in (False, True):
            for place, group in enumerate(self._asked):
                if group.lot.linear == linear:
                    sizes, bounds = group.sizes(self.size), group.bounds(self.size, kept=kept)
                    lower = bounds < self.bounds[sizes]
                    self.bounds[sizes[lower]], self._owner[sizes[lower]] = bounds[lower], place
            if not linear:
                self.bounds[list(self.resolved)] = np.inf
        costs = np.minimum(self.goal.whole(self.bounds, self.most_value), self.exact)
        for count, value in self.resolved.items():
            costs[count] = min(costs[count], value)
        return costs

    def _sharpen(self, count: int, filled: Filled, clock: Clock) -> Group | None:
        """Find out more of the tiles with the least bound of a piece of some size, if there is time.

        Returns
        -------
        Group or None
            The one with that bound, if it is to be laid out.
        """
        if self._owner[count] < 0 or clock.expired:
            return None
        group = self._asked[self._owner[count]]
        if not len(group.rows) or group.bound_at(count) != self.bounds[count]:
            return None  # more of it is known since then
        row = group.best(count)
        if not group.lot.laid_out[row]:
            return group
        if group.lot.linear:
            self.open |= self.ground.settle(group.lot, row) is None
            self._settled(group, row)
        else:
            self._resolve(count, self.known - int(filled.least[self.size - count]), clock)
        return None

    def _lay_out(self, wanted: Iterable[tuple[Group, int]], rest: FloatArray) -> None:
        """Lay out tiles of some groups, for pieces of some sizes, and more that may be used next."""
        near = []
        for place, group in enumerate(self.groups):
            if (reach := group.least(group.width) + rest[group.width]) < float(self.known):
                near.append((reach, place))
        rows: dict[int, list[NDArray]] = {}
        lots: dict[int, Lot] = {}
        changed, number = [], 0
        more = [self.groups[place] for _, place in sorted(near)]
        for group, count in (*wanted, *((group, group.width) for group in more)):
            if number > _AT_ONCE:
                break
            some = group.promising(count)
            if len(some):
                lots[id(group.lot)] = group.lot
                rows.setdefault(id(group.lot), []).append(some)
                changed.append(group)
                number += len(some)
        for key, lot in lots.items():
            self.ground.lay_out(lot, np.unique(np.concatenate(rows[key])))
        for group in changed:
            group.reload()

    def _settled(self, group: Group, row: int) -> None:
        """Take over what a tile costs in pieces of every size, if that is known."""
        group.reload()
        exact = group.lot.exact.get(row)
        if exact is None:
            return
        sizes = group.sizes(self.size)
        if self.exact.dtype == object:
            # Floats leave few to be compared in Python's integers.
            near = group.line_of(exact, sizes, np.float64) * (1 - SLACK)
            sizes = sizes[near < self.exact[sizes].astype(np.float64)]
        costs = group.line_of(exact, sizes, self.exact.dtype)
        better = costs < self.exact[sizes]
        self.exact[sizes[better]] = costs[better]
        owner = (group.lot.family, Tile.of(group.lot.tiles[row]), True)
        self.owners.update(dict.fromkeys(sizes[better].tolist(), owner))

    def _resolve(self, count: int, cutoff: int, clock: Clock) -> None:
        """Replay the tiles without straight costs in pieces of some size, the most promising first.

        What is not replayed when time is up keeps its bounds.
        """
        lots: list[Lot] = []
        near = [np.empty((3, 0))]  # bound, place of the lot, row of each tile
        for group in self.groups:
            if group.lot.linear or not group.holds(count):
                continue
            bounds = group.lines.at(-(-count // group.width), count) * (1 - SLACK)
            some = bounds <= float(cutoff)
            near.append(np.stack([bounds[some], np.full(some.sum(), len(lots)), group.rows[some]]))
            lots.append(group.lot)
        entries = np.concatenate(near, axis=1)
        entries = entries[:, np.argsort(entries[0], kind="stable")]
        before = self.resolved.get(count)
        self.resolved[count], begin, number = cutoff, 0, _FIRST
        while begin < entries.shape[1] and entries[0, begin] < self.resolved[count]:
            places, rows = entries[1:, begin : begin + number].astype(np.int64)
            tiles = [(lots[place], rows[places == place]) for place in np.unique(places)]
            if not self._replay(count, tiles, clock):
                if before is None:
                    del self.resolved[count]
                else:
                    self.resolved[count] = before
                return
            begin, number = begin + number, 2 * number

    def _replay(self, count: int, rows: list[tuple[Lot, IntArray]], clock: Clock) -> bool:
        """Lay out tiles for a piece of some size, and replay those that may be better than what is known.

        Returns whether there was time for all.
        """
        entries: list[tuple[float, Family, IntArray]] = []
        for lot, some in rows:
            tiles = lot.tiles[some]
            costs = self.ground.batch(lot.family, count, tiles)
            values = self.goal.values(costs.least_cycles.astype(np.float64), costs.dynamic_energy)
            entries += [
                (value, lot.family, tile)
                for value, tile in zip((values * (1 - SLACK)).tolist(), tiles, strict=True)
            ]
        for value, family, sizes in sorted(entries, key=lambda entry: entry[0]):
            if value >= self.resolved[count]:
                break
            if clock.expired:
                return False
            tile = Tile.of(sizes)
            try:
                figures = self.ground.figures(family, count, tile)
            except OverflowError:
                self.open = True
                continue
            if figures is not None and (exact := self.goal.sum(figures)) < self.resolved[count]:
                self.resolved[count] = exact
                if exact < self.exact[count]:
                    self.exact[count], self.owners[count] = exact, (family, tile, False)
        return True
