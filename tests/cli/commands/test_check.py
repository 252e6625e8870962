"""``--certificate`` and ``check``: certificates are written and believed."""

import json
from pathlib import Path

import pytest

from tests.support.cli_runs import run

LAYER = "small: gemm 4x48 * 48x24"
HARDWARE = ("--num-ms", "16", "--dn-bw", "8", "--rn-bw", "8")


@pytest.mark.parametrize("objective", ["latency", "energy", "edp", "pareto"])
def test_a_certificate_is_written_and_verified(
    objective: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "small.cert"
    asked = ("map", LAYER, *HARDWARE, "--objective", objective)
    asked += () if objective == "pareto" else ("--no-baselines",)
    assert run(capsys, *asked, "--certificate", file).code == 0
    result = run(capsys, "check", file)
    assert result.code == 0 and result.out.startswith("VERIFIED: no mapping of ")
    paper = json.loads(file.read_text())
    paper["forms"][0]["mappings"] -= 1
    file.write_text(json.dumps(paper))
    result = run(capsys, "check", file)
    assert result.code == 1 and result.out.startswith("NOT VERIFIED: the form 'direct' has ")


def test_several_layers_make_a_manifest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "two.cert"
    other = "other: gemm 2x8 * 8x6"
    assert run(capsys, "map", LAYER, other, *HARDWARE, "--no-baselines", "--certificate", file).code == 0
    result = run(capsys, "check", file)
    assert result.code == 0
    assert [line.partition(":")[0] for line in result.out.splitlines()] == ["small", "other", "VERIFIED"]


def test_an_existing_file_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "small.cert"
    file.write_text("mine")
    result = run(capsys, "map", LAYER, *HARDWARE, "--certificate", file)
    assert result.code == 2 and "exists already" in result.err
    assert file.read_text() == "mine"


def test_a_file_that_is_not_there_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "check", "nowhere.cert")
    assert result.code == 2 and result.err == "error: nowhere.cert: no such file\n"
