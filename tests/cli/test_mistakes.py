"""What people type: each mistake gets the one message with which they go on, each harmless variant works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.cli_runs import run

SMALL = "conv 4x6x6 -> 4, 3x3"


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mistakes.md"
ROWS = re.findall(r"^\| `(.*)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
"""What is typed, and what it is answered with; … stands for anything."""


def test_the_page_has_twenty_mistakes() -> None:
    assert len({typed for typed, _ in ROWS}) >= 20


@pytest.mark.parametrize(("typed", "answered"), ROWS)
def test_a_natural_mistake_gets_one_message_with_which_one_goes_on(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    typed: str,
    answered: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(capsys, *shlex.split(typed))
    assert result.code == 2
    assert result.out == ""
    assert re.search(".*".join(re.escape(part) for part in answered.split("…")), result.err), result.err
    assert len(re.findall("(?i)^error: ", result.err, flags=re.MULTILINE)) == 1
    assert "Traceback" not in result.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["MAP", SMALL], ["map", SMALL]),
        (["map", SMALL, "--hardware", "MAERI-64"], ["map", SMALL, "--hardware", "maeri-64"]),
        (["map", SMALL, "--objective", "Energy"], ["map", SMALL, "--objective", "energy"]),
        (["map", SMALL, "--energy-table", "mRNA"], ["map", SMALL, "--energy-table", "mrna"]),
        (
            ["map", SMALL, "--hardware", "maeri-64-dram", "--buffer", "64kb"],
            ["map", SMALL, "--hardware", "maeri-64-dram", "--buffer", "64 KiB"],
        ),
        (["map", SMALL, "--time-limit", "5 min"], ["map", SMALL, "--time-limit", "300"]),
    ],
)
def test_names_and_units_may_be_written_in_large_or_small_letters(
    capsys: pytest.CaptureFixture[str], written: list[str], meant: list[str]
) -> None:
    found, wanted = (run(capsys, *a, "--no-baselines", "--json", "-") for a in (written, meant))
    assert found.code == wanted.code == 0

    def stable(text: str) -> list[str]:
        return [line for line in text.splitlines() if "seconds" not in line]

    assert stable(found.out) == stable(wanted.out)


def test_a_hardware_file_in_place_of_a_layer_is_told_where_it_belongs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "array.yaml"
    file.write_text("num_ms: 64\ndn_bw: 16\nrn_bw: 16\n")
    result = run(capsys, "map", str(file))
    assert (result.code, result.out) == (2, "")
    assert f"{file}:1: num_ms: this describes an accelerator" in result.err
    assert "--hardware FILE" in result.err


@pytest.mark.parametrize(
    ("text", "told", "where"),
    [
        ("# one\nname: c\nkind: fc\ninputs: 8\noutputs: 4\n", "3: kind: this describes a layer", "LAYER"),
        ("layers:\n- fc 8 -> 4\n", "1: layers: this describes layers", "MODEL"),
        ("# one\n- fc 8 -> 4\n", "2: this describes layers", "MODEL"),
        ("mappings:\n- {}\n", "1: mappings: this describes mappings", "--mapping FILE"),
        ("networks: [alexnet]\n", "1: networks: this describes a sweep", "the file of the command sweep"),
    ],
)
@pytest.mark.parametrize("command", ["map", "design"])
def test_another_file_in_place_of_hardware_is_told_where_it_belongs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, text: str, told: str, where: str
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    result = run(capsys, command, "vgg_conv3", "--hardware", str(file))
    assert (result.code, result.out) == (2, "")
    (line,) = result.err.splitlines()
    assert f"{file}:{told}" in line and line.endswith(f"as {where}")
