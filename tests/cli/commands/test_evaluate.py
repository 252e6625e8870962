import json
from pathlib import Path

import pytest

from tests.support.cli_runs import run

SMALL = "small: conv 4x6x6 -> 4, 3x3"


def test_a_profile_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "evaluate", SMALL, "--mapping", "R3 S3", "--hardware", "maeri-64")
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith("small: EVALUATED")
    assert "maeri-64: 64 multiplier switches" in result.out


def test_json_on_stdout_is_json_only(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "evaluate", SMALL, "--mapping", "T_R=3,T_S=3", "--json", "-")
    assert set(result.json) == {
        "layer", "hardware", "mapping", "cost", "levels", "setup", "loop_nest", "notes",
    }  # fmt: skip
    assert result.json["mapping"]["tile"] == {"R": 3, "S": 3, "C": 1, "K": 1, "G": 1, "N": 1, "X": 1, "Y": 1}
    keys = {"cycles", "energy", "edp", "utilization", "bottleneck", "counts", "energy_by_component"}
    assert keys <= set(result.json["cost"])


def test_json_in_a_file_comes_beside_the_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    result = run(capsys, "evaluate", SMALL, "--mapping", "R3 S3", "--json", target)
    assert "EVALUATED" in result.out
    assert json.loads(target.read_text())["layer"]["name"] == "small"


def test_several_layers_give_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    layers = tmp_path / "layers.yaml"
    layers.write_text("- {kind: fc, inputs: 8, outputs: 4}\n- {kind: fc, inputs: 16, outputs: 4}\n")
    result = run(capsys, "evaluate", layers, "--mapping", "S4 K2", "--json", "-")
    assert [entry["layer"]["inputs"] for entry in result.json] == [8, 16]


def test_a_tile_in_a_file_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tile = tmp_path / "tile.yaml"
    tile.write_text("tile: {R: 3, S: 3, K: 2}\n")
    result = run(capsys, "evaluate", SMALL, "--mapping", tile, "--json", "-")
    assert result.json["mapping"]["tile"]["K"] == 2


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("R3 S3 C4 K8", "illegal mapping R3 S3 C4 K8 of small: "),
        ("R4", "illegal mapping R4 of small: tile sizes must lie within the layer"),
        ("Q3", "tile sizes such as"),
        ("R0", "integer of at least 1"),
        ("", "tile"),
        ("missing.yaml", "no such file"),
    ],
)
def test_a_wrong_mapping_exits_2_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mapping: str, message: str
) -> None:
    target = tmp_path / "r.json"
    result = run(capsys, "evaluate", SMALL, "--mapping", mapping, "--json", target)
    assert result.code == 2
    assert result.out == ""
    assert message in result.err
    assert not target.exists()


def test_the_mapping_file_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tile = tmp_path / "tile.yaml"
    tile.write_text("tile: R3")
    result = run(capsys, "evaluate", SMALL, "--mapping", tile, "--json", tile, "--force")
    assert result.code == 2
    assert tile.read_text() == "tile: R3"
