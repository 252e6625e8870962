"""Tables on a terminal of 80 columns."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.views.comparison import add_figure_columns, header, named_table
from solver.views.console import make_console
from tests.support.cli_runs import run

MODEL = """\
- {kind: conv, name: conv1, input: [8, 14, 14], filters: 16, kernel: 3}
- {kind: conv, name: a_rather_long_layer_name.0.downsample, input: [16, 12, 12], filters: 32, kernel: 3}
- {kind: fc, name: fc, inputs: 256, outputs: 10}
"""
BUFFERED = ("--hardware", "maeri-64-dram", "--clock", "600MHz")
SIZES = ("--num-ms", "32..64", "--bandwidth", "/4")


@pytest.mark.parametrize(
    "words",
    [
        ("network", *BUFFERED),
        ("network", "--num-ms", "64", "--objective", "edp"),
        ("map", *BUFFERED),
        ("map", "--num-ms", "64"),
        ("sweep", *SIZES, "--objective", "energy", "--objective", "latency"),
        ("sweep", *SIZES, *BUFFERED, "--buffer", "8KiB,32KiB"),
        ("design", *SIZES, *BUFFERED, "--buffer", "8KiB,32KiB"),
    ],
)
def test_no_row_is_wider_than_80_columns(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    """Sentences are: they are one line each, which a terminal folds and a script reads."""
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "model.yaml").write_text(MODEL)
    command, *options = words
    printed = run(capsys, command, str(tmp_path / "model.yaml"), *options)
    assert_narrow(printed.out)


def assert_narrow(printed: str) -> None:
    rows = [line for line in printed.splitlines() if line.count("  ") > 2]
    assert len(rows) > 4
    assert [row for row in rows if len(row) > 80] == []


LARGE = "conv 512x112x112 -> 512, 3x3, pad 1"
TIGHT = ("--hardware", "maeri-64-dram", "--buffer", "8KiB")


@pytest.mark.parametrize(
    "words",
    [
        ("explain", LARGE, "--num-ms", "64", "--objective", "energy"),
        ("explain", "vgg_conv3", *TIGHT, "--objective", "edp"),
        ("explore", LARGE, "--num-ms", "64", "--objective", "energy"),
        ("convert", "resnet50"),
    ],
)
def test_nor_is_one_of_large_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert_narrow(run(capsys, *words).out)


@given(st.integers(20, 100), st.permutations(["aa", "bb", "cc"]))
def test_a_narrow_table_leaves_out_the_first_spare_columns_and_says_so(width: int, spare: list[str]) -> None:
    table = named_table("name")
    add_figure_columns(table, *((title, "unit") for title in ("aa", "bb", "cc", "kept")))
    table.add_row("row", *(digit * 15 for digit in "1234"))
    out = StringIO()
    make_console(out, width).show_narrow(table, spare)
    *shown, last = out.getvalue().splitlines()
    left_out = last.removeprefix(f"not on {width} columns: ").split(", ") if last.startswith("not on") else []
    assert left_out == spare[: len(left_out)]
    row = shown[-1] if left_out else last
    assert ("4" * 15 in row) and len(row) <= max(width, 21)
    assert len(row.split()) == 5 - len(left_out)
    # One column less would not have been needed.
    assert not left_out or len(row) + 17 > width


def test_a_header_has_a_line_for_each_of_its_words() -> None:
    assert str(header("single", "level", "optimum")) == "single\nlevel\noptimum"
    assert str(header("layer")) == "layer\n"
