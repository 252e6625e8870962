"""`--pieces` of the commands that do not write a mapping."""

from pathlib import Path

import pytest

from tests.support.cli_runs import run

LAYER = "conv 4x6x6 -> 16, 3x3"
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4", "--pieces", "all")


def test_explain_says_what_one_piece_would_take(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "explain", LAYER, "--objective", "latency", *SMALL)
    assert found.code == 0
    assert "in one piece it would take" in found.out and "filters 0 to" in found.out


def test_explore_tells_of_pieces_beside_its_space(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "explore", LAYER, *SMALL, "--json", "-")
    assert found.code == 0
    assert found.json["in_pieces"]["cycles"] < found.json["optimum"]["cycles"]


def test_profile_has_a_profile_for_each_piece(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "profile", LAYER, *SMALL, "--no-cache", "--json", "-")
    assert found.code == 0 and len(found.json) > 1
    assert sum(each["layer"]["count"] for each in found.json) == 16


def test_a_front_in_pieces_shows_its_corners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv, page = tmp_path / "front.csv", tmp_path / "page.html"
    front = ("--objective", "pareto", f"--csv={csv}", f"--report={page}", f"--plot={tmp_path / 'front.svg'}")
    result = run(capsys, "map", LAYER, *SMALL, *front)
    assert result.code == 0 and "corners of its lower hull, every one proved" in result.out
    assert "K=" in csv.read_text() and "Corners of its lower hull" in page.read_text()


def test_pieces_behind_a_buffer_are_saved_and_executed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "mapping.yaml", tmp_path / "configuration"
    buffer = ("--buffer", "2KiB", "--dram-bw", "4", "--forms", "direct", "--no-baselines")
    found = run(capsys, "map", LAYER, *SMALL, *buffer, "--out", str(file), "--json", "-")
    pieces = found.json["mapping"]["pieces"]
    assert found.code == 0 and len(pieces) > 1 and all(piece["levels"] for piece in pieces)
    cycles = sum(piece["cost"]["cycles"] for piece in pieces)
    given = ("--mapping", str(file))
    replayed = run(capsys, "evaluate", LAYER, *given, "--json", "-")
    assert replayed.json["cost"]["cycles"] == cycles == found.json["cost"]["cycles"]
    assert replayed.json["notes"] == ["the figures are those saved with the mapping"]
    done = run(capsys, "configure", LAYER, *given, "--out", str(folder), "--json", "-").json
    assert done["array_cycles"] == done["model"]["array_cycles"] < cycles
    simulated = run(capsys, "simulate", LAYER, "--config", str(folder), "--json", "-")
    assert simulated.code == 0 and simulated.json["verdict"] == "correct"
    assert simulated.json["array_cycles"] == done["array_cycles"]
    one = run(capsys, "simulate", LAYER, "--config", str(folder / "piece-2"))
    assert one.code == 0 and "CORRECT" in one.out
