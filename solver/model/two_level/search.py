"""Search the joint space of array tile, buffer tile and loop orders, down to the proof.

A branch and bound that never enumerates the joint space (10^12 points and more):

1. Bound every array tile and every vector of refill counts on its own (`bounds`); drop what cannot improve on the
   incumbent even with the best partner.
2. Bound the pairs that are left together, by the cost model itself with the fewest array passes that any buffer tile
   of the class allows.
3. For each pair still open, evaluate the buffer tiles that can be optimal (`options.Axis.contenders`), best bound first.

Whatever is dropped has a lower bound that cannot improve on the goal, so when nothing is left the goal is
proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from solver.cost.two_level.array import ArrayShapes, array_shapes
from solver.cost.two_level.cost import LevelCosts, combine, level_costs, memory_of
from solver.cost.two_level.dram import footprint
from solver.cost.two_level.legal import array_tiles, legal_pairs
from solver.cost.two_level.tiling import ARRAY_ORDERS, DRAM_ORDERS, C, G, K, R, S, Y
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping import Tile
from solver.mapping_levels import LevelMapping
from solver.model.progress import Clock
from solver.model.two_level.bounds import (
    ArrayBounds,
    BufferBounds,
    JoinedBounds,
    array_bounds,
    buffer_bounds,
    class_counts,
    class_vectors,
    misaligned,
    unfoldable,
)
from solver.model.two_level.goal import Goal, Point
from solver.model.two_level.options import FAR, Axis, axes
from solver.space import Limits, forbidding_rule

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_FAVOURITES = 512
_SEEDS = 64
_ROUNDS = 4
_PAIR_CHUNK = 1 << 19
_EVALUATE = 256


@dataclass(frozen=True)
class Pairs:
    """Pairs of an array tile with its order and a vector of refill counts with its order, with their bounds."""

    array: IntArray
    buffer: IntArray
    latency: FloatArray
    energy: FloatArray

    def take(self, index: NDArray) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.array[index], self.buffer[index], self.latency[index], self.energy[index])


class LevelSearch:
    """The joint space of one layer on one accelerator; several goals can be searched in turn."""

    def __init__(self, nest: LoopNest, hardware: Hardware, limits: Limits) -> None:
        memory = memory_of(hardware)
        self.nest, self.hardware = nest, hardware
        self.orders = ARRAY_ORDERS if memory.controller == "programmable" else ARRAY_ORDERS[:1]
        self.tiles = array_tiles(nest, hardware, limits)
        if not len(self.tiles):
            raise InfeasibleError(forbidding_rule(nest, hardware, limits))
        self.axes = axes(nest)
        self.joined = JoinedBounds(hardware)
        self.evaluated = 0
        self.quick = array_shapes(nest, hardware, self.tiles, exact=False)
        self.quick_bounds = array_bounds(nest, hardware, self.quick, self.orders)
        self._passes = lru_cache(maxsize=None)(self._least_passes)
        self._contenders = lru_cache(maxsize=None)(
            lambda axis, tile, trips: self.axes[axis].contenders(tile, trips)
        )

    @property
    def space_size(self) -> int:
        """Points of the joint space before capacity and legality: array tiles x buffer tiles x orders."""
        buffers = 1
        for axis in self.axes:
            buffers *= len(axis.sizes)
        return len(self.tiles) * buffers * len(DRAM_ORDERS) * len(self.orders)

    def run(
        self, goal: Goal, clock: Clock, on_point: Callable[[], None] | None = None
    ) -> tuple[float, float]:
        """Search until nothing can improve on the goal, or time is up.

        Returns
        -------
        tuple of float
            Latency and energy bounds of what was left open; infinite when the goal is proved.

        Raises
        ------
        InfeasibleError
            If no buffer tile of any array tile fits.
        """
        array, buffer, shapes = self._start(goal)
        array, buffer = self._polish(goal, array, buffer, shapes)
        pairs = self._open_pairs(goal, array, buffer, shapes, clock)
        if isinstance(pairs, tuple):
            return pairs
        order = np.argsort(goal.rank(pairs.latency, pairs.energy), kind="stable")
        pairs = pairs.take(order)
        step = 8
        while len(pairs.array):
            if clock.expired:
                return float(pairs.latency.min()), float(pairs.energy.min())
            now = np.arange(len(pairs.array)) < step
            self._evaluate(goal, pairs.take(now), array, buffer, shapes)
            if on_point is not None:
                on_point()
            pairs = pairs.take(~now)
            pairs = pairs.take(goal.open(pairs.latency, pairs.energy))
            step = min(2 * step, _EVALUATE)
        return np.inf, np.inf

    def _start(self, goal: Goal) -> tuple[ArrayBounds, BufferBounds, ArrayShapes]:
        """Find first incumbents, and drop array tiles and refill counts that they exclude."""
        coarse = self._coarse_buffers()
        quick = self.quick_bounds
        if not len(coarse.order):
            self._refuse()
        least = self._best_partner(coarse)
        ranked = np.argsort(goal.rank(*self.joined(quick.cycles, quick.energy, *least)), kind="stable")
        self._seed(goal, quick.take(ranked[:_FAVOURITES]), coarse)
        # Array tiles against the best buffer part, then refill counts against the best array part, exact
        # figures.
        everything = self._buffers(goal, quick)
        least = self._best_partner(everything)
        quick = quick.take(goal.open(*self.joined(quick.cycles, quick.energy, *least)))
        kept, row = np.unique(quick.tile, return_inverse=True)
        shapes = (
            array_shapes(self.nest, self.hardware, self.tiles[kept]) if len(kept) else self.quick.take(kept)
        )
        if len(kept):
            bounds = array_bounds(self.nest, self.hardware, shapes, self.orders)
            wanted = quick.order * len(kept) + row
            bounds = bounds.take(wanted)
            bounds = bounds.take(goal.open(*self.joined(bounds.cycles, bounds.energy, *least)))
        else:
            bounds = quick
        return bounds, everything, shapes

    def _polish(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> tuple[ArrayBounds, BufferBounds]:
        """Improve the incumbents with the most promising parts that are left, and drop what they exclude.

        The next step bounds every open pair, so a good incumbent now saves more than it costs: without this step a
        3x3 convolution's latency took 16 million pairs and 9 s, with it well under a second.
        """
        for _ in range(_ROUNDS):
            if not len(arrays.tile) or not len(buffers.order):
                break
            before = len(arrays.tile) * len(buffers.order)
            least = self._best_partner(buffers)
            rank = goal.rank(*self.joined(arrays.cycles, arrays.energy, *least))
            few_arrays = arrays.take(np.argsort(rank, kind="stable")[:_SEEDS])
            best = float(arrays.cycles.min()), float(arrays.energy.min())
            rank = goal.rank(*self.joined(*best, buffers.transfer, buffers.exposed, buffers.energy))
            few = buffers.take(np.argsort(rank, kind="stable")[: 16 * _SEEDS])
            self._evaluate_best(goal, few_arrays, few, shapes)
            least = self._best_partner(buffers)
            arrays = arrays.take(goal.open(*self.joined(arrays.cycles, arrays.energy, *least)))
            buffers = buffers.take(
                goal.open(*self.joined(*best, buffers.transfer, buffers.exposed, buffers.energy))
            )
            if len(arrays.tile) * len(buffers.order) > before // 2:
                break
        return arrays, buffers

    def _evaluate_best(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> None:
        """Evaluate the most promising pairs of some array tiles and refill counts."""
        pairs = self._bound_pairs(
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
                self._evaluate(goal, chunk, arrays, buffers, shapes)

    def _refuse(self) -> None:
        for vectors in class_vectors(self.axes, [np.arange(len(axis.classes)) for axis in self.axes]):
            if len(buffer_bounds(self.nest, self.hardware, self.axes, vectors).order):
                return
        raise InfeasibleError("prefetch buffer: not even a buffer tile of one word per loop fits")

    def _best_partner(self, buffers: BufferBounds) -> tuple[float, float, float]:
        return (
            float(buffers.transfer.min(initial=np.inf)),
            float(buffers.exposed.min(initial=np.inf)),
            float(buffers.energy.min(initial=np.inf)),
        )

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

    def _buffers(self, goal: Goal, arrays: ArrayBounds) -> BufferBounds:
        """Bound all refill counts and keep those that can improve on the goal with the best array tile."""
        cycles, energy = float(arrays.cycles.min()), float(arrays.energy.min())
        parts = []
        for vectors in class_vectors(self.axes, [np.arange(len(axis.classes)) for axis in self.axes]):
            bounds = buffer_bounds(self.nest, self.hardware, self.axes, vectors)
            still = goal.open(*self.joined(cycles, energy, bounds.transfer, bounds.exposed, bounds.energy))
            parts.append(bounds.take(still))
        return BufferBounds.joined(parts)

    def _seed(self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds) -> None:
        """Evaluate promising pairs for first incumbents."""
        cycles, energy = float(arrays.cycles.min()), float(arrays.energy.min())
        ranked = np.argsort(
            goal.rank(*self.joined(cycles, energy, buffers.transfer, buffers.exposed, buffers.energy)),
            kind="stable",
        )
        few = buffers.take(ranked[: 4 * _SEEDS])
        kept, row = np.unique(arrays.tile, return_inverse=True)
        shapes = array_shapes(self.nest, self.hardware, self.tiles[kept])
        arrays = array_bounds(self.nest, self.hardware, shapes, self.orders).take(
            arrays.order * len(kept) + row
        )
        ranked = np.argsort(
            goal.rank(*self.joined(arrays.cycles, arrays.energy, *self._best_partner(buffers))), kind="stable"
        )
        self._evaluate_best(goal, arrays.take(ranked[:_SEEDS]), few, shapes)

    def _open_pairs(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes, clock: Clock
    ) -> Pairs | tuple[float, float]:
        """Bound the pairs that the separate bounds leave open; give up with their bounds when time is up."""
        parts = [Pairs(*(np.empty(0, dtype=kind) for kind in (np.int64, np.int64, float, float)))]
        if not len(arrays.tile) or not len(buffers.order):
            return parts[0]
        step = max(1, _PAIR_CHUNK // len(arrays.tile))
        for begin in range(0, len(buffers.order), step):
            some = slice(begin, min(begin + step, len(buffers.order)))
            latency, energy = self.joined(
                arrays.cycles[:, None],
                arrays.energy[:, None],
                buffers.transfer[None, some],
                buffers.exposed[None, some],
                buffers.energy[None, some],
            )
            a, b = np.nonzero(goal.open(latency, energy))
            if clock.expired:
                least = self._best_partner(buffers)
                bound = self.joined(arrays.cycles, arrays.energy, *least)
                return float(bound[0].min()), float(bound[1].min())
            for first in range(0, len(a), _PAIR_CHUNK // 8):
                chunk = slice(first, first + _PAIR_CHUNK // 8)
                pairs = self._bound_pairs(arrays, buffers, shapes, a[chunk], begin + b[chunk])
                parts.append(pairs.take(goal.open(pairs.latency, pairs.energy)))
        return Pairs(*(np.concatenate([getattr(p, n) for p in parts]) for n in Pairs.__dataclass_fields__))

    def _bound_pairs(
        self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes, a: IntArray, b: IntArray
    ) -> Pairs:
        """Bound pairs by the cost model with the fewest passes; those without a buffer tile are left out."""
        classes = buffers.classes[b]
        tiles = shapes.tiles[arrays.tile[a]]
        passes = np.empty_like(tiles)
        for i in range(len(DIMS)):
            sizes, position = np.unique(tiles[:, i], return_inverse=True)
            table = np.stack([self._passes(i, int(size)) for size in sizes])
            passes[:, i] = table[position, classes[:, i]]
        exists = (passes < FAR).all(axis=1) & self._can_be_legal(arrays, shapes, classes, passes, a)
        a, b, classes, passes = a[exists], b[exists], classes[exists], passes[exists]
        latency, energy = np.empty(len(a)), np.empty(len(a))
        group = arrays.order[a] * len(DRAM_ORDERS) + buffers.order[b]
        for which in np.unique(group):
            rows = np.flatnonzero(group == which)
            trips, smallest, lines = class_counts(self.axes, classes[rows])
            smallest = np.maximum(smallest, shapes.tiles[arrays.tile[a[rows]]])
            costs = combine(
                self.nest,
                self.hardware,
                shapes.take(arrays.tile[a[rows]]),
                trips,
                passes[rows],
                lines,
                footprint(smallest, lines),
                DRAM_ORDERS[which % len(DRAM_ORDERS)],
                self.orders[which // len(DRAM_ORDERS)],
            )
            room = costs.tile.fits(memory_of(self.hardware).buffer)
            latency[rows] = np.where(room, costs.latency, np.inf)
            energy[rows] = np.where(room, costs.energy, np.inf)
        return Pairs(a, b, latency, energy).take(np.isfinite(latency))

    def _can_be_legal(
        self, arrays: ArrayBounds, shapes: ArrayShapes, classes: IntArray, passes: IntArray, a: IntArray
    ) -> NDArray[np.bool_]:
        """Return which pairs the legality rules leave open, as far as refill counts tell (`legal_pairs` decides)."""
        row = arrays.tile[a]
        trips = np.column_stack([axis.classes[classes[:, i]] for i, axis in enumerate(self.axes)])
        products = self.nest.C * self.nest.R * self.nest.S
        legal = ~unfoldable(shapes)[row] | (trips[:, [C, R, S]].prod(axis=1) == products)
        held = memory_of(self.hardware).weights_per_switch
        moving = np.array([order != "outputs" for order in self.orders])[arrays.order[a]]
        if held is not None:
            folds = (-(-passes // trips))[:, [C, R, S]].prod(axis=1)
            legal &= ~moving | (folds <= held)
        whole = -(-np.array(self.nest.sizes) // shapes.tiles[row])
        one_filter = (trips[:, K] == whole[:, K]) & (trips[:, G] == whole[:, G])
        weights = np.array([order == "weights" for order in self.orders])[arrays.order[a]]
        uneven = misaligned(self.nest, shapes)[row] & weights
        legal &= ~uneven | one_filter | (trips[:, Y] == self.nest.Y)
        return np.asarray(legal)

    def _least_passes(self, axis: int, tile: int) -> IntArray:
        return self.axes[axis].least(self.axes[axis].passes(tile))

    def _evaluate(
        self, goal: Goal, pairs: Pairs, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes
    ) -> None:
        """Evaluate the buffer tiles of some pairs that can be optimal, and offer them to the goal."""
        groups: dict[tuple[int, int], list[tuple[IntArray, IntArray]]] = {}
        for a, b in zip(pairs.array, pairs.buffer, strict=True):
            row = int(arrays.tile[a])
            tile = shapes.tiles[row]
            choices = [
                self._contenders(i, int(tile[i]), int(axis.classes[buffers.classes[b, i]]))
                for i, axis in enumerate(self.axes)
            ]
            grid = np.stack(np.meshgrid(*choices, indexing="ij"), axis=-1).reshape(-1, len(DIMS))
            key = (int(arrays.order[a]), int(buffers.order[b]))
            groups.setdefault(key, []).append((np.full(len(grid), row), grid))
        for (array_order, dram_order), parts in groups.items():
            rows = np.concatenate([part[0] for part in parts])
            grid = np.concatenate([part[1] for part in parts])
            self._offer(goal, shapes, rows, grid, self.orders[array_order], DRAM_ORDERS[dram_order])

    def _offer(
        self,
        goal: Goal,
        shapes: ArrayShapes,
        rows: IntArray,
        grid: IntArray,
        array_order: str,
        dram_order: str,
    ) -> None:
        forwards = shapes.load.forwards[rows]
        legal = legal_pairs(self.nest, self.hardware, shapes.tiles[rows], grid, forwards, array_order)
        rows, grid = rows[legal], grid[legal]
        if not len(rows):
            return
        costs = level_costs(self.nest, self.hardware, shapes.take(rows), grid, dram_order, array_order)
        self.evaluated += len(rows)
        fits = costs.tile.fits(memory_of(self.hardware).buffer)
        better = np.flatnonzero(fits & goal.open(costs.latency.astype(float), costs.energy))
        for i in better[np.argsort(goal.rank(costs.latency[better].astype(float), costs.energy[better]))]:
            goal.offer(_point(costs, i, shapes.tiles[rows[i]], grid[i], dram_order, array_order))


def _point(
    costs: LevelCosts, i: int, tile: IntArray, buffer: IntArray, dram_order: str, array_order: str
) -> Point:
    mapping = LevelMapping(Tile.of(tile), Tile.of(buffer), dram_order, array_order)
    return Point(int(costs.latency[i]), float(costs.energy[i]), mapping)
