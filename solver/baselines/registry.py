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
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits

BASELINES: Mapping[str, Callable[[Problem], Choice]] = MappingProxyType(
    {
        "mrna": mrna,
        "filter-per-vn": filter_per_vn,
        "channel-parallel": channel_parallel,
        "output-parallel": output_parallel,
        "random": random_search,
        "hill-climb": hill_climb,
        EXHAUSTIVE: exhaustive,
    }
)
"""The baselines in the order of the tables."""

SEARCHING: frozenset[str] = frozenset({"random", "hill-climb", EXHAUSTIVE})
"""Baselines that search and keep the user's limits; the others are fixed recipes that ignore them."""


def run_baselines(
    nest: LoopNest,
    hardware: Hardware,
    objective: Objective,
    *,
    seed: int,
    names: Iterable[str] | None = None,
    limits: Limits | None = None,
) -> tuple[BaselineResult, ...]:
    """Run baselines on a layer and evaluate their choices under the one cost model.

    Parameters
    ----------
    nest, hardware, objective
        The layer, the accelerator and what is minimised.
    seed
        Seed of the random baseline.
    names
        Baselines to run, in this order; all of `BASELINES` if not given.
    limits
        The user's constraints on tile sizes; kept by the baselines in `SEARCHING` only.

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
    problem = Problem(nest, hardware, objective, seed, limits or Limits())
    return tuple(_result(name, BASELINES[name](problem), problem) for name in wanted)


def _result(name: str, choice: Choice, problem: Problem) -> BaselineResult:
    """Evaluate what a baseline chose."""
    cost = evaluate(problem.nest, problem.hardware, choice.tile) if choice.tile else None
    return BaselineResult(name, choice.tile, cost, choice.note)
