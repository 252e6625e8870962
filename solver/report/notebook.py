"""The reports of the command line as HTML, for notebooks."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from solver.design import DesignAnswer
from solver.evaluation import Evaluation
from solver.explain import Explanation
from solver.explore import Exploration
from solver.network import NetworkAnswer
from solver.pareto import ParetoFront
from solver.report.console import ReportConsole
from solver.report.design import show_design
from solver.report.explain import show_explanation
from solver.report.explore import show_exploration
from solver.report.front import show_front
from solver.report.network import show_network
from solver.report.profile import show_profile
from solver.report.result import show_solution
from solver.report.sweep import show_sweep
from solver.solution import Solution
from solver.sweep import SweepAnswer

WIDTH = 110
"""Columns of the reports; notebooks scroll what is wider."""

_STYLE = "font-family:ui-monospace,Menlo,Consolas,monospace;line-height:1.25;overflow-x:auto;white-space:pre"
_FORMAT = f'<pre style="{_STYLE}">{{code}}</pre>'

SHOWN: dict[type, Callable[[ReportConsole, Any], None]] = {
    Solution: show_solution,
    Evaluation: show_profile,
    NetworkAnswer: show_network,
    Exploration: show_exploration,
    ParetoFront: show_front,
    Explanation: show_explanation,
    SweepAnswer: show_sweep,
    DesignAnswer: show_design,
}
"""How each kind of answer is reported."""


def notebook_html(answer: object) -> str:
    """Return the report of an answer as a piece of HTML that needs nothing else."""
    console = ReportConsole(
        file=io.StringIO(),
        width=WIDTH,
        record=True,
        highlight=False,
        emoji=False,
        markup=False,
        force_jupyter=False,
        force_terminal=True,
    )
    SHOWN[type(answer)](console, answer)
    return console.export_html(inline_styles=True, code_format=_FORMAT)
