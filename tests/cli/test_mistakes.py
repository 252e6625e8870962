"""What people type: each mistake gets the one message with which they go on, each harmless variant works."""

from __future__ import annotations

import pytest

from tests.support.cli_runs import run

SMALL = "conv 4x6x6 -> 4, 3x3"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mapp", SMALL], "did you mean map?"),
        (["netwrok", "alexnet"], "did you mean network?"),
        (["map", SMALL, "--objective", "cycles"], "did you mean latency?"),
        (["map", SMALL, "--objective", "enrgy"], "did you mean energy?"),
        (["network", "alexnet", "--objective", "pareto"], "expected one of latency, energy, edp"),
        (["map", SMALL, "--hardwre", "maeri-64"], "--hardware"),
        (["map", SMALL, "--hardware", "maeri-63"], "did you mean maeri-64?"),
        (["map", SMALL, "--num-ms", "100"], "expected a power of two, such as 64 or 128"),
        (["map", SMALL, "--num-ms", "64", "--dn-bw", "128"], "expected at most num_ms = 64"),
        (["map", SMALL, "--buffer", "64 KiB"], "expected dram_bandwidth too (such as --dram-bw 16)"),
        (["map", SMALL, "--dram-bw", "16"], "expected buffer too (such as --buffer '64 KiB')"),
        (["map", SMALL, "--buffer", "64 bytes"], "such as 65536, 64 KiB or 64KB"),
        (["map", SMALL, "--energy-table", "mnra"], "did you mean mrna?"),
        (["map", SMALL, "--fix", "K=8x"], "expected an integer from 1"),
        (["map", SMALL, "--fix", "T_P=8"], "expected one of T_R, T_S"),
        (["map", "vgg_conf3"], "did you mean vgg_conv3?"),
        (["map", "https://example.org/resnet50.onnx"], "nothing is downloaded"),
        (["map", "conv 4x6x6 -> 4"], "expected"),
        (["map", "resnet50.onnx"], "no such file"),
        (["map"], "Missing argument"),
        (["evaluate", SMALL, "--mapping", "T_K=5"], "T_K"),
        (["map", SMALL, "--forms", "mirored"], "did you mean mirrored?"),
    ],
)
def test_a_natural_mistake_gets_one_message_with_which_one_goes_on(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    result = run(capsys, *arguments)
    assert result.code == 2
    assert result.out == ""
    assert said in result.err
    assert "Traceback" not in result.err


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
