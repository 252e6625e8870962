"""The simulator on the clock: the cycle of every word, product and sum of a run, from those before it.

Rules T3 to T8. A controller produces one step per cycle (the weights of a fold, or
the inputs of a window and fold); its words queue at their ports, which send one word per cycle. A multiplier
multiplies when its input arrives, once per cycle, and in the order of the steps; a neighbour's input arrives
one cycle after the neighbour used it. Sums take the paths that the loaded tree gives them, wait in the
accumulator for their last fold, then for their bus line, then for the memory.

Until sums wait for lines, rows of windows know of those before them only when ports are free and when
multipliers fired last. Rows with the same phases that find the same as earlier ones are not executed again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.step import latch
from solver.execution.clocks.collector import LONG_AGO, Collector
from solver.execution.clocks.turns import check_order, turns
from solver.execution.program import Program
from solver.execution.routing import Routing
from solver.execution.values import Block, Chains, blocks_of, row_chunks, within

REMEMBERED = 1 << 25
"""Numbers of timed rows that are kept, 8 bytes each."""


@dataclass(frozen=True)
class _Timed:
    """Rows of windows as executed, in cycles after their first step is generated.

    Parameters
    ----------
    free, fired
        When ports are free and multipliers have fired at their end.
    ready
        What their sums wait for, as `_awaited` returns it.
    """

    free: IntArray
    fired: IntArray
    ready: IntArray


class SimulatorClock:
    """Times a run, filter iteration by filter iteration.

    Parameters
    ----------
    program
        The checked configuration, with an accumulation buffer or without folds.
    """

    def __init__(self, program: Program) -> None:
        array = program.config.array
        self.program, self.counts = program, program.config.loop_counts
        self.chains = Chains(program)
        self.collector = Collector(array.rn_bw)
        self.latch = latch(array.port_width)
        self.free = np.full(array.dn_bw, 0, dtype=np.int64)
        self.fired = np.full(array.num_ms, LONG_AGO)
        self.outputs = 0
        # From firing to the bus line: the tree, the accumulator, the line itself.
        self._delays = [value.delays + int(array.accumulation_buffer) + 1 for value in program.sums]
        self._timed: dict[tuple[object, ...], _Timed] = {}
        self._remembered = 0
        self._lines: dict[int, list[int]] = {}
        for column, value in enumerate(program.sums):
            self._lines.setdefault(value.output.bus, []).append(column)

    def run(self) -> int:
        """Run the whole layer; return its cycles."""
        counts, config = self.counts, self.program.config
        nest, tile = config.nest, config.tile
        steps = counts["fold"] * (1 + counts["x"] * counts["y"])
        start = None
        for n in range(counts["n"]):
            for g in range(counts["g"]):
                for k in range(counts["k"]):
                    # Rule T8: the outputs that must be in memory before the weights are fetched.
                    barrier = (g * tile.G * nest.K + k * tile.K * tile.G) * nest.X * nest.Y
                    arrived = self._time_of(barrier) if barrier else 0
                    start = 0 if start is None else max(start + steps, arrived)
                    self._settle(start)
                    self._iteration(start, n, g, k)
        return self._time_of(self.outputs)

    def _settle(self, start: int) -> None:
        """Let time pass up to the start of a filter iteration."""
        self.collector.settle(start)

    def _time_of(self, count: int) -> int:
        """Return the cycle in which the memory has received a number of outputs."""
        return self.collector.time_of(count)

    def _iteration(self, start: int, n: int, g: int, k: int) -> None:
        counts = self.counts
        weights = [self._weights_at({"n": n, "g": g, "k": k}, fold) for fold in range(counts["fold"])]
        words = np.stack([routing.words for routing in weights], axis=1)
        sent = self._send(words, start + 1 + np.arange(counts["fold"]))
        if (n, g, k) != (0, 0, 0):
            first = weights[0]
            check_order(
                self.program,
                first,
                sent[first.port, 0] + first.place + self.latch,
                self.fired,
                (n, g, k),
            )
        blocks = blocks_of(self.program, n, g, k)
        per_row = counts["y"] * counts["fold"]
        ready: list[IntArray] = []
        for rows in row_chunks(counts["x"], per_row * self.program.config.array.num_ms):
            ready.append(self._remember(blocks, rows, start + 1 + counts["fold"] + rows.start * per_row))
        self._collect(np.concatenate(ready, axis=1))

    def _remember(self, blocks: list[Block], rows: range, generated: int) -> IntArray:
        """Time some rows, or remember the time of equal ones; return what their sums wait for."""
        # What was over before the first step is over: how long ago makes no difference.
        free, fired = np.maximum(self.free - generated, -1), np.maximum(self.fired - generated, -1)
        here = ((id(block.routing), within(rows, block.rows)) for block in blocks)
        phases = tuple((which, inside.start, inside.stop) for which, inside in here)
        found = (len(rows), phases, free.tobytes(), fired.tobytes())
        timed = self._timed.get(found)
        if timed is None:
            self.free, self.fired = free, fired
            ready = self._awaited(self._rows(blocks, rows, 0))
            self._remembered += ready.size
            if self._remembered > REMEMBERED:
                self._timed.clear()
                self._remembered = ready.size
            timed = self._timed[found] = _Timed(self.free, self.fired, ready)
        self.free, self.fired = timed.free + generated, timed.fired + generated
        return timed.ready + generated

    def _awaited(self, ready: IntArray) -> IntArray:
        """Return what sums wait for, shape (sums, windows): the last fold, in the accumulator."""
        last: IntArray = ready.max(axis=2)
        return last

    def _collect(self, ready: IntArray) -> None:
        """Let the sums of a filter iteration wait for their lines; `ready`: what `_awaited` returned."""
        self.outputs += ready.size
        for line, columns in self._lines.items():
            self.collector.add(line, ready[columns].ravel())

    def _weights_at(self, at: dict[str, int], fold: int) -> Routing:
        return next(r for r in self.program.weights if r.phase.holds({**at, "fold": fold}))

    def _send(self, words: IntArray, generated: IntArray) -> IntArray:
        """Queue steps at the ports.

        Parameters
        ----------
        words
            Shape (ports, steps): words of each step.
        generated
            Cycle in which each step's words reach the queues and can be sent.

        Returns
        -------
        ndarray, shape (ports, steps)
            The cycle before the one in which the first word of each step is sent, where there is one.
        """
        before = np.cumsum(words, axis=1) - words
        # A port that has run dry waits for the step; one that has not goes on.
        lead = np.where(words > 0, generated - 1 - before, LONG_AGO)
        lead = np.maximum(np.maximum.accumulate(lead, axis=1), self.free[:, None])
        self.free = lead[:, -1] + before[:, -1] + words[:, -1]
        lead += before
        return lead

    def _rows(self, blocks: list[Block], rows: range, generated: int) -> IntArray:
        """Time some rows; return when each sum may be on its line, shape (sums, windows, folds)."""
        counts = self.counts
        grid = (len(rows), counts["y"], counts["fold"])
        words = np.zeros((len(self.free), *grid), dtype=np.int64)
        here = [(block, within(rows, block.rows)) for block in blocks]
        for block, inside in here:
            words[:, inside, block.cols, block.folds] = block.routing.words[:, None, None, None]
        steps = words.reshape(len(self.free), -1)
        sent = self._send(steps, generated + np.arange(steps.shape[1])).reshape(words.shape)

        def arrives(block: Block, inside: slice) -> IntArray:
            routing = block.routing
            after = routing.place + self.latch
            words: IntArray = sent[routing.port, inside, block.cols, block.folds]
            return words + after[:, None, None, None]

        flat = turns(self.program, self.chains, here, grid, arrives, self.fired)
        self.fired = flat[:, -1].copy()
        ready = [
            (flat[value.leaves] + delay[:, None]).max(axis=0)
            for value, delay in zip(self.program.sums, self._delays, strict=True)
        ]
        return np.stack(ready).reshape(len(ready), -1, counts["fold"])
