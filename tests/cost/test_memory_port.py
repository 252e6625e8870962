"""Bus lines and memory, beside a memory that is run cycle by cycle."""

from __future__ import annotations

from random import Random

import numpy as np

from solver.cost.memory_port import Memory


class Slow:
    """The same by rule T7, one cycle after the other."""

    def __init__(self, lines: int) -> None:
        self.waiting: list[list[int]] = [[] for _ in range(lines)]

    def add(self, ready: list[int], lines: list[int]) -> None:
        for cycle, line in zip(ready, lines, strict=True):
            self.waiting[line].append(cycle)

    def times(self) -> list[int]:
        """Return when every output is taken."""
        queues = [sorted(queue) for queue in self.waiting]
        count, at, taken, cycle = sum(map(len, queues)), 0, [], min(map(min, filter(None, queues))) - 1
        while len(taken) < count:
            cycle += 1
            now = (at + 1) // 2
            taken += [cycle] * now
            at -= now
            for queue in queues:
                if queue and queue[0] <= cycle:
                    queue.pop(0)
                    at += 1
        return taken


def test_outputs_are_taken_when_a_memory_that_is_run_cycle_by_cycle_takes_them() -> None:
    rng = Random(8)
    for _ in range(60):
        lines = rng.choice((1, 2, 4, 16))
        fast, slow = Memory(lines), Slow(lines)
        start = 0
        for _ in range(rng.randint(1, 4)):
            count, spread = rng.randint(1, 60), rng.choice((3, 30, 300))
            ready = [start + rng.randint(0, spread) for _ in range(count)]
            line = [rng.randrange(lines) for _ in range(count)]
            fast.settle(min(ready) - 1)
            fast.add(np.array(ready), np.array(line))
            slow.add(ready, line)
            # What is to come may still overtake what waits for a line, not what has left.
            start = min(ready) + rng.randint(0, 100)
            assert [fast.time_of(number + 1) for number in range(len(slow.times()))] == slow.times()
