"""The simulator without accumulation buffer on the clock: partial sums travel through memory.

A partial sum leaves the tree, its bus line and the memory, is sent by the port of its virtual neuron's
auxiliary multiplier in the cycle in which the memory has taken it, and enters the tree of the next fold (rule
T9, and the L = Daux + 2 + l of rule T14). The first fold of a window needs none and follows
the last one of the window before.

The specification has no complete rules for this mode. What is ours: values are taken by the memory in the
order in which they came, and partial sums find their port free. Of the 360 measured runs of the data set with
up to 30,000 cycles, 54 % are reproduced to the cycle, 0.8 % off on average (benchmarks/execution.py).
"""

from __future__ import annotations

from collections import defaultdict, deque
from heapq import heappop, heappush

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.clocks.collector import LONG_AGO
from solver.execution.clocks.simulator_clock import SimulatorClock
from solver.execution.program import Program
from solver.execution.routing import Routing


class SerialClock(SimulatorClock):
    """Times a run that folds without accumulation buffer.

    Parameters
    ----------
    program
        The checked configuration, with auxiliary multipliers.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        width = program.config.array.port_width
        leaves = [program.config.placement.vns[s.output.vn].start for s in program.sums]
        self._port = [leaf // width for leaf in leaves]
        # From the auxiliary multiplier's firing to the bus line.
        self._climb = [
            int(s.delays[s.leaves == leaf][0]) + 1 for s, leaf in zip(program.sums, leaves, strict=True)
        ]
        self._line = [s.output.bus for s in program.sums]
        self._last = [LONG_AGO] * len(program.sums)
        self._received: list[int] = []

    def _settle(self, start: int) -> None:
        """Settle nothing: the outputs of a filter iteration are followed to the end when they are added."""

    def _check_order(self, weights: Routing, sent: IntArray, iteration: str) -> None:
        """Check nothing: when ports send is not known well enough, and legality is on the careful side."""

    def _time_of(self, count: int) -> int:
        return int(np.partition(self._received, count - 1)[count - 1])

    def _awaited(self, ready: IntArray) -> IntArray:
        """Return all folds, shape (sums, windows, folds): each goes to its line."""
        return ready

    def _collect(self, ready: IntArray) -> None:
        """Follow every value of a filter iteration from the tree to the memory and back."""
        sums, windows, folds = ready.shape
        steps = windows * folds
        by_sum = ready.reshape(sums, steps).tolist()
        lines: dict[int, list[tuple[int, int, int]]] = defaultdict(list)

        def sum_up(column: int, step: int, psum: int) -> None:
            """Let a sum wait for its line; its partial sum, if any, comes in cycle `psum`."""
            while True:
                on_line = max(by_sum[column][step], self._last[column] + 1, psum + self._climb[column])
                self._last[column] = on_line
                heappush(lines[self._line[column]], (on_line, column, step))
                step, psum = step + 1, LONG_AGO
                if step % folds or step == steps:
                    return

        for column in range(sums):
            sum_up(column, 0, LONG_AGO)
        waiting: deque[tuple[int, int]] = deque()
        ports: dict[int, deque[tuple[int, int]]] = defaultdict(deque)
        cycle, missing = 0, sums * steps
        while missing:
            if not waiting and not any(ports.values()):
                cycle = max(cycle, min(line[0][0] for line in lines.values() if line) - 1)
            cycle += 1
            for _ in range((len(waiting) + 1) // 2):
                column, step = waiting.popleft()
                missing -= 1
                if (step + 1) % folds:
                    ports[self._port[column]].append((column, step + 1))
                else:
                    self._received.append(cycle)
                    self.outputs += 1
            for queue in ports.values():
                if queue:
                    sum_up(*queue.popleft(), cycle + self.latch)
            for line in lines.values():
                if line and line[0][0] <= cycle:
                    waiting.append(heappop(line)[1:])
