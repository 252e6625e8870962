"""Run the joint model.

`minimise` is to be told of a mapping that satisfies the model, and does not believe what it contradicts
(`solver.search.interruptible`): OR-Tools 9.15 once said of VGG-16's conv1_2 that there is no mapping.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from solver.mapping.levels import LevelMapping
from solver.search.cp_sat import cp_model
from solver.search.interruptible import look_twice, new_solver, run_interruptibly
from solver.search.two_level.joint.model import JointModel

_CLOSE = 1e-9
"""Relative difference that floating point explains."""


@dataclass(frozen=True)
class Outcome:
    """What CP-SAT established.

    Attributes
    ----------
    mapping
        The best mapping found, None if time was up before any was.
    proved
        Whether it is optimal.
    interrupted
        Whether the user pressed Ctrl-C.
    bound
        No mapping's objective is lower, in its own unit; infinite if there is no mapping.
    seconds
        Time of the search.
    """

    mapping: LevelMapping | None
    proved: bool
    interrupted: bool
    bound: float
    seconds: float


def minimise(
    model: JointModel,
    *,
    known: float | None = None,
    seconds: float | None = None,
    workers: int | None = 1,
    seed: int = 0,
) -> Outcome:
    """Minimise the model's objective.

    Parameters
    ----------
    known
        What a mapping costs that satisfies the model, in the objective's own unit; None if none is known to.

    Raises
    ------
    InternalError
        If CP-SAT says, with its presolve and without it, that no mapping is so cheap.
    """
    begun = monotonic()

    def run(presolve: bool) -> Outcome:
        left = None if seconds is None else max(0.001, seconds - (monotonic() - begun))
        solver = new_solver(left, workers, seed, presolve=presolve)
        status, interrupted = run_interruptibly(solver, model.model)
        if status == cp_model.INFEASIBLE:
            return Outcome(None, True, interrupted, float("inf"), solver.wall_time)
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        bound = max(0.0, solver.best_objective_bound / float(model.scale))
        mapping = model.mapping(solver) if found else None
        return Outcome(mapping, status == cp_model.OPTIMAL, interrupted, bound, solver.wall_time)

    def doubt(outcome: Outcome) -> str | None:
        if known is None or outcome.bound * (1 - _CLOSE) <= known:
            return None
        return f"CP-SAT says that no mapping costs less than {outcome.bound}, but one costs {known}"

    return look_twice(run, doubt)
