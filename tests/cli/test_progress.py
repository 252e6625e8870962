import os
import pty
import subprocess
import sys
from decimal import Decimal

import pytest

from solver.cli.progress import progress_line
from solver.cost.result import Objective
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.search.progress import Progress
from tests.support.report_examples import example_hardware

LAYER = "small: conv 4x6x6 -> 4, 3x3"
COMMAND = [sys.executable, "-m", "solver", "map", LAYER, "--workers", "1", "--json", "-"]


@pytest.mark.parametrize(
    ("incumbent", "line"),
    [
        (Decimal(2000), "proof · energy 2,000.00 energy units · bound 1,500.00 · gap 25.00 %"),
        (None, "proof · nothing found yet · bound 1,500.00"),
    ],
)
def test_the_line_shows_stage_best_bound_and_gap(incumbent: Decimal | None, line: str) -> None:
    question = Question(hardware=example_hardware(), objective=Objective.ENERGY, limits=Limits())
    assert progress_line(Progress("proof", incumbent, Decimal(1500), 1.0), question) == line


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
