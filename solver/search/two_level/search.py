"""Search the joint space of array tile, buffer tile and loop orders, down to the proof.

A branch and bound that never enumerates the joint space (10^12 points and more):

1. Bound every array tile, and boxes of refill counts, on their own (`bounds`, `boxes`); drop what cannot
   improve on the incumbent even with the best partner.
2. Bound pairs of what is left, and halve the boxes of those that stay open (`pairs`, `branch`).
3. For each pair with one vector of refill counts, evaluate the buffer tiles that can be optimal (`expand`).

Whatever is dropped has a lower bound that cannot improve on the goal, so when nothing is left the goal is
proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.arithmetic.exact import total
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.two_level.array import ArrayShapes, array_shapes, joined
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.levels import array_orders, array_tiles
from solver.legal.tiles import Limits, forbidding_rule
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.search.progress import ENDLESS, Clock, OutOfTime
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds, array_bounds
from solver.search.two_level.boxes import Boxes, BufferBounds
from solver.search.two_level.branch import Branching
from solver.search.two_level.expand import Expansion
from solver.search.two_level.figures import Figures
from solver.search.two_level.goal import Goal
from solver.search.two_level.options import Axis, axes
from solver.search.two_level.pairs import PairBounds
from solver.search.two_level.smallest import laid_out, refusal, smallest_buffers

_FAVOURITES = 512
_BOXES = 512
QUICK = 1 << 15
_POSITIONS = 1 << 23
"""Multipliers of the array tiles that are laid out before anything is searched to the end."""

_EXACT = 512
"""Array tiles whose exact figures are made between two looks at the clock."""

_ROUNDED_DOWN = 1 - 1e-12


@dataclass(frozen=True)
class Left:
    """What the separate bounds leave open; `arrays.tile` are rows of `shapes`."""

    arrays: ArrayBounds
    shapes: ArrayShapes
    buffers: BufferBounds


def least_of_nest(nest: LoopNest, hardware: Hardware) -> tuple[float, float]:
    """Return latency and energy that no mapping of a layer can beat, by physics."""
    cycles = max(least_cycles(nest, hardware).values())
    energy = total(list(least_energy(nest, hardware).values()))
    return float(cycles), float(energy) * _ROUNDED_DOWN


class LevelSearch:
    """The joint space of one layer on one accelerator; several goals can be searched in turn.

    Parameters
    ----------
    among
        Array tiles that keep the array's rules, shape (tiles, 8); None is for all.
    energy
        Whether bounds know of energies; goals that count cycles alone do without.
    clock
        When to leave array tiles out that have not been bounded; the first of them always are.
    figures
        Those of array tiles that are shared with other searches.

    Attributes
    ----------
    whole
        Whether there was time for all array tiles. If not, no bound of the search holds for those left out.

    Raises
    ------
    InfeasibleError
        If no array tile is legal, or no buffer tile goes with any.
    """

    def __init__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        limits: Limits,
        among: IntArray | None = None,
        *,
        energy: bool = True,
        clock: Clock = ENDLESS,
        figures: Figures | None = None,
    ) -> None:
        self.nest, self.hardware, self._energy, self._figures = nest, hardware, energy, figures
        self.orders = array_orders(hardware)
        self.tiles = array_tiles(nest, hardware, limits) if among is None else among
        if not len(self.tiles):
            raise InfeasibleError(forbidding_rule(nest, hardware, limits))
        rows, self._back = laid_out(nest, hardware, self.tiles)
        if not len(rows):
            raise InfeasibleError(refusal(nest, hardware, self.tiles))
        self._laid_out = self.tiles[rows]
        self.tiles = self.tiles[np.bincount(rows, minlength=len(self.tiles)) > 0]
        self.axes = self._axes()
        self.joined = JoinedBounds(hardware)
        self.boxes = Boxes(nest, hardware, self.axes)
        replays = figures.replays(nest) if figures else None
        self.expansion = Expansion(nest, hardware, self.axes, self.orders, replays)
        self.whole = True
        self.quick_bounds = self._quickly(clock)
        self.tight: dict[tuple[bool, tuple[int, ...]], IntArray] = {}
        self._dived: Goal | None = None  # the goal of the last dive, which is not repeated for it

    def _axes(self) -> list[Axis]:
        """Return the buffer tile choices of every loop."""
        return axes(self.nest, self.hardware.num_ms)

    @property
    def laid_out(self) -> ArrayShapes:
        """Exact figures of all array tiles, those that may keep a multiplier for sums also with it."""
        return array_shapes(self.nest, self.hardware, self._laid_out, self._back)

    @property
    def space_size(self) -> int:
        """Points of the joint space before capacity and legality: array tiles x buffer tiles x orders."""
        buffers = prod(axis.allowed for axis in self.axes)
        return len(self.tiles) * buffers * len(DRAM_ORDERS) * len(self.orders)

    def run(
        self, goal: Goal, clock: Clock, on_point: Callable[[], None] | None = None
    ) -> tuple[float, float]:
        """Search until nothing can improve on the goal, or time is up.

        Returns
        -------
        tuple of float
            Latency and energy bounds of what was left open; infinite when the goal is proved.
        """
        try:
            return self.close(goal, self.narrow(goal, clock, closing=True), clock, on_point)
        except OutOfTime as stopped:
            cycles, energy = (max(pair) for pair in zip(self.least, stopped.least, strict=True))
            return cycles, energy

    @property
    def least(self) -> tuple[float, float]:
        """Latency and energy that no mapping can beat, whatever was searched."""
        return least_of_nest(self.nest, self.hardware)

    @cached_property
    def outlook(self) -> tuple[FloatArray, FloatArray]:
        """Bounds of every array tile with whatever refill counts, before anything is searched."""
        return self._with(self.boxes.roots(), self.quick_bounds)

    def promises(self, goal: Goal) -> bool:
        """Return whether a mapping may improve on a goal."""
        return bool(goal.open(*self.outlook).any())

    def narrow(self, goal: Goal, clock: Clock, *, closing: bool = False) -> Left:
        """Find good incumbents, and drop array tiles and refill counts whose own bounds they exclude.

        Parameters
        ----------
        closing
            Whether some of the array tiles may be searched to the end, where all are too many to lay out.

        Raises
        ------
        OutOfTime
            If the time limit passes; the goal has a mapping by then.
        """
        quick = self.quick_bounds
        if self._dived is not goal:
            self.dive(goal, clock)
        self._dived = None
        buffers = self._refined(goal, quick, self.boxes.roots())
        if not goal.open(*self._with(buffers, quick)).any():
            # None beats what is known, or what another form has.
            return Left(*self._exact(quick.take(np.arange(0))), buffers)
        if clock.expired:
            raise OutOfTime
        # Array tiles and refill counts against the best of the other, by quick figures first and then by
        # exact ones.
        if closing:
            quick, buffers = self._thinned(goal, quick, buffers, clock)
        arrays, shapes = self._exact(quick.take(goal.open(*self._with(buffers, quick))), clock)
        arrays = arrays.take(goal.open(*self._with(buffers, arrays)))
        buffers = self._refined(goal, arrays, buffers)
        if not len(arrays.tile) or not len(buffers.order):
            return Left(arrays, shapes, buffers)
        rank = goal.rank(*self._with(buffers, arrays))
        some = arrays.take(np.argsort(rank, kind="stable")[:_FAVOURITES])
        self._branching(some, buffers, shapes).dive(goal, clock)
        buffers = self._refined(goal, arrays, buffers)
        return Left(arrays.take(goal.open(*self._with(buffers, arrays))), shapes, buffers)

    def dive(self, goal: Goal, clock: Clock = ENDLESS) -> None:
        """Find a good incumbent with some array tiles, if any may be better than what is known.

        When time is up any will do.
        """
        quick = self.quick_bounds
        buffers = self._refined(goal, quick, self.boxes.roots())
        bounds = self._with(buffers, quick)
        if not goal.open(*bounds).any():
            return
        rank = goal.rank(*bounds)
        favourites = self._exact(quick.take(np.argsort(rank, kind="stable")[:_FAVOURITES]))
        self._smallest(goal, *favourites)
        self._branching(favourites[0], buffers, favourites[1]).dive(goal, clock)
        self._dived = goal

    def _thinned(
        self, goal: Goal, quick: ArrayBounds, buffers: BufferBounds, clock: Clock
    ) -> tuple[ArrayBounds, BufferBounds]:
        """Search array tiles to the end, some by some, where all are too many to lay out."""
        count = _POSITIONS // self.hardware.num_ms
        quick = quick.take(goal.open(*self._with(buffers, quick)))
        if len(quick.tile) <= count:
            return quick, buffers
        while len(quick.tile):
            bounds = self._with(buffers, quick)
            order = np.argsort(goal.rank(*bounds), kind="stable")
            try:
                some = self._promising(goal, quick.take(order[:count]), buffers, clock)
                left = Left(*self._exact(some, clock), buffers)
            except OutOfTime:
                raise OutOfTime(_least_of(bounds)) from None
            reached = self.close(goal, left, clock)
            if reached != (np.inf, np.inf):
                others = _least_of(self._with(buffers, quick.take(order[count:])))
                cycles, energy = (min(pair) for pair in zip(reached, others, strict=True))
                raise OutOfTime((cycles, energy))
            quick, count = quick.take(order[count:]), 2 * count
            buffers = self._refined(goal, quick, buffers)
            quick = quick.take(goal.open(*self._with(buffers, quick)))
        return quick, buffers

    def _promising(
        self, goal: Goal, quick: ArrayBounds, buffers: BufferBounds, clock: Clock = ENDLESS
    ) -> ArrayBounds:
        """Drop array tiles that no box of refill counts goes with, by figures that lay no tile out."""
        rows, place = np.unique(quick.tile, return_inverse=True)
        shapes = self._shapes(rows, exact=False)
        branching = self._branching(replace(quick, tile=place), buffers, shapes)
        branching.pairs.with_energy &= goal.weighs_energy
        return quick.take(branching.promising(goal, clock))

    def close(
        self, goal: Goal, left: Left, clock: Clock, on_point: Callable[[], None] | None = None
    ) -> tuple[float, float]:
        """Branch on what is left; returns what `run` does."""
        if not len(left.arrays.tile) or not len(left.buffers.order):
            return np.inf, np.inf
        return self._branching(left.arrays, left.buffers, left.shapes).close(goal, clock, on_point)

    def _branching(self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes) -> Branching:
        kept, row = np.unique(arrays.tile, return_inverse=True)
        arrays = replace(arrays, tile=row)
        joined, shapes = self.joined, shapes.take(kept)
        pairs = PairBounds(self.boxes, self.orders, arrays, shapes, joined, energy=self._energy)
        return Branching(self.boxes, buffers, pairs, self.expansion, self.tight, joined)

    def _refined(self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds) -> BufferBounds:
        """Drop boxes that cannot improve on the goal with any array tile, and halve the others."""

        def still(some: BufferBounds) -> BoolArray:
            parts = some.transfer, some.exposed, some.energy
            return goal.open(*self.joined(*arrays.least(some.back), *parts))

        return self.boxes.refined(buffers, _BOXES, still)

    def _with(self, buffers: BufferBounds, arrays: ArrayBounds) -> tuple[FloatArray, FloatArray]:
        """Bound every array tile with the best refill counts that go with it."""
        return self.joined(arrays.cycles, arrays.energy, *buffers.least(arrays.back))

    def _smallest(self, goal: Goal, arrays: ArrayBounds, shapes: ArrayShapes) -> None:
        """Offer promising array tiles with their smallest buffer tiles, so that there is always a mapping."""
        rank = goal.rank(arrays.cycles, arrays.energy)
        few = shapes.take(np.unique(arrays.tile[np.argsort(rank, kind="stable")[:8]]))
        buffers = smallest_buffers(self.nest, self.hardware, few.tiles, few.aux == 1)
        self.expansion.offer_tiles(goal, few, buffers)

    def _quickly(self, clock: Clock) -> ArrayBounds:
        """Bound all array tiles without laying them out, as far as there is time."""
        parts = [self._quick(0)]
        for first in range(QUICK, len(self._laid_out), QUICK):
            if clock.expired:
                self.whole = False
                break
            parts.append(self._quick(first))
        return ArrayBounds.joined(parts)

    def _quick(self, first: int) -> ArrayBounds:
        """Bound some array tiles without laying them out; their figures would fill the memory."""
        shapes = self._shapes(slice(first, first + QUICK), exact=False)
        return replace(bounds := self._bounds(shapes), tile=bounds.tile + first)

    def _shapes(self, rows: IntArray | slice, *, exact: bool) -> ArrayShapes:
        """Return figures of some of the array tiles."""
        tiles, back = self._laid_out[rows], self._back[rows]
        if self._figures is None:
            return array_shapes(self.nest, self.hardware, tiles, back, exact=exact)
        return self._figures.of(self.nest, tiles, back, exact=exact)

    def _bounds(self, shapes: ArrayShapes) -> ArrayBounds:
        """Bound array tiles by themselves."""
        return array_bounds(self.nest, self.hardware, shapes, self.orders, with_energy=self._energy)

    def _exact(self, quick: ArrayBounds, clock: Clock = ENDLESS) -> tuple[ArrayBounds, ArrayShapes]:
        """Bound array tiles by their exact figures; the bounds' tiles are rows of the shapes returned.

        Raises
        ------
        OutOfTime
            If the time limit passes.
        """
        kept, row = np.unique(quick.tile, return_inverse=True)
        if not len(kept):
            return quick, self._shapes(slice(1), exact=True)
        parts: list[ArrayShapes] = []
        for first in range(0, len(kept), _EXACT):
            if parts and clock.expired:
                raise OutOfTime
            parts.append(self._shapes(kept[first : first + _EXACT], exact=True))
        shapes = joined(parts)
        bounds = self._bounds(shapes)
        return bounds.take(quick.order * len(kept) + row), shapes


def _least_of(bounds: tuple[FloatArray, FloatArray]) -> tuple[float, float]:
    """Return the least latency and energy of bounds, infinite where there are none."""
    latency, energy = (float(each.min(initial=np.inf)) for each in bounds)
    return latency, energy
