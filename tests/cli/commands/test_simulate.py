from pathlib import Path

import numpy as np
import pytest

from solver.writers.ports.read_run import read_run
from tests.support.cli_runs import run

LAYER = "early: conv 3x6x6 -> 4, 3x3, pad 1"
GIVEN = ["--mapping", "R3 S3 K3"]


def test_a_given_mapping_is_proved_right(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "simulate", LAYER, *GIVEN, "--hardware", "maeri-64")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(
        "early: CORRECT · executed on the simulator's array, all 144 outputs are those"
    )
    assert "by the replay, equal" in result.out


def test_the_best_mapping_is_searched_first(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "simulate", "fc 12 -> 6", "--hardware", "maeri-64", "--json", "-")
    assert result.json["verdict"] == "correct"
    assert result.json["cycles"] == result.json["model"]["cycles"]


@pytest.mark.parametrize("hardware", ["maeri-64", "maeri-64-rtl"])
def test_what_configure_wrote_is_executed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, hardware: str
) -> None:
    assert run(capsys, "configure", LAYER, *GIVEN, "--hardware", hardware, "--out", tmp_path).code == 0
    for arithmetic in ("exact", "int16", "fixed"):
        result = run(
            capsys, "simulate", LAYER, "--config", tmp_path, "--arithmetic", arithmetic, "--json", "-"
        )
        assert result.json["arithmetic"] == arithmetic
        assert result.json["outputs"] == 144


def test_operands_come_from_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 8), dtype=np.int32))
    np.save(tmp_path / "w.npy", np.ones((3, 8), dtype=np.int8))
    args = ["simulate", "fc 8 -> 3, batch 2", "--mapping", "S4", "--input", tmp_path / "x.npy"]
    assert run(capsys, *args, "--weights", tmp_path / "w.npy").code == 0
    result = run(capsys, *args, "--weights", tmp_path / "x.npy")
    assert (result.code, result.out) == (2, "")
    assert "weights: found shape (2, 8), expected shape (3, 8)" in result.err


def test_a_changed_memory_image_is_an_error_that_names_the_file_and_the_switch(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, "configure", LAYER, *GIVEN, "--hardware", "maeri-64-rtl", "--out", tmp_path)
    image = tmp_path / "RN_Config.vmh"
    lines = image.read_text().split("\n")
    word = next(i for i, line in enumerate(lines[1:], 1) if int(line, 16))
    lines[word] = "00000000"
    image.write_text("\n".join(lines))
    result = run(capsys, "simulate", LAYER, "--config", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert "no mode takes the value" in result.err
    assert result.err.startswith((f"error: {tmp_path}: D", f"error: {tmp_path}: S"))
    changed = "; RN_Config.vmh differs from configuration.json; RN_Config.vmh is what is executed"
    assert result.err.strip().endswith(changed)


def test_a_changed_destination_is_an_error_that_names_the_multiplier(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path)
    table = tmp_path / "distribution.csv"
    table.write_text(table.read_text().replace("0x1,weight", "0x2,weight", 1))
    result = run(capsys, "simulate", LAYER, "--config", tmp_path)
    assert result.code == 2
    assert f"error: {tmp_path}: MS1: the multiplier is sent a word that it does not take" in result.err
    assert "; distribution.csv differs from configuration.json" in result.err


@pytest.mark.parametrize("hardware", ["maeri-64", "maeri-64-dram"])
@pytest.mark.parametrize(
    ("layer", "reference"),
    [
        ("conv 2x4x4 -> 2, 2x2", "direct convolution"),
        ("maxpool 2x4x4, 2x2, stride 2", "the pooling's definition"),
        ("avgpool 2x4x4, 2x2, stride 2", "the pooling's definition"),
        ("gemm 2x3 * 3x2", "the layer's definition"),
    ],
)
def test_the_verdict_names_what_the_outputs_were_compared_with(
    capsys: pytest.CaptureFixture[str], hardware: str, layer: str, reference: str
) -> None:
    result = run(capsys, "simulate", layer, "--hardware", hardware)
    assert result.code == 0 and f"outputs are those of {reference}" in result.out.split("\n")[0]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--config", "no/such"], "no/such: no such file"),
        (["--config", ".", *GIVEN], "found a mapping, forms, pieces or hardware beside it"),
        (["--config", ".", "--forms", "all"], "found a mapping, forms, pieces or hardware beside it"),
        (["--config", ".", "--pieces", "x"], "found a mapping, forms, pieces or hardware beside it"),
        ([*GIVEN, "--pieces", "all"], "--mapping: found --pieces beside it"),
        (["--arithmetic", "float"], "found 'float', expected one of exact, int16, fixed"),
        ([*GIVEN, "--input", "no.npy"], "no.npy: no such file"),
    ],
)
def test_a_mistake_is_one_message(capsys: pytest.CaptureFixture[str], args: list[str], message: str) -> None:
    result = run(capsys, "simulate", LAYER, *args)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_configuration_of_another_layer_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, "configure", LAYER, *GIVEN, "--out", tmp_path)
    result = run(capsys, "simulate", "fc 8 -> 4", "--config", tmp_path)
    assert result.code == 2
    assert "the configuration is for another layer" in result.err


def test_a_log_of_one_piece_is_compared_in_its_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, small = "conv 2x6x6 -> 11, 2x2", ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")
    asked = ("--hardware", "maeri-64-rtl", *small, "--pieces", "all", "--objective", "latency")
    run(capsys, "configure", layer, *asked, "--out", tmp_path)
    monkeypatch.chdir(tmp_path / "piece-2")
    played = run(capsys, "simulate", layer, "--config", ".", "--json", "-")
    assert (played.code, played.json["layer"]["count"]) == (0, 2)
    expected = read_run(tmp_path / "piece-2").expected
    results = [f"result 20 {bus} {v & 0xFFFF:04x}" for bus, values in enumerate(expected) for v in values]
    Path("run.log").write_text("\n".join([*results, "end 220 234 right"]))
    logged = run(capsys, "simulate", layer, "--config", ".", "--log", "run.log")
    assert (logged.code, logged.err) == (0, "")
    Path("run.log").write_text("\n".join([results[0], *results[2:], "end 220 234 right"]))
    assert "not the expected one" in run(capsys, "simulate", layer, "--config", ".", "--log", "run.log").err
    whole = run(capsys, "simulate", layer, "--config", tmp_path, "--log", "run.log")
    assert whole.code == 2 and "expected the folder of one of them" in whole.err
