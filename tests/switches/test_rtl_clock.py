"""The ports deliver when a cycle-by-cycle run of their queues says so."""

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.array.rtl_clock import PutClock

PORTS = 3


def run_queues(puts: list[list[bool]]) -> list[list[int]]:
    """Step through the cycles: masks wait in queues of four, a port takes one every 2 cycles."""
    waiting: list[deque[int]] = [deque() for _ in range(PORTS)]
    busy_until = [0] * PORTS
    delivered = [[0] * PORTS for _ in puts]
    cycle, number = 1, 0
    while number < len(puts) or any(waiting):
        for port, queue in enumerate(waiting):
            if queue and busy_until[port] <= cycle:
                delivered[queue.popleft()][port] = busy_until[port] = cycle + 2
        if number < len(puts) and all(len(queue) < 4 for queue in waiting):
            for port, wanted in enumerate(puts[number]):
                if wanted and not waiting[port] and busy_until[port] <= cycle:
                    delivered[number][port] = busy_until[port] = cycle + 2
                elif wanted:
                    waiting[port].append(number)
            number += 1
        cycle += 1
    return delivered


@given(st.lists(st.lists(st.booleans(), min_size=PORTS, max_size=PORTS), min_size=1, max_size=40))
def test_deliveries_are_those_of_four_deep_queues(puts: list[list[bool]]) -> None:
    clock = PutClock(PORTS)
    expected = run_queues(puts)
    for wanted, cycles in zip(puts, expected, strict=True):
        delivered = clock.put(np.array(wanted))
        assert [d for d, w in zip(delivered.tolist(), wanted, strict=True) if w] == [c for c in cycles if c]


def test_waiting_for_empty_ports_holds_the_next_put_two_cycles_back() -> None:
    clock = PutClock(2)
    both = np.array([True, True])
    clock.put(both)
    last = int(clock.put(np.array([True, False])).max())
    clock.wait_until_empty()
    assert clock.put(both).tolist() == [last + 4, last + 4]
