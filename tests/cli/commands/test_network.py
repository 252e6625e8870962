"""`network`, `cache` and `profile` on the command line."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.cli_runs import run

FAST = ["--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4, "--workers", 1]
NETWORK = """
name: tiny
layers:
- first: conv 2x6x6 -> 3, 3x3
- {name: rnn, kind: lstm, inputs: 3, hidden: 2, steps: 4}
- {name: soft, kind: host, operation: softmax, elements: 8}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **rest: str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(NETWORK)
    return file


def test_a_network_is_reported_layer_by_layer_with_its_total(
    capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    result = run(capsys, "network", model, *FAST)
    assert result.code == 0 and result.err == ""
    assert result.out.startswith("tiny: 2 of 2 layers proved optimal · total latency ")
    layers, _, ratios = result.out.partition("times ours")
    rows = {line.split()[0]: line for line in layers.splitlines() if line.strip()}
    assert "optimal" in rows["first"] and "host" in rows["soft"]
    assert "total" in rows and "\ntotal " in ratios
    assert "gates ×4" in result.out and "tanh of the cell" in result.out
    assert "layers compared" in result.out


def test_json_and_csv_hold_the_same_figures(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    table = tmp_path / "tiny.csv"
    result = run(capsys, "network", model, *FAST, "--csv", table, "--json", "-")
    data = json.loads(result.out, parse_float=Decimal)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert sum(int(row["cycles"] or 0) for row in rows) == data["total"]["cycles"]
    assert sum(Decimal(row["energy"] or 0) for row in rows) == data["total"]["energy"]
    assert [row["part"] for row in rows if row["layer"] == "rnn" and row["status"] == "optimal"] == [
        "gates",
        "cell state",
        "hidden state",
    ]
    mapped = [row for row in rows if row["form"]]
    assert mapped and all((row["layout"] == "") == (row["form"] == "direct") for row in mapped)
    assert {row["copies"] for row in mapped} == {"1.0"}
    assert data["total"]["edp"] == data["total"]["energy"] * data["total"]["cycles"]
    mrna = sum(int(row["mrna_cycles"] or 0) for row in rows)
    assert mrna == next(each["cycles"] for each in data["baselines"] if each["name"] == "mrna")


def test_a_second_run_comes_from_the_cache_and_clearing_it_forgets(
    capsys: pytest.CaptureFixture[str], model: Path, own_cache: Path
) -> None:
    first = run(capsys, "network", model, *FAST, "--json", "-").json
    second = run(capsys, "network", model, *FAST, "--json", "-").json
    assert (first["cached"], second["cached"]) == (0, second["different_layers"])
    assert first["total"] == second["total"]
    assert run(capsys, "cache", "path").out.strip() == str(own_cache / "answers.sqlite")
    assert "4 answers, 4 of this version" in run(capsys, "cache", "info").out
    assert run(capsys, "cache", "clear").out == "4 answers deleted\n"
    assert run(capsys, "network", model, *FAST, "--json", "-").json["cached"] == 0


def test_without_cache_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], model: Path, own_cache: Path
) -> None:
    run(capsys, "network", model, *FAST, "--no-cache")
    assert not own_cache.exists()


def test_wrong_layers_are_named_at_the_end_and_lose_no_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("- conv 2x6x6 -> 3, 3x3\n- conv 2x2x2 -> 3, 3x3\n- fc 4 -> 3\n")
    result = run(capsys, "network", file, *FAST, "--min", "T_R=2", "--no-baselines")
    assert result.code == 1
    assert "1 of 2 layers proved optimal" in result.out and "1 not read" in result.out
    infeasible, unread = result.err.splitlines()[:2]
    assert infeasible.startswith("net: net/2: infeasible: ") and "T_R >= 2" in infeasible
    assert "net.yaml:2" in unread and "kernel" in unread


def test_a_folder_of_mrna_files_is_a_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    layer = (
        "Model_Name = m\nLayer_Type = {kind}\nLayer_Number = {number}\n"
        "Input_parameter {{\ninput_batch = 1\ninput_x = 6\ninput_y = 6\ninput_channel = 2\n}}\n"
        "Output_parameter {{\noutput_batch = 1\noutput_x = 4\noutput_y = 4\noutput_channel = 2\n}}\n"
        "Weight_parameter {{\nweight_x = 3\nweight_y = 3\nweight_channel = {channel}\n"
        "weight_number = {weights}\nweight_stride = 1\n}}\n"
    )
    folder = tmp_path / "m"
    folder.mkdir()
    for number, (kind, channel, weights) in enumerate([("CONV", 2, 2), ("MAXPOOL", 1, 1), ("CONV", 3, 2)], 1):
        text = layer.format(kind=kind, number=number, channel=channel, weights=weights)
        (folder / f"Model_parameter_{number}.txt").write_text(text)
    result = run(capsys, "network", folder, *FAST, "--json", "-", "--no-baselines")
    assert result.code == 1
    assert [(layer["layer"]["name"], layer["status"]) for layer in result.json["layers"]] == [
        ("m/1", "optimal"),
        ("m/2", "optimal"),
    ]
    (problem,) = result.json["problems"]
    assert "Model_parameter_3.txt" in problem["where"] and "weight_channel" in problem["message"]


def test_one_of_several_models_that_cannot_be_read_does_not_lose_the_others(
    capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    result = run(capsys, "network", model, "no_such_model.yaml", *FAST, "--json", "-", "--no-baselines")
    assert result.code == 1
    assert [len(network["layers"]) for network in result.json] == [3, 0]
    assert run(capsys, "network", "no_such_model.yaml", *FAST).code == 2


def test_an_existing_csv_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    table = tmp_path / "old.csv"
    table.write_text("mine")
    assert run(capsys, "network", model, *FAST, "--csv", table).code == 2
    assert table.read_text() == "mine"


HARDWARE = FAST[:-2]


def test_a_profile_is_printed_for_the_best_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "profile", "c: conv 2x6x6 -> 3, 3x3", *HARDWARE)
    assert result.code == 0
    assert result.out.startswith("c\nMapping\n")
    assert "proved optimal" in result.out and "register accesses" in result.out


def test_a_given_mapping_is_profiled_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    layer = "c: conv 2x6x6 -> 3, 3x3"
    data = run(capsys, "profile", layer, *HARDWARE, "--mapping", "R3 S3", "--json", "-").json
    evaluated = run(capsys, "evaluate", layer, *HARDWARE, "--mapping", "R3 S3", "--json", "-").json
    assert data["cost"] == evaluated["cost"]
    assert (data["profile"]["vn_size"], data["profile"]["idle_switches"]) == (9, 7)
    refused = run(capsys, "profile", layer, *HARDWARE, "--mapping", "R4")
    assert refused.code == 2 and "illegal mapping" in refused.err


def test_profiles_of_parts_go_to_one_file_under_mrnas_name(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "profiles"
    result = run(capsys, "profile", model, *HARDWARE, "--format", "mrna", "--out", out)
    tail = "MAERI-MS-16-DSW-4-RSW-4_Opt-performance.txt"
    names = [f"DNN-tiny-CONV1_{tail}", f"DNN-tiny-RNN2_{tail}"]
    assert result.code == 0 and sorted(path.name for path in out.iterdir()) == names
    text = (out / names[1]).read_text()
    assert [part for part in ("gates", "cell state", "hidden state") if f"- Form: {part}: " in text] == [
        "gates",
        "cell state",
        "hidden state",
    ]
    assert "Host operation, not run on the array: tanh of the cell state" in text
    again = run(capsys, "profile", model, *HARDWARE, "--format", "mrna", "--out", out)
    assert again.code == 2 and "--force" in again.err


def test_the_format_and_its_folder_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "profile", "fc 3 -> 4", "--format", "mrna").code == 2
    assert run(capsys, "profile", "fc 3 -> 4", "--out", "x").code == 2


@pytest.mark.parametrize(
    ("source", "name"),
    [("conv 2x6x6 -> 3, 3x3", "DNN-layer-CONV1"), ("fc 3 -> 4", "DNN-layer-FC1")],
)
def test_the_profile_of_a_line_has_a_short_name_and_need_not_be_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, own_cache: Path, source: str, name: str
) -> None:
    words = ["profile", source, *HARDWARE, "--format", "mrna", "--out", tmp_path / "out"]
    assert run(capsys, *words, "--no-cache").code == 0
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == f"{name}_MAERI-MS-16-DSW-4-RSW-4_Opt-performance.txt"
    assert not own_cache.exists()
    assert run(capsys, *words, "--force").code == 0
    assert "1 answers, 1 of" in run(capsys, "cache", "info").out


def test_a_damaged_cache_is_cleared(capsys: pytest.CaptureFixture[str], own_cache: Path) -> None:
    own_cache.mkdir()
    (own_cache / "answers.sqlite").write_text("this is no database, and long enough to be looked at " * 20)
    result = run(capsys, "profile", "fc 3 -> 4", *HARDWARE)
    assert result.code == 0 and "cannot be used" in result.err
    result = run(capsys, "cache", "clear")
    assert (result.code, result.out) == (0, "the cache could not be read and is deleted\n")
    assert run(capsys, "profile", "fc 3 -> 4", *HARDWARE).err == ""
