"""`--pieces` of the commands that do not write a mapping."""

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


def test_a_front_in_pieces_is_refused_before_anything_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", "conv 2x6x6 -> 3, 3x3", "--objective", "pareto", "--pieces", "all")
    assert result.code == 2 and not result.out
    assert "--pieces" in result.err and "expected 1 for a front" in result.err
