import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.array.reduction import (
    drain_time,
    exit_line,
    exit_lines,
    reduce_vns,
    wave_latency,
)
from tests.oracles.reduction_figures import reduction_figures
from tests.support.reduction_reference import each_of, each_packed, reduce_by_hand
from tests.support.simulator_data import TREE_COLUMNS, rows

num_ms = st.integers(2, 10).map(lambda height: 2**height)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[int, int, int]:
    """Multipliers of the tree, and the first one and the size of a virtual neuron on them."""
    leaves = draw(num_ms)
    size = draw(st.integers(1, leaves))
    return leaves, draw(st.integers(0, leaves - size)), size


def reduced(num_ms: int, first: int, size: int) -> dict[str, object]:
    """Return how the tree sums the virtual neuron on the multipliers first .. first+size-1."""
    return vars(each_of(reduce_vns(num_ms, np.array([first]), size))[0])


@given(intervals())
def test_a_virtual_neuron_is_summed_as_rule_6b_says_adder_by_adder(interval: tuple[int, int, int]) -> None:
    assert reduced(*interval) == vars(reduce_by_hand(*interval))


@given(intervals())
def test_summing_v_products_takes_v_minus_1_additions(interval: tuple[int, int, int]) -> None:
    vn = reduced(*interval)
    assert vn["adds_2_1"] + 2 * vn["adds_3_1"] == interval[2] - 1


@given(num_ms, st.integers(0, 10))
def test_every_adder_of_a_tree_has_a_bus_line_and_lines_are_shared_evenly(leaves: int, shift: int) -> None:
    lines = max(1, leaves >> shift)
    adders = [(level, a) for level in range(leaves.bit_length() - 1) for a in range(2**level)]
    load = np.bincount([exit_line(leaves, *adder, lines) for adder in adders], minlength=lines)
    assert len(load) == lines
    # Two adders of a pair share a line, so the counts of lines differ by a pair and a single at most.
    assert load.max() - load.min() <= 3


@given(st.integers(1, 2000))
def test_k_simultaneous_outputs_need_floor_log2_k_plus_1_cycles(outputs: int) -> None:
    assert drain_time(np.array([outputs])) == outputs.bit_length()


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 3)),
        min_size=1,
        max_size=24,
    )
)
def test_outputs_leave_one_per_line_and_cycle_and_the_memory_takes_half_of_what_waits(
    vns: list[tuple[int, int]],
) -> None:
    ready = {(depth + 1, line, i) for i, (depth, line) in enumerate(vns)}
    waiting = taken = cycle = 0
    while taken < len(vns):
        cycle += 1
        now = (waiting + 1) // 2
        taken, waiting = taken + now, waiting - now
        for line in range(4):
            queue = sorted(vn for vn in ready if vn[1] == line and vn[0] <= cycle)
            ready -= set(queue[:1])
            waiting += len(queue[:1])
    depths, lines = (np.array(column) for column in zip(*vns, strict=True))
    assert wave_latency(depths, lines) == cycle


def test_more_virtual_neurons_than_fit_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="6 virtual neurons of size 3 do not fit on 16"):
        reduction_figures(16, 3, 6, 4)


def test_packed_virtual_neurons_fill_the_tree_from_the_left() -> None:
    packed = each_packed(16, 3)
    assert len(packed) == 5
    assert vars(packed[2]) == reduced(16, 6, 3)
    assert exit_lines(16, 16, 4).tolist() == [exit_line(16, 0, 0, 4)]


def test_the_tree_has_the_simulators_figures_for_every_size_count_and_bandwidth() -> None:
    for row in rows("stonne_rn_table.csv"):
        ours = reduction_figures(*(int(row[key]) for key in ("num_ms", "vn_size", "num_vns", "rn_bw")))
        for name, column in TREE_COLUMNS.items():
            assert getattr(ours, name) == int(row[column]), (name, row)
