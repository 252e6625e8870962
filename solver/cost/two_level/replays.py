"""The array's cycles on all buffer tiles: each different one, edges included, replayed like a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.latency import drained
from solver.cost.replay import ReplayLimitError
from solver.cost.timing import timing_of
from solver.cost.traffic import trip_counts
from solver.cost.two_level.array import ArrayShapes, array_shapes
from solver.cost.two_level.parts import least_of_parts
from solver.cost.two_level.work import closed_form, steps
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import parts_of
from solver.mapping.tile import Tile


class ArrayReplays:
    """Replays the buffer tiles of one layer, and remembers those that it knows.

    Attributes
    ----------
    replayed
        Different buffer tiles replayed so far.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware) -> None:
        self.nest, self.hardware = nest, hardware
        self.replayed = 0
        self._known: dict[tuple[LoopNest, tuple[int, ...]], int] = {}
        self._by_closed_form: set[tuple[LoopNest, tuple[int, ...]]] = set()
        self._alike: dict[tuple[LoopNest, tuple[int, ...]], tuple[LoopNest, int]] = {}

    def of(self, nest: LoopNest) -> ArrayReplays:
        """Return those of another layer; what either replays both remember."""
        other = copy(self)
        other.nest, other.replayed = nest, 0
        return other

    def cycles(self, tile: Sequence[int], buffer: Sequence[int]) -> int:
        """Return the cycles of all buffer tiles, one after the other, with the weights stationary."""
        parts = parts_of(self.nest, self.hardware, buffer)
        once = self.hardware.kind.start_up
        return once + sum(count * (self._part(part, tuple(tile)) - once) for part, count in parts)

    def cycles_if(
        self, shapes: ArrayShapes, buffer: Sequence[int], worth: Callable[[int], bool]
    ) -> int | None:
        """Return the cycles of all buffer tiles, or None as soon as they are seen to be worth nothing.

        Those that take most are replayed first, and the others count with what no replay falls below.

        Parameters
        ----------
        shapes
            Figures of the array tile, one row.
        worth
            Whether so many cycles, or more, are of any interest.
        """
        tile = tuple(shapes.tiles[0].tolist())
        parts = parts_of(self.nest, self.hardware, buffer)
        least = least_of_parts(shapes, [part for part, _ in parts])
        once = self.hardware.kind.start_up
        bound = once + sum(count * (cycles - once) for (_, count), cycles in zip(parts, least, strict=True))
        longest = sorted(zip(parts, least, strict=True), key=lambda each: each[0][1] * each[1], reverse=True)
        for (part, count), cycles in longest:
            replayed = self._part(part, tile)
            if replayed > cycles and not self._estimated(part, tile):
                bound += count * (replayed - cycles)
                if not worth(bound):
                    return None
        return self.cycles(tile, buffer)

    def exact(self, tile: Sequence[int], buffer: Sequence[int]) -> bool:
        """Return whether all buffer tiles are replayed; one too long for that is timed by the closed form."""
        self.cycles(tile, buffer)
        parts = parts_of(self.nest, self.hardware, buffer)
        return not any(self._estimated(part, tuple(tile)) for part, _ in parts)

    def _estimated(self, part: LoopNest, tile: tuple[int, ...]) -> bool:
        """Return whether a buffer tile that has been timed is too long to replay."""
        return (self._one_iteration(part, tile)[0], tile) in self._by_closed_form

    def _part(self, part: LoopNest, tile: tuple[int, ...]) -> int:
        alike, times = self._one_iteration(part, tile)
        if (alike, tile) not in self._known:
            self._known[alike, tile] = self._timed(alike, tile)
        return times * self._known[alike, tile]

    def _one_iteration(self, part: LoopNest, tile: tuple[int, ...]) -> tuple[LoopNest, int]:
        """Return what to replay and how often it is repeated: filter iterations that drain are all alike."""
        if (part, tile) not in self._alike:
            self._alike[part, tile] = self._reduced(part, tile)
        return self._alike[part, tile]

    def _reduced(self, part: LoopNest, tile: tuple[int, ...]) -> tuple[LoopNest, int]:
        sizes = np.array([tile], dtype=np.int64)
        trips = trip_counts(part, sizes)
        if self.hardware.kind.passes or not drained(part, sizes)[0]:
            return part, 1
        t = Tile.of(tile)
        one = replace(part, K=min(part.K, t.K), G=min(part.G, t.G))
        again = trip_counts(one, sizes)
        return one, int(trips.prod() // again.prod())

    def _timed(self, part: LoopNest, tile: tuple[int, ...]) -> int:
        self.replayed += 1
        timing, sizes = timing_of(self.hardware), np.array([tile], dtype=np.int64)
        if timing.replayable(part, self.hardware, sizes)[0]:
            with suppress(ReplayLimitError):
                return timing.replay_cycles(part, self.hardware, Tile.of(tile))
        self._by_closed_form.add((part, tile))
        return _by_closed_form(part, self.hardware, sizes)


def _by_closed_form(part: LoopNest, hardware: Hardware, sizes: IntArray) -> int:
    """Return the closed form's cycles of a buffer tile with too many outputs to replay."""
    shapes = array_shapes(part, hardware, sizes)
    count = steps(shapes, np.ones_like(sizes), trip_counts(part, sizes), "weights")
    if part.sums == "continued":
        count = replace(count, sums=count.windows)
    return int(closed_form(shapes, count, "weights")[0])
