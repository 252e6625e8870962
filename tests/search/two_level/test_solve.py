"""The two-level question of a layer, with its proof."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from random import Random

import pytest

from solver.answers.solution import Solution, Status
from solver.cost.bounds import least_value
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.wish import AS_WRITTEN
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import FullyConnected, LoopNest, Loops
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits
from solver.mapping.levels import LevelMapping
from solver.search.progress import Progress
from solver.search.provers import Prover
from solver.search.solve import solve
from solver.search.two_level.goal import Front, Point
from solver.search.two_level.search import LevelSearch
from solver.search.two_level.solve import pareto_levels, solve_levels
from tests.support.examples.level_questions import (
    Enumerated,
    LevelQuestion,
    enumerate_all,
    small_hardware,
    small_question,
    small_real_hardware,
)

HARDWARE = replace(
    read_hardware(num_ms=16, dn_bw=4, rn_bw=4),
    memory=Memory(buffer=PrefetchBuffer(capacity=2048), dram_bandwidth=4),
)
LAYER = Loops(loops=LoopNest(R=3, S=3, C=6, K=8, X=10, Y=10))


@cache
def questions(array: Callable[[Random, Memory], Hardware]) -> list[tuple[LevelQuestion, Enumerated]]:
    rng, found = Random(31), []
    while len(found) < 6:
        question = small_question(rng, array=array)
        every = enumerate_all(question, most=10_000)
        if every is not None and len(every.latency):
            found.append((question, every))
    return found


@pytest.mark.parametrize("array", [small_hardware, small_real_hardware])
def test_the_answer_is_legal_and_costs_the_enumerated_optimum(
    array: Callable[[Random, Memory], Hardware],
) -> None:
    for question, every in questions(array):
        for objective in Objective:
            found = solve_levels(question.layer, question.hardware, objective, limits=question.limits)
            assert found.proved and found.bound == found.objective_value and found.levels is not None
            assert level_legality(question.nest, question.hardware, found.levels.mapping) is None
            assert float(found.objective_value) == pytest.approx(every.values(objective).min(), rel=1e-9)


def test_an_optimum_that_costs_nothing_is_proved() -> None:
    table = HARDWARE.energy_table
    free = replace(
        table, **{name: Decimal(0) for name, value in vars(table).items() if type(value) is Decimal}
    )
    found = solve_levels(LAYER, replace(HARDWARE, energy_table=free), Objective.ENERGY)
    assert found.proved and found.objective_value == found.bound == 0


@pytest.mark.parametrize("prover", [None, "bounds"])
def test_of_equally_fast_mappings_the_one_with_least_energy_is_reported(prover: Prover | None) -> None:
    for question, every in questions(small_hardware):
        asked = question.layer, question.hardware, Objective.LATENCY
        found = solve_levels(*asked, limits=question.limits, prover=prover)
        fastest = every.latency == every.latency.min()
        assert float(found.cost.energy) == pytest.approx(every.energy[fastest].min(), rel=1e-9)


def test_of_a_matrix_product_both_stationary_operands_are_searched() -> None:
    layer = FullyConnected(inputs=24, outputs=10, batch=6)
    values = {
        which: solve_levels(
            layer, HARDWARE, Objective.ENERGY, wish=replace(AS_WRITTEN, stationary=which)
        ).objective_value
        for which in ("weights", "inputs", "best")
    }
    assert values["best"] == min(values["weights"], values["inputs"])
    assert values["weights"] != values["inputs"]


def test_hardware_with_a_memory_is_solved_on_two_levels() -> None:
    by_solve = solve(LAYER, HARDWARE, Objective.ENERGY)
    assert by_solve.levels is not None
    assert by_solve.objective_value == solve_levels(LAYER, HARDWARE, Objective.ENERGY).objective_value


@pytest.mark.parametrize("objective", list(Objective))
def test_a_time_limit_leaves_a_mapping_and_a_bound_below_the_optimum(objective: Objective) -> None:
    optimum = solve_levels(LAYER, HARDWARE, objective)
    hurried = solve_levels(LAYER, HARDWARE, objective, time_limit=0.0)
    assert hurried.status is Status.FEASIBLE and hurried.levels is not None
    assert level_legality(LAYER.nest(), HARDWARE, hurried.levels.mapping) is None
    assert 0 < hurried.bound <= optimum.objective_value <= hurried.objective_value
    assert hurried.gap == pytest.approx(float(1 - hurried.bound / hurried.objective_value))


def test_an_interrupt_keeps_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> tuple[float, float]:
        raise KeyboardInterrupt

    monkeypatch.setattr(LevelSearch, "close", interrupted)
    kept = solve_levels(LAYER, HARDWARE, Objective.ENERGY)
    assert kept.status is Status.INTERRUPTED
    assert kept.bound == least_value([LAYER.nest()], HARDWARE, Objective.ENERGY)
    monkeypatch.undo()
    assert kept.objective_value >= solve_levels(LAYER, HARDWARE, Objective.ENERGY).objective_value


def test_an_interrupt_before_any_mapping_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LevelSearch, "dive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        solve_levels(LAYER, HARDWARE, Objective.ENERGY)


def test_the_front_of_a_matrix_product_covers_both_operands() -> None:
    layer = FullyConnected(inputs=24, outputs=10, batch=6)
    both = pareto_levels(layer, HARDWARE)
    apart = Front()
    for which in ("weights", "inputs"):
        for solution in pareto_levels(layer, HARDWARE, wish=replace(AS_WRITTEN, stationary=which)).points:
            assert solution.stationary == which
            apart.offer(_point(solution))
    assert [p.cost.cycles for p in both.points] == [p.latency for p in apart.points]
    assert [float(p.cost.energy) for p in both.points] == [p.energy for p in apart.points]


def _point(solution: Solution) -> Point:
    assert solution.levels is not None
    return Point(solution.cost.cycles, float(solution.cost.energy), solution.levels.mapping)


def test_every_point_of_a_front_is_proved_and_the_ends_are_the_single_optima() -> None:
    front = pareto_levels(LAYER, HARDWARE)
    assert front.proved and all(point.proved for point in front.points)
    fastest, frugal = front.points[0], front.points[-1]
    latency = solve_levels(LAYER, HARDWARE, Objective.LATENCY)
    assert (fastest.cost.cycles, fastest.cost.energy) == (latency.cost.cycles, latency.cost.energy)
    assert frugal.cost.energy == solve_levels(LAYER, HARDWARE, Objective.ENERGY).cost.energy


def test_a_hurried_front_is_not_called_proved() -> None:
    front = pareto_levels(LAYER, HARDWARE, time_limit=0.0)
    assert not front.proved and front.points
    least = least_value([LAYER.nest()], HARDWARE, Objective.EDP)
    assert all(point.status is Status.FEASIBLE and point.bound == least for point in front.points)


def test_what_cannot_be_is_refused_with_its_reason() -> None:
    tiny = replace(HARDWARE, memory=Memory(buffer=PrefetchBuffer(capacity=8), dram_bandwidth=4))
    for question in (solve_levels, lambda layer, hw, _: pareto_levels(layer, hw)):
        with pytest.raises(InfeasibleError, match="capacity is 8 bytes"):
            question(LAYER, tiny, Objective.ENERGY)
    with pytest.raises(InfeasibleError, match="T_C"):
        solve_levels(LAYER, HARDWARE, Objective.ENERGY, limits=Limits(lower={"C": 9}))


@pytest.mark.parametrize("objective", list(Objective))
def test_progress_is_reported_in_the_objectives_own_unit(objective: Objective) -> None:
    seen: list[Progress] = []
    solution = solve_levels(LAYER, HARDWARE, objective, on_progress=seen.append)
    values = [float(p.incumbent) for p in seen if p.incumbent is not None]
    assert values and values == sorted(values, reverse=True)
    assert objective is not Objective.LATENCY or all(value.is_integer() for value in values)
    assert values[-1] == pytest.approx(float(solution.objective_value), rel=1e-9)


@pytest.mark.parametrize("objective", Objective)
def test_what_is_too_long_to_clear_of_overtaking_stays_open(
    objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = solve_levels(LAYER, HARDWARE, objective)
    assert proved.proved and proved.levels is not None

    def too_long(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> bool:
        if mapping == proved.levels.mapping:  # type: ignore[union-attr]
            raise ReplayLimitError
        return False

    monkeypatch.setattr("solver.search.two_level.expand.level_overtakes", too_long)
    answer = solve_levels(LAYER, HARDWARE, objective)
    assert answer.bound <= proved.objective_value <= answer.objective_value
    if answer.objective_value > proved.objective_value:
        assert not answer.proved
        assert answer.notes[-1] == "mappings that might be better are too long to replay: not proved"


def test_what_is_too_long_to_replay_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Loops(loops=LoopNest(R=3, S=3, C=2, K=4, X=6, Y=6))
    proved = solve_levels(layer, HARDWARE, Objective.LATENCY)
    assert proved.proved and proved.cost.method == "replay"
    monkeypatch.setattr("solver.cost.latency.MAX_REPLAYED_OUTPUTS", 20)
    answer = solve_levels(layer, HARDWARE, Objective.LATENCY)
    assert not answer.proved and answer.bound <= proved.objective_value
    assert answer.cost.method == "closed form" and "too long to replay" in " ".join(answer.notes)
    front = pareto_levels(layer, HARDWARE)
    assert not front.proved
