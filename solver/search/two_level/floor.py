"""What pieces of a layer cost at least with array tiles of any sizes along the loop that is cut.

A piece of s filters with T of them in the array tile makes n = ceil(s / T) passes over them. Let its buffer
tiles be refilled once along the loop that is cut, and take the room of one array tile there: less than any
real one. Then, overlap with transfers aside, a piece with a share r of a long one's passes and filters takes
no less than r of what the array and the DRAM words of the long one take, and all of its transfers that
nothing overlaps with. So it takes no less than r times what the best mapping of the long one does if those
transfers count 1 / r times; so may words that are fetched once however long the piece is. A share is no whole
number: nothing is rounded up in the long piece.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.work import drains_surely
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits
from solver.search.progress import ENDLESS, Clock
from solver.search.two_level.alike import Tight, tightened_for_both
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds, cycles_once, least_trips
from solver.search.two_level.boxes import Boxes, BufferBounds
from solver.search.two_level.branch import Branching
from solver.search.two_level.figures import Figures
from solver.search.two_level.goal import Goal, Weighted
from solver.search.two_level.options import FAR, Axis, axes
from solver.search.two_level.pairs import PairBounds, Pairs
from solver.search.two_level.search import QUICK, Left, LevelSearch

_FAVOURITES = 128
"""Array tiles that are looked at first."""


class Slots(Weighted):
    """The least weighted sum of each of several kinds of array tiles.

    Parameters
    ----------
    cycles, energy
        Weights of a cycle and of an energy unit.
    enough
        A value for each kind; no less than that is of no interest.

    Attributes
    ----------
    least
        What was found for each kind; what is enough where there is nothing below it.
    """

    def __init__(self, cycles: float, energy: float, enough: FloatArray) -> None:
        super().__init__(cycles, energy)
        self.least = enough.copy()

    @property
    def best(self) -> float:
        """What bounds of an unknown kind must be below."""
        return float(self.least.max())

    def open_of(self, slot: IntArray, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which lower bounds of kinds leave room for an improvement."""
        return np.asarray(self.value(latency, energy) * self._slack < self.least[slot])

    def found_of(self, slot: IntArray, latency: FloatArray, energy: FloatArray) -> None:
        """Take points of kinds into account."""
        np.minimum.at(self.least, slot, self.value(latency, energy))


class NearSearch(LevelSearch):
    """A search for mappings below a value that few are below, so none are looked for first."""

    def narrow(self, goal: Goal, clock: Clock, *, closing: bool = False) -> Left:
        """Drop array tiles and refill counts whose own bounds the goal excludes."""
        quick = self.quick_bounds
        buffers = self._refined(goal, quick, self.boxes.roots())
        arrays, shapes = self._exact(quick.take(self._open(goal, quick, self._laid_out, buffers)))
        arrays = arrays.take(self._open(goal, arrays, shapes.tiles, buffers))
        return Left(arrays, shapes, self._refined(goal, arrays, buffers))

    def _open(self, goal: Goal, arrays: ArrayBounds, tiles: IntArray, buffers: BufferBounds) -> BoolArray:
        """Return which array bounds leave room with the best refill counts."""
        return goal.open(*self._with(buffers, arrays))


class BoundSearch(NearSearch):
    """A search for the least bounds of single refill counts: no more than the best mappings, without replays.

    A longer piece costs no less: its mappings, buffer tiles cut to a shorter one, have fewer refills, passes
    and words there. Its goals are `Slots`.

    Attributes
    ----------
    lays_out
        Whether array tiles with good bounds are laid out to find their waits, a millisecond each.
    twin
        Loops of the mirror image of a product, if the bounds are to hold for it, too.
    twin_tight
        Waits of its array tiles that were laid out.
    """

    lays_out = True
    twin: LoopNest | None = None
    twin_tight: Tight

    def run_slots(self, goal: Slots, clock: Clock) -> None:
        """Lower what a goal found to what array tiles cost at least."""
        latency, energy = self.run(goal, clock)
        np.minimum(goal.least, goal.value(np.array(latency), np.array(energy)), out=goal.least)

    def slots(self, tiles: IntArray) -> IntArray:
        """Return the kinds of array tiles: all are of one."""
        return np.zeros(len(tiles), dtype=np.int64)

    def _open(self, goal: Goal, arrays: ArrayBounds, tiles: IntArray, buffers: BufferBounds) -> BoolArray:
        assert isinstance(goal, Slots)
        return goal.open_of(self.slots(tiles[arrays.tile]), *self._with(buffers, arrays))

    def _branching(self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes) -> Branching:
        parts = super()._branching(arrays, buffers, shapes)
        return _Floors(self, buffers, parts.pairs)


@dataclass(frozen=True)
class Sought:
    """What of long pieces is searched.

    Attributes
    ----------
    exposure
        How often the transfers that nothing overlaps with are counted, and, if transfers count, words that
        are fetched once whatever the refills along the cut.
    transfers
        Whether those count, too, that work may overlap with.
    apart
        Whether every width is a kind of its own.
    room
        Refills along the cut count, but of buffer tiles that have at least this share of it; None is for free
        ones. If transfers or energies count this holds for pieces of at least that share only, as their words
        change with the first refill.
    shortest
        Refills along the cut count as often as in a piece of so many filters.
    """

    exposure: float = 1.0
    transfers: bool = False
    apart: bool = False
    room: float | None = None
    shortest: int | None = None


class FloorSearch(BoundSearch):
    """The joint space of a long piece whose loop that is cut is never refilled, for many array tiles.

    The array's work counts with the part of its array tiles that the piece uses along the cut: what pieces
    take that fill theirs. What of it does not grow with the piece counts as often as the transfers that
    nothing overlaps with. Only where the weights stay.

    Parameters
    ----------
    tiles
        Array tiles, shape (tiles, 8).
    dim
        The loop that is cut.
    energy
        Whether energies count.
    figures
        Those of array tiles that are shared with other searches.

    Raises
    ------
    InfeasibleError
        If no buffer tile goes with any of the array tiles.
    """

    def __init__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        tiles: IntArray,
        dim: str,
        *,
        energy: bool,
        figures: Figures | None = None,
    ) -> None:
        self._dim, self.sought = dim, Sought()
        self._bases: list[FloatArray] = []
        figures = figures or Figures(hardware)
        super().__init__(nest, hardware, Limits(), tiles, energy=energy, figures=figures)
        self._every, self._cycles_once = self.quick_bounds, np.concatenate(self._bases)
        self._widths = self._width(self._laid_out)
        self._widths_sought = np.empty(0, dtype=np.int64)

    def among(self, widths: IntArray, sought: Sought) -> None:
        """Say what is searched next, with array tiles of what widths, ascending."""
        self.sought, self._widths_sought = sought, widths
        self.joined = JoinedBounds(self.hardware, sought.exposure, transfers=sought.transfers)
        bounds = self._counted(self._every, self._laid_out, self._cycles_once)
        self.quick_bounds = bounds.take(np.flatnonzero(np.isin(self._widths, widths)))
        self.boxes = Boxes(self.nest, self.hardware, self._axes(), shared=True)

    def slots(self, tiles: IntArray) -> IntArray:
        """Return the kinds of array tiles: places of their widths if those are kinds of their own."""
        if not self.sought.apart:
            return super().slots(tiles)
        return np.searchsorted(self._widths_sought, self._width(tiles))

    def narrow(self, goal: Goal, clock: Clock, *, closing: bool = False) -> Left:
        """Look for the least bounds among what promises most before what they exclude is dropped."""
        if self.sought.apart:
            return super().narrow(goal, clock)
        quick = self.quick_bounds
        buffers = self._refined(goal, quick, self.boxes.roots())
        rank = goal.rank(*self._with(buffers, quick))
        arrays, shapes = self._exact(quick.take(np.argsort(rank, kind="stable")[:_FAVOURITES]))
        if len(arrays.tile) and len(buffers.order):
            self._branching(arrays, buffers, shapes).dive(goal)
        return super().narrow(goal, clock)

    def _axes(self) -> list[Axis]:
        """Return the buffer tile choices; along the cut those that are sought."""
        # The other loops' choices do not depend on how long a piece is.
        short = min(2, getattr(self.nest, self._dim))
        found = axes(replace(self.nest, **{self._dim: short}), self.hardware.num_ms)
        place = DIMS.index(self._dim)
        found[place] = _along(self._dim, getattr(self.nest, self._dim), self.sought)
        return found

    def _width(self, tiles: IntArray) -> IntArray:
        width: IntArray = tiles[:, DIMS.index(self._dim)]
        return width

    def _used(self, tiles: IntArray) -> FloatArray:
        """Return what part of its array tiles the piece uses along the cut."""
        size, width = getattr(self.nest, self._dim), self._width(tiles)
        used: FloatArray = size / (-(-size // width) * width)
        return used

    def _quick(self, first: int) -> ArrayBounds:
        shapes = self._shapes(slice(first, first + QUICK), exact=False)
        bounds = self._bounds(shapes)
        self._bases.append(self._once(shapes))
        return replace(bounds, tile=bounds.tile + first)

    def _exact(self, quick: ArrayBounds, clock: Clock = ENDLESS) -> tuple[ArrayBounds, ArrayShapes]:
        """Bound array tiles by their exact figures, as the search counts them."""
        kept = np.unique(quick.tile)
        shapes = self._shapes(kept if len(kept) else slice(1), exact=True).take(np.arange(len(kept)))
        return self._counted(self._bounds(shapes), shapes.tiles, self._once(shapes)), shapes

    def _once(self, shapes: ArrayShapes) -> FloatArray:
        """Return the array's cycles that do not grow with the piece, whatever the refill counts."""
        passes = -(-np.array(self.nest.sizes, dtype=np.int64) // shapes.tiles)
        trips = least_trips(shapes, passes)
        drained = drains_surely(self.nest, shapes.tiles, trips)
        return cycles_once(self.hardware, shapes, trips, passes, drained, DIMS.index(self._dim))

    def _counted(self, bounds: ArrayBounds, tiles: IntArray, once: FloatArray) -> ArrayBounds:
        """Return bounds of array tiles as the search counts them, one for each tile."""
        used, exposure = self._used(tiles), self.joined.exposure or 1.0
        cycles = used * (bounds.cycles - once) + exposure * once
        return replace(bounds, cycles=cycles, energy=used * bounds.energy)

    def _branching(self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes) -> Branching:
        parts = super()._branching(arrays, buffers, shapes)
        parts.pairs.cut = DIMS.index(self._dim), self._used(parts.pairs.shapes.tiles)
        return parts


class _Refilled(Axis):
    """Buffer tiles that cost no passes beside those of the array tiles."""

    def passes(self, tile: int) -> IntArray:
        return np.where(self.sizes >= tile, -(-self.size // tile), FAR)


def _along(dim: str, size: int, sought: Sought) -> Axis:
    """Return the buffer tiles of the loop that is cut."""
    most = np.arange(1, size + 1)
    if sought.shortest is not None:
        trips = -(-sought.shortest // most)
    elif sought.room is None:
        # Never refilled, and with the room of one array tile.
        once, one = np.array([size]), np.array([1])
        return Axis(dim, size, 1, once, one, one, one, once, once, once)
    else:
        # Their share of floor(D / B) refills at least, with transfers of two: those differ from one.
        least = np.maximum(2 if sought.transfers else 1, size // most)
        trips = np.where(most < sought.room * size, least, 1)
    # The smallest and the largest of each class.
    change = np.flatnonzero(np.diff(trips)) + 1
    sizes = np.unique(most[np.concatenate([[0], change, change - 1, [size - 1]])])
    trips = trips[sizes - 1]
    classes, first = np.unique(trips, return_index=True)
    once = np.full_like(sizes, size)
    return _Refilled(dim, size, size, sizes, trips, classes, sizes[first], sizes, once, once)


class _Floors(Branching):
    """A branch and bound that takes the bounds of single refill counts as they are."""

    def __init__(self, search: BoundSearch, buffers: BufferBounds, pairs: PairBounds) -> None:
        super().__init__(search.boxes, buffers, pairs, search.expansion, search.tight, search.joined)
        self._slots = search.slots(pairs.shapes.tiles[pairs.arrays.tile])
        self._search = search

    def _lay_out(self, rows: IntArray, clock: Clock) -> None:
        if self._search.lays_out:
            super()._lay_out(rows, clock)

    def _tightened(self, shapes: ArrayShapes) -> ArrayShapes:
        if self._search.twin is None:
            return super()._tightened(shapes)
        twin = self._search.twin, self._search.twin_tight
        return tightened_for_both(self.boxes.nest, self.boxes.hardware, shapes, self._tight, *twin)

    def _open_with(self, goal: Goal, array: IntArray, latency: FloatArray, energy: FloatArray) -> BoolArray:
        assert isinstance(goal, Slots)
        return goal.open_of(self._slots[array], latency, energy)

    def _offer(self, goal: Goal, pairs: Pairs, most: int | None = None, clock: Clock = ENDLESS) -> None:
        assert isinstance(goal, Slots)
        pairs = self._exactly(pairs, clock)
        goal.found_of(self._slots[pairs.array], pairs.latency, pairs.energy)
