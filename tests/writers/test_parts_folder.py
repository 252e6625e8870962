"""Layers made of parts: their folders, read back, executed and played."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import solver
from solver.errors import InputError
from solver.execution.lowering import Tensors
from solver.execution.reference import reference
from solver.execution.whole_layers.parts import run_parts
from solver.execution.whole_layers.whole import random_operands
from solver.layer import ConvTranspose, Primitive
from solver.readers.read import read_layers
from solver.writers.ports.read_run import read_run
from solver.writers.whole.parts_folder import parts_document
from tests.support.cli_runs import run
from tests.support.examples.whole_runs import whole_troubles

ARRAY = ["--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4, "--workers", 1]
REAL = ["--hardware", "maeri-64-rtl", *ARRAY]
BUFFER = ["--buffer", "128 B", "--dram-bw", 4]
TRANSPOSED = "convtranspose 2x3x4 -> 3, 3x2, s2"


@pytest.mark.parametrize(
    ("line", "hardware", "runs"),
    [
        (TRANSPOSED, REAL, [2, 2]),
        ("lstm 4 -> 3, steps 5", [*REAL, *BUFFER], [5, 5, 5]),
        ("attention 2 x 2, queries 3, projections", REAL, [4, 1, 1]),
        ("rnn 4 -> 3, bidirectional", ["--hardware", "maeri-64", *ARRAY, *BUFFER], [2]),
    ],
)
def test_every_different_part_has_a_folder_that_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, line: str, hardware: list[object], runs: list[int]
) -> None:
    folder, plays = tmp_path / "c", hardware[1] == "maeri-64-rtl"
    done = run(capsys, "configure", line, *hardware, "--out", folder, "--json", "-")
    assert (done.code, done.err) == (0, "")
    parts = done.json["parts"]
    assert [part["repeats"] for part in parts] == runs
    assert [part["folder"] for part in parts] == [str(folder / f"part-{n}") for n in range(1, len(runs) + 1)]
    key = "cycles" if "cycles" in parts[0] else "array_cycles"
    assert all(part[key] == part["model"][key] for part in parts)
    total = sum(count * part[key] for count, part in zip(runs, parts, strict=True))
    assert done.json["array_cycles"] == done.json["model"]["array_cycles"] == total

    told = run(capsys, "simulate", line, "--config", folder, "--json", "-").json
    assert told["verdict"] == "correct"
    assert all(("run" in part) == plays for part in told["parts"])
    if plays:
        first = run(capsys, "simulate", line, "--config", folder / "part-1", "--json", "-").json
        assert first["run"] == told["parts"][0]["run"]
        assert first["run"]["cycles"] == parts[0][key]
        (layer,) = read_layers(line)
        assert whole_troubles(layer, folder, 1) == ""


def test_phases_say_which_taps_and_outputs_are_theirs() -> None:
    (layer,) = read_layers("convtranspose 2x3x4 -> 3, 3x4, s2x3, pad 1, outpad 1")
    assert isinstance(layer, ConvTranspose)
    way, operands = layer.decompositions()[0], random_operands(layer, 3)
    seen: list[tuple[Tensors, np.ndarray]] = []

    def ran(primitive: Primitive, tensors: Tensors) -> np.ndarray:
        seen.append((tensors, reference(primitive, tensors)))
        return seen[-1][1]

    whole = run_parts(layer, operands, ran, way.name)
    entries = [entry for entry in parts_document(layer, way)["parts"] if "folder" in entry]
    output = np.zeros_like(whole)
    around = np.pad(operands["inputs"], ((0, 0), (0, 0), (9, 9), (9, 9)))
    for (tensors, found), entry in zip(seen, entries, strict=True):
        rows, cols = (np.arange(a, b + 1, step) for a, b, step in entry["inputs"].values())
        assert np.array_equal(tensors.inputs[:, 0], around[:, :, rows[:, None] + 9, cols + 9])
        rows, cols = (np.arange(a, b + 1, step) for a, b, step in entry["taps"].values())
        taps = operands["weights"][:, :, rows[::-1, None], cols[::-1]]
        assert np.array_equal(tensors.weights[0], taps.transpose(1, 0, 2, 3))
        rows, cols = (np.arange(a, b + 1, step) for a, b, step in entry["outputs"].values())
        output[:, :, rows[:, None], cols] = found[:, 0]
    assert np.array_equal(output, whole)


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    assert run(capsys, "configure", TRANSPOSED, *REAL, "--out", tmp_path / "c").code == 0
    return tmp_path / "c"


def test_a_log_is_of_one_part(capsys: pytest.CaptureFixture[str], written: Path, tmp_path: Path) -> None:
    played = read_run(written / "part-2")
    log = tmp_path / "run.log"
    log.write_text("".join(f"result 1 {bus} 7777\n" for bus, v in enumerate(played.expected) if len(v)))
    refused = run(capsys, "simulate", TRANSPOSED, "--config", written, "--log", log)
    assert refused.code == 2
    assert "the layer in parts, each with a run of its own, expected the folder of one" in refused.err
    told = run(capsys, "simulate", TRANSPOSED, "--config", written / "part-2", "--log", log)
    assert told.code == 2
    assert re.search(r"layer/phase 1,0 and 1 like it: window 0 of .* virtual neuron \d+ at [SD]", told.err)


def test_mistakes_name_the_part_and_the_file(capsys: pytest.CaptureFixture[str], written: Path) -> None:
    def said(line: str, folder: Path) -> str:
        result = run(capsys, "simulate", line, "--config", folder)
        assert (result.code, result.err.count("\n")) == (2, 1)
        return result.err

    other = TRANSPOSED.replace("3x2", "3x3")
    assert "parts.json: layer: the parts are those of another layer, found {'kernel': [3, 2]}" in said(
        other, written
    )
    assert "no parts.json in it or above it" in said(TRANSPOSED, written.parent)
    assert "a layer made of parts, expected that layer" in said("conv 2x3x3 -> 1, 3x3", written)
    weights = written / "part-2" / "multipliers.csv"
    weights.write_text(weights.read_text().replace("LOAD,1", "LEFT_EDGE,3", 1))
    assert "part-2: multipliers.csv differs" in said(TRANSPOSED, written)
    document = json.loads((written / "parts.json").read_text())
    document["parts"][0]["folder"] = "../elsewhere"
    (written / "parts.json").write_text(json.dumps(document))
    assert "parts.json: parts: not the parts of the layer" in said(TRANSPOSED, written / "part-1")
    for way in ([], {}, None, 3):
        (written / "parts.json").write_text(json.dumps({**document, "way": way}))
        assert f"parts.json: way: found {way!r}, expected one of " in said(TRANSPOSED, written)


def test_nothing_that_each_part_would_need_is_taken(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for option in (["--mapping", "S2"], ["--weights", "w.npy"]):
        refused = run(capsys, "configure", TRANSPOSED, *REAL, *option, "--out", tmp_path / "c")
        assert (refused.code, (tmp_path / "c").exists()) == (2, False)
        assert "the kind convtranspose, made of parts, and" in refused.err


def test_another_layer_replaces_all_files_of_the_parts(
    capsys: pytest.CaptureFixture[str], written: Path
) -> None:
    before = written / "part-2" / "program.vmh"
    assert before.exists()
    line = ["fc 4 -> 2", "--mapping", "S4 K2", *REAL[:-2], "--out", written]
    assert run(capsys, "configure", *line).code == 2
    assert run(capsys, "configure", *line, "--force").code == 0
    assert not before.exists()


def test_the_python_functions_take_layers_made_of_parts(tmp_path: Path) -> None:
    done = solver.configure("rnn 4 -> 3", tmp_path / "c", None, {"source": "maeri-64-rtl", "num_ms": 16})
    assert solver.simulate("rnn 4 -> 3", config=tmp_path / "c").cycles == done.executed
    assert solver.simulate("rnn 4 -> 3", config=tmp_path / "c" / "part-1").run.cycles == done.executed
    with pytest.raises(InputError, match="weights"):
        solver.configure("rnn 4 -> 3", tmp_path / "d", weights="w.npy")
