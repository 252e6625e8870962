"""The simulator's collection bus and memory on the clock (rules T6 and T7)."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray

LONG_AGO = -(2**60)


class Collector:
    """Bus lines that carry one value per cycle, earliest first, into a memory that takes half of what waits.

    Values are added filter iteration by filter iteration. Those of a later iteration may overtake those that
    still wait for their line, so lines are settled only up to the cycle in which the iteration starts.

    Parameters
    ----------
    lines
        Collection bus lines.
    """

    def __init__(self, lines: int) -> None:
        self._waiting = [np.empty(0, dtype=np.int64) for _ in range(lines)]
        self._line_free = [LONG_AGO] * lines
        self._sent = [np.empty(0, dtype=np.int64) for _ in range(lines)]
        self._memory = _Memory()

    def add(self, line: int, ready: IntArray) -> None:
        """Let values wait for a line from the given cycles on."""
        waiting = np.sort(np.concatenate([self._waiting[line], ready]), kind="stable")
        place = np.arange(len(waiting))
        earliest = np.maximum(waiting, self._line_free[line] + 1) - place
        self._waiting[line] = waiting
        self._sent[line] = np.maximum.accumulate(earliest) + place

    def settle(self, now: int) -> None:
        """Let time pass up to a cycle after which all further values are added."""
        gone = []
        for line, sent in enumerate(self._sent):
            count = int(np.searchsorted(sent, now, side="right"))
            if count:
                gone.append(sent[:count])
                self._line_free[line] = int(sent[count - 1])
                self._waiting[line], self._sent[line] = self._waiting[line][count:], sent[count:]
        if gone:
            self._memory.arrive(np.sort(np.concatenate(gone)))
        self._memory.run_to(now)

    def time_of(self, count: int) -> int:
        """Return the cycle in which the memory has taken `count` values; the present one at least."""
        memory = self._memory.copy()
        memory.arrive(np.sort(np.concatenate(self._sent)))
        return memory.run_until(count)


class _Memory:
    """Takes half of the waiting values per cycle, rounded up; one can be taken the cycle after it came."""

    def __init__(self) -> None:
        self.cycle = 0
        self.waiting = 0
        self.taken = 0
        self.arrivals = np.empty(0, dtype=np.int64)

    def copy(self) -> _Memory:
        """Return a memory that goes on from here by itself."""
        other = _Memory()
        other.__dict__.update(self.__dict__)
        return other

    def arrive(self, times: IntArray) -> None:
        """Add arrivals, all later than the current cycle, in order."""
        self.arrivals = np.concatenate([self.arrivals, times])

    def run_to(self, cycle: int) -> None:
        """Run to the end of a cycle."""
        self._run(cycle, None)

    def run_until(self, count: int) -> int:
        """Run until `count` values are taken; return the cycle."""
        return self._run(None, count)

    def _run(self, to: int | None, count: int | None) -> int:
        times, counts = np.unique(self.arrivals, return_counts=True)
        events = zip(times.tolist(), counts.tolist(), strict=True)
        done = 0
        upcoming = next(events, None)
        while (to is None or self.cycle < to) and (count is None or self.taken < count):
            if not self.waiting:  # nothing happens before the next arrival
                if upcoming is None or (to is not None and upcoming[0] > to):
                    if to is not None:
                        self.cycle = to
                    break
                self.cycle = max(self.cycle, upcoming[0] - 1)
            self.cycle += 1
            now = (self.waiting + 1) // 2
            self.taken += now
            self.waiting -= now
            if upcoming is not None and upcoming[0] == self.cycle:
                self.waiting += upcoming[1]
                done += upcoming[1]
                upcoming = next(events, None)
        self.arrivals = self.arrivals[done:]
        return self.cycle
