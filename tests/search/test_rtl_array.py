"""CP-SAT and the exhaustive oracle agree on the real hardware."""

from random import Random

import pytest

from solver.baselines.exhaustive import exhaustive
from solver.baselines.problem import Problem
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer.base import Loops
from solver.layer.nest import LoopNest
from solver.legal.tiles import Limits
from solver.search.solve import solve
from tests.support.examples.questions import cp_sat_space, legal_costs
from tests.support.examples.rtl_questions import random_rtl_question


@pytest.mark.parametrize("seed", range(4, 16))
def test_the_optimum_is_the_least_of_all_legal_mappings(seed: int) -> None:
    question = random_rtl_question(Random(seed))
    least = min(legal_costs(question).values())
    layer = Loops(loops=question.nest)
    answer = solve(layer, question.hardware, question.objective, limits=question.limits, workers=1)
    assert answer.proved
    assert answer.objective_value == least


@pytest.mark.parametrize("seed", range(100, 108))
def test_cp_sat_states_the_same_space_by_itself(seed: int) -> None:
    question = random_rtl_question(Random(seed), (8, 16))
    assert cp_sat_space(question.nest, question.hardware, question.limits) == set(legal_costs(question))


@pytest.mark.parametrize("objective", list(Objective))
def test_without_presolve_the_answer_is_the_same(objective: Objective) -> None:
    layer = Loops(loops=LoopNest(R=3, S=2, C=3, K=4, X=4, Y=3))
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=2, reduction="rtl", forwarding="sliding")
    answers = [solve(layer, hardware, objective, workers=1, prover=prover) for prover in (None, "cpsat")]
    assert answers[0].objective_value == answers[1].objective_value
    assert all(answer.proved for answer in answers)


def test_the_exhaustive_baseline_finds_it_too() -> None:
    nest = LoopNest(R=3, S=3, C=4, K=6, X=5, Y=5)
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8, reduction="rtl")
    choice = exhaustive({"direct": Problem(nest, hardware, Objective.LATENCY, 0, Limits())})
    assert choice.tile is not None
    answer = solve(Loops(loops=nest), hardware, Objective.LATENCY, workers=1)
    assert answer.objective_value == evaluate(nest, hardware, choice.tile).cycles


def test_a_satisfiable_model_is_not_called_infeasible() -> None:
    # OR-Tools 9.15 did, on this very model: hence the bound on its version.
    layer = Loops(loops=LoopNest(R=2, G=4, X=2, Y=8, stride=(2, 2)))
    hardware = read_hardware(
        num_ms=16, dn_bw=1, rn_bw=1, reduction="rtl", forwarding="sliding", energy_table="mrna"
    )
    answers = [solve(layer, hardware, Objective.EDP, workers=1, prover=prover) for prover in (None, "cpsat")]
    assert [answer.objective_value for answer in answers] == [799_680, 799_680]
