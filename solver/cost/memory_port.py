"""The way of outputs out of the array: bus lines, and the memory behind them (rules T6 and T7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.arithmetic.arrays import IntArray

NEVER = np.int64(-(2**60))
"""Before every cycle."""


class Memory:
    """Bus lines and memory: outputs leave one per line and cycle, and the memory takes half of what waits.

    Outputs that nothing can overtake any more stand in order at the front of `_times`, pending ones behind
    them: an iteration costs what it adds, however many came before it.
    """

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.line_free = np.full(lines, NEVER)
        self.pending_time = np.empty(0, dtype=np.int64)
        self.pending_line = np.empty(0, dtype=np.int64)
        self.on_line = np.empty(0, dtype=np.int64)
        self._times = np.empty(1024, dtype=np.int64)
        self._settled = 0

    @property
    def _arrivals(self) -> IntArray:
        """When each output so far is on its line, in order."""
        return self._times[: self._settled + len(self.pending_time)]

    def add(self, ready: IntArray, line: IntArray) -> None:
        """Queue outputs that may be on their line from the given cycles on."""
        self.pending_time = np.concatenate([self.pending_time, ready])
        self.pending_line = np.concatenate([self.pending_line, line])
        self._schedule()

    def settle(self, now: int) -> None:
        """Fix the outputs that left up to cycle `now`; later ones may still be overtaken by new ones."""
        done = self.on_line <= now
        if not done.any():
            return
        self._settled += int(done.sum())
        np.maximum.at(self.line_free, self.pending_line[done], self.on_line[done])
        # What is left is scheduled as before, and stands in order behind them in `_times`.
        left = ~done
        self.pending_time, self.pending_line = self.pending_time[left], self.pending_line[left]
        self.on_line = self.on_line[left]

    def _schedule(self) -> None:
        """Send each line's outputs earliest first, one per cycle."""
        time, line = self.pending_time, self.pending_line
        self.on_line = time
        if len(time):
            # Sorted as one number, by line and then by time. A stable sort uses the order that there is.
            first = int(time.min())
            span = int(time.max()) - first + 1
            line, since = np.divmod(np.sort(line * span + (time - first), kind="stable"), span)
            time = since + first
            self.pending_time, self.pending_line = time, line
            counts = np.bincount(line, minlength=self.lines)
            rank = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
            lead = np.maximum(time, self.line_free[line] + 1) - rank
            # A running maximum within each line: lines are lifted above one another to keep them apart.
            lift = line * (int(lead.max()) - int(lead.min()) + 1)
            self.on_line = np.maximum.accumulate(lead + lift) - lift + rank
        count = self._settled + len(time)
        if count > len(self._times):
            self._times = np.r_[self._times, np.empty(2 * count - len(self._times), dtype=np.int64)]
        self._times[self._settled : count] = np.sort(self.on_line, kind="stable")

    def last(self, count: int) -> IntArray:
        """Return when the last `count` outputs so far are on their lines, in order."""
        return self._arrivals[-count:].copy()

    def time_of(self, count: int) -> int:
        """Return the cycle in which the memory has taken `count` outputs."""
        arrivals = self._arrivals
        earliest, first = int(arrivals[count - 1]), int(arrivals[0])
        look_back = 64
        end = earliest + most_cycles_to_take(self.lines) + 1
        while True:
            begin = max(earliest - look_back, first - 1)
            come = np.searchsorted(arrivals, np.arange(begin, end), side="right").tolist()
            time = _taken_by(come, count, waiting=0)
            # The number that waits at `begin` is unknown; both extremes forget it within a few cycles.
            if begin < first or time == _taken_by(come, count, waiting=2 * self.lines + 2):
                return begin + time
            look_back *= 4


def most_cycles_to_take(lines: int) -> int:
    """Return how long an output waits for the memory at most.

    Fewer than four times the lines wait, it among them, and half of these go every cycle.
    """
    return (4 * lines + 4).bit_length()


def _taken_by(come: Sequence[int], count: int, waiting: int) -> int:
    """Run the memory from the end of a cycle until `count` of all outputs are taken; return the cycles.

    Parameters
    ----------
    come
        Outputs that have come by the end of that cycle, of the next one, and so on.
    waiting
        How many of them wait at first.
    """
    taken = come[0] - waiting
    cycle = 0
    while taken < count:
        cycle += 1
        now = (waiting + 1) // 2
        taken += now
        waiting += come[cycle] - come[cycle - 1] - now
    return cycle
