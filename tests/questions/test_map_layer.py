from dataclasses import replace
from typing import Any

import pytest

from solver.answers.solution import BaselineResult, Solution, Status
from solver.cost.result import Objective
from solver.errors import InternalError
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.questions.map_layer import Question, best_of, map_layer
from solver.search.solve import solve
from solver.views.certificate import price_of_hardware
from tests.support.report_examples import example_cost, example_solution

LEGAL = Tile(R=3, S=3, C=2, K=7)
CHEAP = example_cost(energy="1.5")


def with_rival(status: Status, tile: Tile) -> Solution:
    return replace(example_solution(status), baselines=(BaselineResult("rival", tile, CHEAP),))


def test_the_best_known_mapping_is_reported_whoever_found_it() -> None:
    best = best_of(with_rival(Status.FEASIBLE, LEGAL), Limits())
    assert (best.tile, best.cost) == (LEGAL, CHEAP)
    assert "found by the baseline rival" in best.notes[-1]


def test_a_proof_that_a_baseline_refutes_is_an_internal_error() -> None:
    with pytest.raises(InternalError, match=r"rival \(R3 S3 C2 K7\) beats"):
        best_of(with_rival(Status.OPTIMAL, LEGAL), Limits())


@pytest.mark.parametrize(
    ("tile", "limits"),
    [(LEGAL, Limits(upper={"K": 6})), (LEGAL, Limits(lower={"C": 3})), (Tile(R=3, S=3, C=128), Limits())],
)
def test_baselines_outside_the_space_refute_nothing(tile: Tile, limits: Limits) -> None:
    solution = with_rival(Status.OPTIMAL, tile)
    assert best_of(solution, limits) == solution


def test_an_interruption_among_the_baselines_keeps_the_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = example_solution()

    def interrupt(*args: Any, **rest: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("solver.questions.map_layer.solve", lambda *args, **rest: solution)
    monkeypatch.setattr("solver.questions.map_layer.run_baselines", interrupt)
    question = Question(hardware=solution.hardware, objective=solution.objective, limits=Limits())
    answer, interrupted = map_layer(solution.layer, question)
    assert interrupted
    assert isinstance(answer, Solution)
    assert answer.tile == solution.tile
    assert "the baselines are missing" in answer.notes[-1]


def test_real_hardware_is_shown_beside_the_simulators_array_with_and_without_buffer() -> None:
    layer = Conv(name="small", input=(4, 6, 6), filters=6, kernel=(3, 3))
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=8, reduction="rtl")
    question = Question(
        hardware=hardware,
        objective=Objective.LATENCY,
        limits=Limits(),
        workers=1,
        baselines=False,
        beside_simulator=True,
    )
    answer, interrupted = map_layer(layer, question)
    assert isinstance(answer, Solution) and not interrupted
    assert [other.accumulation_buffer for other in answer.simulator] == [True, False]
    for other in answer.simulator:
        forgiving = read_hardware(num_ms=16, dn_bw=4, rn_bw=8, accumulation_buffer=other.accumulation_buffer)
        best = solve(layer, forgiving, Objective.LATENCY, workers=1)
        assert (other.proved, other.cost.cycles) == (True, best.cost.cycles)
    ratio = answer.to_dict()["simulator"][0]["ratio"]
    assert ratio == answer.cost.cycles / answer.simulator[0].cost.cycles
    line = price_of_hardware(answer).plain
    assert line.startswith("real hardware: latency is ")
    assert f"({answer.simulator[1].cost.cycles:,} cycles, {answer.simulator[1].tile})" in line
