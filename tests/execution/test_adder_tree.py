"""Running a setting finds what it computes, right or wrong, and names the switch."""

from dataclasses import replace

import numpy as np
import pytest

from solver.arithmetic.arrays import IntArray
from solver.array.adder_tree_config import DoubleSetting, SingleSetting
from solver.array.configure_tree import configure_tree
from solver.array.modes import DoubleMode, SingleMode
from solver.array.placement import place_most
from solver.array.virtual_neuron import Placement
from solver.execution.adder_tree import Verdict, WaveResult, run_wave
from solver.execution.faults import FaultKind, SwitchFaultError
from solver.writers.vmh import read_rn_config
from tests.support.switch_checks import BUSES, exact, packed, problems, same_problems, shipped_file, verdicts

THREES = Placement.of(16, [(i * 3, 3) for i in range(5)])
CONFIG = configure_tree(THREES)


def bus_sums(result: WaveResult, products: IntArray, *, wrap_int16: bool = False) -> IntArray:
    """Return the numbers that a setting puts on the buses.

    Parameters
    ----------
    result
        What the setting does with one wave.
    products
        Shape (waves, num_ms): the product of every multiplier in every wave.
    wrap_int16
        Whether sums wrap around like the 16-bit adders (wrapping once at the end gives the same).

    Returns
    -------
    ndarray, shape (waves, len(result.values))
        One column per bus value, in their order.
    """
    sums = np.empty((len(products), len(result.values)), dtype=np.int64)
    for column, value in enumerate(result.values):
        sums[:, column] = products[:, value.leaves].sum(axis=1)
    return sums.astype(np.int16).astype(np.int64) if wrap_int16 else sums


def with_double(index, setting):
    doubles = list(CONFIG.doubles)
    doubles[index] = setting
    return replace(CONFIG, doubles=tuple(doubles))


def test_exactly_the_wrong_shipped_files_are_found_wrong_in_every_detail():
    wrong = 0
    for (num_ms, size), known in verdicts().items():
        result = run_wave(read_rn_config(shipped_file(num_ms, size), num_ms), packed(num_ms, size), BUSES)
        assert result.right == known["ok"]
        assert same_problems(problems(result, packed(num_ms, size)), known["problems"])
        wrong += not result.right
    assert wrong == 10


def test_worked_example_on_the_buses():
    result = run_wave(CONFIG, THREES, 8)
    sums = bus_sums(result, 2 ** np.arange(16)[None, :])[0]
    found = [(2 * v.levels + 1, v.bus, int(s)) for v, s in zip(result.values, sums, strict=True)]
    assert found == [(3, 1, 56), (3, 2, 448), (5, 0, 3584), (5, 3, 7), (5, 4, 28672)]
    assert [value.vn for value in result.values] == [1, 2, 3, 0, 4]
    assert exact(result)
    assert result.adds_2_1 + 2 * result.adds_3_1 == 10  # (size - 1) per virtual neuron


def test_sums_wrap_like_16_bit_adders():
    result = run_wave(CONFIG, THREES, 8)
    products = np.full((2, 16), 30000)
    assert set(bus_sums(result, products).flat) == {90000}
    assert set(bus_sums(result, products, wrap_int16=True).flat) == {90000 - 65536}


def test_unused_virtual_neurons_leave_the_others_right():
    for size in (1, 2, 3, 9):
        placement = place_most(64, size)
        result = run_wave(configure_tree(placement), placement, BUSES, active=(1, 3))
        assert result.right and result.idle_outputs
        assert sorted(value.vn for value in result.values) == [1, 3]
        assert result.verdicts[0] is Verdict.UNUSED


@pytest.mark.parametrize(
    ("index", "setting", "kind", "place", "vn"),
    [
        (1, DoubleSetting(DoubleMode.IDLE, DoubleMode.ADD_THREE, False, True), "UNREAD", "D1.LL", 0),
        (1, DoubleSetting(DoubleMode.ADD_THREE, DoubleMode.ADD_THREE, False, True), "CONFLICT", "D1.LL", 0),
        (1, DoubleSetting(DoubleMode.ADD_TWO, DoubleMode.ADD_TWO, False, True), "WRONG_SUM", "D1.R", 1),
        (0, DoubleSetting(DoubleMode.IDLE, DoubleMode.ADD_THREE, False, True), "BLOCKED", "D0.RL", 3),
    ],
)
def test_faults_name_the_switch(index, setting, kind, place, vn):
    result = run_wave(with_double(index, setting), THREES, 8)
    assert (FaultKind[kind], place) in [(fault.kind, fault.place) for fault in result.faults]
    assert vn in result.missing
    with pytest.raises(SwitchFaultError, match=r"^[DS]\d+"):
        raise SwitchFaultError(result.faults)


def test_a_blocked_mode_names_what_it_waits_for():
    result = run_wave(
        with_double(0, DoubleSetting(DoubleMode.IDLE, DoubleMode.ADD_THREE, False, True)), THREES, 8
    )
    blocked = next(fault for fault in result.faults if fault.kind is FaultKind.BLOCKED)
    assert str(blocked) == "D0.RL: the mode waits for ever for another input (D0.LR); it holds leaves 9"


def test_a_value_at_the_root_without_output_is_stuck():
    placement = Placement.of(8, [(0, 8)])
    config = configure_tree(placement)
    silent = replace(config, singles=(SingleSetting(SingleMode.ADD_TWO), *config.singles[1:]))
    result = run_wave(silent, placement, 8)
    assert [fault.kind for fault in result.faults] == [FaultKind.ROOT]
    assert result.verdicts == (Verdict.STUCK,)


def test_a_sum_in_two_pieces_is_told_as_twice():
    placement = Placement.of(8, [(0, 8)])
    config = configure_tree(placement)
    singles = [
        replace(setting, emit=setting.emit or id in (1, 2)) for id, setting in enumerate(config.singles)
    ]
    result = run_wave(replace(config, singles=tuple(singles)), placement, 8)
    kinds = [fault.kind for fault in result.faults]
    assert kinds == [FaultKind.WRONG_SUM, FaultKind.WRONG_SUM, FaultKind.DUPLICATE]
    assert result.verdicts == (Verdict.WRONG_SUM,)
