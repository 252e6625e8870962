"""Open pairs, expanded into the buffer tiles that can be optimal, each evaluated by the cost model."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import LevelCosts, level_costs, memory_of
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.levels import legal_pairs
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.two_level.bounds import ArrayBounds, BufferBounds
from solver.search.two_level.goal import Goal, Point
from solver.search.two_level.options import Axis
from solver.search.two_level.pairs import Pairs


class Expansion:
    """Evaluates pairs of one layer.

    Attributes
    ----------
    evaluated
        Mappings evaluated so far.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, axes: list[Axis], orders: tuple[str, ...]) -> None:
        self.nest, self.hardware, self.axes, self.orders = nest, hardware, axes, orders
        self.evaluated = 0
        self._contenders = lru_cache(maxsize=None)(
            lambda axis, tile, trips: self.axes[axis].contenders(tile, trips)
        )

    def offer(
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

    def offer_tiles(self, goal: Goal, shapes: ArrayShapes, buffers: IntArray) -> None:
        """Evaluate array tiles with one buffer tile each under all loop orders; offer them to the goal."""
        for array_order, dram_order in product(self.orders, DRAM_ORDERS):
            self._offer(goal, shapes, np.arange(len(buffers)), buffers, array_order, dram_order)

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
