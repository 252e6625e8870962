import io
import os
import pty
import re
import subprocess
import sys
from decimal import Decimal

import pytest

from solver.cli import progress
from solver.cli.progress import progress_line, watching_network, watching_sweep
from solver.cost.result import Objective
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.questions.network.run import Event
from solver.questions.sweep.run import SweepEvent
from solver.search.progress import Progress
from solver.views.console import make_console
from tests.support.examples.report_examples import example_hardware

LAYER = "small: conv 4x6x6 -> 4, 3x3"
COMMAND = [sys.executable, "-m", "solver", "map", LAYER, "--workers", "1", "--json", "-"]


@pytest.mark.parametrize(
    ("incumbent", "line"),
    [
        (Decimal(2000), "gap 25.00 % · proof · energy 2,000.00 energy units · bound 1,500.00"),
        (None, "proof · nothing found yet · bound 1,500.00"),
    ],
)
def test_the_line_shows_stage_best_bound_and_gap(incumbent: Decimal | None, line: str) -> None:
    question = Question(hardware=example_hardware(), objective=Objective.ENERGY, limits=Limits())
    assert progress_line(Progress("proof", incumbent, Decimal(1500), 1.0), question) == line


def test_the_line_of_a_front_names_what_is_searched_just_now() -> None:
    question = Question(hardware=example_hardware(), objective=Objective.EDP, limits=Limits())
    state = Progress("searching", Decimal(2000), Decimal(1500), 1.0, Objective.LATENCY)
    assert progress_line(state, question) == "gap 25.00 % · searching · latency 2,000 cycles · bound 1,500"


class Terminal(io.StringIO):
    """A terminal that keeps what it is shown."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 100])
def test_a_bar_keeps_bar_count_time_and_gap_beside_long_names(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    question = Question(hardware=example_hardware(), objective=Objective.ENERGY, limits=Limits())
    state = Progress("enumerating", Decimal(2 * 10**12), Decimal(15 * 10**11), 1.0)
    with watching_network("models/my_own_network_of_1000_layers.onnx", question) as show:
        show(Event(123, 1000, "fc1", progress=state))
    line = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).strip().splitlines()[-1].strip()
    assert re.match(r"models/my_own_netwo.?… [━╸╺ ]{20}  123/1000 0:00:00 left -:--:-- fc1: [g…]", line)
    assert len(line) <= columns


def test_a_long_sweep_says_how_many_are_left_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, clock = Terminal(), [0.0]
    for name, value in {"COLUMNS": "110", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    console = make_console(terminal)
    monkeypatch.setattr(console, "get_time", lambda: clock[0])
    monkeypatch.setattr(progress, "make_console", lambda stream: console)
    with watching_sweep("sweep") as show:
        for second in range(0, 21, 5):
            clock[0] = float(second)
            show(SweepEvent(100 * second, 400_000, "conv1 on 64 switches"))
    line = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).strip().splitlines()[-1].strip()
    # 398,000 are left, at 100 in a second.
    assert line.split("  ")[-1].strip() == "2000/400000 0:00:20 left 1:06:20 conv1 on 64 switches"


def test_without_a_terminal_nothing_is_shown() -> None:
    result = subprocess.run(COMMAND, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert result.stdout.startswith("{")


def test_on_a_terminal_the_progress_goes_to_stderr_only() -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    result = subprocess.run(
        COMMAND, stdout=subprocess.PIPE, stderr=theirs, text=True, check=True, env=environment
    )
    os.close(theirs)
    shown = os.read(ours, 10**6).decode()
    os.close(ours)
    assert "small" in shown
    assert "\x1b" not in result.stdout
    assert result.stdout.startswith("{")
