"""From answers to the text of their page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from solver.answer import Infeasible
from solver.design import DesignAnswer
from solver.explain import Explanation
from solver.explore import Exploration
from solver.network import NetworkAnswer
from solver.pareto import ParetoFront
from solver.report.html.page_design import design_page
from solver.report.html.page_explain import explain_page
from solver.report.html.page_explore import explore_page
from solver.report.html.page_front import front_page
from solver.report.html.page_map import map_page
from solver.report.html.page_network import network_page
from solver.report.html.page_sweep import sweep_page
from solver.report.html.run import Run
from solver.solution import Solution
from solver.sweep import SweepAnswer

PAGES: dict[type, Callable[..., str]] = {
    Solution: map_page,
    Infeasible: map_page,
    Exploration: explore_page,
    NetworkAnswer: network_page,
    ParetoFront: front_page,
    Explanation: explain_page,
    SweepAnswer: sweep_page,
    DesignAnswer: design_page,
}
"""The page of each kind of answer; takes the answers, the run, and how many were asked for."""


def report_text(answers: Sequence[Any], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some answers of one command.

    Parameters
    ----------
    answers
        At least one; all of one command.
    run
        How they came about.
    asked
        How many answers were asked for, if the search was stopped before.

    Raises
    ------
    MissingDependencyError
        If the packages of the extra `report` are not installed.
    """
    return PAGES[type(answers[0])](answers, run, asked=asked)
