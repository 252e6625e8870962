"""From answers to the text of their page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from solver.answers.design import DesignAnswer
from solver.answers.evaluation import Evaluation
from solver.answers.exploration import Exploration
from solver.answers.front import ParetoFront
from solver.answers.infeasible import Infeasible
from solver.answers.network import NetworkAnswer
from solver.answers.profile import Profile
from solver.answers.solution import Solution
from solver.answers.sweep import SweepAnswer
from solver.errors import InputError
from solver.questions.explain.run import Explanation
from solver.views.html.pages.design import design_page
from solver.views.html.pages.explain import explain_page
from solver.views.html.pages.explore import explore_page
from solver.views.html.pages.front import front_page
from solver.views.html.pages.given import given_page
from solver.views.html.pages.map import map_page
from solver.views.html.pages.network import network_page
from solver.views.html.pages.sweep import sweep_page
from solver.views.html.run import Run

PAGES: dict[type, Callable[..., str]] = {
    Solution: map_page,
    Infeasible: map_page,
    Exploration: explore_page,
    NetworkAnswer: network_page,
    ParetoFront: front_page,
    Explanation: explain_page,
    SweepAnswer: sweep_page,
    DesignAnswer: design_page,
    Evaluation: given_page,
    Profile: given_page,
}
"""The page of each kind of answer; takes the answers, the run, and how many were asked for."""


ALONE = (Exploration, SweepAnswer, DesignAnswer)
"""Of these a page shows one."""


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
    InputError
        If there is no page for such answers.
    MissingDependencyError
        If the packages of the extra `report` are not installed.
    """
    kinds = {PAGES.get(type(answer)) for answer in answers}
    if len(kinds) != 1 or None in kinds or (len(answers) > 1 and type(answers[0]) in ALONE):
        raise InputError(
            field="answers",
            found=", ".join(dict.fromkeys(type(answer).__name__ for answer in answers)) or "nothing",
            expected=f"one of {', '.join(kind.__name__ for kind in PAGES)}, or several of one command",
        )
    return PAGES[type(answers[0])](answers, run, asked=asked)
