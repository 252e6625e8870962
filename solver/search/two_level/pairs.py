"""Bounds of array tiles and refill counts together, from coarse to fine.

A pair is first bounded by its separate parts (`bounds`), then by the array's work under its group of refill
counts (`projection`), then by the cost model itself with the fewest array passes that any buffer tile of the
class allows. Only what a goal leaves open goes on to the next bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import combine, memory_of
from solver.cost.two_level.dram import footprint
from solver.cost.two_level.work import drains_surely
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, C, R, S, comes_back
from solver.search.progress import Clock
from solver.search.two_level.bounds import (
    ArrayBounds,
    BufferBounds,
    JoinedBounds,
    array_part,
    class_counts,
    unfoldable,
)
from solver.search.two_level.goal import Goal
from solver.search.two_level.options import FAR, Axis
from solver.search.two_level.projection import project

_CHUNK = 1 << 19
_MODEL_CHUNK = 1 << 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of an array tile with its order and refill counts with theirs, with the pairs' bounds.

    Attributes
    ----------
    array, buffer
        Elements of the `ArrayBounds` and `BufferBounds` they were made from.
    latency, energy
        Least cycles and energy.
    """

    array: IntArray
    buffer: IntArray
    latency: FloatArray
    energy: FloatArray

    def take(self, index: NDArray) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.array[index], self.buffer[index], self.latency[index], self.energy[index])

    @staticmethod
    def joined(parts: list[Pairs]) -> Pairs:
        """Return all pairs of several."""
        nothing = np.empty(0)
        empty = Pairs(nothing.astype(np.int64), nothing.astype(np.int64), nothing, nothing)
        names = Pairs.__dataclass_fields__
        return Pairs(*(np.concatenate([getattr(part, name) for part in [empty, *parts]]) for name in names))


class OutOfTime(Exception):
    """Time was up before all pairs were bounded."""


class PairBounds:
    """Bounds pairs of one layer's array tiles and refill counts."""

    def __init__(self, nest: LoopNest, hardware: Hardware, axes: list[Axis], orders: tuple[str, ...]) -> None:
        self.nest, self.hardware, self.axes, self.orders = nest, hardware, axes, orders
        self.joined = JoinedBounds(hardware)
        self._least_passes: dict[tuple[int, int], IntArray] = {}

    def still_open(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes, clock: Clock
    ) -> Pairs:
        """Return the pairs that can improve on the goal.

        Raises
        ------
        OutOfTime
            If the time limit passes before all of them are bounded.
        """
        parts = []
        for a, b in self._open_by_parts(goal, arrays, buffers, shapes, clock):
            for first in range(0, len(a), _MODEL_CHUNK):
                chunk = slice(first, first + _MODEL_CHUNK)
                pairs = self.by_model(arrays, buffers, shapes, a[chunk], b[chunk])
                parts.append(pairs.take(goal.open(pairs.latency, pairs.energy)))
                if clock.expired:
                    raise OutOfTime
        return Pairs.joined(parts)

    def _open_by_parts(
        self, goal: Goal, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes, clock: Clock
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the pairs that the bounds of their parts leave open, in chunks."""
        if not len(buffers.order):
            return
        groups = project(buffers)
        members = np.argsort(groups.group, kind="stable")
        begins = np.searchsorted(groups.group[members], np.arange(len(groups.transfer) + 1))
        step = max(1, _CHUNK // len(groups.transfer))
        for begin in range(0, len(arrays.tile), step):
            some = np.arange(begin, min(begin + step, len(arrays.tile)))
            latency, energy = self.joined(
                arrays.cycles[some, None],
                arrays.energy[some, None],
                groups.transfer,
                groups.exposed,
                groups.energy,
            )
            alike = arrays.back[some, None] == groups.back
            a, g = np.nonzero(goal.open(latency, energy) & alike)
            a = some[a]
            cycles, array_energy = self._by_group(arrays, shapes, a, groups.classes[g])
            still = np.isfinite(cycles)
            still[still] = goal.open(
                *self.joined(
                    cycles[still],
                    array_energy[still],
                    groups.transfer[g[still]],
                    groups.exposed[g[still]],
                    groups.energy[g[still]],
                )
            )
            a, g, cycles, array_energy = a[still], g[still], cycles[still], array_energy[still]
            counts = begins[g + 1] - begins[g]
            ends = np.cumsum(counts)
            first = 0
            while first < len(a):
                if clock.expired:
                    raise OutOfTime
                last = max(first + 1, int(np.searchsorted(ends, ends[first] - counts[first] + _CHUNK)))
                which = np.repeat(np.arange(first, last), counts[first:last])
                inside = np.arange(len(which)) - np.repeat(
                    ends[first:last] - counts[first:last] - (ends[first] - counts[first]), counts[first:last]
                )
                b = members[begins[g[which]] + inside]
                keep = goal.open(
                    *self.joined(
                        cycles[which],
                        array_energy[which],
                        buffers.transfer[b],
                        buffers.exposed[b],
                        buffers.energy[b],
                    )
                )
                yield a[which[keep]], b[keep]
                first = last

    def _by_group(
        self, arrays: ArrayBounds, shapes: ArrayShapes, a: IntArray, classes: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the array's least cycles and energy under groups of refill counts; infinite: none goes."""
        rows = arrays.tile[a]
        passes = self._passes(shapes, rows, classes)
        trips = np.column_stack([axis.classes[classes[:, i]] for i, axis in enumerate(self.axes)])
        exists = (passes < FAR).all(axis=1) & self._alike(shapes, rows, classes)
        cycles, energy = np.full(len(a), np.inf), np.full(len(a), np.inf)
        for index, order in enumerate(self.orders):
            which = np.flatnonzero(exists & (arrays.order[a] == index))
            for first in range(0, len(which), _MODEL_CHUNK):
                chunk = which[first : first + _MODEL_CHUNK]
                cycles[chunk], energy[chunk] = array_part(
                    self.nest, self.hardware, shapes.take(rows[chunk]), trips[chunk], passes[chunk], order
                )
        return cycles, energy

    def by_model(
        self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes, a: IntArray, b: IntArray
    ) -> Pairs:
        """Bound pairs by the cost model with the fewest passes; those without a buffer tile are left out."""
        classes = buffers.classes[b]
        passes = self._passes(shapes, arrays.tile[a], classes)
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
                drains_surely(self.nest, shapes.tiles[arrays.tile[a[rows]]], trips),
            )
            room = costs.tile.fits(memory_of(self.hardware).buffer)
            latency[rows] = np.where(room, costs.latency, np.inf)
            energy[rows] = np.where(room, costs.energy, np.inf)
        return Pairs(a, b, latency, energy).take(np.isfinite(latency))

    def _alike(self, shapes: ArrayShapes, rows: IntArray, classes: IntArray) -> BoolArray:
        """Return whether array tiles keep a multiplier for sums that come back exactly if some do."""
        trips = np.column_stack([axis.classes[classes[:, i]] for i, axis in enumerate(self.axes)])
        result: BoolArray = (shapes.aux[rows] == 1) == comes_back(self.hardware, trips)
        return result

    def _passes(self, shapes: ArrayShapes, rows: IntArray, classes: IntArray) -> IntArray:
        """Return the fewest passes of array tiles in classes of refill counts; FAR: no buffer tile goes."""
        passes = np.empty_like(classes)
        for i in range(len(DIMS)):
            sizes, position = np.unique(shapes.tiles[:, i], return_inverse=True)
            table = np.stack([self._passes_of(i, int(size)) for size in sizes])
            passes[:, i] = table[position[rows], classes[:, i]]
        return passes

    def _passes_of(self, axis: int, tile: int) -> IntArray:
        if (axis, tile) not in self._least_passes:
            self._least_passes[axis, tile] = self.axes[axis].least(self.axes[axis].passes(tile))
        return self._least_passes[axis, tile]

    def _can_be_legal(
        self, arrays: ArrayBounds, shapes: ArrayShapes, classes: IntArray, passes: IntArray, a: IntArray
    ) -> BoolArray:
        """Return which pairs the legality rules leave open, as far as refill counts tell."""
        row = arrays.tile[a]
        trips = np.column_stack([axis.classes[classes[:, i]] for i, axis in enumerate(self.axes)])
        products = self.nest.C * self.nest.R * self.nest.S
        legal = ~unfoldable(shapes)[row] | (trips[:, [C, R, S]].prod(axis=1) == products)
        legal &= self._alike(shapes, arrays.tile[a], classes)
        held = memory_of(self.hardware).weights_per_switch
        moving = np.array([order != "outputs" for order in self.orders])[arrays.order[a]]
        if held is not None:
            folds = (-(-passes // trips))[:, [C, R, S]].prod(axis=1)
            legal &= ~moving | (folds <= held)
        return np.asarray(legal)
