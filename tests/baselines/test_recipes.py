"""The fixed baselines: filter-per-vn, channel-parallel, output-parallel, and the filling they share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from solver.baselines.channel_parallel import channel_parallel
from solver.baselines.fill import fill
from solver.baselines.filter_per_vn import filter_per_vn
from solver.baselines.output_parallel import output_parallel
from solver.baselines.problem import Problem
from solver.layer import FullyConnected, LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from tests.support.examples.baseline_examples import hardware, matrix_products, problem, problems

RECIPES = (filter_per_vn, channel_parallel, output_parallel)
CONV = LoopNest(R=3, S=3, C=4, K=8, X=6, Y=6)
DEPTHWISE = LoopNest(R=3, S=3, G=32, X=6, Y=6)
FC = FullyConnected(inputs=200, outputs=100).nest()


@given(st.one_of(problems(), matrix_products()), st.sampled_from(RECIPES))
def test_every_recipe_is_legal(case: Problem, recipe) -> None:
    tile = recipe(case).tile
    assert tile is not None and legality(case.nest, case.hardware, tile) is None


def test_fill_takes_the_loops_in_order() -> None:
    assert fill(CONV, hardware(64), ("S", "K", "C")) == Tile(S=3, K=8, C=2)
    assert fill(CONV, hardware(16), ("C", "K")) == Tile(C=4, K=4)


def test_fill_leaves_out_what_the_hardware_refuses() -> None:
    # Virtual neurons of one multiplier that fold cannot be replicated beside an accumulation buffer.
    assert fill(CONV, hardware(64), ("K", "C")) == Tile(C=4)


def test_fill_keeps_the_sizes_it_must_not_exceed() -> None:
    assert fill(CONV, hardware(64), ("C", "K"), {"C": 2}) == Tile(C=2, K=8)


def test_a_whole_filter_per_virtual_neuron() -> None:
    assert filter_per_vn(problem(CONV, hardware(128))).tile == Tile(R=3, S=3, C=4, K=3)


def test_as_much_of_a_filter_as_fits() -> None:
    assert filter_per_vn(problem(CONV, hardware(32))).tile == Tile(R=3, S=3, C=3)
    assert filter_per_vn(problem(CONV, hardware(4, 4))).tile == Tile(S=3)


def test_depthwise_filters_are_replicated_over_groups() -> None:
    assert filter_per_vn(problem(DEPTHWISE)).tile == Tile(R=3, S=3, G=7)


def test_channels_first_then_filters() -> None:
    assert channel_parallel(problem(CONV)).tile == Tile(C=4, K=8)


def test_without_channels_the_filter_columns_are_added() -> None:
    assert channel_parallel(problem(DEPTHWISE)).tile == Tile(S=3, G=21)
    assert channel_parallel(problem(FC)).tile == Tile(S=64)


def test_outputs_first() -> None:
    assert output_parallel(problem(CONV)).tile == Tile(S=3, X=6, Y=3)


def test_outputs_of_a_strided_layer_are_parallel_over_filters() -> None:
    strided = LoopNest(R=3, S=3, C=4, K=8, X=6, Y=6, stride=(2, 2))
    assert output_parallel(problem(strided)).tile == Tile(S=3, K=8)


def test_a_matrix_product_is_parallel_over_rows_and_columns() -> None:
    assert output_parallel(problem(LoopNest(S=64, K=64, X=8))).tile == Tile(S=2, X=8, K=4)
