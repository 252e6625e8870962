"""Latency and energy from the parts."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.arithmetic.algebra import ARRAYS
from solver.cost.result import Objective
from solver.cost.two_level.cost import latency_of, memory_of, on_chip_units
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from tests.support.examples.level_questions import (
    ENDLESS,
    model_costs,
    random_mapping,
    small_hardware,
    small_nest,
)

ARRAY, TRANSFER, TILE, ON_CHIP = (np.array([n]) for n in (1000, 700, 64, 9000))


def latency(memory: Memory, transfer: np.ndarray = TRANSFER) -> int:
    return int(latency_of(ARRAYS, memory, ARRAY, transfer, TILE, ON_CHIP)[0])


def memory(**keys: object) -> Memory:
    return Memory(buffer=PrefetchBuffer(capacity=4096, **keys), dram_bandwidth=16)  # type: ignore[arg-type]


def test_a_double_buffer_hides_all_but_the_first_and_last_tile() -> None:
    assert latency(memory()) == 1000 + 64 // 16


def test_a_double_buffer_waits_for_a_dram_that_is_slower_than_the_array() -> None:
    assert latency(memory(), np.array([5000])) == 5000


def test_a_single_buffer_hides_nothing() -> None:
    assert latency(memory(double_buffered=False)) == 1700


def test_the_buffers_own_bandwidth_holds_the_array_up() -> None:
    assert latency(memory(bandwidth=16)) == 1000 + 4
    assert latency(memory(bandwidth=4)) == 9000 // 4 + 4
    assert latency(memory(bandwidth=4, double_buffered=False)) == 9000 // 4 + 700


def test_energy_is_events_times_prices_and_leakage_times_latency() -> None:
    """Priced once more, event by event, from the table's own entries."""
    rng = Random(1)
    for _ in range(20):
        nest, hardware = small_nest(rng), small_hardware(rng, ENDLESS)
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None:
            continue
        costs = model_costs(nest, hardware, mapping)
        e = {name: int(column[0]) for name, column in costs.events.items()}
        table = hardware.prices
        assert table.dram_read is not None and table.dram_write is not None
        from_dram = e["dram_weights"] + e["dram_inputs"] + e["dram_psums"]
        reads = e["weight_reads"] + e["input_reads"] + e["psum_reads"] + e["dram_outputs"]
        switches = hardware.num_ms
        expected = (
            table.dram_read * from_dram
            + table.dram_write * e["dram_outputs"]
            + table.buffer_read * reads
            + table.buffer_write * (e["writes"] + from_dram)
            + table.dn_wire * e["dn_wires"]
            + table.dn_switch * e["dn_switches"]
            + table.multiplication * e["multiplications"]
            + table.psum_forward * e["psum_forwards"]
            + table.mn_wire * e["mn_wires"]
            + table.rn_wire * e["rn_wires"]
            + table.add_2_1 * e["adds_2_1"]
            + table.add_3_1 * e["adds_3_1"]
            + table.accumulate * e["accumulates"]
            + table.bus_wire * e["bus_wires"]
            + int(costs.latency[0])
            * (
                (table.adder_static + table.accumulator_static) * (switches - 1)
                + table.dn_switch_static * (switches - hardware.dn_bw)
                + table.multiplier_static * switches
                + table.buffer_static
            )
        )
        assert costs.energy[0] == pytest.approx(float(expected), rel=1e-12)
        assert int(on_chip_units(WordBytes.same(2), costs.events)[0]) == reads + e["writes"] + from_dram
        assert costs.values(Objective.EDP)[0] == pytest.approx(float(expected) * int(costs.latency[0]))


def test_hardware_without_memory_is_refused() -> None:
    hardware = replace(read_hardware("maeri-64"), memory=None)
    with pytest.raises(InputError, match="no prefetch buffer"):
        memory_of(hardware)
