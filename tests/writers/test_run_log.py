"""The log of a run on the RTL, compared with what was expected."""

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.execution.build import build_config
from solver.execution.faults import SwitchFaultError
from solver.execution.ports.player import play
from solver.hardware import read_hardware
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from solver.writers.ports.read_run import check_log, read_run
from tests.support.examples.port_runs import write_run

LAYER = read_layers("conv 2x5x5 -> 3, 2x2")[0]
HARDWARE = read_hardware("maeri-64-rtl", num_ms=16, dn_bw=4, rn_bw=4)
CONFIG = build_config(LAYER.nest(), HARDWARE, Tile(R=2, S=2, K=2), name="layer")


@pytest.fixture
def logged(tmp_path: Path) -> tuple[Path, list[str]]:
    write_run(CONFIG, LAYER, tmp_path)
    run = read_run(tmp_path)
    played = play(run.program, run.tree, run.images)
    values = zip(played.times, played.results, strict=True)
    lines = sorted(
        (int(cycle), f"result {cycle} {bus} {int(value) & 0xFFFF:04x}")
        for bus, (cycles, numbers) in enumerate(values)
        for cycle, value in zip(cycles, numbers, strict=True)
    )
    end = f"end {played.cycles - 13} {played.cycles} right"
    return tmp_path, ["Warning: of the simulator", *(line for _, line in lines), end]


def check(folder: Path, lines: list[str]):
    (folder / "run.log").write_text("\n".join(lines) + "\n")
    return check_log(folder / "run.log", read_run(folder), CONFIG)


def test_a_right_log_gives_cycles_and_results(logged: tuple[Path, list[str]]) -> None:
    folder, lines = logged
    checked = check(folder, lines)
    assert (f"end {checked.cycles - 13} {checked.cycles} right", checked.results) == (
        lines[-1],
        len(lines) - 2,
    )


def test_the_first_difference_is_named(logged: tuple[Path, list[str]]) -> None:
    folder, lines = logged
    wrong = [
        line[:-4] + "7777" if n >= 9 and line.startswith("result") else line for n, line in enumerate(lines)
    ]
    message = (
        r"layer: window \d+ of stream 0 in pass .*virtual neuron \d at \S+; output n = 0.* is 30583, not"
    )
    with pytest.raises(SwitchFaultError, match=message):
        check(folder, wrong)
    with pytest.raises(SwitchFaultError, match=r"fold = 1.* is nothing, not"):
        check(folder, lines[:-2])
    with pytest.raises(SwitchFaultError, match=r"\d+ values, \d+ expected"):
        check(folder, [*lines[:-1], lines[-2], lines[-1]])
    with pytest.raises(SwitchFaultError, match="does not end"):
        check(folder, lines[:-1])


def test_what_is_no_log_is_refused(logged: tuple[Path, list[str]]) -> None:
    with pytest.raises(InputError, match="no line with a result"):
        check(logged[0], ["nothing"])
    with pytest.raises(InputError, match=r":2: found bus 9"):
        check(logged[0], ["result 1 0 0001", "result 1 9 0001"])
