"""What pieces behind a prefetch buffer cost at least, for array tiles of many widths at once.

A long piece is searched whose refills along the loop that is cut cost nothing
(`solver.search.two_level.floor`). A piece costs at least its share of that, the transfers that nothing
overlaps with counted as often as it goes into the long one. First all array tiles together say what a filter
costs at least. Where that is not enough every width gets bounds of its own, for shares that are some powers
of two apart: one search for all widths that still matter. If refills that cost nothing settle few of them
for an energy, they count from then on. Last come ranges of sizes that are ever narrower: their long piece is
the longest of them, its refills those of the shortest.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import static_per_cycle
from solver.cost.two_level.cost import memory_of
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.pieces.cuts import Family
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.level_groups import LevelGroup
from solver.search.pieces.level_lot import LevelLot
from solver.search.progress import Clock
from solver.search.two_level.alike import Tight
from solver.search.two_level.figures import Figures
from solver.search.two_level.floor import BoundSearch, FloorSearch, Slots, Sought

_STEPS = ((1.0, False), (1.0, True), (0.125, True), (0.03125, True), (0.0078125, True))
"""Steps: powers of two between shares that are searched at once, and whether transfers count."""

_NARROW = 2
"""The first step whose long piece is no longer than those that are bounded."""

_TINY = 16
"""Filters of pieces below which there is no step: bounding one by itself takes less time than a step."""

_SMALL, _FEW = 48, 6
"""Filters of pieces, and sizes of a class, below which there is but the first step."""

_BATCHES = 24
"""Batches of pairs after which a search takes the least that is open."""

_ROUNDED_UP = 1 + 1e-6

_MARGIN, _OF_GAP = 0.01, 0.5
"""By how much more than their share of the known value pieces are bounded at first: so much, or that part of
the gap. If none takes less than its share the proof is done; where some do, more is asked of the others."""


class Budget(Clock):
    """A clock that a search looks at so many times before its time is up."""

    def __init__(self, clock: Clock, looks: int) -> None:
        self._clock, self._looks = clock, looks

    @property
    def expired(self) -> bool:
        """Whether the time limit has passed, or it was looked at often enough."""
        self._looks -= 1
        return self._looks < 0 or self._clock.expired


class Floors:
    """The searches of long pieces along one cut, under one goal.

    Parameters
    ----------
    size
        Filters of the layer; a long piece has one less.
    figures
        Those of array tiles that are shared with other searches.
    """

    def __init__(
        self,
        groups: list[LevelGroup],
        hardware: Hardware,
        goal: Goal,
        size: int,
        figures: Figures | None = None,
    ) -> None:
        self.hardware, self.goal, self._long = hardware, goal, size - 1
        self.figures = figures or Figures(hardware)
        self._unit = float(goal.energy) * 10.0**goal.places
        self._searches: dict[LevelLot, FloorSearch | None] = {}
        self._tight: dict[Family, Tight] = {}
        self._first = 0
        """The first step that is worth its time: the one without transfers may leave most groups open."""
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
            least = self._least(self._search_of(lot), own, Sought(transfers=True), [value], clock)
            value = float(least[0])
        for group in groups:
            base = self._base(group.lot)
            group.raise_to(base + (value * (1 - SLACK) - base) * group.counts / self._long)

    def knows(self, group: LevelGroup, count: int) -> bool:
        """Return whether no more can be found out of a group's pieces of about some size."""
        return self._next(group, count) is None

    def _next(self, group: LevelGroup, count: int) -> tuple[int, int] | None:
        """Return the next step for a group's pieces of about some size, and their class."""
        for step, (apart, _) in enumerate(_STEPS):
            if step < self._first and count >= _SMALL:
                continue
            place = self._class_of(group, count, step)
            if count < _TINY or (step and (count < _SMALL or count * (2**apart - 1) < _FEW)):
                return None
            if group.known.get((step, place), 0.0) < np.inf:
                return step, place
        return None

    def sharpen(
        self, groups: list[LevelGroup], count: int, known: int, rest: FloatArray, clock: Clock
    ) -> None:
        """Let bounds know of the buffer tiles that go with pieces of about the size of one group's.

        At first transfers that work may overlap with are left out; if that is not enough they count, and
        then fewer sizes are bounded at once. Each step first asks whether pieces take little more than their
        share of what is known: many array tiles are given up so at once, and their least is not looked for.

        Parameters
        ----------
        groups
            The one, and others that still matter.
        known
            The value of a mapping that is known.
        rest
            What the filters that a piece leaves cost at least, by its size; shape (size + 1,).
        """
        first, room = groups[0], float(known) - rest
        following = self._next(first, count)
        if following is None:
            return
        step, place = following
        apart, transfers = _STEPS[step]
        most = np.inf
        if (step, place) not in first.known:
            most = 1 + min(_MARGIN, _OF_GAP * (1 - float(rest[0]) / known))
            room = np.minimum(room, most * np.linspace(0.0, float(known), len(room)))
        left = [group for group in groups if group.known.get((step, place), 0.0) < most]
        asked = {group: self._wanted(group, step, place, room) for group in left}
        asked = {group: counts for group, counts in asked.items() if len(counts)}
        first.known[step, place] = most
        if not asked:
            return
        ends = int(min(c.min() for c in asked.values())), int(max(c.max() for c in asked.values()))
        for lot, own in _by_lot(list(asked)):
            counts = [asked[group] for group in own]
            if transfers:
                below = self._sharpen_rates(lot, own, counts, room, ends, clock, narrow=step >= _NARROW)
            else:
                below = self._sharpen_shares(lot, own, counts, room, 2.0 ** (apart * place), clock)
            for group, all_known in zip(own, below.tolist(), strict=True):
                group.known[step, place] = np.inf if all_known else most
        if not transfers and not self.goal.cycles:
            open_ = sum(len(self._wanted(group, step, place, room)) > 0 for group in asked)
            self._first = int(2 * open_ > len(asked))

    def _sharpen_shares(
        self,
        lot: LevelLot,
        groups: list[LevelGroup],
        counts: list[IntArray],
        room: FloatArray,
        share: float,
        clock: Clock,
    ) -> BoolArray:
        """Bound pieces by a share of the long one, without transfers that work may overlap with.

        Returns
        -------
        BoolArray
            Of which groups no more can be found out so.
        """
        # Along a streamed side every refill loads the weights anew.
        refills = not (self.goal.energy or lot.family.straight)
        sought = Sought(1 / share, apart=True, room=share if refills else None)
        base = self._base(lot)
        shares = [self._shares(group)[c - group.width] for group, c in zip(groups, counts, strict=True)]
        enough = [_enough(room[c], each, base) for c, each in zip(counts, shares, strict=True)]
        found = self._least(self._search_of(lot), groups, sought, enough, clock)
        for group, value in zip(groups, found.tolist(), strict=True):
            self._learn(group, share, value * (1 - SLACK))
        return np.asarray(found < enough)

    def _sharpen_rates(
        self,
        lot: LevelLot,
        groups: list[LevelGroup],
        counts: list[IntArray],
        room: FloatArray,
        ends: tuple[int, int],
        clock: Clock,
        *,
        narrow: bool,
    ) -> BoolArray:
        """Bound pieces of sizes between two ends by what filters of a long one cost, transfers included.

        Refills may fetch inputs again, so all of it may grow with the piece; the search counts in full those
        that do not.

        Parameters
        ----------
        narrow
            Whether the long piece is the longest of them; else it is nearly the layer.

        Returns
        -------
        BoolArray
            Of which groups no more can be found out so.
        """
        shortest, longest = ends
        if narrow:
            search = self._new(lot, np.concatenate([group.rows for group in groups]), longest)
            long, sought = longest, Sought(transfers=True, apart=True, shortest=shortest)
        else:
            search, long = self._search_of(lot), self._long
            sought = Sought(long / longest, transfers=True, apart=True, room=shortest / long)
        enough = [_enough(room[c], c / long) for c in counts]
        found = self._least(search, groups, sought, enough, clock)
        for group, value in zip(groups, found.tolist(), strict=True):
            bounds = group.counts * (value * (1 - SLACK) / long) + self._unfilled(group)
            within = (shortest <= group.counts) & (group.counts <= longest)
            group.raise_to(np.where(within, bounds, 0.0))
        return np.asarray(found < enough)

    def _wanted(self, group: LevelGroup, step: int, place: int, room: FloatArray) -> IntArray:
        """Return the pieces of a class that may be part of a better mapping with a group."""
        bounds = group.bounds[group.width : -1] * (1 - SLACK)
        here = (_class(self._shares(group), step) == place) & (bounds < room[group.counts])
        result: IntArray = group.counts[here]
        return result

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
        self,
        search: FloorSearch | None,
        groups: list[LevelGroup],
        sought: Sought,
        enough: list[float],
        clock: Clock,
    ) -> FloatArray:
        """Return what a long piece costs at least with the array tiles of groups, no more than is enough."""
        goal = Slots(float(self.goal.cycles), self._unit, np.array(enough))
        if search is not None:
            search.among(np.array([group.width for group in groups]), sought)
            search.run_slots(goal, Budget(clock, _BATCHES))
        return goal.least

    def _search_of(self, lot: LevelLot) -> FloorSearch | None:
        """Return the search of the longest piece, with all array tiles of a lot."""
        if lot not in self._searches:
            self._searches[lot] = self._new(lot, self._rows[lot], self._long)
        return self._searches[lot]

    def _new(self, lot: LevelLot, rows: IntArray, long: int) -> FloorSearch | None:
        """Return a search of a long piece; None if no buffer tile goes with any of the array tiles."""
        tiles = np.unique(lot.tiles[rows], axis=0)
        try:
            nest, energy = lot.family.nest_of(long), bool(self.goal.energy)
            parts = nest, self.hardware, tiles, lot.family.dim
            search = FloorSearch(*parts, energy=energy, figures=self.figures)
        except InfeasibleError:
            return None
        self.share(search, lot, long)
        # With few cycles to count laying tiles out takes longer than to bound pieces of one size after it.
        search.lays_out = bool(self.goal.cycles)
        return search

    def share(self, search: BoundSearch, lot: LevelLot, count: int) -> None:
        """Let bounds of a piece hold for all forms of a lot."""
        search.tight = self.tight(lot.family)
        if lot.twin is not None:
            search.twin, search.twin_tight = lot.twin.nest_of(count), self.tight(lot.twin)

    def tight(self, family: Family) -> Tight:
        """Return the waits of array tiles that were laid out: those of pieces of all sizes.

        The last window of an iteration is the same in them.
        """
        return self._tight.setdefault(family, {})

    def _class_of(self, group: LevelGroup, count: int, step: int) -> int:
        return int(_class(self._shares(group)[count - group.width], step))

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


def _enough(room: FloatArray, shares: FloatArray, base: float = 0.0) -> float:
    """Return what a long piece need not exceed, so that pieces with some shares of it cost too much.

    Parameters
    ----------
    room
        What the pieces may cost.
    base
        What of it does not grow with the share.
    """
    return max(0.0, float(((room - base) / shares).max()) + base) * _ROUNDED_UP


def _class(shares: FloatArray, step: int) -> IntArray:
    """Return the class of shares in a step: the power that is near."""
    result: IntArray = np.rint(np.log2(shares) / _STEPS[step][0]).astype(np.int64)
    return result


def _by_lot(groups: list[LevelGroup]) -> list[tuple[LevelLot, list[LevelGroup]]]:
    """Return groups, ascending in width, by their lots."""
    lots = {id(group.lot): group.lot for group in groups}
    return [
        (lot, sorted((g for g in groups if g.lot is lot), key=lambda group: group.width))
        for lot in lots.values()
    ]
