"""Repeated puts and repeated waves take the course that they would take one by one."""

from random import Random

import numpy as np
import pytest

from solver.execution.clocks.collection import FIFO_DEPTH, serve_buses
from solver.execution.ports.port_clock import PortClock
from solver.execution.ports.program import PutRow, Slot


def some_rows(rng: Random, ports: int) -> list[PutRow]:
    share = rng.random()
    return [tuple(Slot(int(rng.random() < share), 0) for _ in range(ports)) for _ in range(rng.randint(1, 6))]


@pytest.mark.parametrize("seed", range(20))
def test_rounds_at_once_are_rounds_one_by_one(seed: int) -> None:
    rng = Random(seed)
    once, each = PortClock(4), PortClock(4)
    for _ in range(6):
        rows, rounds = some_rows(rng, 4), rng.choice((1, 2, 7, 60))
        together = once.put(rows, rounds)
        apart = np.concatenate([each.put(rows, 1) for _ in range(rounds)])
        given = np.tile([[slot.mask > 0 for slot in row] for row in rows], (rounds, 1))
        assert np.array_equal(together[given], apart[given])
        assert once.now == each.now
        if rng.random() < 0.3:
            once.wait_until_empty()
            each.wait_until_empty()
            assert once.now == each.now


class Output:
    """An output of the tree, on bus 0."""

    bus = 0

    def __init__(self, output: str) -> None:
        self.output = output


def one_by_one(arrivals: list[list[int]]) -> tuple[list[tuple[int, int, int]], tuple[int, int] | None]:
    """Serve one bus the plain way: (cycle, wave, source) of every value, and the first that found no room."""
    heads, order, cycle = [0] * len(arrivals), list(range(len(arrivals))), 0
    sent, blocked = [], None
    while any(head < len(times) for head, times in zip(heads, arrivals, strict=True)):
        here = [i for i, times in enumerate(arrivals) if heads[i] < len(times)]
        cycle = max(cycle, min(arrivals[i][heads[i]] for i in here))
        for i in here:
            behind = arrivals[i][heads[i] + FIFO_DEPTH : heads[i] + FIFO_DEPTH + 1]
            if blocked is None and behind and behind[0] <= cycle:
                blocked = cycle, i
        chosen = next(i for i in order if i in here and arrivals[i][heads[i]] <= cycle)
        sent.append((cycle + 1, heads[chosen], chosen))
        heads[chosen] += 1
        order.append(order.pop(order.index(chosen)))
        cycle += 1
    return sent, blocked


@pytest.mark.parametrize("seed", range(60))
def test_a_bus_whose_course_repeats_serves_as_value_by_value(seed: int) -> None:
    rng = Random(seed)
    count, waves, uneven = rng.randint(1, 7), rng.choice((1, 3, 30, 80)), rng.randint(0, 8)
    pace = rng.randint(max(1, count - 1), count + 4)
    apart = [rng.randint(0, 6) if wave < uneven else pace for wave in range(waves)]
    arrivals = []
    for _ in range(count):
        jitter = [rng.randint(0, 3) if wave < uneven else 0 for wave in range(waves)]
        arrivals.append(np.maximum.accumulate(rng.randint(0, 9) + np.cumsum(apart) + jitter))
    found = serve_buses([Output(f"D{i}.L") for i in range(count)], arrivals)
    (line,) = found.served
    sent, blocked = one_by_one([times.tolist() for times in arrivals])
    triples = zip(line.cycle.tolist(), line.wave.tolist(), line.source.tolist(), strict=True)
    assert list(triples) == sent
    told = None if blocked is None else (blocked[0], f"D{blocked[1]}.L")
    assert found.blocked == told
