import io
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
from solver.questions.explore.run import explore
from solver.questions.map_layer import Question, best_of, map_layer
from solver.questions.network.run import run_network
from solver.search.solve import solve
from solver.views.certificate import price_of_hardware
from solver.views.comparison import baseline_notes, comparison_table, ranked_baselines
from solver.views.console import make_console
from tests.support.examples.report_examples import example_cost, example_solution

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
    judged = best_of(solution, limits)
    assert judged.tile == solution.tile and judged.cost == solution.cost
    # Limits are the user's own; what no hardware computes rightly is another matter.
    assert judged.baselines[0].outside == (limits != Limits())


def test_a_baseline_outside_of_the_limits_is_marked_everywhere() -> None:
    layer = Conv(name="small", input=(8, 6, 6), filters=8, kernel=(3, 3))
    question = Question(
        hardware=read_hardware(num_ms=16, dn_bw=4, rn_bw=4),
        objective=Objective.LATENCY,
        limits=Limits(upper={"K": 1, "S": 1}),
        workers=1,
    )
    answer, _ = map_layer(layer, question)
    assert isinstance(answer, Solution)
    outside = {b.name for b in answer.baselines if b.outside}
    kept = {b.name for b in answer.baselines if b.tile and b.tile.K == 1 and b.tile.S == 1}
    assert outside and kept >= {"random", "hill-climb", "exhaustive"}
    assert outside == {b.name for b in answer.baselines if b.tile} - kept
    better = [b for b in answer.baselines if b.cost and b.cost.cycles < answer.cost.cycles]
    assert better, "the limits cost something, or this test says nothing"
    assert {b.name for b in better} <= outside
    rows = {row["name"]: row["outside"] for row in answer.records()}
    assert {name for name, is_outside in rows.items() if is_outside} == outside
    assert {b["name"] for b in answer.to_dict()["baselines"] if b["outside"]} == outside
    ranked = [b.name for b in ranked_baselines(answer) if b.cost]
    assert set(ranked[-len(outside) :]) == outside
    console = make_console(io.StringIO(), 120)
    console.show(comparison_table(answer))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("(outside)") == len(outside)
    notes = [note.plain for note in baseline_notes(answer)]
    assert sum("outside of T_S<=1, T_K<=1" in note for note in notes) == len(outside)
    network = run_network("net", [layer], question)
    for name in outside:
        assert network.beside(name) is None and network.layers[0].outside(name)
    exploration = explore(layer, question)
    assert {each.name for each in exploration.baselines if each.outside} == outside
    assert all(each.label.endswith(" (outside)") for each in exploration.baselines if each.outside)


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
        best = solve(layer, forgiving, Objective.LATENCY, workers=1, wish=question.wish, pieces=None)
        assert (other.proved, other.cost.cycles) == (True, best.cost.cycles)
    ratio = answer.to_dict()["simulator"][0]["ratio"]
    assert ratio == answer.cost.cycles / answer.simulator[0].cost.cycles
    line = price_of_hardware(answer).plain
    assert line.startswith("real hardware: latency is ")
    assert f"({answer.simulator[1].cost.cycles:,} cycles, {answer.simulator[1].text})" in line


@pytest.mark.parametrize(
    ("preset", "asked", "most"),
    [
        ("maeri-64", {}, None),
        ("maeri-64-rtl", {}, None),
        ("maeri-64-dram", {}, 1),
        ("maeri-64", {"limits": Limits({"K": 4})}, 1),
        ("maeri-64", {"prover": "cpsat"}, 1),
        ("maeri-64-dram", {"pieces": "all"}, None),
        ("maeri-64", {"pieces": 3}, 3),
    ],
)
def test_layers_run_in_any_number_of_pieces_unless_the_proof_is_of_one(
    preset: str, asked: dict[str, Any], most: int | None
) -> None:
    given: dict[str, Any] = {"limits": Limits(), **asked}
    question = Question(hardware=read_hardware(preset), objective=Objective.LATENCY, **given)
    assert question.most_pieces == most
