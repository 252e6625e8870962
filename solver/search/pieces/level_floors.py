"""What pieces behind a prefetch buffer cost at least, for array tiles of many widths at once.

A long piece is searched whose refills along the loop that is cut cost nothing
(`solver.search.two_level.floor`). A piece costs at least its share of that, so one search bounds the pieces of
all array tiles that it looked
at: none of them takes less by the filter. The tiles of the width that has the least are known to be no
better; the others are searched again without them where that is not enough.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray
from solver.cost.events import static_per_cycle
from solver.cost.two_level.cost import memory_of
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import DIMS
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.level_groups import LevelGroup
from solver.search.pieces.level_lot import LevelLot
from solver.search.progress import Clock
from solver.search.two_level.floor import FloorSearch
from solver.search.two_level.goal import Weighted

_REACH = 1.4
"""How much shorter pieces may be for which a search is to say enough."""

_ROUNDED_UP = 1 + 1e-6


class Floors:
    """The searches of long pieces along one cut, under one goal.

    Parameters
    ----------
    size
        Filters of the layer; a long piece has one less.
    """

    def __init__(self, groups: list[LevelGroup], hardware: Hardware, goal: Goal, size: int) -> None:
        self.hardware, self.goal, self._long = hardware, goal, size - 1
        self._unit = float(goal.energy) * 10.0**goal.places
        self._searches: dict[LevelLot, FloorSearch | None] = {}
        self._rows = {
            lot: np.concatenate([group.rows for group in groups if group.lot is lot])
            for lot in {id(group.lot): group.lot for group in groups}.values()
        }

    def by_the_filter(self, groups: list[LevelGroup], known: int, clock: Clock) -> None:
        """Bound pieces by the least that any filter takes, transfers that work may overlap with included.

        Parameters
        ----------
        known
            The value of a mapping of the layer that is known.
        """
        enough = float(known) / (self._long + 1) * self._long * _ROUNDED_UP
        value, _ = self._least(groups, 1.0, enough, clock, transfers=True)
        for group in groups:
            base = self._base(group.lot)
            group.raise_to(base + (value - base) * group.counts / self._long)

    def knows(self, group: LevelGroup, count: int) -> bool:
        """Return whether no more can be found out of a group's pieces of about some size."""
        return group.knows(self._share_of(group, count))

    def sharpen(
        self, groups: list[LevelGroup], count: int, known: int, rest: FloatArray, clock: Clock
    ) -> None:
        """Let the bounds of pieces of about some size know of the buffer tiles that go with them.

        Parameters
        ----------
        groups
            Those whose pieces are asked about.
        known
            The value of a mapping that is known.
        rest
            What the filters that a piece leaves cost at least, by its size; shape (size + 1,).
        """
        share = count / self._long
        counts = np.arange(max(1, int(count / _REACH)), count + 1)
        base = min(self._base(group.lot) for group in groups)
        enough = (float(known) - rest[counts] - base) * (self._long / counts) + base
        value, best = self._least(
            groups, 1 / share, float(enough.max()) * _ROUNDED_UP, clock, transfers=False
        )
        for group in groups:
            base = self._base(group.lot)
            group.points[share] = max(group.points.get(share, 0.0), share * value + (1 - share) * base)
            if group is best:
                group.closed.append(share)
            known_shares = sorted(group.points)
            # With no filters there is nothing but the base; more of them cost no less.
            values = np.maximum.accumulate([base, *(group.points[each] for each in known_shares)])
            sharper = np.interp(self._shares(group), [0.0, *known_shares], values)
            group.raise_to(sharper + self._lone_transfers(group))

    def _least(
        self, groups: list[LevelGroup], exposure: float, enough: float, clock: Clock, *, transfers: bool
    ) -> tuple[float, LevelGroup | None]:
        """Return what a long piece costs at least with the array tiles of groups, and whose it is.

        No more than is enough, which no group has then.
        """
        value, best = enough, None
        for lot in {id(group.lot): group.lot for group in groups}.values():
            search = self._search_of(lot)
            if search is None:
                continue
            own = {group.width: group for group in groups if group.lot is lot}
            goal = Weighted(float(self.goal.cycles), self._unit, value)
            left = search.least(goal, np.array(list(own)), clock, exposure=exposure, transfers=transfers)
            missed = float(goal.value(*(np.array(each) for each in left)))
            if goal.point is not None and goal.found < value:
                best = own[goal.point.mapping.tile.sizes[DIMS.index(lot.family.dim)]]
            value = min(goal.best, missed)
        return value * (1 - SLACK), best

    def _search_of(self, lot: LevelLot) -> FloorSearch | None:
        if lot not in self._searches:
            tiles = np.unique(lot.tiles[self._rows[lot]], axis=0)
            nest = lot.family.nest_of(self._long)
            try:
                self._searches[lot] = FloorSearch(nest, self.hardware, tiles, lot.family.dim)
            except InfeasibleError:
                self._searches[lot] = None
        return self._searches[lot]

    def _share_of(self, group: LevelGroup, count: int) -> float:
        return float(self._shares(group)[count - group.width])

    def _shares(self, group: LevelGroup) -> FloatArray:
        """Return what part of the long piece pieces take at least."""
        buffer = memory_of(self.hardware).buffer
        # Words of the DRAM do not fill array tiles.
        straight = self.goal.energy or buffer.units_per_cycle is not None
        shares: FloatArray = (group.counts if straight else group.rounded) / self._long
        return shares

    def _base(self, lot: LevelLot) -> float:
        """Return what pieces cost at least beside their iterations and filters."""
        return self._unit * max(0.0, lot.moved[0]) if self.goal.energy else 0.0

    def _lone_transfers(self, group: LevelGroup) -> FloatArray | float:
        """Return what transfers take that the searches leave out and that nothing overlaps with."""
        memory = memory_of(self.hardware)
        if memory.buffer.double_buffered:
            return 0.0
        units, each = (per / memory.units_per_cycle for per in group.lot.units)
        cycle = self.goal.cycles + self._unit * float(static_per_cycle(self.hardware))
        transfers: FloatArray = cycle * (units + each * group.counts)
        return transfers
