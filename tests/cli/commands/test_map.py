import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from solver.answers.solution import Solution, Status
from solver.baselines.registry import BASELINES
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.layer import Layer
from tests.support.cli_runs import run
from tests.support.examples.report_examples import example_solution

SMALL = "small: conv 4x6x6 -> 4, 3x3"
TINY = "tiny: fc 8 -> 4"
FAST = ["--hardware", "maeri-64", "--workers", 1]
COST_KEYS = {"cycles", "energy", "edp", "utilization", "bottleneck", "counts", "energy_by_component"}


def fake_solve(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> list[str]:
    """Let the search answer by layer name with a status or an error; return the names asked, as they come."""
    asked: list[str] = []

    def solve(layer: Layer, hardware: Any, objective: Objective, **rest: Any) -> Solution:
        asked.append(layer.name)
        answer = answers[layer.name]
        if isinstance(answer, BaseException):
            raise answer
        found = example_solution(answer, objective)
        bound = found.bound if answer is Status.OPTIMAL else Decimal(1)  # of another layer: below all of this
        return replace(found, layer=layer, hardware=hardware, baselines=(), bound=bound)

    monkeypatch.setattr("solver.questions.map_layer.solve", solve)
    return asked


def test_a_proved_mapping_exits_0_with_its_certificate_first(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", SMALL, *FAST)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith("small: OPTIMAL, proved · latency ")
    for name in ("optimum", *BASELINES):
        assert f"\n{name} " in result.out


@pytest.mark.parametrize("objective", Objective)
def test_json_has_the_documented_keys_for_every_objective(
    capsys: pytest.CaptureFixture[str], objective: Objective
) -> None:
    result = run(capsys, "map", SMALL, *FAST, "--objective", objective, "--json", "-")
    data = result.json
    assert {"layer", "hardware", "objective", "status", "objective_value", "bound", "gap"} <= set(data)
    assert {"wall_seconds", "mapping", "cost", "baselines"} <= set(data)
    assert list(data["mapping"]["tile"]) == ["R", "S", "C", "K", "G", "N", "X", "Y"]
    assert set(data["cost"]) >= COST_KEYS
    assert data["objective"] == objective
    figure = "cycles" if objective is Objective.LATENCY else str(objective)
    assert data["bound"] == data["objective_value"] == data["cost"][figure]
    exhaustive = next(b for b in data["baselines"] if b["name"] == "exhaustive")
    assert set(exhaustive) >= COST_KEYS | {"name", "mapping"}


def test_json_numbers_are_exact(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "map", SMALL, *FAST, "--json", "-").out
    cost = json.loads(text, parse_float=Decimal)["cost"]
    assert cost["edp"] == cost["energy"] * cost["cycles"]
    assert sum(cost["energy_by_component"].values()) == cost["energy"]


def test_without_baselines_none_are_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "map", SMALL, *FAST, "--no-baselines", "--json", "-").json["baselines"] == []


def test_a_layer_is_an_object_and_layers_are_a_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "all.json"
    result = run(capsys, "map", SMALL, TINY, *FAST, "--no-baselines", "--json", target)
    assert result.code == 0
    assert "2 layers: 2 proved optimal" in result.out
    assert [entry["layer"]["name"] for entry in json.loads(target.read_text())] == ["small", "tiny"]


def test_tile_bounds_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    bounds = ["--fix", "T_C=2", "--max", "k=2", "--min", "T_R=2"]
    result = run(capsys, "map", SMALL, *FAST, *bounds, "--json", "-")
    tile = result.json["mapping"]["tile"]
    assert result.code == 0
    assert tile["C"] == 2
    assert tile["K"] <= 2
    assert tile["R"] >= 2


def test_one_worker_and_one_seed_give_one_answer(capsys: pytest.CaptureFixture[str]) -> None:
    def answer() -> Any:
        data = run(capsys, "map", SMALL, *FAST, "--seed", 7, "--json", "-").json
        del data["wall_seconds"]
        return data

    assert answer() == answer()


def test_infeasible_exits_4_and_names_the_constraint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "m.yaml"
    result = run(capsys, "map", SMALL, *FAST, "--min", "T_C=5", "--out", out)
    assert result.code == 4
    assert result.out == ""
    assert "small: infeasible: " in result.err
    assert "T_C" in result.err
    assert not out.exists()


def test_an_infeasible_layer_does_not_lose_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", TINY, SMALL, *FAST, "--fix", "T_R=3", "--no-baselines", "--json", "-")
    assert result.code == 4
    assert [entry["status"] for entry in result.json] == ["infeasible", "optimal"]
    assert "T_R" in result.json[0]["reason"]


@pytest.mark.parametrize(
    ("tiny", "small", "code"),
    [
        (Status.OPTIMAL, Status.OPTIMAL, 0),
        (Status.FEASIBLE, Status.OPTIMAL, 3),
        (Status.FEASIBLE, InfeasibleError("no room"), 4),
        (InfeasibleError("no room"), Status.INTERRUPTED, 130),
    ],
)
def test_the_worst_layer_decides_the_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Any, small: Any, code: int
) -> None:
    fake_solve(monkeypatch, tiny=tiny, small=small)
    assert run(capsys, "map", TINY, SMALL, "--no-baselines").code == code


def test_an_interruption_prints_what_is_done_and_skips_the_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = fake_solve(monkeypatch, tiny=Status.INTERRUPTED, small=Status.OPTIMAL)
    out, target = tmp_path / "m.yaml", tmp_path / "r.json"
    result = run(capsys, "map", TINY, SMALL, "--out", out, "--json", target)
    assert result.code == 130
    assert asked == ["tiny"]
    assert re.search("tiny .* interrupted\n", result.out)
    assert "interrupted: 1 of 2 layers answered" in result.err
    assert len(json.loads(target.read_text())) == 1
    assert "layer: tiny" in out.read_text()


def test_an_interruption_before_any_mapping_writes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_solve(monkeypatch, tiny=KeyboardInterrupt())
    target = tmp_path / "r.json"
    result = run(capsys, "map", TINY, "--json", target)
    assert result.code == 130
    assert result.out == ""
    assert not target.exists()


def test_a_saved_mapping_is_replayed_to_the_same_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "m.yaml"
    table = tmp_path / "own.yaml"
    shipped = Path("solver/hardware/energy_tables/synthesis.yaml").read_text()
    table.write_text(shipped.replace("buffer_read: 0.044", "buffer_read: 0.045"))
    options = [*FAST, "--dn-bw", 8, "--energy-table", table, "--objective", "energy", "--no-baselines"]
    saved = run(capsys, "map", SMALL, TINY, *options, "--out", out, "--json", "-")
    table.unlink()
    for source, entry in zip((SMALL, TINY), saved.json, strict=True):
        replayed = run(capsys, "evaluate", source, "--mapping", out, "--json", "-").json
        assert replayed["cost"] == entry["cost"]
        assert replayed["hardware"] == entry["hardware"]
        assert replayed["notes"] == ["the figures are those saved with the mapping"]
    other = run(capsys, "evaluate", "fc 8 -> 5", "--mapping", out)
    assert other.code == 2
    assert "saved for another layer" in other.err


@pytest.mark.parametrize("option", ["--json", "--out"])
def test_an_existing_file_is_refused_before_solving_and_replaced_with_force(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str
) -> None:
    asked = fake_solve(monkeypatch, tiny=Status.OPTIMAL)
    target = tmp_path / "old"
    target.write_text("old")
    result = run(capsys, "map", TINY, option, target, "--no-baselines")
    assert (result.code, result.out, asked) == (2, "", [])
    assert "say --force to replace it" in result.err
    assert target.read_text() == "old"
    assert run(capsys, "map", TINY, option, target, "--no-baselines", "--force").code == 0
    assert target.read_text() != "old"


def test_bad_input_in_the_last_layer_stops_before_the_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = fake_solve(monkeypatch, tiny=Status.OPTIMAL)
    bad, target = tmp_path / "bad.yaml", tmp_path / "r.json"
    bad.write_text("kind: conv\ninput: [3, 27px, 27]\nfilters: 4\nkernel: [3, 3]\n")
    result = run(capsys, "map", TINY, bad, "--json", target)
    assert (result.code, result.out, asked) == (2, "", [])
    assert f"{bad}:2: input" in result.err
    assert "27px" in result.err
    assert not target.exists()


def test_a_baseline_that_beats_an_unproved_mapping_is_reported_as_the_best(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_solve(monkeypatch, small=Status.FEASIBLE)
    result = run(capsys, "map", SMALL, "--json", "-")
    assert result.code == 3
    assert "found by the baseline" in result.json["notes"][-1]
    assert result.json["objective_value"] == min(
        b["cycles"] for b in result.json["baselines"] if b["mapping"]
    )


def test_a_baseline_that_beats_a_proof_is_an_internal_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_solve(monkeypatch, small=Status.OPTIMAL)
    result = run(capsys, "map", SMALL)
    assert result.code == 70
    assert "beats the mapping that was proved optimal" in result.err
    assert "OPTIMAL" not in result.out


def test_the_stationary_operand_can_be_demanded_and_is_replayed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    layer, out = "product: gemm 4x32 * 32x8", tmp_path / "m.yaml"
    options = [*FAST, "--no-baselines", "--stationary", "inputs"]
    found = run(capsys, "map", layer, *options, "--out", out, "--json", "-").json
    assert found["mapping"]["stationary"] == "inputs"
    assert run(capsys, "evaluate", layer, "--mapping", out, "--json", "-").json["cost"] == found["cost"]
    both = run(capsys, "evaluate", layer, "--mapping", out, "--stationary", "weights")
    assert both.code == 2
    assert "--stationary" in both.err


def test_a_layer_of_several_loop_nests_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", "cell: lstm 4 -> 4")
    assert result.code == 2
    assert "found the kind lstm, made of " in result.err


def test_what_a_model_leaves_to_the_host_is_passed_over(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "- {kind: host, name: soft, operation: softmax}\n- {kind: fc, name: f, inputs: 4, outputs: 4}\n"
    )
    result = run(capsys, "map", file, "--json", "-", "--no-baselines")
    assert result.code == 0 and result.json["layer"]["name"] == "f"
    assert f"note: {file}: 1 host operations passed over" in result.err
    file.write_text("- {kind: host, name: soft, operation: softmax}\n")
    assert run(capsys, "map", file).code == 2
