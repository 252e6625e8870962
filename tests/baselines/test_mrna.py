from __future__ import annotations

from hypothesis import given

from solver.baselines.mrna import candidates, choose, mrna
from solver.baselines.mrna_cost import Candidate, MrnaConv, conv_cycles
from solver.baselines.problem import Problem
from solver.cost.result import Objective
from solver.layer import FullyConnected, LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from tests.support.examples.baseline_examples import (
    MRNA_OBJECTIVES,
    hardware,
    matrix_products,
    mrna_conv,
    mrna_runs,
    problem,
    problems,
)
from tests.support.simulator_data import rows

SINGLES = LoopNest(C=3, K=4)
"""A layer for which mRNA likes virtual neurons of one multiplier."""


def conv(**sizes: int) -> MrnaConv:
    return MrnaConv.of(LoopNest(**sizes))


def test_choice_equals_the_runs_of_mrna() -> None:
    for row in mrna_runs():
        layer, num_ms, dn_bw = mrna_conv(row), int(row["num_ms"]), int(row["dn_bw"])
        assert len(candidates(layer, num_ms)) == int(row["n_distinct_tiles"]), row
        chosen = choose(layer, num_ms, dn_bw, MRNA_OBJECTIVES[row["objective"]])
        assert chosen == Candidate(int(row["T_C"]), int(row["T_K"])), row


def test_choice_equals_the_simulators_copy_of_mrna() -> None:
    for row in rows("stonne_optimum.csv"):
        if row["mapper"] != "mRNA":
            continue
        r, s, c, k, height, width = (int(row[dim]) for dim in ("R", "S", "C", "K", "X", "Y"))
        nest = LoopNest(R=r, S=s, C=c, K=k, X=height - r + 1, Y=width - s + 1)
        accelerator = hardware(int(row["num_ms"]), int(row["dn_bw"]))
        for objective, column in ((Objective.LATENCY, "latency"), (Objective.ENERGY, "energy")):
            tile = mrna(problem(nest, accelerator, objective)).tile
            assert tile is not None
            shown = "x".join(str(size) for size in (tile.R, tile.S, tile.C, tile.K, tile.G, tile.X, tile.Y))
            assert shown == row[f"mapper_tile_{column}"], row


def test_a_layer_smaller_than_the_array_has_one_candidate() -> None:
    assert candidates(conv(R=3, S=3, C=2, K=3, X=4, Y=4), 64) == (Candidate(2, 3),)


def test_whole_filters_that_fill_four_fifths_are_not_searched() -> None:
    # 27 multipliers a filter: 2 of them are 54 of 64, but 1 is 27 of 32.
    assert candidates(conv(R=3, S=3, C=3, K=9, X=4, Y=4), 64) == (Candidate(3, 2),)


def test_the_search_takes_the_largest_product_that_the_layer_allows() -> None:
    # 7 has no factor pair with at most 5 channels and 5 filters.
    layer = conv(R=3, S=3, C=5, K=5, X=4, Y=4)
    assert candidates(layer, 64) == (Candidate(2, 3), Candidate(3, 2))


def test_a_filter_larger_than_the_array_has_no_mapping() -> None:
    choice = mrna(problem(LoopNest(R=11, S=11, C=3, K=96, X=55, Y=55, stride=(4, 4))))
    assert choice.tile is None and "11 x 11" in choice.note


def test_a_fully_connected_layer_holds_whole_neurons() -> None:
    assert mrna(problem(FullyConnected(inputs=20, outputs=10).nest())).tile == Tile(S=20, K=3)


def test_a_large_fully_connected_layer_fills_the_array_with_one_neuron() -> None:
    assert mrna(problem(FullyConnected(inputs=200, outputs=10).nest())).tile == Tile(S=64)


def test_without_buffer_the_neuron_leaves_a_switch_for_the_partial_sum() -> None:
    choice = mrna(problem(FullyConnected(inputs=200, outputs=10).nest(), hardware(buffer=False)))
    assert choice.tile == Tile(S=63) and "adapted" in choice.note


def test_without_buffer_as_many_products_as_possible_are_kept() -> None:
    # mRNA takes 32 channels of 2 filters; with auxiliary switches 31 + 1 twice still fit.
    choice = mrna(problem(LoopNest(C=50, K=2, X=4, Y=4), hardware(buffer=False)))
    assert choice.tile == Tile(C=31, K=2) and choice.note.startswith("mRNA's C32 K2 adapted")


def test_single_multipliers_that_fold_become_pairs() -> None:
    choice = mrna(problem(SINGLES, hardware(4, 1)))
    assert choose(MrnaConv.of(SINGLES), 4, 1, Objective.LATENCY) == Candidate(1, 4)
    assert choice.tile == Tile(C=2, K=2) and "accumulation buffer" in choice.note


def test_groups_are_mapped_one_at_a_time() -> None:
    choice = mrna(problem(LoopNest(R=3, S=3, C=1, K=1, G=32, X=8, Y=8)))
    assert choice.tile == Tile(R=3, S=3)


def test_equal_candidates_go_to_the_fewest_channels() -> None:
    layer = MrnaConv.of(SINGLES)
    cycles = {conv_cycles(layer, candidate, 4, 4) for candidate in (Candidate(1, 4), Candidate(2, 2))}
    assert len(cycles) == 1
    assert choose(layer, 4, 4, Objective.LATENCY) == Candidate(1, 4)


@given(problems())
def test_every_mapping_is_legal(case: Problem) -> None:
    choice = mrna(case)
    if choice.tile is None:
        assert choice.note
    else:
        assert legality(case.nest, case.hardware, choice.tile) is None


@given(matrix_products())
def test_every_matrix_product_has_a_legal_mapping(case: Problem) -> None:
    choice = mrna(case)
    assert choice.tile is not None and legality(case.nest, case.hardware, choice.tile) is None
