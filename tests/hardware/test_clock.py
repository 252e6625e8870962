"""The clock: figures in time, and nothing else depends on it."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

import solver
from solver.arithmetic.numbers import parse_clock, parse_rate
from solver.cost.result import Objective
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.legal.tiles import Limits
from solver.questions.cache.key import fingerprint
from solver.questions.map_layer import Question
from solver.readers.read import read_model
from solver.writers.hardware_file import hardware_text
from tests.support.cli_runs import run

LAYER = "conv 4x6x6 -> 4, 3x3"


@pytest.mark.parametrize(
    ("text", "hertz"),
    [
        ("600 MHz", 600_000_000),
        ("600mhz", 600_000_000),
        ("1.2GHz", 1_200_000_000),
        ("32.768 kHz", 32_768),
        ("1 Hz", 1),
        ("600", None),
        ("0 MHz", None),
        ("1.5 Hz", None),
        ("-1 MHz", None),
        ("1..2 GHz", None),
        ("9999 GHz", None),
    ],
)
def test_a_clock_has_a_unit(text: str, hertz: int | None) -> None:
    assert parse_clock(text) == hertz


def test_rates_by_hand() -> None:
    answer = solver.map(LAYER, {"source": "maeri-64-dram", "clock": "500 MHz"})
    rates, levels = answer.rates, answer.levels
    assert rates is not None and levels is not None
    seconds = answer.cost.cycles / 500e6
    assert rates.seconds == pytest.approx(seconds)
    assert rates.per_second == pytest.approx(1 / seconds)
    assert rates.gops == pytest.approx(2 * answer.layer.macs / seconds / 1e9)
    words = sum(sum(moved.values()) for name, moved in levels.transfers.items() if "DRAM" in name)
    assert rates.dram_bytes_per_second == pytest.approx(2 * words / seconds)
    assert answer.to_dict()["rates"] == rates.to_dict()
    assert solver.map(LAYER, "maeri-64").rates is None


def test_rates_of_networks_and_designs_are_those_of_their_layers(tmp_path: Path) -> None:
    """Bytes across the chip's edge too; without DRAM, or a clock, nothing is said of them."""
    model = tmp_path / "net.yaml"
    model.write_text(f'layers: ["{LAYER}", "fc 64 -> 10", {{kind: host, operation: softmax, elements: 10}}]')
    clocked = {"source": "maeri-64-dram", "clock": "500 MHz"}
    network = solver.network(model, clocked, cache=False)
    parts = [solver.map(layer, clocked) for layer in (LAYER, "fc 64 -> 10")]
    seconds = sum(part.cost.cycles for part in parts) / 500e6
    moved = sum(levels.dram_bytes for part in parts for levels in part.level_figures)
    rates = network.to_dict()["total"]["rates"]
    assert rates["seconds"] == pytest.approx(seconds)
    assert rates["dram_bytes_per_second"] == pytest.approx(moved / seconds)
    chip = tmp_path / "chip.yaml"
    chip.write_text(hardware_text(network.hardware))
    chosen = solver.design(
        model, chip, num_ms=64, bandwidth=16, buffer="64KiB", dram_bandwidth=16, cache=False
    )
    assert chosen.rates is not None
    assert chosen.rates.to_dict() == pytest.approx(rates)
    plain = solver.network(model, {"source": "maeri-64", "clock": "500 MHz"}, cache=False)
    assert plain.to_dict()["total"]["rates"]["dram_bytes_per_second"] is None


def test_a_clock_is_no_question_of_its_own_and_survives_a_file(tmp_path: Path) -> None:
    (layer,) = read_model(LAYER).layers
    clocked, plain = read_hardware("maeri-64", clock=10**9), read_hardware("maeri-64")
    assert clocked == plain
    ask = partial(Question, objective=Objective.LATENCY, limits=Limits(lower={}, upper={}))
    assert fingerprint(layer, ask(hardware=clocked)) == fingerprint(layer, ask(hardware=plain))  # type: ignore[arg-type]
    file = tmp_path / "hw.yaml"
    file.write_text(hardware_text(clocked))
    assert read_hardware(file).clock == 10**9
    file.write_text(hardware_text(plain) + "clock: 600\n")
    with pytest.raises(InputError, match=r"clock: found 600, expected a clock such as 600 MHz"):
        read_hardware(file)


def test_it_is_shown_for_a_layer_a_given_mapping_and_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--hardware", "maeri-64", "--clock", "500 MHz")
    cycles = solver.map(LAYER, "maeri-64").cost.cycles
    assert cycles < 500
    shown = f"at 500 MHz {cycles * 2} ns"
    for arguments in (("map", LAYER, "--no-baselines"), ("network", LAYER, "--no-baselines", "--no-cache")):
        assert shown in run(capsys, *arguments, *options).out
    assert "at 500 MHz" in run(capsys, "evaluate", LAYER, "--mapping", "S3 K4", *options).out


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("19.2 GB/s", Decimal("19.2e9")),
        ("19.2gbps", Decimal("19.2e9")),
        ("1 GiB/s", Decimal(2**30)),
        ("300 B/s", Decimal(300)),
        ("19.2", None),
        ("19.2 GHz", None),
        ("0 GB/s", None),
        ("1 iB/s", None),
    ],
)
def test_rates_as_they_are_sold(text: str, rate: Decimal | None) -> None:
    assert parse_rate(text) == rate


def test_a_bandwidth_in_bytes_per_second_is_words_per_cycle_of_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    text = (
        "num_ms: 64\ndn_bw: 16\nrn_bw: 16\nclock: 600 MHz\ndram_bandwidth: 19.2 GB/s\n"
        "prefetch_buffer:\n  capacity: 64 KiB\n  word_bytes: 4\n  bandwidth: 38.4 GB/s\n"
    )
    file.write_text(text)
    memory = read_hardware(file).memory
    assert memory is not None
    assert (memory.dram_bandwidth, memory.buffer.bandwidth) == (8, 16)
    file.write_text(text.replace("clock: 600 MHz\n", ""))
    with pytest.raises(InputError, match=r"own.yaml:8: bandwidth: found 38.4 GB/s and no clock"):
        read_hardware(file)
    file.write_text(text.replace("19.2", "20"))
    with pytest.raises(InputError, match=r"own.yaml:5: .* are 8.33333 words of 4 bytes .* such as 8 or 9"):
        read_hardware(file)
