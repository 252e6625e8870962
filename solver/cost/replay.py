"""Cycle-level replay of the timing rules: what the array does, cycle by cycle, without a closed form.

Rules T1 to T9, for mappings with an accumulation buffer or without folds: per-port
queues fed by a generator of one step per cycle, sliding-window forwarding, the adder tree's path lengths, bus
lines that carry one output per cycle, a memory that takes half of what waits, and the filter barrier. It
reproduces the reference simulator to the cycle (benchmarks/README.md).

Nothing in the array pushes back, so each stage's times follow from the stage before it and whole filter
iterations are computed with array operations instead of a loop over cycles. A window's partial sums leave in
order, and a multiplier fires at most once per cycle, hence only each window's last fold has to be timed: a
multiplier that is sent a word per fold has fired all folds of a window when the last word arrives, and one
that is forwarded its neighbour's word needs at least F cycles after its own previous window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from solver.arithmetic.arrays import IntArray, chunks, distinct_columns
from solver.array.layout import Layout, busiest, send_order
from solver.array.reduction import exit_lines, packed_vns
from solver.cost.latency import MAX_REPLAYED_OUTPUTS, drained
from solver.cost.memory_port import NEVER, Memory
from solver.cost.overtaking import Overtaking, Watch
from solver.cost.step import latch
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.stopping import go_on

_FIRST_ROWS = 12
"""Rows of windows timed before looking whether the rest repeats them."""


class ReplayLimitError(Exception):
    """Too much of a mapping would have to be timed one by one."""


@dataclass
class _Ports:
    """Words per step of ports that send as many of each, one for all, and when it sent its last so far."""

    weights: IntArray
    inputs: IntArray
    slides: IntArray
    sums: IntArray
    free: IntArray


class Replay:
    """One mapping, prepared for timing."""

    def __init__(self, nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
        layout = Layout(nest, hardware, tile)
        if layout.aux and not nest.partial:
            raise ValueError("folding without accumulation buffer is timed by SerialReplay")
        self.nest, self.hardware, self.tile = nest, hardware, tile
        self.folds, self.iterations, self.trips = layout.folds, layout.iterations, layout.trips
        self.rows, self.cols = layout.trips["X"], layout.trips["Y"]
        self.forwards = layout.forwards and self.cols > 1
        self.vn_starts = np.arange(tile.num_vns) * layout.vn_size
        data = ~layout.is_aux
        self.order, inputs = send_order(layout.input_key, layout.port, data)
        self.slide_order, slides = self.order, inputs
        if self.forwards:
            self.slide_order, slides = send_order(layout.input_key, layout.port, layout.last_column)
            self.column = np.where(data, layout.offsets[2], -1)
        weight_order, weights = send_order(layout.weight_key, layout.port, data)
        words = np.stack([weights, inputs, slides, self._sums_back(layout)])
        (weights, inputs, slides, sums), alike = distinct_columns(words)
        self.port = alike[layout.port]
        self.ports = _Ports(weights, inputs, slides, sums, np.zeros_like(weights))
        self.line = exit_lines(hardware.num_ms, layout.vn_size, hardware.rn_bw)[: tile.num_vns]
        # From a word's sending to the VN's sum on its bus line: latch, tree, accumulator, bus.
        self.delay = (
            packed_vns(hardware.num_ms, layout.vn_size).paths[: len(self.port)]
            + latch(hardware.port_width)
            + int(hardware.accumulation_buffer)
            + 1
        )
        self.fired = np.full(len(self.port), NEVER)
        self.number = 0
        self.watch: Watch | None = None
        if self.forwards:
            pace = np.maximum(self._iteration_words(), self.steps())
            self.watch = Watch(layout, weight_order, self.port, pace)

    def _sums_back(self, layout: Layout) -> IntArray:
        """Return the words per port of a window's sums that come back."""
        return np.zeros(int(layout.port[-1]) + 1, dtype=np.int64)

    @property
    def outputs_per_iteration(self) -> int:
        """Outputs of one filter iteration, padded ones included (V W)."""
        return self.tile.num_vns * self.rows * self.cols

    def drains(self) -> bool:
        """Return whether the array is empty between filter iterations (rule T8)."""
        tiles = np.array([self.tile.sizes], dtype=np.int64)
        return bool(drained(self.nest, tiles)[0])

    def cycles(self) -> int:
        """Return the cycles of the whole layer."""
        if self.drains():
            # Every iteration finds the array as the first one did.
            return self.iterations * self._drained_iteration()
        return self._chained()

    def right_cycles(self) -> int | None:
        """Return the cycles of the whole layer; None if weights overtake inputs, and no more is timed."""
        cycles = self.cycles() if self.watch is None or self.drains() else self._chained(to_the_end=False)
        return None if self.watch is not None and self.watch.found else cycles

    def _drained_iteration(self) -> int:
        """Time one iteration that starts and ends with an empty array.

        After a few rows of windows every further row takes as long as the slowest stage needs for it, and
        from then on always will: each stage's times grow by a constant per row, and the fastest growth has
        won. So the first rows are timed until three in a row have taken exactly that long, and the rest are
        added.
        """
        rows, row_time = self.rows, self._slowest_row()
        timed = min(rows, _FIRST_ROWS)
        while True:
            self._check_size(timed * self.cols)
            self._restart(timed)
            ready = self._iteration(0)
            if timed == rows:
                return self._collected(ready)
            per_row = len(ready) // timed
            ends = [self._collected(ready[: (timed - back) * per_row]) for back in range(4)]
            if all(later - earlier == row_time for later, earlier in pairwise(ends)):
                return ends[0] + (rows - timed) * row_time
            timed = min(rows, 4 * timed)

    def _check_size(self, windows: int) -> None:
        if windows * self.tile.num_vns > MAX_REPLAYED_OUTPUTS:
            raise ReplayLimitError

    def _restart(self, rows: int) -> None:
        self.rows = rows
        self.ports.free = np.zeros_like(self.ports.free)
        self.fired = np.full(len(self.port), NEVER)

    def _slowest_row(self) -> int:
        """Return the cycles per row of windows of the slowest port, the generator or the busiest bus line."""
        ports, folds = self.ports, self.folds
        later = ports.slides if self.forwards else ports.inputs
        words = int((folds * (ports.inputs + (self.cols - 1) * later)).max())
        return max(words, folds * self.cols, self.cols * int(np.bincount(self.line).max()))

    def _collected(self, ready: IntArray) -> int:
        memory = Memory(self.hardware.rn_bw)
        earliest = np.minimum.accumulate(ready.min(axis=1)[::-1])[::-1]
        for chunk in chunks(len(ready), len(self.line)):
            some = ready[chunk]
            memory.add(some.ravel(), np.tile(self.line, len(some)))
            if chunk.stop < len(ready):
                memory.settle(int(earliest[chunk.stop]) - 1)
        return memory.time_of(ready.size)

    def thresholds(self) -> Iterator[int]:
        """Outputs that the memory must have received before each iteration of an image starts (rule T8)."""
        nest, tile = self.nest, self.tile
        for g in range(self.trips["G"]):
            for k in range(self.trips["K"]):
                yield (g * tile.G * nest.K + k * tile.K * tile.G) * nest.X * nest.Y

    def _chained(self, *, to_the_end: bool = True) -> int:
        """Time iterations that overlap: each starts when enough outputs of the earlier ones are in memory.

        From the second image on nothing waits for the memory. Once the outputs of three iterations in a row
        have each come exactly as long after those of the one before as the slowest stage needs for an
        iteration, all later ones do: no stage can be slower, and none that is faster is still catching up.
        """
        memory = Memory(self.hardware.rn_bw)
        steps, pace, watch = self.steps(), self._slowest_iteration(), self.watch
        start, thresholds = self._first_image()
        count = self.iterations - self.trips["G"] * self.trips["K"] + len(thresholds)
        self.number = self.iterations - count
        came: list[IntArray] = []
        for index in range(count):
            self._check_size((index + 1) * self.rows * self.cols)
            go_on()
            if index:
                # Later images find the thresholds of the first one reached.
                waits = thresholds[index] if index < len(thresholds) else 0
                start = max(start + steps, memory.time_of(waits) if waits else 0)
            memory.settle(max(start, self._none_before()))
            memory.add(*self._events(start))
            if watch is not None and watch.found is not None and not to_the_end:
                break
            if index >= len(thresholds) - 1:
                came = [*came[-3:], memory.last(self.outputs_per_iteration)]
                paced = len(came) == 4 and all((b - a == pace).all() for a, b in pairwise(came))
                if paced and (watch is None or watch.settled):
                    break
        if watch is not None:
            watch.look_ahead(self.number - 1, count - index - 1)
        return memory.time_of((index + 1) * self.outputs_per_iteration) + (count - index - 1) * pace

    def _none_before(self) -> int:
        """Return a cycle before any output of the next iteration: a VN's ports first send what they have."""
        return int(np.maximum.reduceat(self.ports.free[self.port], self.vn_starts).min())

    def _first_image(self) -> tuple[int, list[int]]:
        """Return when the first iteration to be timed starts, and the first image's thresholds from it on.

        If the array drains between the iterations of an image, all but its last one are known without more.
        """
        thresholds = list(self.thresholds())
        if self.tile.N > 1:  # an image alone leaves virtual neurons idle, and the barrier does not wait
            return 0, thresholds
        alone = type(self)(replace(self.nest, N=1), self.hardware, self.tile)
        if not alone.drains():
            return 0, thresholds
        return (len(thresholds) - 1) * alone._drained_iteration(), thresholds[:1]

    def _slowest_iteration(self) -> int:
        """Return the cycles per filter iteration of the slowest port, the generator or the busiest line."""
        lines = self.rows * self.cols * int(np.bincount(self.line).max())
        return max(int(self._iteration_words().max()), self.steps(), lines)

    def _iteration_words(self) -> IntArray:
        """Return the words that each port sends in a filter iteration."""
        ports = self.ports
        later = ports.slides if self.forwards else ports.inputs
        words = ports.weights + self.rows * (ports.inputs + (self.cols - 1) * later)
        result: IntArray = self.folds * words
        return result

    def steps(self) -> int:
        """Return the cycles in which the generator makes the steps of a filter iteration."""
        return self.folds * (1 + self.rows * self.cols)

    def _events(self, start: int) -> tuple[IntArray, IntArray]:
        times = self._iteration(start)
        return times.ravel(), np.tile(self.line, len(times))

    def _iteration(self, start: int) -> IntArray:
        """Return when each VN's output of each window may be on its bus line, shape (windows, VNs).

        The first weights are generated in the cycle after `start`; ports first send what they have.
        """
        ports = self.ports
        ports.free = np.maximum(ports.free, start)
        if self.watch is not None:
            self.watch.iteration(self.number, ports.free, self.fired)
        self.number += 1
        ports.free = ports.free + self.folds * ports.weights
        if not self.forwards:
            return self._all_sent()
        first, slide = self._forwarded_sends(start)
        return self._all_forwarded(first, slide)

    def _all_sent(self) -> IntArray:
        """Time an iteration in which every window's words are all sent."""
        ports, windows = self.ports, self.rows * self.cols
        step = self.folds * ports.inputs
        # Every step sends at least one word per port, so a port never waits for the generator.
        begin = ports.free + step - ports.inputs
        ports.free = ports.free + windows * step
        wait, count = self.order + self.delay, len(self.vn_starts)
        port, wait, vn_first = busiest(np.repeat(np.arange(count), len(wait) // count), self.port, wait)
        slack, pace = wait + begin[port], step[port]
        result = np.empty((windows, count), dtype=np.int64)
        for chunk in chunks(windows, len(port)):
            times = slack + np.arange(chunk.start, chunk.stop)[:, None] * pace
            result[chunk] = np.maximum.reduceat(times, vn_first, axis=1)
        return result

    def row_begins(self, start: int) -> IntArray:
        """Return the cycle before each port sends the first word of each row of windows, shape (rows, ports).

        Weights are sent; the ports are free when the last row is.
        """
        ports, folds = self.ports, self.folds
        row = np.arange(self.rows)[:, None]
        row_words = folds * (ports.inputs + (self.cols - 1) * ports.slides)
        begin = ports.free + row * row_words
        # A port that sends nothing while the window slides is free long before the next row is generated.
        generated = start + folds * (1 + row * self.cols)
        begin = np.where(ports.slides == 0, np.maximum(begin, generated), begin)
        ports.free = begin[-1] + row_words
        return begin

    def _forwarded_sends(self, start: int) -> tuple[IntArray, IntArray]:
        """Return when each port starts sending the last fold of each first window and of each later window.

        Shapes (rows, ports) and (rows, cols - 1, ports).
        """
        ports, folds, begin = self.ports, self.folds, self.row_begins(start)
        first = begin + (folds - 1) * ports.inputs
        slide = np.arange(1, self.cols)[None, :, None] * folds * ports.slides - ports.slides
        return first, begin[:, None, :] + folds * ports.inputs + slide

    def _all_forwarded(self, first: IntArray, slide: IntArray) -> IntArray:
        """Time an iteration in which neighbours forward their inputs while the window slides."""
        windows, t_s, folds = self.rows * self.cols, self.tile.S, self.folds
        pace = folds * np.arange(windows)[:, None]
        kinds, like = self._kinds
        result = np.full((windows, len(kinds)), NEVER)
        chains = np.flatnonzero(self.column == 0).reshape(len(like), -1)[kinds]
        per_vn = chains.shape[1]
        for chunk in chunks(len(kinds), windows * per_vn):
            heads = chains[chunk].ravel()
            right: IntArray | None = None
            for s in range(t_s - 1, -1, -1):
                at = heads + s
                fed = np.empty((self.rows, self.cols, len(at)), dtype=np.int64)
                fed[:, 0] = first[:, self.port[at]] + self.order[at]
                if right is None:
                    fed[:, 1:] = slide[:, :, self.port[at]] + self.slide_order[at]
                else:
                    fed[:, 1:] = right.reshape(fed.shape)[:, :-1] + 1
                fired = fed.reshape(windows, -1)
                fired[0] = np.maximum(fired[0], self.fired[at] + folds)
                if right is not None:
                    fired = np.maximum.accumulate(fired - pace, axis=0) + pace
                self.fired[at] = fired[-1]
                out = (fired + self.delay[at]).reshape(windows, -1, per_vn).max(axis=2)
                np.maximum(result[:, chunk], out, out=result[:, chunk])
                right = fired
        self.fired = self.fired.reshape(len(like), -1)[kinds][like].ravel()
        return result[:, like]

    @cached_property
    def _kinds(self) -> tuple[IntArray, IntArray]:
        """One VN of each kind, behind ports and as far from its line as all of it, and the kind of each."""
        places = np.stack([self.port, self.order, self.slide_order, self.delay], axis=1)
        places = places.reshape(len(self.vn_starts), -1)
        _, kinds, like = np.unique(places, axis=0, return_index=True, return_inverse=True)
        return kinds, like.reshape(-1)


@dataclass(frozen=True)
class Replayed:
    """What the replay tells of one mapping.

    Attributes
    ----------
    cycles
        Its cycles; None if weights overtake inputs and what comes after that was not timed.
    overtaking
        Where weights overtake inputs, so that outputs are wrong; None if they do not.
    """

    cycles: int | None
    overtaking: Overtaking | None

    @property
    def to_the_end(self) -> int:
        """The cycles of a mapping that was timed to the end, whether or not the outputs are right."""
        assert self.cycles is not None
        return self.cycles


Kind = Callable[[LoopNest, Hardware, Tile], Replay]


@lru_cache(maxsize=4096)
def replayed(nest: LoopNest, hardware: Hardware, tile: Tile) -> Replayed:
    """Replay one mapping; what was asked for lately is remembered.

    Raises
    ------
    ReplayLimitError
        If it does not repeat itself before too much is timed one by one.
    ValueError
        If the mapping folds without accumulation buffer, which the replay does not cover.
    """
    return result_of(Replay, nest, hardware, tile)


@lru_cache(maxsize=4096)
def looked_through(kind: Kind, nest: LoopNest, hardware: Hardware, tile: Tile) -> Replayed:
    """Replay one mapping up to where weights overtake inputs, if they do: mostly a few iterations."""
    replay = kind(nest, hardware, tile)
    return Replayed(replay.right_cycles(), replay.watch.found if replay.watch else None)


def result_of(kind: Kind, nest: LoopNest, hardware: Hardware, tile: Tile) -> Replayed:
    """Replay one mapping to the end, also of a part of a layer; see `replayed`."""
    found = looked_through(kind, nest, hardware, tile)
    if found.cycles is not None:
        return found
    return replace(found, cycles=kind(nest, hardware, tile).cycles())


def replay_cycles(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of one mapping by replay (`replayed`)."""
    return replayed(nest, hardware, tile).to_the_end
