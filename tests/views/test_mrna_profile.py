"""Profiles as mRNA writes them: every label of its files, on a line of its own, with our figures."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from solver.answers.profile import Profile
from solver.cli.main import main
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import LSTM, Conv
from solver.mapping.tile import Tile
from solver.questions.evaluate import evaluate_mapping
from solver.questions.profile import profile
from solver.views.text.mrna_profile import file_name, profile_text

ONCE = """\
Model Name: |Layer Type: |Layer Number: |Total number of Multiplier Switches: |\
Total number of Mapping Strategies: """
STRATEGY = """\
Mapping Strategy 0: |Tile Size: <T_X = |Average utilization rate: |Total Configurations: |\
Mapping: Distribute Network: |- Dram energy is: |- Average utilization rate throughout the whole layer: """
CONFIGURATION = """\
Configuration 0|Mapping: - Size of Virtual Neuron (VN): |- Number of VNs: |\
- Number of Idle Multiplier Switches: |\
Distribute Network: |- Number of unicast in weights: (|- Number of multicast in weights: (|\
- Size of multicast in weights: (|- Number of unicast in inputs: (|- Number of multicast in inputs: (|\
- Size of unicast in inputs: (|- Number of outputs expected (single control step): |\
- Peak utilization rate in configuration 0 is: |- Average utilization rate in configuration 0 is: """
BOTH = """\
- Number of access between distribute switches: |- Normalized energy of distribute network |Reduce Network: |\
- Number of reduce operations: |- Number of access between reduce switches: |\
- Normalized energy of Reduce Network: |Multiplier Network: |- Number of multiplications: |\
- Number of register access of the multiplier switch: |\
- Number of forward access between multiplier switches: |- Normalized energy of Multiplier Network: |\
Virtual Neuron Address Table (VNAT): |On-chip Scratchpad memory (Prefetch buffer): |\
- Number of weights read: |\
- Number of inputs read: |- Number of outputs write: |- Number of input data streams: |\
- Number of weight data streams: |- Normalized energy of accessing on-chip Scratchpad Memory: |Performance: |\
- Number of control steps: |- Runtime cycles: |Code Size: |- Code size is: """


def example(repeats: int = 1) -> Profile:
    layer = Conv(name="net/7", input=(4, 8, 8), filters=6, kernel=(3, 3))
    hardware = read_hardware(None, num_ms=64, dn_bw=16, rn_bw=8)
    return profile(evaluate_mapping(layer, hardware, Tile(R=3, S=3, K=6)), repeats)


def count(text: str, label: str) -> int:
    return sum(line.startswith(label) for line in text.splitlines())


def test_every_label_of_mrnas_files_stands_as_often_as_there() -> None:
    found = example()
    text = profile_text(found.result.layer, [("given", [("", found)])], [])
    labels = {label: 1 for part in (ONCE, STRATEGY, CONFIGURATION) for label in part.split("|")}
    labels |= dict.fromkeys(BOTH.split("|"), 2)
    assert {label: count(text, label) for label in labels} == labels and len(labels) == 50
    assert "Tile Size: <T_X = 3, T_Y = 3, T_C = 1, T_K = 6, T_N = 1, T_X' = 1, T_Y' = 1>\n" in text
    assert "- Number of Idle Multiplier Switches: 10\n" in text  # 6 neurons of 9 on 64 switches


def figures(text: str, label: str) -> list[Decimal]:
    """Return what stands behind a label, in every configuration and in the total."""
    return [Decimal(value) for value in re.findall(re.escape(label) + r"([\d.]+)", text)]


def test_energies_and_counts_are_those_of_the_profile_and_totals_those_of_all_runs() -> None:
    first, second = example(), example(20)
    text = profile_text(first.result.layer, [("given", [("a", first), ("b", second)])], ["softmax"])
    names = ("distribute network ", "Reduce Network: ", "Multiplier Network: ", "on-chip Scratchpad Memory: ")
    energies = [figures(text, f"energy of {name}") for name in names[:3]]
    energies.append(figures(text, f"accessing {names[3]}"))
    bus = first.energy_by_event["bus_wires"] + first.energy_by_event["static"]
    assert sum(each[0] for each in energies) + bus == first.result.cost.energy
    for a, b, both in energies:
        assert b == 20 * a and both == 21 * a
    cycles = first.result.cost.cycles
    assert figures(text, "- Runtime cycles: ") == [cycles, 20 * cycles, 21 * cycles]
    assert figures(text, "- Number of multiplications: ")[2] == 21 * first.result.cost.counts.multiplications
    parts = re.search(
        r"Reduce Network: ([\d.]+) \( accessing RSs = ([\d.]+), reduce operation = ([\d.]+) \)", text
    )
    assert parts is not None and Decimal(parts[1]) == Decimal(parts[2]) + Decimal(parts[3])
    assert figures(text, "- Total energy (energy units): ") == [21 * first.result.cost.energy]
    assert text.endswith("- Host operation, not run on the array: softmax\n")


def test_the_file_name_is_mrnas() -> None:
    found = example().result
    name = file_name(found.layer, found.hardware, Objective.LATENCY, model="x", number=3)
    assert name == "DNN-net-CONV7_MAERI-MS-64-DSW-16-RSW-8_Opt-performance.txt"
    lstm = LSTM(name="a b/../c", inputs=1, hidden=1)
    other = file_name(lstm, found.hardware, Objective.EDP, model="my model", number=3)
    assert other == "DNN-my_model-RNN3_MAERI-MS-64-DSW-16-RSW-8_Opt-energy_efficiency.txt"


def test_the_first_strategy_is_the_optimum_and_none_is_better(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layer, array = "conv 8x6x6 -> 8, 3x3", ["--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4"]
    assert main(["profile", layer, *array, "--format", "mrna", "--out", str(tmp_path / "p")]) == 0
    (file,) = (tmp_path / "p").iterdir()
    text = file.read_text()
    stated = int(re.search(r"Mapping Strategies: (\d+)", text)[1])  # type: ignore[index]
    strategies = text.split("Mapping Strategy ")[1:]
    assert len(strategies) == stated > 2
    cycles = [figures(strategy, "- Runtime cycles: ")[-1] for strategy in strategies]
    assert cycles[0] == min(cycles)
    tiles = re.findall("Tile Size: (.*)", text)
    assert len(set(tiles)) == len(tiles)
    assert f"- Bound on latency: {cycles[0]:,}, proved optimal" in text
