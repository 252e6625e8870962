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
