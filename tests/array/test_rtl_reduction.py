"""The figures of a wave are what the configured adder tree does when it runs."""

import numpy as np
import pytest

from solver.array.configure_tree import configure_tree
from solver.array.placement import bus_loads, place_most
from solver.array.rtl_reduction import placed_vns
from solver.execution.adder_tree import run_wave
from tests.oracles.reduction_figures import rtl_reduction_figures


@pytest.mark.parametrize("num_ms", [4, 8, 16, 32, 64])
def test_figures_are_those_of_an_executed_wave(num_ms: int) -> None:
    buses = max(1, num_ms // 4)
    for size in range(1, num_ms + 1):
        most = len(placed_vns(num_ms, size))
        for count in {1, (most + 1) // 2, most}:
            figures = rtl_reduction_figures(num_ms, size, count, buses)
            placement = place_most(num_ms, size, count)
            wave = run_wave(configure_tree(placement), placement, buses)
            latencies = [2 * value.levels + 1 for value in wave.values]
            assert (figures.depth, figures.shortest_path) == (max(latencies), min(latencies))
            assert figures.max_per_line == max(wave.bus_loads(buses)) == bus_loads(num_ms, size, buses)[count]
            assert (figures.adds_2_1, figures.adds_3_1) == (wave.adds_2_1, wave.adds_3_1)
            assert figures.wires == wave.wires


def test_every_placed_virtual_neuron_adds_all_its_products() -> None:
    for size in range(1, 257):
        vns = placed_vns(256, size)
        assert (vns.adds_2_1 + 2 * vns.adds_3_1 == size - 1).all()
        assert (vns.levels >= np.ceil(np.log(size) / np.log(3) - 1e-9)).all()
