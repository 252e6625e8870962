"""Search the joint space of array tile, buffer tile and loop orders, down to the proof.

A branch and bound that never enumerates the joint space (10^12 points and more):

1. Bound every array tile and every vector of refill counts on its own (`bounds`); drop what cannot improve on
   the incumbent even with the best partner.
2. Bound the pairs that are left together, from coarse to fine (`pairs`).
3. For each pair still open, evaluate the buffer tiles that can be optimal (`expand`), best bound first.

Whatever is dropped has a lower bound that cannot improve on the goal, so when nothing is left the goal is
proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.arithmetic.exact import total
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.two_level.array import ArrayShapes, array_shapes, tightened
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.levels import array_orders, array_tiles
from solver.legal.tiles import Limits, forbidding_rule
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.search.progress import Clock
from solver.search.two_level.bounds import (
    ArrayBounds,
    BufferBounds,
    JoinedBounds,
    array_bounds,
    buffer_bounds,
    class_vectors,
)
from solver.search.two_level.expand import Expansion
from solver.search.two_level.goal import Goal
from solver.search.two_level.options import axes
from solver.search.two_level.pairs import OutOfTime, PairBounds
from solver.search.two_level.smallest import laid_out, refusal, smallest_buffers

_FAVOURITES = 512
_SEEDS = 64
_ROUNDS = 4
_EVALUATE = 256
_REMEMBERED = 1 << 19
_TIGHTENED = 4096
"""Array tiles laid out one by one for their waits, a millisecond each."""

_ROUNDED_DOWN = 1 - 1e-12


@dataclass(frozen=True)
class Left:
    """What the separate bounds leave open; `arrays.tile` are rows of `shapes`."""

    arrays: ArrayBounds
    buffers: BufferBounds
    shapes: ArrayShapes

    @property
    def pairs(self) -> int:
        """Pairs that are left open."""
        return len(self.arrays.tile) * len(self.buffers.order)

    @property
    def tiles(self) -> IntArray:
        """The array tiles, shape (tiles, 8)."""
        result: IntArray = self.shapes.tiles[np.unique(self.arrays.tile)]
        return result


def space_size(nest: LoopNest, hardware: Hardware, limits: Limits) -> int:
    """Return what `LevelSearch.space_size` is, without preparing a search; 0 where nothing is legal."""
    tiles = array_tiles(nest, hardware, limits)
    if not len(tiles):
        return 0
    used = len(np.unique(laid_out(nest, hardware, tiles)[0]))
    buffers = prod(axis.allowed for axis in axes(nest, hardware.num_ms))
    return used * buffers * len(DRAM_ORDERS) * len(array_orders(hardware))


class LevelSearch:
    """The joint space of one layer on one accelerator; several goals can be searched in turn.

    Raises
    ------
    InfeasibleError
        If no array tile is legal, or no buffer tile goes with any.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, limits: Limits) -> None:
        self.nest, self.hardware = nest, hardware
        self.orders = array_orders(hardware)
        self.tiles = array_tiles(nest, hardware, limits)
        if not len(self.tiles):
            raise InfeasibleError(forbidding_rule(nest, hardware, limits))
        rows, self._back = laid_out(nest, hardware, self.tiles)
        if not len(rows):
            raise InfeasibleError(refusal(nest, hardware, self.tiles))
        self._laid_out = self.tiles[rows]
        self.tiles = self.tiles[np.unique(rows)]
        self.axes = axes(nest, hardware.num_ms)
        self.joined = JoinedBounds(hardware)
        self.pairs = PairBounds(nest, hardware, self.axes, self.orders)
        self.expansion = Expansion(nest, hardware, self.axes, self.orders)
        self.quick = array_shapes(nest, hardware, self._laid_out, self._back, exact=False)
        self.quick_bounds = array_bounds(nest, hardware, self.quick, self.orders)
        self.tight: dict[tuple[bool, tuple[int, ...]], IntArray] = {}
        self._refills: list[BufferBounds] = []

    @property
    def laid_out(self) -> ArrayShapes:
        """Exact figures of all array tiles, those that may keep a multiplier for sums also with it."""
        return array_shapes(self.nest, self.hardware, self._laid_out, self._back)

    @property
    def evaluated(self) -> int:
        """Mappings evaluated so far."""
        return self.expansion.evaluated

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
            return self.close(goal, self.narrow(goal, clock), clock, on_point)
        except OutOfTime:
            return self.least

    @property
    def least(self) -> tuple[float, float]:
        """Latency and energy that no mapping can beat, whatever was searched."""
        cycles = max(least_cycles(self.nest, self.hardware).values())
        energy = total(list(least_energy(self.nest, self.hardware).values()))
        return float(cycles), float(energy) * _ROUNDED_DOWN

    def narrow(self, goal: Goal, clock: Clock) -> Left:
        """Find good incumbents, and drop array tiles and refill counts whose own bounds they exclude.

        Raises
        ------
        OutOfTime
            If the time limit passes before all refill counts are bounded; the goal has a mapping by then.
        """
        arrays, buffers, shapes = self._start(goal, clock)
        arrays, buffers = self._polish(goal, arrays, buffers, shapes)
        arrays, shapes = self._tightened(goal, arrays, buffers, shapes)
        return Left(arrays, buffers, shapes)

    def _tightened(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> tuple[ArrayBounds, ArrayShapes]:
        """Bound the array tiles that are left by how long their last outputs really take to leave."""
        if not len(arrays.tile) or not len(buffers.order):
            return arrays, shapes
        kept, row = np.unique(arrays.tile, return_inverse=True)
        if len(kept) > _TIGHTENED:
            return arrays, shapes
        shapes = tightened(self.nest, self.hardware, shapes.take(kept), self.tight)
        bounds = array_bounds(self.nest, self.hardware, shapes, self.orders)
        arrays = bounds.take(arrays.order * len(kept) + row)
        return arrays.take(goal.open(*self._with(buffers, arrays))), shapes

    def close(
        self, goal: Goal, left: Left, clock: Clock, on_point: Callable[[], None] | None = None
    ) -> tuple[float, float]:
        """Bound the pairs of what is left, and expand those still open; returns what `run` does."""
        arrays, buffers, shapes = left.arrays, left.buffers, left.shapes
        if not len(arrays.tile) or not len(buffers.order):
            return np.inf, np.inf
        try:
            pairs = self.pairs.still_open(goal, arrays, buffers, shapes, clock)
        except OutOfTime:
            latency, energy = self._with(buffers, arrays)
            return float(latency.min()), float(energy.min())
        pairs = pairs.take(np.argsort(goal.rank(pairs.latency, pairs.energy), kind="stable"))
        step = 8
        while len(pairs.array):
            if clock.expired:
                return float(pairs.latency.min()), float(pairs.energy.min())
            now = np.arange(len(pairs.array)) < step
            self.expansion.offer(goal, pairs.take(now), arrays, buffers, shapes)
            if on_point is not None:
                on_point()
            pairs = pairs.take(~now)
            pairs = pairs.take(goal.open(pairs.latency, pairs.energy))
            step = min(2 * step, _EVALUATE)
        return np.inf, np.inf

    def _with(self, buffers: BufferBounds, arrays: ArrayBounds) -> tuple[FloatArray, FloatArray]:
        """Bound every array tile with the best refill counts that go with it."""
        return self.joined(arrays.cycles, arrays.energy, *buffers.least(arrays.back))

    def _beside(self, arrays: ArrayBounds, buffers: BufferBounds) -> tuple[FloatArray, FloatArray]:
        """Bound every vector of refill counts with the best array tile that goes with it."""
        return self.joined(*arrays.least(buffers.back), buffers.transfer, buffers.exposed, buffers.energy)

    def _start(self, goal: Goal, clock: Clock) -> tuple[ArrayBounds, BufferBounds, ArrayShapes]:
        """Find first incumbents, and drop array tiles and refill counts that they exclude."""
        coarse = self._coarse_buffers()
        quick = self.quick_bounds
        rank = goal.rank(*self._with(coarse, quick))
        favourites = self._exact(quick.take(np.argsort(rank, kind="stable")[:_FAVOURITES]))
        self._smallest(goal, *favourites)
        self._seed(goal, *favourites, coarse)
        # Refill counts against the best array part, then array tiles against the best buffer part, the
        # latter by quick figures first and then by exact ones.
        buffers = self._buffers(goal, quick, clock)
        if not len(buffers.order):
            return quick.take(quick.tile[:0]), buffers, self.quick
        quick = quick.take(goal.open(*self._with(buffers, quick)))
        arrays, shapes = self._exact(quick)
        arrays = arrays.take(goal.open(*self._with(buffers, arrays)))
        return arrays, buffers, shapes

    def _smallest(self, goal: Goal, arrays: ArrayBounds, shapes: ArrayShapes) -> None:
        """Offer promising array tiles with their smallest buffer tiles, so that there is always a mapping."""
        rank = goal.rank(arrays.cycles, arrays.energy)
        few = shapes.take(np.unique(arrays.tile[np.argsort(rank, kind="stable")[:8]]))
        buffers = smallest_buffers(self.nest, self.hardware, few.tiles, few.aux == 1)
        self.expansion.offer_tiles(goal, few, buffers)

    def _exact(self, quick: ArrayBounds) -> tuple[ArrayBounds, ArrayShapes]:
        """Bound array tiles by their exact figures; the bounds' tiles are rows of the shapes returned."""
        if not len(quick.tile):
            return quick, self.quick
        kept, row = np.unique(quick.tile, return_inverse=True)
        shapes = array_shapes(self.nest, self.hardware, self._laid_out[kept], self._back[kept])
        bounds = array_bounds(self.nest, self.hardware, shapes, self.orders)
        return bounds.take(quick.order * len(kept) + row), shapes

    def _seed(self, goal: Goal, arrays: ArrayBounds, shapes: ArrayShapes, buffers: BufferBounds) -> None:
        """Evaluate promising pairs for first incumbents."""
        rank = goal.rank(*self._beside(arrays, buffers))
        few = buffers.take(np.argsort(rank, kind="stable")[: 4 * _SEEDS])
        rank = goal.rank(*self._with(buffers, arrays))
        self._evaluate_best(goal, arrays.take(np.argsort(rank, kind="stable")[:_SEEDS]), few, shapes)

    def _polish(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> tuple[ArrayBounds, BufferBounds]:
        """Improve the incumbents with the most promising parts that are left, and drop what they exclude.

        The next step bounds every open pair, so a good incumbent now saves more than it costs: without this
        step a 3x3 convolution's latency took 16 million pairs and 9 s, with it well under a second.
        """
        for _ in range(_ROUNDS):
            if not len(arrays.tile) or not len(buffers.order):
                break
            before = len(arrays.tile) * len(buffers.order)
            rank = goal.rank(*self._with(buffers, arrays))
            few_arrays = arrays.take(np.argsort(rank, kind="stable")[:_SEEDS])
            rank = goal.rank(*self._beside(arrays, buffers))
            few = buffers.take(np.argsort(rank, kind="stable")[: 16 * _SEEDS])
            self._evaluate_best(goal, few_arrays, few, shapes)
            open_arrays = goal.open(*self._with(buffers, arrays))
            open_buffers = goal.open(*self._beside(arrays, buffers))
            arrays, buffers = arrays.take(open_arrays), buffers.take(open_buffers)
            if len(arrays.tile) * len(buffers.order) > before // 2:
                break
        return arrays, buffers

    def _evaluate_best(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> None:
        """Evaluate the most promising pairs of some array tiles and refill counts."""
        pairs = self.pairs.by_model(
            arrays,
            buffers,
            shapes,
            np.repeat(np.arange(len(arrays.tile)), len(buffers.order)),
            np.tile(np.arange(len(buffers.order)), len(arrays.tile)),
        )
        best = np.argsort(goal.rank(pairs.latency, pairs.energy), kind="stable")[:_SEEDS]
        for begin in range(0, len(best), 8):
            chunk = pairs.take(best[begin : begin + 8])
            chunk = chunk.take(goal.open(chunk.latency, chunk.energy))
            if len(chunk.array):
                self.expansion.offer(goal, chunk, arrays, buffers, shapes)

    def _coarse_buffers(self) -> BufferBounds:
        """Bound refill counts near powers of two only: enough for first incumbents."""
        choices = []
        for axis in self.axes:
            powers = 2 ** np.arange(0, 40)
            at = np.unique(np.clip(np.searchsorted(axis.classes, powers), 0, len(axis.classes) - 1))
            choices.append(at[:: -(-len(at) // 6)] if len(at) > 6 else at)
            if choices[-1][-1] != len(axis.classes) - 1:
                choices[-1] = np.append(choices[-1], len(axis.classes) - 1)
        parts = [
            buffer_bounds(self.nest, self.hardware, self.axes, vectors)
            for vectors in class_vectors(self.axes, choices)
        ]
        return BufferBounds.joined(parts)

    def _buffers(self, goal: Goal, arrays: ArrayBounds, clock: Clock) -> BufferBounds:
        """Bound all refill counts and keep those that can improve on the goal with the best array tile."""
        parts = []
        for bounds in self._all_buffers(clock):
            joined = self._beside(arrays, bounds)
            parts.append(bounds.take(goal.open(*joined)))
        return BufferBounds.joined(parts)

    def _all_buffers(self, clock: Clock) -> Iterator[BufferBounds]:
        """Yield the bounds of all refill counts in chunks; those of moderate spaces are remembered."""
        if self._refills:
            yield from self._refills
            return
        classes = [np.arange(len(axis.classes)) for axis in self.axes]
        remember = prod(len(each) for each in classes) <= _REMEMBERED
        refills: list[BufferBounds] = []
        for number, vectors in enumerate(class_vectors(self.axes, classes)):
            if number and clock.expired:
                raise OutOfTime
            bounds = buffer_bounds(self.nest, self.hardware, self.axes, vectors)
            if remember:
                refills.append(bounds)
            yield bounds
        self._refills = refills
