"""Every baseline by name, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from solver.answers.solution import BaselineResult
from solver.baselines.channel_parallel import channel_parallel
from solver.baselines.exhaustive import NAME as EXHAUSTIVE
from solver.baselines.exhaustive import exhaustive
from solver.baselines.filter_per_vn import filter_per_vn
from solver.baselines.hill_climb import hill_climb
from solver.baselines.mrna import mrna
from solver.baselines.output_parallel import output_parallel
from solver.baselines.problem import Choice, Problem
from solver.baselines.random_search import random_search
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InputError
from solver.forms.form import DIRECT
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits, TooManyTilesError
from solver.search.spaces import Spaces

RECIPES: Mapping[str, Callable[[Problem], Choice]] = MappingProxyType(
    {
        "mrna": mrna,
        "filter-per-vn": filter_per_vn,
        "channel-parallel": channel_parallel,
        "output-parallel": output_parallel,
    }
)
"""Fixed recipes: they map one form and ignore the user's limits."""

SEARCHING: Mapping[str, Callable[[Mapping[str, Problem]], Choice]] = MappingProxyType(
    {"random": random_search, "hill-climb": hill_climb, EXHAUSTIVE: exhaustive}
)
"""Baselines that search all forms within the user's limits."""

BASELINES: tuple[str, ...] = (*RECIPES, *SEARCHING)
"""Every baseline, in the order of the tables."""


TOO_MANY = "it lists all mappings, which are too many"


def run_baselines(
    nest: LoopNest,
    hardware: Hardware,
    objective: Objective,
    *,
    seed: int,
    names: Iterable[str] | None = None,
    limits: Limits | None = None,
    forms: Mapping[str, LoopNest] | None = None,
    spaces: Spaces | None = None,
) -> tuple[BaselineResult, ...]:
    """Run baselines on a layer and evaluate their choices under the one cost model.

    Parameters
    ----------
    nest, hardware, objective
        The layer as the recipes map it, the accelerator and what is minimised.
    seed
        Seed of the random baseline.
    names
        Baselines to run, in this order; all of `BASELINES` if not given.
    limits
        The user's constraints on tile sizes; kept by the baselines in `SEARCHING` only.
    forms
        Name and nest of each form that those search, the first one of equals; only `nest` if not given.
    spaces
        Where the tiles of the hardware within the limits are kept, if a search has listed them.

    Returns
    -------
    tuple of BaselineResult
        One per name; without tile and cost where a baseline has no mapping, with a note that says why.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    wanted = tuple(BASELINES if names is None else names)
    for name in wanted:
        if name not in BASELINES:
            raise InputError(field="baselines", found=name, expected="of " + ", ".join(BASELINES))

    def asked(form: LoopNest) -> Problem:
        return Problem(form, hardware, objective, seed, limits or Limits(), spaces)

    written, problems = asked(nest), {name: asked(form) for name, form in (forms or {DIRECT: nest}).items()}

    def result(name: str) -> BaselineResult:
        """Evaluate what a baseline chose."""
        if name in RECIPES:
            choice, problem = RECIPES[name](written), written
        else:
            try:
                choice = SEARCHING[name](problems)
            except TooManyTilesError:
                return BaselineResult(name, None, None, TOO_MANY)
            problem = problems.get(choice.form, written)
        cost = evaluate(problem.nest, hardware, choice.tile) if choice.tile else None
        return BaselineResult(name, choice.tile, cost, choice.note, choice.form)

    return tuple(result(name) for name in wanted)
