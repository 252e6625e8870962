from __future__ import annotations

import pytest

from solver.baselines.mrna_cost import (
    Candidate,
    MrnaConv,
    conv_cycles,
    reduction_phases,
)
from solver.layer import LoopNest
from tests.oracles.mrna_lstm import fc_cycles, lstm_cycles
from tests.support.examples.baseline_examples import mrna_conv, mrna_runs
from tests.support.simulator_data import rows


def test_cycles_equal_the_runs_of_mrna() -> None:
    for row in mrna_runs():
        candidate = Candidate(int(row["T_C"]), int(row["T_K"]))
        cycles = conv_cycles(mrna_conv(row), candidate, int(row["num_ms"]), int(row["dn_bw"]))
        assert cycles == int(row["total_runtime_cycles"]), row


def test_fully_connected_cycles_equal_the_runs_of_mrna() -> None:
    for row in rows("mrna_results.csv"):
        if row["layer_type"] == "FC":
            sizes = (int(row[key]) for key in ("input_x", "weight_x", "num_ms", "dn_bw"))
            assert fc_cycles(*sizes) == int(row["total_runtime_cycles"]), row


@pytest.mark.parametrize(("num_ms", "dn_bw", "cycles"), [(256, 128, 261), (256, 64, 392), (32, 8, 2704)])
def test_lstm_step_of_the_published_run(num_ms: int, dn_bw: int, cycles: int) -> None:
    assert lstm_cycles(inputs=28, hidden=128, gate_outputs=128, num_ms=num_ms, dn_bw=dn_bw) == cycles


def test_small_fully_connected_layer_holds_several_neurons() -> None:
    # Three neurons of 10 inputs on 32 switches: 10 inputs once, then 4 times 30 weights, 8 words a cycle.
    assert fc_cycles(inputs=10, outputs=11, num_ms=32, dn_bw=8) == 2 + 4 * 4


def test_no_phase_for_a_single_partial_sum() -> None:
    assert reduction_phases(1, outputs=10, num_ms=8) == ()


@pytest.mark.parametrize(("partial_sums", "phases"), [(8, 1), (9, 2), (64, 2)])
def test_phases_grow_with_the_partial_sums(partial_sums: int, phases: int) -> None:
    found = reduction_phases(partial_sums, outputs=10, num_ms=8)
    assert found is not None and len(found) == phases


def test_more_partial_sums_than_two_phases_add_are_dropped() -> None:
    assert reduction_phases(65, outputs=10, num_ms=8) is None


def test_a_nest_becomes_one_group_of_one_image() -> None:
    nest = LoopNest(R=3, S=3, C=4, K=2, G=5, N=7, X=6, Y=8, stride=(2, 2))
    conv = MrnaConv.of(nest)
    assert (conv.C, conv.K, conv.slides, conv.outputs) == (4, 2, False, 2 * 6 * 8)
    assert conv.input_words == 4 * 13 * 17
