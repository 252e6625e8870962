from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InternalError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits, candidate_tiles, legal_tiles
from solver.mapping.tile import Tile
from solver.search.array import build
from solver.search.figures import figures
from solver.search.presolve import whole_space
from solver.search.search import enumerate_all
from tests.support.examples.questions import Question, cp_sat_space, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))


@settings(max_examples=5, deadline=None)  # `python -m benchmarks.proofs.oracle` takes more
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
    # Constraints and arrays are one text: the same bound, but for energies that are rounded down.
    bound = figures(nest, hardware, legal).bounds.least_values(objective)[pick % len(legal)]
    assert float(solver.value(model.cost) / model.scale) == pytest.approx(bound, rel=1e-6)
    if objective is Objective.LATENCY:
        assert solver.value(model.cost) == bound


def test_at_most_keeps_what_costs_no_more() -> None:
    nest, hardware = LoopNest(C=6, K=6, X=6), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    rows = figures(nest, hardware, legal_tiles(nest, hardware))
    optimum = Fraction(int(rows.bounds.least_cycles.min()))
    for value, found in ((optimum, True), (optimum - 1, False)):
        model = build(nest, hardware, Objective.LATENCY, Limits(), rows)
        model.at_most(value)
        assert bool(enumerate_all(model, seconds=None, seed=0).tiles) == found


def test_no_product_is_of_sums() -> None:
    """OR-Tools 9.15 calls satisfiable models with them infeasible; older versions do not take them."""
    for seed in range(12):
        question = random_question(Random(seed), sizes=(8, 16))
        tiles = candidate_tiles(question.nest, question.hardware, question.limits)
        if not len(tiles):
            continue
        rows = figures(question.nest, question.hardware, tiles)
        model = build(question.nest, question.hardware, question.objective, question.limits, rows).model
        for constraint in model.proto.constraints:
            for kind in ("int_prod", "int_div"):
                operands = (
                    getattr(constraint, kind).exprs if getattr(constraint, f"has_{kind}", bool)() else ()
                )
                assert all(len(operand.vars) <= 1 for operand in operands)
        assert model.validate() == ""


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("table", ["synthesis", "mrna"])
def test_the_model_of_a_layer_of_10_to_the_15_macs_stays_within_64_bits(
    objective: Objective, table: str
) -> None:
    nest = LoopNest(R=3, S=3, C=4096, K=4096, X=2048, Y=2048)
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, energy_table=table)
    tiles = legal_tiles(nest, hardware, Limits(lower={"C": 4}))
    model = build(nest, hardware, objective, Limits(), figures(nest, hardware, tiles))
    assert model.model.validate() == ""
    outcome = enumerate_all(model, seconds=None, seed=0)
    assert {Tile.of(t) for t in tiles} == set(outcome.tiles)
    for tile in map(Tile.of, tiles[::5]):
        exact = Fraction(evaluate(nest, hardware, tile).value(objective))
        assert 0 < outcome.tiles[tile] / model.scale <= exact


def test_the_whole_space_without_a_legal_tile_is_infeasible() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    with pytest.raises(InfeasibleError, match="tile size"):
        whole_space(LoopNest(C=2), hardware, Objective.LATENCY, Limits(lower={"C": 3}))


def test_a_known_mapping_that_cp_sat_loses_is_looked_for_again_and_then_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nest, hardware = LoopNest(C=6, K=6, X=6), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    rows = figures(nest, hardware, legal_tiles(nest, hardware))
    known = {Tile.of(sizes) for sizes in rows.tiles}
    real, looks = cp_model.CpSolver.solve, []

    def wrong(self: cp_model.CpSolver, model: cp_model.CpModel, callback: object = None) -> object:
        looks.append(self.parameters.cp_model_presolve)
        if self.parameters.cp_model_presolve or always:
            return cp_model.INFEASIBLE
        return real(self, model, callback)

    monkeypatch.setattr(cp_model.CpSolver, "solve", wrong)
    for always in (False, True):
        model = build(nest, hardware, Objective.LATENCY, Limits(), rows)
        if always:
            with pytest.raises(InternalError, match="a wrong proof, with CP-SAT's presolve and without"):
                enumerate_all(model, seconds=None, seed=0, known=known)
        else:
            assert set(enumerate_all(model, seconds=None, seed=0, known=known).tiles) == known
    assert looks == [True, False] * 2
