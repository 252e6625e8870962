"""``map --objective pareto``: the front as table, JSON, CSV and picture."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_runs import run

LAYER = "small: gemm 4x24 * 24x16"
LEVELS = ("--hardware", "maeri-64-dram", "--buffer", "512")
PARETO = ("map", LAYER, *LEVELS, "--objective", "pareto")


_FOUND: list[Any] = []


@pytest.fixture
def points(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """The front's points, searched once."""
    if not _FOUND:
        _FOUND.extend(run(capsys, *PARETO, "--json", "-").json["points"])
    return _FOUND


def test_table_json_csv_and_picture_tell_the_same_front(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, points: list[Any]
) -> None:
    rows_file, facts_file, picture = (tmp_path / f"front.{ending}" for ending in ("csv", "json", "svg"))
    result = run(capsys, *PARETO, "--csv", rows_file, "--json", facts_file, "--plot", picture)
    assert result.code == 0
    assert result.out.startswith("small: PARETO FRONT, complete, every point proved")
    assert picture.read_bytes().startswith(b"<?xml")
    facts = json.loads(facts_file.read_text())
    assert [p["cost"] for p in facts["points"]] == [p["cost"] for p in points]
    rows = list(csv.DictReader(io.StringIO(rows_file.read_text())))
    assert len(rows) == len(facts["points"]) > 1
    assert facts["objective"] == "pareto" and facts["proved"]
    for number, (row, point) in enumerate(zip(rows, facts["points"], strict=True), start=1):
        assert int(row["cycles"]) == point["cost"]["cycles"]
        assert float(row["energy"]) == point["cost"]["energy"]
        assert (row["proved"], point["proved"]) == ("true", True)
        assert f"{point['cost']['cycles']:,}" in result.out
        assert row["point"] == str(number)
        form = point["mapping"]["form"]
        assert (row["form"], row["layout"], float(row["copies"])) == tuple(form.values())
    cycles = [point["cost"]["cycles"] for point in facts["points"]]
    energy = [point["cost"]["energy"] for point in facts["points"]]
    assert cycles == sorted(set(cycles)) and energy == sorted(set(energy), reverse=True)


def test_a_point_is_evaluated_to_its_own_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, points: list[Any]
) -> None:
    point = points[-1]
    keys = ("tile", "buffer_tile", "dram_order", "array_order")
    file = tmp_path / "point.yaml"
    file.write_text("".join(f"{key}: {point['mapping'][key]}\n" for key in keys))
    stays = ("--stationary", point["mapping"]["stationary"])
    again = run(capsys, "evaluate", LAYER, "--mapping", file, *stays, *LEVELS, "--json", "-").json
    assert again["cost"] == point["cost"]


def test_the_ends_are_the_optima_of_the_single_objectives(
    capsys: pytest.CaptureFixture[str], points: list[Any]
) -> None:
    for objective, figure, point in (("latency", "cycles", points[0]), ("energy", "energy", points[-1])):
        best = run(
            capsys, "map", LAYER, *LEVELS, "--objective", objective, "--no-baselines", "--json", "-"
        ).json
        assert best["cost"][figure] == point["cost"][figure]


def test_the_front_is_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "front.png"
    assert run(capsys, *PARETO, "--plot", picture).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_extra_is_named_and_nothing_is_searched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(capsys, *PARETO, "--plot", tmp_path / "front.png")
    assert (result.code, result.out) == (2, "")
    assert "plot" in result.err and "pip install" in result.err


def test_a_hurried_front_says_what_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, *PARETO, "--time-limit", "0.000001")
    assert result.code == 3
    assert "not proved complete" in result.out and "gap" in result.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--objective", "energy", "--csv", "x.csv"), "--csv: found --objective energy"),
        (("--objective", "energy", "--plot", "x.png"), "--plot: found --objective energy"),
        (("--objective", "pareto", "--out", "x.yaml"), "--out: a front is many mappings"),
        (
            ("--objective", "pareto", "--plot", "x.jpg"),
            "expected a file that ends in one of .png, .svg",
        ),
    ],
)
def test_options_that_do_not_go_together(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    result = run(capsys, "map", LAYER, *options)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_an_infeasible_front_names_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", LAYER, "--objective", "pareto", "--min", "T_N=2")
    assert result.code == 4 and "T_N" in result.err
