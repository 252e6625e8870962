"""Sums leave their bus when the RTL says, one per bus and cycle."""

from collections import Counter
from random import Random

import numpy as np

from solver.array.configure_tree import configure_tree
from solver.array.fit import exits
from solver.array.placement import place_most
from solver.array.virtual_neuron import Placement
from solver.execution.adder_tree import BusValue, run_wave
from solver.execution.clocks.collection import FIFO_DEPTH, Collection, collect
from tests.support.switch_checks import random_feasible


def transfers(found: Collection) -> list[tuple[int, int, BusValue]]:
    """Return (cycle, wave, value) of all that leaves, by cycle and bus."""
    every = [
        (cycle, wave, bus.sources[source])
        for bus in found.served
        for cycle, wave, source in zip(
            bus.cycle.tolist(), bus.wave.tolist(), bus.source.tolist(), strict=True
        )
    ]
    return sorted(every, key=lambda each: (each[0], each[2].bus))


def waves(count: int, num_ms: int) -> np.ndarray:
    return np.repeat(np.arange(count)[:, None], num_ms, axis=1)


def test_alone_on_its_bus_a_sum_takes_2_levels_plus_1_cycles_every_wave():
    rng = Random(9)
    for num_ms in (16, 64):
        for _ in range(20):
            vn = rng.choice(random_feasible(rng, num_ms).vns)
            placement = Placement(num_ms, (vn,))
            result = run_wave(configure_tree(placement), placement, 8)
            found = collect(result, waves(20, num_ms))
            levels = exits(placement)[0].levels
            assert [cycle for cycle, _, _ in transfers(found)] == [w + 2 * levels + 1 for w in range(20)]
            assert found.blocked is None


def test_a_bus_carries_one_value_per_cycle_and_loses_none():
    placement = place_most(64, 3)
    result = run_wave(configure_tree(placement), placement, 4)
    found = collect(result, waves(10, 64))
    at = Counter((cycle, value.bus) for cycle, _, value in transfers(found))
    assert max(at.values()) == 1
    each = Counter((wave, value.vn) for _, wave, value in transfers(found))
    assert len(each) == 210 and set(each.values()) == {1}
    in_order = {vn: [wave for _, wave, value in transfers(found) if value.vn == vn] for vn in range(21)}
    assert all(order == sorted(order) for order in in_order.values())


def test_an_overloaded_bus_blocks_an_output_by_name():
    placement = place_most(64, 3)
    result = run_wave(configure_tree(placement), placement, 4)
    assert collect(result, waves(2, 64)).blocked is None
    cycle, output = collect(result, waves(50, 64)).blocked
    assert cycle > FIFO_DEPTH
    assert output in {value.output for value in result.values}


def test_the_arbiter_serves_in_turn():
    placement = Placement.of(16, [(2, 2), (4, 2)])  # both sides of D1
    result = run_wave(configure_tree(placement), placement, 1)
    found = collect(result, np.zeros((3, 16), dtype=int))
    assert [value.vn for _, _, value in transfers(found)] == [0, 1] * 3
    assert [cycle for cycle, _, _ in transfers(found)] == list(range(3, 9))
    assert found.last_cycle == 8
