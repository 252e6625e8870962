"""An answer that is not proved has a bound all the same: what physics says, before anything was searched."""

import sys
from dataclasses import replace
from random import Random
from typing import Any

import pytest

import solver.search.solve  # noqa: F401 (its name is that of a function)
from solver.answers.solution import Status
from solver.cost.bounds import least_value
from solver.cost.result import Objective
from solver.forms.wish import AS_WRITTEN
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Gemm
from solver.legal.tiles import Limits
from solver.questions.explore.run import explore
from solver.questions.front import find_front
from solver.questions.map_layer import Question
from solver.search.presolve import presolve
from solver.search.solve import solve
from solver.search.two_level.search import LevelSearch
from tests.oracles import pieces
from tests.support.examples.stopping import stopped

module = sys.modules["solver.search.solve"]
LAYER = Gemm(m=6, n=5, k=4)
ARRAY = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
NESTS = [choice.nest for choice in AS_WRITTEN.forms(LAYER, ARRAY)]
LEVELS = replace(ARRAY, memory=Memory(buffer=PrefetchBuffer(capacity=512), dram_bandwidth=1))


@pytest.fixture(params=[ARRAY, LEVELS], ids=["array", "levels"])
def interrupted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hardware:
    """Hardware on which every search is interrupted as soon as it has a mapping."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    steps = iter([presolve] + [stop] * 99)  # while the second lowering is looked at
    monkeypatch.setattr(module, "presolve", lambda *given: next(steps)(*given))
    closed = LevelSearch.close

    def close(*given: Any) -> None:
        closed(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(LevelSearch, "close", close)
    hardware: Hardware = request.param
    return hardware


@pytest.mark.parametrize("objective", list(Objective))
def test_interrupted_early_the_bound_is_what_physics_says(
    objective: Objective, interrupted: Hardware
) -> None:
    solution = solve(LAYER, interrupted, objective)
    assert solution.status is Status.INTERRUPTED
    assert solution.bound == least_value(NESTS, interrupted, objective) > 0
    assert solution.gap < 1


@pytest.mark.parametrize("hardware", [ARRAY, LEVELS], ids=["array", "levels"])
@pytest.mark.parametrize("objective", list(Objective))
def test_without_time_the_bound_is_no_less_than_physics(objective: Objective, hardware: Hardware) -> None:
    solution = solve(LAYER, hardware, objective, time_limit=1e-9)
    assert solution.status is Status.FEASIBLE
    assert least_value(NESTS, hardware, objective) <= solution.bound <= solution.objective_value


def test_a_front_that_is_interrupted_has_bounds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    run = LevelSearch.run

    def stop(*given: Any) -> None:
        run(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(LevelSearch, "run", stop)
    question = Question(hardware=LEVELS, objective=Objective.EDP, limits=Limits(), workers=1)
    front = find_front(LAYER, question)
    assert front.interrupted and not front.proved
    assert all(bound > 0 for bound in front.energy_bounds)
    assert all(point.proved or point.bound > 0 for point in front.points)


def test_an_exploration_that_is_interrupted_shows_the_same_bound(interrupted: Hardware) -> None:
    question = Question(hardware=interrupted, objective=Objective.LATENCY, limits=Limits(), workers=1)
    exploration = explore(LAYER, question, samples=50)
    assert exploration.interrupted
    assert exploration.solution.bound == least_value(NESTS, interrupted, Objective.LATENCY)


@pytest.mark.parametrize("by_user", [False, True], ids=["time", "user"])
@pytest.mark.parametrize("looks", [0, 1, 3, 6, 12])
def test_a_front_in_pieces_that_is_stopped_has_what_was_known(looks: int, by_user: bool) -> None:
    for seed in range(4):
        layer, hardware = pieces.random_layer(Random(seed), 6), pieces.random_hardware(Random(seed))
        question = Question(hardware=hardware, objective=Objective.EDP, limits=Limits(), pieces="all")
        truth = find_front(layer, question)
        try:
            with stopped(looks, by_user=by_user):
                front = find_front(layer, question)
        except KeyboardInterrupt:
            assert not looks  # before any mapping is known
            continue
        assert truth.proved and front.interrupted <= by_user
        for point, bound in zip(front.points, front.energy_bounds, strict=True):
            cycles = point.cost.cycles
            faster = [p.cost.energy for p in truth.points if p.cost.cycles <= cycles]
            assert 0 < bound <= min(faster, default=bound)
            assert point.bound <= min(p.cost.edp for p in truth.points)
            best = (p.cost.energy for p in truth.points if p.cost.cycles >= cycles)
            assert not front.proved or point.cost.energy in best
