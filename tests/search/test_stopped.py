"""Searches that are stopped anywhere, by their time or by the user: what they say then is true."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.wish import Wish
from solver.layer import Loops
from solver.search.solve import solve
from tests.oracles import pieces
from tests.support.examples import level_questions, questions
from tests.support.examples.stopping import stopped

Ask = Callable[[], Solution]


def _array(rng: Random, objective: Objective) -> Ask:
    asked = questions.random_question(rng, sizes=(32, 64))
    prover = rng.choice((None, "bounds", "cpsat"))
    return lambda: solve(
        asked.layer, asked.hardware, objective, limits=asked.limits, workers=1, prover=prover
    )


def _real(rng: Random, objective: Objective) -> Ask:
    layer, hardware = Loops(loops=questions.random_nest(rng)), questions.random_real_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1)


def _levels(rng: Random, objective: Objective) -> Ask:
    asked = level_questions.small_question(rng)
    layer, prover = Loops(loops=asked.nest), rng.choice((None, "cpsat"))
    return lambda: solve(layer, asked.hardware, objective, limits=asked.limits, workers=1, prover=prover)


def _pieces(rng: Random, objective: Objective) -> Ask:
    layer, hardware = pieces.random_layer(rng, 6), pieces.random_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1, wish=Wish(), pieces=None)


def _level_pieces(rng: Random, objective: Objective) -> Ask:
    layer, hardware = pieces.random_layer(rng, 4), pieces.random_level_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1, wish=Wish(), pieces=None)


@pytest.mark.parametrize("kind", [_array, _real, _levels, _pieces, _level_pieces])
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    objective=st.sampled_from(Objective),
    looks=st.integers(0, 12),
    by_user=st.booleans(),
)
@example(seed=10, objective=Objective.EDP, looks=1, by_user=False)
@example(seed=14, objective=Objective.LATENCY, looks=4, by_user=True)
@example(seed=24, objective=Objective.EDP, looks=0, by_user=True)
def test_a_search_that_is_stopped_anywhere_claims_nothing_that_is_not_so(
    kind: Callable[[Random, Objective], Ask], seed: int, objective: Objective, looks: int, by_user: bool
) -> None:
    ask = kind(Random(seed), objective)
    try:
        best = ask()
        with stopped(looks, by_user=by_user):
            answer = ask()
    except (InfeasibleError, KeyboardInterrupt):
        return
    assert answer.bound <= best.objective_value <= answer.objective_value
    assert not answer.proved or answer.objective_value == best.objective_value == answer.bound
