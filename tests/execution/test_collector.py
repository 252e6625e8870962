import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.array.reduction import drain_time
from solver.execution.clocks.collector import Collector

values_of_an_iteration = st.lists(  # (line, earliest cycle)
    st.tuples(st.integers(0, 2), st.integers(1, 12)), min_size=1, max_size=12
)
batches = st.lists(values_of_an_iteration, min_size=1, max_size=4)


def by_cycle(values: list[tuple[int, int]]) -> list[int]:
    """Run lines and memory cycle by cycle (rule T7); return when each value is taken."""
    waiting, cycle, taken, left = 0, 0, [], sorted(values)
    while len(taken) < len(values):
        cycle += 1
        now = (waiting + 1) // 2
        taken += [cycle] * now
        waiting -= now
        for line in range(3):
            ready = [v for v in left if v[0] == line and v[1] <= cycle]
            if ready:
                left.remove(min(ready))
                waiting += 1
    return taken


@given(batches)
def test_values_are_taken_as_cycle_by_cycle(values: list[list[tuple[int, int]]]) -> None:
    collector = Collector(3)
    start, everything = 0, []
    for batch in values:
        moved = [(line, ready + start) for line, ready in batch]
        everything += moved
        for line in range(3):
            collector.add(line, np.array([ready for at, ready in moved if at == line], dtype=np.int64))
        if batch is not values[-1]:
            start += 5
            collector.settle(start)
    assert collector.time_of(len(everything)) == by_cycle(everything)[-1]


@given(batches)
def test_settling_changes_nothing(values: list[list[tuple[int, int]]]) -> None:
    everything = [*(value for batch in values for value in batch), (0, 7)]
    for settles in ((), (2, 5, 6)):
        collector = Collector(3)
        for line, ready in everything:
            collector.add(line, np.array([ready]))
        for now in settles:
            collector.settle(now)
        assert collector.time_of(len(everything)) == by_cycle(everything)[-1]


def test_simultaneous_outputs_take_log2_cycles() -> None:
    for count in (1, 2, 3, 4, 7, 8):
        collector = Collector(count)
        for line in range(count):
            collector.add(line, np.array([1]))
        assert collector.time_of(count) - 1 == count.bit_length() == drain_time(np.array([0, count])) - 1
