"""Two-level mappings on the command line: configured, executed, drawn and profiled."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.support.cli_runs import run

LAYER = "small: conv 6x10x10 -> 8, 3x3"
LEVELS = ("--hardware", "maeri-64-dram", "--buffer", "1 KiB", "--objective", "energy")
FILE = "tile: S3 C2 K4\nbuffer_tile: R3 S3 C2 K4 X8 Y5\ndram_order: KPQ\n"


def written(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> Path:
    out = folder / "out"
    result = run(capsys, "configure", LAYER, *(words or LEVELS), "--out", out)
    assert (result.code, result.err) == (0, "")
    return out


@pytest.fixture
def given(tmp_path: Path) -> tuple[object, ...]:
    """Options for a mapping of 2 x 2 x 3 buffer tiles, those of the last columns narrower."""
    file = tmp_path / "mine.yaml"
    file.write_text(FILE)
    return ("--mapping", file, "--hardware", "maeri-64-dram", "--buffer", "2 KiB")


def test_the_best_mapping_is_configured_and_executed_from_its_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = written(capsys, tmp_path)
    best = run(capsys, "map", LAYER, *LEVELS, "--no-baselines", "--json", "-").json
    document = json.loads((out / "schedule.json").read_text())
    mapping = {key: best["mapping"][key] for key in ("tile", "buffer_tile", "dram_order", "array_order")}
    assert document["mapping"] == mapping
    result = run(capsys, "simulate", LAYER, "--config", out)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("small: CORRECT · ")
    facts = run(capsys, "simulate", LAYER, "--config", out, "--json", "-").json
    assert facts["verdict"] == "correct" and facts["outputs"] == 512
    assert facts["transfers"] == facts["model"]["transfers"] == best["levels"]["transfers"]
    assert facts["model"]["cycles"] == best["cost"]["cycles"]
    line = next(line for line in result.out.splitlines() if line.startswith("DRAM to buffer"))
    total = f"{sum(facts['transfers']['DRAM to buffer'].values()):,}"
    assert line.split()[-2:] == [total, total]
    searched = run(capsys, "simulate", LAYER, *LEVELS, "--json", "-").json
    assert searched["transfers"] == facts["transfers"]


def test_the_report_and_the_json_say_which_configuration_runs_how_often(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: tuple[object, ...]
) -> None:
    words = ("configure", LAYER, *given, "--out")
    result = run(capsys, *words, tmp_path / "a")
    assert result.out.startswith("small: CONFIGURED · 12 buffer tiles of 4 kinds, in ")
    facts = run(capsys, *words, tmp_path / "b", "--json", "-").json
    tiles = [(c["name"], c["repeats"], c["sizes"]["Y"], c["sums"]) for c in facts["configurations"]]
    assert tiles == [  # six channels, two at a time: the sums of the first two come back twice
        ("tile-1", 2, 5, "begun"),
        ("tile-2", 4, 5, "continued"),
        ("tile-3", 2, 3, "begun"),
        ("tile-4", 4, 3, "continued"),
    ]
    cycles = sum(c["repeats"] * c["cycles"] for c in facts["configurations"])
    assert facts["array_cycles"] == facts["model"]["array_cycles"] == cycles
    assert set(facts["files"]) == {
        str(path.relative_to(tmp_path / "b")) for path in (tmp_path / "b").rglob("*") if path.is_file()
    }
    rows = list(csv.DictReader((tmp_path / "b" / "transfers.csv").open()))
    weights = sum(int(row["repetitions"]) * int(row["weights"]) for row in rows)
    assert weights == 2 * 432  # fetched anew for the second part of every row
    assert f"{facts['array_cycles']:,} executed switch by switch" in result.out
    assert "Layer_Info.vmh not written: only the real hardware loads it" in result.out


@pytest.mark.parametrize(
    ("arithmetic", "source", "more"),
    [
        ("int16", "gemm 7x30 * 30x9", ("--stationary", "weights")),
        ("fixed", "gemm 7x30 * 30x9", ("--stationary", "inputs")),
        ("exact", "matmul 3x5x20 * 3x20x6", ()),
        ("int16", "fc 90 -> 17, batch 3", ("--no-double-buffer",)),
        ("fixed", "dwconv 8x9x9, 3x3, stride 2, pad 1", ()),
        ("exact", "conv 8x9x9 -> 8, 3x3, groups 2, batch 2, dilation 2", ("--weights-per-switch", "4")),
        ("int16", "maxpool 6x12x12, 3x3, stride 2, pad 1", ()),
        ("fixed", "avgpool 32x7x7, global", ()),
        ("exact", "add 64x4x4, operands 3", ("--buffer-bw", "4")),
    ],
)
def test_every_kind_of_layer_executes(
    capsys: pytest.CaptureFixture[str], arithmetic: str, source: str, more: tuple[str, ...]
) -> None:
    words = ("--hardware", "maeri-64-dram", "--buffer", "256", "--arithmetic", arithmetic, "--pieces", "1")
    facts = run(capsys, "simulate", source, *words, *more, "--json", "-").json
    assert facts["verdict"] == "correct" and facts["buffer_tiles"] > 1
    assert facts["transfers"] == facts["model"]["transfers"]


@pytest.mark.parametrize("arithmetic", ["exact", "int16", "fixed"])
def test_every_arithmetic_executes(
    capsys: pytest.CaptureFixture[str], given: tuple[object, ...], arithmetic: str
) -> None:
    facts = run(capsys, "simulate", LAYER, *given, "--arithmetic", arithmetic, "--json", "-").json
    assert facts["verdict"] == "correct" and facts["buffer_tiles"] == 12
    assert facts["transfers"] == facts["model"]["transfers"]


def test_operands_come_from_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: tuple[object, ...]
) -> None:
    out = written(capsys, tmp_path, *given)
    np.save(tmp_path / "x.npy", np.ones((1, 6, 10, 10), dtype=np.int32))
    words = ("simulate", LAYER, "--config", out)
    assert run(capsys, *words, "--input", tmp_path / "x.npy").code == 0
    assert run(capsys, *words, "--weights", tmp_path / "x.npy").code == 2


def test_layers_made_of_parts_execute(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(
        capsys, "simulate", "gru 12 -> 10, steps 2", "--hardware", "maeri-64-dram", "--buffer", "256"
    )
    assert result.code == 0 and "CORRECT · executed part by part" in result.out


def test_a_changed_schedule_is_an_error_that_names_the_buffer_tile(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: tuple[object, ...]
) -> None:
    out = written(capsys, tmp_path, *given)
    file = out / "schedule.json"
    text = file.read_text()
    for old, new, message in (
        ('"sums": "keep"', '"sums": "new"', "/out: buffer tile k = 0, y = 0, c = 1: output n = 0"),
        ('"weights": "fetch"', '"weights": "keep"', "/out: buffer tile k = 0, y = 0, c = 0: weight g = 0"),
        ('"capacity": 2048', '"capacity": 1024', "buffer: the buffer overflows"),
        ('"loop": "Y", "trips": 2', '"loop": "Y", "trips": 3', "Y: 3 × 5, C: 3 × 2, expected K: 2 × 4, Y: 2"),
    ):
        assert old in text
        file.write_text(text.replace(old, new, 1))
        result = run(capsys, "simulate", LAYER, "--config", out)
        assert (result.code, result.out) == (2, "")
        assert message in result.err
    file.write_text(text)
    assert run(capsys, "simulate", "fc 8 -> 4", "--config", out).code == 2


def test_array_orders_without_a_controller_are_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FILE + "array_order: inputs\n")
    words = (LAYER, "--mapping", file, "--hardware", "maeri-64-dram", "--controller", "programmable")
    for command in (("configure", "--out", tmp_path / "out"), ("simulate",), ("show",)):
        result = run(capsys, *command, *words)
        assert (result.code, result.out) == (2, "")
        assert "the inputs-stationary array order has no switch configuration" in result.err
        assert "--controller fixed" in result.err
    assert not (tmp_path / "out").exists()
    assert run(capsys, "profile", *words).code == 0  # which needs no configuration
    file.write_text(FILE)
    assert run(capsys, "simulate", *words).code == 0


def test_folders_are_not_overwritten_silently(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: tuple[object, ...]
) -> None:
    out = written(capsys, tmp_path, *given)
    single = ("configure", LAYER, "--mapping", "S3 K8", "--hardware", "maeri-64", "--out", out)
    refused = run(capsys, *single)
    assert refused.code == 2 and "say --force" in refused.err
    assert run(capsys, *single, "--force").code == 0
    assert not (out / "schedule.json").exists()
    assert run(capsys, "simulate", LAYER, "--config", out).code == 0


def test_the_user_s_simulator_runs_every_configuration_that_it_can(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: tuple[Any, ...]
) -> None:
    program = tmp_path / "stonne"
    program.write_text(
        "#!/bin/sh\ncase \"$*\" in *-Y=7*) n=11;; *) n=22;; esac\n"
        "echo Number of cycles running: $n\necho Test passed correctly\n"
    )  # fmt: skip
    program.chmod(0o755)
    given[1].write_text(FILE.replace("C2 K4 X8", "C6 K4 X8"))
    words = ("configure", LAYER, *given[:-1], "4 KiB", "--stonne", program, "--out")
    facts = run(capsys, *words, tmp_path / "a", "--json", "-").json
    assert [c["stonne"] for c in facts["configurations"]] == [
        {"cycles": 11, "passed": True},
        {"cycles": 22, "passed": True},
    ]
    assert "11, its check passed" in run(capsys, *words, tmp_path / "b").out
    assert run(capsys, *words[:-2], tmp_path / "no", "--out", tmp_path / "c").code == 2
    assert not (tmp_path / "c").exists()
    # It knows nothing of sums that come back.
    given[1].write_text(FILE)
    refused = run(capsys, *words[:-1], "--out", tmp_path / "s")
    assert refused.code == 2 and "no sums of earlier buffer tiles" in refused.err


def test_the_array_tile_is_drawn_and_the_text_names_its_buffer_tile(
    capsys: pytest.CaptureFixture[str], given: tuple[object, ...]
) -> None:
    result = run(capsys, "show", LAYER, *given)
    assert (result.code, result.err) == (0, "")
    assert ElementTree.fromstring(result.out).tag.endswith("svg")
    assert "tile S3 C2 K4 in buffer tile R3 S3 C2 K4 X8 Y5, 4 virtual neurons of 7" in result.out
    searched = run(capsys, "show", LAYER, *LEVELS, "--format", "dot")
    assert searched.code == 0 and " in buffer tile R3 S3 " in searched.out


@pytest.mark.parametrize("order", ["weights", "inputs", "outputs"])
def test_profile_shows_the_levels(capsys: pytest.CaptureFixture[str], tmp_path: Path, order: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FILE + f"array_order: {order}\n")
    words = (
        "profile",
        LAYER,
        "--mapping",
        file,
        "--hardware",
        "maeri-64-dram",
        "--controller",
        "programmable",
    )
    facts = run(capsys, *words, "--json", "-").json
    dram = [row for row in facts["levels"]["by_level"] if row["level"] == "DRAM"]
    profile = facts["profile"]
    assert profile["dram_words_read"] + profile["dram_words_written"] == sum(row["words"] for row in dram)
    assert profile["dram_energy"] == pytest.approx(sum(row["energy"] for row in dram))
    assert sum(profile["energy_by_event"].values()) == pytest.approx(facts["cost"]["energy"])
    assert run(capsys, *words, "--format", "mrna", "--out", tmp_path / "texts").code == 0
    (text,) = (path.read_text() for path in (tmp_path / "texts").iterdir())
    for shown in (run(capsys, *words).out, text):
        for line in (
            f"DRAM accesses {sum(row['words'] for row in dram):,} words",
            f"weights, DRAM to buffer {facts['levels']['transfers']['DRAM to buffer']['weights']:,}",
            f"stall cycles of the array {facts['levels']['stall_cycles']:,}",
            f"stationary in the array {order}",
            "buffer tile B_R=3 B_S=3 B_C=2 B_K=4 B_G=1 B_N=1 B_X=8 B_Y=5",
        ):
            assert line in " ".join(shown.split())


def test_profile_takes_a_mere_tile_and_searches(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "profile", LAYER, "--mapping", "S3 K8", *LEVELS, "--json", "-").json
    evaluated = run(capsys, "evaluate", LAYER, "--mapping", "S3 K8", *LEVELS, "--json", "-").json
    assert found["mapping"] == evaluated["mapping"]  # its buffer tile is the best for energy
    best = run(capsys, "map", LAYER, *LEVELS, "--no-baselines", "--json", "-").json
    assert run(capsys, "profile", LAYER, *LEVELS, "--json", "-").json["cost"] == best["cost"]
