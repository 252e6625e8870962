from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits, candidate_tiles, legal_tiles
from solver.mapping.tile import Tile
from solver.search.array import build
from solver.search.figures import figures
from solver.search.presolve import whole_space
from solver.search.search import minimise
from tests.support.questions import Question, cp_sat_space, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))


@settings(max_examples=8, deadline=None)
@given(questions)
def test_the_constraints_allow_exactly_the_tiles_that_keep_the_rules(question: Question) -> None:
    nest, hardware, limits = question.nest, question.hardware, question.limits
    allowed = {Tile.of(sizes) for sizes in candidate_tiles(nest, hardware, limits)}
    if len(legal_tiles(nest, hardware, limits)):
        assert cp_sat_space(nest, hardware, limits) == allowed


@settings(max_examples=8, deadline=None)
@given(questions, st.integers(0, 10**6))
def test_a_tiles_cost_in_the_model_is_a_lower_bound_of_its_replay(question: Question, pick: int) -> None:
    nest, hardware, objective = question.nest, question.hardware, question.objective
    legal = legal_tiles(nest, hardware)
    chosen = Tile.of(legal[pick % len(legal)])
    model = build(nest, hardware, objective, Limits(), figures(nest, hardware, legal))
    for variable, size in zip(model.tile, chosen.sizes, strict=True):
        model.model.add(variable == size)
    solver = cp_model.CpSolver()
    assert solver.solve(model.model) == cp_model.OPTIMAL
    exact = Fraction(evaluate(nest, hardware, chosen).value(objective))
    assert Fraction(solver.value(model.cost)) / model.scale <= exact
    # It is tight but for what ports and lines do to each other: never less than half.
    bound = figures(nest, hardware, legal).bounds.least_values(objective)[pick % len(legal)]
    assert float(Fraction(solver.value(model.cost) + 1) / model.scale) >= 0.5 * bound


def test_at_most_keeps_what_costs_no_more() -> None:
    nest, hardware = LoopNest(C=6, K=6, X=6), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    rows = figures(nest, hardware, legal_tiles(nest, hardware))
    model = build(nest, hardware, Objective.LATENCY, Limits(), rows)
    best = minimise(model, seconds=None, workers=1, seed=0)
    optimum = model.bound(best.bound)
    for value, found in ((optimum, True), (optimum - 1, False)):
        model = build(nest, hardware, Objective.LATENCY, Limits(), rows)
        model.at_most(value)
        assert bool(minimise(model, seconds=None, workers=1, seed=0).tiles) == found


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("table", ["synthesis", "mrna"])
def test_the_model_of_a_layer_of_10_to_the_15_macs_stays_within_64_bits(
    objective: Objective, table: str
) -> None:
    nest = LoopNest(R=3, S=3, C=4096, K=4096, X=2048, Y=2048)
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, energy_table=table)
    tiles = legal_tiles(nest, hardware, Limits(lower={"C": 2}))
    model = build(nest, hardware, objective, Limits(), figures(nest, hardware, tiles))
    assert model.model.validate() == ""
    outcome = minimise(model, seconds=None, workers=1, seed=0)
    exact = min(Fraction(evaluate(nest, hardware, Tile.of(t)).value(objective)) for t in tiles[::5])
    assert 0 < model.bound(outcome.bound) <= exact


def test_bounds_are_never_rounded_up() -> None:
    nest, hardware = LoopNest(C=6, K=6), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    model = build(
        nest, hardware, Objective.LATENCY, Limits(), figures(nest, hardware, legal_tiles(nest, hardware))
    )
    assert [model.bound(bound) for bound in (0.0, 7.0, 6.2, -3.0)] == [0, 7, 7, 0]
    assert model.bound(float(2**60 + 2**9)) <= 2**60 + 2**9


def test_the_whole_space_without_a_legal_tile_is_infeasible() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    with pytest.raises(InfeasibleError, match="tile size"):
        whole_space(LoopNest(C=2), hardware, Limits(lower={"C": 3}))
