"""``show`` writes one picture, or says in one line why not."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.cli_runs import run

LAYER = "conv 4x6x6 -> 6, 3x3"
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")


def test_the_ending_of_the_file_gives_the_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for ending, start in (("svg", "<svg "), ("dot", "digraph array {")):
        out = tmp_path / f"array.{ending}"
        result = run(capsys, "show", *SMALL, "--out", out)
        assert (result.code, result.out, result.err) == (0, "", "")
        assert out.read_text().startswith(start)


def test_without_a_file_the_picture_goes_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "show", *SMALL)
    assert result.code == 0
    assert ElementTree.fromstring(result.out).tag.endswith("svg")
    assert run(capsys, "show", *SMALL, "--format", "dot").out.startswith("digraph")


@pytest.mark.parametrize("reduction", ["simulator", "rtl"])
def test_a_given_mapping_is_drawn(capsys: pytest.CaptureFixture[str], reduction: str) -> None:
    result = run(capsys, "show", LAYER, *SMALL, "--reduction", reduction, "--mapping", "S3 K5")
    assert result.code == 0
    assert "tile S3 K5, 5 virtual neurons of 3 multipliers" in result.out
    assert 'id="VN4"' in result.out


def test_without_a_mapping_the_best_one_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "show", LAYER, *SMALL, "--fix", "T_K=3", "--workers", "1")
    assert result.code == 0
    assert " K3" in result.out and 'id="VN0"' in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--out", "array.gif"),
            "error: --out: found array.gif, expected a file name that ends in one of .svg, .dot, .png, .pdf",
        ),
        (("--mapping", "R3"), "error: --mapping: it is about the mapping of a LAYER"),
        (("--fix", "T_K=2"), "error: --fix, --min or --max: it is about the mapping of a LAYER"),
        (("vgg16",), "error: LAYER: one picture shows one layer, found 16"),
        ((LAYER, "--mapping", "K17"), "error: illegal mapping K17"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    result = run(capsys, "show", *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)


def test_an_existing_picture_is_kept_unless_forced(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "array.svg"
    out.write_text("mine")
    assert run(capsys, "show", *SMALL, "--out", out).code == 2
    assert out.read_text() == "mine"
    assert run(capsys, "show", *SMALL, "--out", out, "--force").code == 0
    assert out.read_text().startswith("<svg ")


def test_what_is_too_high_for_a_sheet_has_a_file_for_each_or_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "array.svg"
    second = tmp_path / "array-sheet2.svg"
    second.write_text("mine")
    assert run(capsys, "show", "--num-ms", "256", "--out", out).code == 2
    assert [path.name for path in tmp_path.iterdir()] == [second.name]
    result = run(capsys, "show", "--num-ms", "256", "--out", out, "--force")
    first = tmp_path / "array-sheet1.svg"
    assert result.err == f"note: a picture for each sheet of A4: {first}, {second}\n"
    for file in (first, second):
        assert ElementTree.parse(file).getroot().get("width") == "712"
    whole = run(capsys, "show", "--num-ms", "256").out
    assert float(ElementTree.fromstring(whole).get("height", 0)) > 1500
