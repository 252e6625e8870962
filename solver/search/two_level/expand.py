"""Open pairs, expanded into the buffer tiles that can be optimal, each evaluated by the cost model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.replay import ReplayLimitError
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import LevelCosts, level_costs, memory_of
from solver.cost.two_level.parts import least_by_part
from solver.cost.two_level.replays import ArrayReplays
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.levels import legal_pairs, level_overtakes
from solver.mapping.buffer_tile import DRAM_ORDERS, buffer_trips, comes_back
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.progress import ENDLESS, Clock, OutOfTime
from solver.search.two_level.goal import Goal, Point
from solver.search.two_level.images import Suspects, has_images
from solver.search.two_level.options import Axis

Classed = tuple[int, int, int, Sequence[int]]
"""Row of an array tile, index of its order and of the DRAM order, and the class of each refill count."""

_AT_ONCE = 1 << 12
"""Buffer tiles of a pair that are evaluated without a look at the sizes of each loop by itself."""


def _grid(choices: list[IntArray]) -> IntArray:
    """Return all combinations of sizes, one of each loop, shape (combinations, 8)."""
    lengths = [len(sizes) for sizes in choices]
    result = np.empty((*lengths, len(choices)), dtype=np.int64)
    for i, sizes in enumerate(choices):
        result[..., i] = sizes.reshape([-1 if i == j else 1 for j in range(len(choices))])
    return result.reshape(-1, len(choices))


class Expansion:
    """Evaluates pairs of one layer.

    Attributes
    ----------
    replays
        What the replay says of buffer tiles.
    unreplayed
        Latency and energy bounds of mappings that are too long to replay.
    suspects
        What the images of a product may do better, if that is of interest.
    """

    def __init__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        axes: list[Axis],
        orders: tuple[str, ...],
        replays: ArrayReplays | None = None,
    ) -> None:
        self.nest, self.hardware, self.axes, self.orders = nest, hardware, axes, orders
        self.replays = replays or ArrayReplays(nest, hardware)
        self.unreplayed: list[tuple[float, float]] = []
        self.suspects = Suspects() if has_images(nest) else None
        self._contenders = lru_cache(maxsize=None)(
            lambda axis, tile, trips: self.axes[axis].contenders(tile, trips)
        )

    def offer(
        self,
        goal: Goal,
        pairs: Sequence[Classed],
        shapes: ArrayShapes,
        most: int | None = None,
        clock: Clock = ENDLESS,
    ) -> None:
        """Evaluate the buffer tiles of some pairs that can be optimal, and offer them to the goal.

        Parameters
        ----------
        most
            Replay so many of the most promising mappings per loop order only; None replays what it takes.
        clock
            When to stop.

        Raises
        ------
        OutOfTime
            If the time limit passes.
        """
        left = self._offer_pairs(
            goal, [(pair, self._sizes(pair, shapes, False)) for pair in pairs], shapes, most, clock
        )
        if left and most is None:
            # A tile that the bounds cannot tell from one that is beaten may have fewer cycles in the replay.
            every = [(pair, self._open_sizes(goal, pair, shapes, clock)) for pair in left]
            self._offer_pairs(goal, every, shapes, clock=clock)

    def _offer_pairs(
        self,
        goal: Goal,
        pairs: Iterable[tuple[Classed, list[IntArray]]],
        shapes: ArrayShapes,
        most: int | None = None,
        clock: Clock = ENDLESS,
    ) -> list[Classed]:
        """Evaluate pairs with all buffer tiles of some sizes of each loop; return those that stay open."""
        groups: dict[tuple[int, int], list[tuple[IntArray, IntArray, Classed]]] = {}
        for pair, sizes in pairs:
            row, array_order, dram_order, _ = pair
            if len(grid := _grid(sizes)):
                parts = groups.setdefault((array_order, dram_order), [])
                parts.append((np.full(len(grid), row), grid, pair))
        left: list[Classed] = []
        for (array_order, dram_order), parts in groups.items():
            rows = np.concatenate([part[0] for part in parts])
            grid = np.concatenate([part[1] for part in parts])
            of = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
            orders = self.orders[array_order], DRAM_ORDERS[dram_order]
            still = self._offer(goal, shapes, rows, grid, *orders, most, clock)
            left += [parts[i][2] for i in np.unique(of[still])]
        return left

    def _open_sizes(self, goal: Goal, pair: Classed, shapes: ArrayShapes, clock: Clock) -> list[IntArray]:
        """Return the sizes of every loop that some contenders of the other loops leave open.

        No other sizes of theirs go with it at a lower bound, as contenders are no larger in any figure.
        """
        row, array_order, dram_order, _ = pair
        result, few = (self._sizes(pair, shapes, every) for every in (True, False))
        if prod(map(len, result)) <= _AT_ONCE:
            return result
        for i, sizes in enumerate(result):
            if len(sizes) > 1:
                grid = _grid([*few[:i], sizes, *few[i + 1 :]])
                orders = self.orders[array_order], DRAM_ORDERS[dram_order]
                rows = np.full(len(grid), row)
                left = self._offer(goal, shapes, rows, grid, *orders, clock=clock)
                result[i] = np.unique(grid[left, i])
        return result

    def _sizes(self, pair: Classed, shapes: ArrayShapes, every: bool) -> list[IntArray]:
        """Return the buffer tile's sizes of each loop that a pair may have, or the contenders only."""
        row, _, _, classes = pair
        trips = [int(axis.classes[place]) for axis, place in zip(self.axes, classes, strict=True)]
        return self._sizes_of(shapes.tiles[row].tolist(), trips, every)

    def _sizes_of(self, tile: Sequence[int], trips: Sequence[int], every: bool) -> list[IntArray]:
        if not every:
            return [self._contenders(i, *each) for i, each in enumerate(zip(tile, trips, strict=True))]
        members = [axis.members(o) for axis, o in zip(self.axes, trips, strict=True)]
        return [sizes[sizes >= least] for sizes, least in zip(members, tile, strict=True)]

    def offer_tiles(self, goal: Goal, shapes: ArrayShapes, buffers: IntArray) -> None:
        """Evaluate array tiles with one buffer tile each under all loop orders; offer them to the goal."""
        for array_order, dram_order in product(self.orders, DRAM_ORDERS):
            self._offer(goal, shapes, np.arange(len(buffers)), buffers, array_order, dram_order)

    def offer_alike(self, goal: Goal, shapes: ArrayShapes, buffer: IntArray) -> None:
        """Offer one array tile with every buffer tile that is refilled as often as some, under all orders.

        Parameters
        ----------
        shapes
            Figures of the array tile, one row.
        buffer
            B_d, shape (8,).
        """
        trips = buffer_trips(self.nest, buffer[None])[0]
        grid = _grid(self._sizes_of(shapes.tiles[0].tolist(), trips.tolist(), True))
        for array_order, dram_order in product(self.orders, DRAM_ORDERS):
            self._offer(goal, shapes, np.zeros(len(grid), dtype=np.int64), grid, array_order, dram_order)

    def _offer(
        self,
        goal: Goal,
        shapes: ArrayShapes,
        rows: IntArray,
        grid: IntArray,
        array_order: str,
        dram_order: str,
        most: int | None = None,
        clock: Clock = ENDLESS,
    ) -> IntArray:
        """Settle the mappings that their bounds leave open; return which of them still are."""
        legal = legal_pairs(self.nest, self.hardware, shapes.tiles[rows], grid, array_order)
        legal &= (shapes.aux[rows] == 1) == comes_back(self.hardware, buffer_trips(self.nest, grid))
        at = np.flatnonzero(legal)
        rows, grid = rows[at], grid[at]
        if not len(rows):
            return at
        costs = level_costs(self.nest, self.hardware, shapes.take(rows), grid, dram_order, array_order)
        fits = costs.tile.fits(memory_of(self.hardware).buffer)
        latency = costs.latency.astype(float)
        still = np.flatnonzero(fits & goal.open(latency, costs.energy))
        if not len(still):
            return at[still]
        closer = alike = costs.take(still)
        if array_order == "weights":
            least = least_by_part(self.nest, shapes.take(rows[still]), grid[still])
            closer, alike = (closer.replayed(self.hardware, array) for array in (least.own, least.alike))
        figures = closer.latency.astype(float), closer.energy
        ahead = np.argsort(goal.rank(*figures), kind="stable")
        for _ in range(len(ahead) if most is None else most):
            ahead = ahead[goal.open(figures[0][ahead], figures[1][ahead])]
            if not len(ahead):
                break
            if clock.expired:
                raise OutOfTime
            first, ahead = ahead[0], ahead[1:]
            i = still[first]
            mapping = LevelMapping(Tile.of(shapes.tiles[rows[i]]), Tile.of(grid[i]), dram_order, array_order)
            # One in which weights overtake inputs stays open: another buffer tile of its class may be right.
            try:
                if not level_overtakes(self.nest, self.hardware, mapping):
                    one = closer.take(slice(first, first + 1))
                    self._settle(goal, shapes.take(rows[i : i + 1]), one, mapping)
            except ReplayLimitError:
                self.unreplayed.append((float(figures[0][first]), float(figures[1][first])))
        return at[still[goal.open(alike.latency.astype(float), alike.energy)]]

    def _settle(self, goal: Goal, shapes: ArrayShapes, costs: LevelCosts, mapping: LevelMapping) -> None:
        """Offer a mapping with its exact figures, unless the replay of a part of it is enough to drop it.

        Parameters
        ----------
        shapes, costs
            Figures of its array tile, and what it costs at least, one row each.
        """
        if mapping.array_order == "weights":

            def costs_of(array: int) -> LevelCosts:
                return costs.replayed(self.hardware, np.array([array]))

            def worth(array: int) -> bool:
                bound = costs_of(array)
                return bool(goal.open(bound.latency.astype(float), bound.energy)[0])

            array = self.replays.cycles_if(shapes, mapping.buffer.sizes, worth)
            if array is None:
                return
            if not self.replays.exact(mapping.tile.sizes, mapping.buffer.sizes):
                self.unreplayed.append((float(costs.latency[0]), float(costs.energy[0])))
            costs = costs_of(array)
        goal.offer(Point(int(costs.latency[0]), float(costs.energy[0]), mapping))
