"""Run the joint model.

OR-Tools 9.15.6755 calls some of these models infeasible although the incumbent is a solution of them (vgg16
conv1_2 at 64 KiB, energy, is one); it does not once it looks for no "greater than at least one of" relations,
so that is switched off. `minimise` is to be asked with an incumbent in the model's room, and refuses to
believe that there is no mapping.
"""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.errors import InternalError
from solver.mapping_levels import LevelMapping
from solver.model.interruptible import new_solver, run_interruptibly
from solver.model.two_level.joint.model import JointModel


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
    model: JointModel, *, seconds: float | None = None, workers: int | None = 1, seed: int = 0
) -> Outcome:
    """Minimise the model's objective.

    Raises
    ------
    InternalError
        If CP-SAT says that there is no mapping.
    """
    solver = new_solver(seconds, workers, seed)
    solver.parameters.auto_detect_greater_than_at_least_one_of = False
    status, interrupted = run_interruptibly(solver, model.model)
    if status == cp_model.INFEASIBLE:
        raise InternalError("CP-SAT finds no mapping although the incumbent is one: a bug in the joint model")
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    bound = max(0.0, solver.best_objective_bound / float(model.scale))
    mapping = model.mapping(solver) if found else None
    return Outcome(mapping, status == cp_model.OPTIMAL, interrupted, bound, solver.wall_time)
