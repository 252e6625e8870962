"""Run the joint model.

`minimise` is to be asked with an incumbent in the model's room, and refuses to believe that there is no
mapping: OR-Tools 9.15 (which is excluded for it) said so of VGG-16's conv1_2, and was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from solver.errors import InternalError
from solver.mapping.levels import LevelMapping
from solver.search.cp_sat import cp_model
from solver.search.interruptible import new_solver, run_interruptibly
from solver.search.two_level.joint.model import JointModel


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
        No mapping's objective is lower, in its own unit.
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
    seconds: float | None = None,
    workers: int | None = 1,
    seed: int = 0,
    settled: bool = False,
) -> Outcome:
    """Minimise the model's objective.

    Parameters
    ----------
    settled
        Whether mappings have been excluded since, so that none may be left.

    Raises
    ------
    InternalError
        If CP-SAT says that there is no mapping.
    """
    solver = new_solver(seconds, workers, seed)
    status, interrupted = run_interruptibly(solver, model.model)
    if status == cp_model.INFEASIBLE and settled:
        return Outcome(None, True, interrupted, float("inf"), solver.wall_time)
    if status == cp_model.INFEASIBLE:
        raise InternalError("CP-SAT finds no mapping although the incumbent is one: a bug in the joint model")
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    bound = max(0.0, solver.best_objective_bound / float(model.scale))
    mapping = model.mapping(solver) if found else None
    return Outcome(mapping, status == cp_model.OPTIMAL, interrupted, bound, solver.wall_time)
