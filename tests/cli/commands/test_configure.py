import json
from pathlib import Path

import pytest

from tests.support.cli_runs import run

LAYER = "early: conv 3x10x10 -> 3, 3x3"
GIVEN = ["--mapping", "R3 S3 K3", "--hardware", "maeri-64"]


def stonne(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "stonne"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_files_of_a_given_mapping_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path / "c")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("early: CONFIGURED · R3 S3 K3 on the simulator: 3 virtual neurons of 9")
    assert "-T_R=3 -T_S=3 -T_C=1 -T_K=3" in result.out
    assert (tmp_path / "c" / "configuration.json").exists()


def test_the_best_mapping_is_searched_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    args = ["fc 8 -> 4", "--hardware", "maeri-64", "--out", tmp_path / "c", "--json", "-"]
    result = run(capsys, "configure", *args)
    assert result.code == 0
    assert result.json["cycles"] == result.json["model"]["cycles"]
    asked = {"layer", "hardware", "mapping", "notes"}
    found = {"folder", "files", "not_written", "cycles", "model", "stonne_command", "stonne"}
    assert set(result.json) == asked | found


def test_several_layers_get_a_folder_each(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    args = ["a: fc 8 -> 4", "b/1: fc 4 -> 4", "--mapping", "S4 K2", "--out", tmp_path / "c"]
    assert run(capsys, "configure", *args).code == 0
    assert sorted(p.name for p in (tmp_path / "c").iterdir()) == ["a", "b_1"]
    result = run(
        capsys, "configure", "a: fc 8 -> 4", "a: fc 4 -> 4", "--mapping", "S4", "--out", tmp_path / "d"
    )
    assert (result.code, (tmp_path / "d").exists()) == (2, False)


def test_the_user_s_simulator_is_shown_beside_ours(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake = stonne(tmp_path, 'echo "Number of cycles running: 2000"; echo "Test passed correctly"')
    result = run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path / "c", "--stonne", fake)
    assert result.code == 0
    line = next(line for line in result.out.splitlines() if line.startswith("reference simulator  "))
    assert "2,000" in line
    assert "its check passed" in line


def test_a_check_that_failed_is_told_with_the_cycles(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake = stonne(tmp_path, 'echo "Number of cycles running: 79"; echo "T test not passed"; kill -ABRT $$')
    result = run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path / "c", "--stonne", fake)
    assert (result.code, result.err) == (1, "early: reference simulator: 79 cycles, its check FAILED\n")
    assert (tmp_path / "c" / "configuration.json").exists()
    line = next(line for line in result.out.splitlines() if line.startswith("reference simulator  "))
    assert line.endswith("its check FAILED")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--stonne", "no/such"], "no/such: no such program"),
        (["--stonne", "~nobody-of-this-name/x"], "~nobody-of-this-name/x: no such program"),
        (["--input", "x.npy"], "--inputs, --weights: found the reference simulator's array"),
        (["--pieces", "all"], "--mapping: found --pieces beside it"),
        (["--fix", "T_K=2"], "limits for a search only"),
        (["--num-ms", "24"], "num_ms: found 24, expected a power of two"),
        (["--mapping", "K64"], "illegal mapping"),
    ],
)
def test_a_mistake_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, args: list[str], message: str
) -> None:
    result = run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path / "c", *args)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert not (tmp_path / "c").exists()


def test_a_failing_simulator_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fake = stonne(tmp_path, "echo assertion failed; exit 134")
    result = run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path / "c", "--stonne", fake)
    assert (result.code, result.out, (tmp_path / "c").exists()) == (2, "", False)
    assert result.err.count("\n") == 1
    assert "assertion failed" in result.err


def test_files_are_replaced_with_force_only(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    args = ["configure", LAYER, *GIVEN, "--out", tmp_path]
    assert run(capsys, *args).code == 0
    before = (tmp_path / "manifest.json").read_text()
    refused = run(capsys, *args, "--hardware", "maeri-128")
    assert (refused.code, (tmp_path / "manifest.json").read_text()) == (2, before)
    assert run(capsys, *args, "--hardware", "maeri-128", "--force").code == 0
    assert json.loads((tmp_path / "configuration.json").read_text())["hardware"]["num_ms"] == 128
