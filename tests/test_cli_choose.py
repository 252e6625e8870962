"""The commands that describe the array alone do not leave memory levels out silently."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runs import run

from solver.errors import ExitCode

LAYER = "conv 4x6x6 -> 4, 3x3"


@pytest.mark.parametrize("command", ["configure", "simulate", "show", "profile"])
def test_a_prefetch_buffer_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", tmp_path / "files"] if command == "configure" else []
    refused = run(capsys, command, LAYER, "--hardware", "maeri-64-dram", *out)
    assert (refused.code, refused.out) == (ExitCode.BAD_INPUT, "")
    assert "describes the array alone" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_the_array_alone_is_not_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "simulate", LAYER, "--hardware", "maeri-64").code == ExitCode.PROVED
