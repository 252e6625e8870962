from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.cost.batch import batch_cost, quick_bound
from solver.cost.evaluate import evaluate
from solver.cost.latency import MAX_REPLAYED_ITERATIONS, replayable
from solver.cost.result import Objective
from solver.cost.setup import tile_setup
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from tests.support.examples.questions import Question, random_question, random_real_hardware

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))
SLACK = 1 + 1e-9


def some_tiles(question: Question, count: int) -> np.ndarray:
    """Return some tiles, spread over the space."""
    tiles = candidate_tiles(question.nest, question.hardware)
    return tiles[:: max(1, len(tiles) // count)]


@settings(max_examples=15, deadline=None)
@given(questions)
def test_no_mapping_costs_less_than_its_lower_bound(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = some_tiles(question, 12)
    batch = batch_cost(nest, hardware, tiles)
    costs = [evaluate(nest, hardware, Tile.of(sizes)) for sizes in tiles]
    assert (batch.least_cycles <= [cost.cycles for cost in costs]).all()
    for objective in Objective:
        exact = np.array([float(cost.value(objective)) for cost in costs])
        assert (batch.least_values(objective) <= exact * SLACK).all()


@settings(max_examples=20, deadline=None)
@given(questions)
def test_the_quick_bound_is_below_the_bound_of_the_laid_out_tile(question: Question) -> None:
    tiles = some_tiles(question, 100)
    quick = quick_bound(question.nest, question.hardware, tiles)
    batch = batch_cost(question.nest, question.hardware, tiles)
    assert (quick.least_cycles <= batch.least_cycles).all()
    assert (quick.dynamic_energy <= batch.dynamic_energy * SLACK).all()
    assert (batch.least_cycles <= batch.cycles).all()


@settings(max_examples=10, deadline=None)
@given(questions)
def test_energies_of_a_batch_are_those_of_single_mappings(question: Question) -> None:
    tiles = some_tiles(question, 10)
    batch = batch_cost(question.nest, question.hardware, tiles)
    for i, sizes in enumerate(tiles):
        cost = evaluate(question.nest, question.hardware, Tile.of(sizes))
        energy = batch.dynamic_energy[i] + batch.static_per_cycle * cost.cycles
        assert np.isclose(energy, float(cost.energy), rtol=1e-12)


@settings(max_examples=5, deadline=None)
@given(questions)
def test_the_closed_form_is_reported_where_no_replay_is_and_its_bound_is_below(question: Question) -> None:
    tiles = some_tiles(question, 20)
    batch = batch_cost(question.nest, question.hardware, tiles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solver.cost.latency.MAX_REPLAYED_OUTPUTS", 30)
        for i in np.flatnonzero(~replayable(question.nest, question.hardware, tiles)):
            cost = evaluate(question.nest, question.hardware, Tile.of(tiles[i]))
            assert cost.method == "closed form"
            assert cost.cycles == batch.cycles[i] >= batch.least_cycles[i]


@pytest.mark.parametrize("padded", [True, False])
def test_many_iterations_are_replayed_only_where_the_array_drains_between_them(padded: bool) -> None:
    tile = Tile(S=3, X=5, Y=4 if padded else 5)
    tiles = np.array([tile.sizes], dtype=np.int64)
    for more in (0, 1):
        nest = LoopNest(R=3, S=3, G=MAX_REPLAYED_ITERATIONS + more, X=5, Y=5)
        assert replayable(nest, read_hardware("maeri-256"), tiles)[0] == (not padded or not more)


@settings(max_examples=15, deadline=None)
@given(questions, st.one_of(st.none(), st.integers(0, 10**9).map(Random)))
def test_setting_up_adds_to_closed_forms_and_bounds_alike(question: Question, rng: Random | None) -> None:
    hardware = random_real_hardware(rng) if rng else question.hardware
    tiles = some_tiles(replace(question, hardware=hardware), 12)
    free = batch_cost(question.nest, hardware, tiles)
    counting = replace(hardware, count_setup=True)
    set_up = batch_cost(question.nest, counting, tiles)
    added = tile_setup(question.nest, counting, tiles)
    assert (added > 0).all()
    assert (set_up.least_cycles == free.least_cycles + added).all()
    assert (set_up.cycles == free.cycles + added).all()
