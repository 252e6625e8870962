"""The clock of the hardware's test bench is the measured one."""

from dataclasses import replace
from itertools import product

import pytest

from solver.array.configure_tree import configure_tree
from solver.array.fit import exits
from solver.errors import InputError
from solver.execution.rtl_testbench import run_testbench, weight_load_cycles
from solver.switches.layer_info import Extent, LayerInfo
from solver.writers.vmh import read_rn_config
from tests.oracles.place_in_order import place_packed
from tests.oracles.rtl_counters import rtl_counters
from tests.support.switch_checks import shipped_file


def layer(filters, channels, kernel, size, vns):
    rows, cols = kernel
    return LayerInfo(
        K=Extent(filters),
        C=Extent(channels),
        R=Extent(rows),
        S=Extent(cols),
        Y=Extent(size[0]),
        X=Extent(size[1]),
        num_ms=64,
        mapped_vns=vns,
        vn_size=rows * cols,
    )


def early(vns):
    return layer(3, 3, (3, 3), (10, 10), vns)


def late(vns):
    return layer(16, 16, (3, 3), (5, 5), vns)


def own(num_ms, size, vns):
    return configure_tree(place_packed(num_ms, [size] * vns))


def test_measured_runs_of_shipped_configurations():
    of_32, of_64 = (read_rn_config(shipped_file(n, 9), n) for n in (32, 64))
    assert run_testbench(of_32, early(3), dn_ports=4, buses=4).cycles == 1798
    assert run_testbench(of_32, late(3), dn_ports=4, buses=4).cycles == 13933
    assert run_testbench(of_64, early(7), dn_ports=4, buses=4).cycles == 1942
    hung = run_testbench(of_64, late(7), dn_ports=4, buses=4)
    assert hung.cycles is None
    assert hung.wrong_sums
    assert hung.hang.startswith("D2.RL")


def test_measured_runs_of_own_configurations():
    assert run_testbench(own(64, 9, 3), late(3), dn_ports=4, buses=4).cycles == 16301
    assert run_testbench(own(64, 9, 3), early(3), dn_ports=4, buses=4).cycles == 1942
    assert run_testbench(own(32, 9, 3), early(3), dn_ports=4, buses=4).cycles == 1798
    assert run_testbench(own(32, 9, 3), late(3), dn_ports=4, buses=4).cycles == 13933


def test_measured_counters():
    c = rtl_counters(early(3))
    assert (c.weights, c.inputs, c.unique_inputs, c.multicasts, c.psums, c.ops) == (
        81,
        2160,
        300,
        504,
        5184,
        9792,
    )
    c = rtl_counters(late(3))
    assert (c.weights, c.inputs, c.unique_inputs, c.multicasts, c.psums, c.ops) == (
        2304,
        11520,
        400,
        1728,
        20736,
        39168,
    )


def closed_form_row(num_ms, ports, info, vns):
    """Return 2 m0 + 2 m1 (X - S) + S + 2 levels + 5, or None where its assumptions do not hold."""
    rows, cols, size = info.R.size, info.S.size, info.vn_size
    placement = place_packed(num_ms, [size] * vns)
    width = num_ms // ports
    first, steady = {}, {}
    for leaf in range(vns * size):
        first.setdefault(leaf // width, set()).add(leaf % size)
        if leaf % size % cols == 0:
            steady.setdefault(leaf // width, set()).add(leaf % size // cols)
    m0, m1 = max(map(len, first.values())), max(map(len, steady.values()))
    busiest = [port for port, sent in steady.items() if len(sent) == m1]
    way_outs = exits(placement)
    late = [
        way_out.levels
        for i, way_out in enumerate(way_outs)
        if any((i * size + max(steady[port]) * cols) // width == port for port in busiest)
    ]
    last_first = max(
        position + 1 + 2 * (len(sent) - i)
        for sent in first.values()
        for i, position in enumerate(sorted(sent))
    )
    if (
        max(late, default=0)
        < max(way_out.levels for way_out in way_outs)  # the last result may come from elsewhere
        or len({way_out.switch for way_out in way_outs}) < vns  # two results meet at a bus
        or 2 * m1 < rows  # puts are the limit, not deliveries
        or last_first != 1 + 2 * m0  # a sub-tree other than the fullest one is served last
        or any(0 not in steady[port] for port in busiest)  # a busiest sub-tree waits for its first put
    ):
        return None
    return 2 * m0 + 2 * m1 * (info.X.size - cols) + cols + 2 * max(late) + 5


@pytest.mark.parametrize("num_ms", [32, 64])
@pytest.mark.parametrize("ports", [2, 4, 8, 16])
def test_closed_form_of_a_row_where_it_holds(num_ms, ports):
    checked = 0
    for kernel, vns, cols in product(product((1, 2, 3, 5), (1, 2, 3, 4)), (1, 2, 3), (9, 14)):
        size = kernel[0] * kernel[1]
        if size < 2 or vns * size > num_ms or place_packed(num_ms, [size] * vns) is None:
            continue
        info = layer(vns, 2, kernel, (kernel[0] + 3, cols), vns)
        row = closed_form_row(num_ms, ports, info, vns)
        if row is not None:
            busiest = min(vns * size, num_ms // ports)
            weights = weight_load_cycles(busiest, num_ms // ports)
            run = run_testbench(own(num_ms, size, vns), info, dn_ports=ports, buses=64)
            assert run.cycles == 13 + 2 * (weights + 4 * row), (kernel, vns, cols)
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (3, 1), (1, 2)])
def test_rows_of_one_window_never_end(kernel):
    size = kernel[0] * kernel[1]
    for rows, more, ends in ((0, 0, False), (2, 0, False), (0, 1, True)):
        info = layer(1, 1, kernel, (kernel[0] + rows, kernel[1] + more), 1)
        run = run_testbench(own(32, size, 1), info, dn_ports=4, buses=4)
        assert (run.cycles is not None) is ends
        assert ends or "X = S" in run.hang


@pytest.mark.parametrize(
    ("info", "cycles"),
    [
        (layer(1, 1, (1, 3), (4, 6), 1), 120),
        (layer(1, 2, (1, 2), (5, 5), 1), 223),
        (layer(6, 1, (1, 3), (4, 6), 5), 239),
        (layer(3, 1, (2, 2), (6, 6), 2), 394),
    ],
)
def test_the_weights_are_put_to_every_leaf_of_a_sub_tree_in_turn(info, cycles):
    # Measured on 16 switches with 2 ports: tiles with few weights wait for the puts, not for the data.
    config = own(16, info.vn_size, info.mapped_vns)
    assert run_testbench(config, info, dn_ports=2, buses=4).cycles == cycles


def test_an_overloaded_bus_hangs_long_rows_and_spares_short_ones():
    config = own(32, 2, 16)  # 16 results per step of 2 cycles on 4 buses
    long = run_testbench(config, layer(16, 1, (1, 2), (1, 400), 16), dn_ports=4, buses=4)
    short = run_testbench(config, layer(16, 1, (1, 2), (1, 4), 16), dn_ports=4, buses=4)
    assert long.cycles is None
    assert "bus" in long.hang and "overflows" in long.hang
    assert short.cycles is not None
    slow = run_testbench(own(32, 9, 3), layer(3, 1, (3, 3), (3, 400), 3), dn_ports=4, buses=1)
    assert slow.cycles is not None  # 3 results per step of 6 cycles


def test_layers_that_do_not_suit_the_configuration_are_refused():
    config = own(32, 9, 3)
    for bad, message in (
        (replace(early(3), vn_size=8), "vn_size: found 8, expected R S = 9"),
        (early(4), "at most 3 of size 9 on 32"),
    ):
        with pytest.raises(InputError, match=message):
            run_testbench(config, bad, dn_ports=4, buses=4)
    with pytest.raises(InputError, match="a divisor of 32"):
        run_testbench(config, early(3), dn_ports=5, buses=4)
