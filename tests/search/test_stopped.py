"""Searches that are stopped anywhere, by their time or by the user: what they say then is true."""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import Gemm, Loops
from solver.search.progress import Clock
from solver.search.solve import solve
from solver.search.two_level.branch import Branching
from solver.search.two_level.expand import Expansion
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


def test_the_clock_is_looked_at_before_every_mapping_that_is_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Behind a buffer thousands of mappings may be of one batch, each of which takes long."""
    events: list[str] = []
    close, settle = Branching.close, Expansion._settle

    def closed(*given: Any) -> tuple[float, float]:
        events.append("begins")
        try:
            return close(*given)
        finally:
            events.append("ends")

    def settled(*given: Any) -> None:
        events.append("replay")
        settle(*given)

    def looked(clock: Clock) -> bool:
        events.append("look")
        return False

    monkeypatch.setattr(Branching, "close", closed)
    monkeypatch.setattr(Expansion, "_settle", settled)
    monkeypatch.setattr(Clock, "expired", property(looked))
    hardware = read_hardware("maeri-64-dram", num_ms=64, dn_bw=64, rn_bw=16, buffer=512)
    solve(Gemm(m=23, n=22, k=56), hardware, Objective.LATENCY, wish=Wish.of("direct"))
    inside = list(accumulate({"begins": 1, "ends": -1}.get(event, 0) for event in events))
    replays = [at for at, event in enumerate(events) if event == "replay" and inside[at]]
    assert len(replays) > 30 and all(events[at - 1] == "look" for at in replays)
