"""What pieces behind a prefetch buffer cost at least, for array tiles of many widths at once.

A long piece is searched whose refills along the loop that is cut cost nothing
(`solver.search.two_level.floor`). A piece costs at least its share of that, the transfers that nothing
overlaps with counted as often as it goes into the long one. First all array tiles together say what a filter
costs at least. Where that is not enough every width gets bounds of its own, for shares that are some powers
of two apart: one search for all widths that still matter.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.events import static_per_cycle
from solver.cost.two_level.cost import memory_of
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.level_groups import LevelGroup
from solver.search.pieces.level_lot import LevelLot
from solver.search.progress import Clock
from solver.search.two_level.floor import FloorSearch, Slots, Sought

_APART = 1.0
"""Powers of two between shares that are searched."""

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
        self._rows = {lot: np.concatenate([group.rows for group in own]) for lot, own in _by_lot(groups)}

    def by_the_filter(self, groups: list[LevelGroup], known: int, clock: Clock) -> None:
        """Bound pieces by the least that any filter takes, transfers that work may overlap with included.

        Parameters
        ----------
        known
            The value of a mapping of the layer that is known.
        """
        value = known / (self._long + 1) * self._long * _ROUNDED_UP
        for lot, own in _by_lot(groups):
            least = self._least(lot, own, Sought(transfers=True), np.array([value]), clock)
            value = float(least[0])
        for group in groups:
            base = self._base(group.lot)
            group.raise_to(base + (value * (1 - SLACK) - base) * group.counts / self._long)

    def knows(self, group: LevelGroup, count: int) -> bool:
        """Return whether no more can be found out of a group's pieces of about some size."""
        place = self._class_of(group, count)
        return {(place, False), (place, True)} <= group.known

    def sharpen(
        self, groups: list[LevelGroup], count: int, known: int, rest: FloatArray, clock: Clock
    ) -> None:
        """Let bounds know of the buffer tiles that go with pieces of about the size of one group's.

        At first transfers that work may overlap with are left out; if that was not enough they count.

        Parameters
        ----------
        groups
            The one, and others that still matter.
        known
            The value of a mapping that is known.
        rest
            What the filters that a piece leaves cost at least, by its size; shape (size + 1,).
        """
        place, room = self._class_of(groups[0], count), float(known) - rest
        transfers = (place, False) in groups[0].known
        asked = {g: self._wanted(g, place, room) for g in groups if (place, transfers) not in g.known}
        asked = {group: counts for group, counts in asked.items() if len(counts)}
        least, most = (float(f([f(c) for c in asked.values()])) / self._long for f in (min, max))
        for lot, own in _by_lot(list(asked)):
            if transfers:
                share, sought = most, Sought(1 / most, transfers=True, apart=True, room=least)
            else:
                share = 2.0 ** (_APART * place)
                # Along a streamed side every refill loads the weights anew.
                refills = not (self.goal.energy or lot.family.straight)
                sought = Sought(1 / share, apart=True, room=share if refills else None)
            limits = np.array([self._enough(group, asked[group], room, transfers) for group in own])
            found = self._least(lot, own, sought, limits, clock)
            for group, value in zip(own, found.tolist(), strict=True):
                group.known.add((place, transfers))
                if transfers:
                    self._learn_rate(group, least, most, value * (1 - SLACK))
                else:
                    self._learn(group, share, value * (1 - SLACK))

    def _wanted(self, group: LevelGroup, place: int, room: FloatArray) -> IntArray:
        """Return the pieces of a class that may be part of a better mapping with a group."""
        bounds = group.bounds[group.width : -1] * (1 - SLACK)
        here = (_class(self._shares(group)) == place) & (bounds < room[group.counts])
        result: IntArray = group.counts[here]
        return result

    def _enough(self, group: LevelGroup, counts: IntArray, room: FloatArray, transfers: bool) -> float:
        """Return what a long piece need not exceed with a group, so that some pieces cost too much."""
        base = 0.0 if transfers else self._base(group.lot)
        shares = counts / self._long if transfers else self._shares(group)[counts - group.width]
        return max(0.0, float(((room[counts] - base) / shares).max()) + base) * _ROUNDED_UP

    def _learn_rate(self, group: LevelGroup, least: float, most: float, value: float) -> None:
        """Take over what filters cost at least in pieces of some shares.

        Refills may fetch inputs again, so all of it may grow with the piece; the search counts in full those
        that do not.
        """
        shares = group.counts / self._long
        within = (least <= shares) & (shares <= most)
        group.raise_to(np.where(within, shares * value + self._unfilled(group), 0.0))

    def _learn(self, group: LevelGroup, share: float, value: float) -> None:
        """Take over what a long piece costs at least if exposed transfers count for a share."""
        base = self._base(group.lot)
        group.points[share] = share * value + (1 - share) * base
        shares = sorted(group.points)
        # With no filters there is nothing but the base; more of them cost no less.
        values = np.maximum.accumulate([base, *(group.points[each] for each in shares)])
        sharper = np.interp(self._shares(group), [0.0, *shares], values)
        group.raise_to(sharper + self._unfilled(group) + self._lone_transfers(group))

    def _least(
        self, lot: LevelLot, groups: list[LevelGroup], sought: Sought, enough: FloatArray, clock: Clock
    ) -> FloatArray:
        """Return what a long piece costs at least with the array tiles of groups, no more than is enough."""
        goal = Slots(float(self.goal.cycles), self._unit, enough)
        search = self._search_of(lot)
        if search is not None:
            search.among(np.array([group.width for group in groups]), sought)
            search.run_slots(goal, clock)
        return goal.least

    def _search_of(self, lot: LevelLot) -> FloorSearch | None:
        if lot not in self._searches:
            tiles = np.unique(lot.tiles[self._rows[lot]], axis=0)
            nest = lot.family.nest_of(self._long)
            try:
                self._searches[lot] = FloorSearch(nest, self.hardware, tiles, lot.family.dim)
            except InfeasibleError:
                self._searches[lot] = None
        return self._searches[lot]

    def _class_of(self, group: LevelGroup, count: int) -> int:
        return int(_class(self._shares(group)[count - group.width]))

    def _shares(self, group: LevelGroup) -> FloatArray:
        """Return what part of the long piece pieces take at least."""
        buffer = memory_of(self.hardware).buffer
        # Words of the DRAM do not fill array tiles.
        straight = self.goal.energy or buffer.units_per_cycle is not None
        filters = group.counts if straight else group.rounded
        return np.asarray(filters / self._long)

    def _unfilled(self, group: LevelGroup) -> FloatArray | float:
        """Return the energy of the part of the last array tiles that pieces do not fill.

        Searches count the array's work by the filter if energies matter (`_shares`), but a piece takes whole
        iterations. Its energy is straight in them, whatever else it takes; its latency need not be.
        """
        if not self.goal.energy:
            return 0.0
        step = max(0.0, float(group.lines[1].step.min()))
        unfilled: FloatArray = step * (group.rounded - group.counts) / group.width
        return unfilled

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
        transfers: FloatArray = cycle * (units + each * group.counts.astype(np.float64))
        return transfers


def _class(shares: FloatArray) -> IntArray:
    """Return the class of shares: the power of `_APART` of them that is near."""
    result: IntArray = np.rint(np.log2(shares) / _APART).astype(np.int64)
    return result


def _by_lot(groups: list[LevelGroup]) -> list[tuple[LevelLot, list[LevelGroup]]]:
    """Return groups, ascending in width, by their lots."""
    lots = {id(group.lot): group.lot for group in groups}
    return [
        (lot, sorted((g for g in groups if g.lot is lot), key=lambda group: group.width))
        for lot in lots.values()
    ]
