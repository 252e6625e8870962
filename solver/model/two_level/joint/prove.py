"""Run the joint model."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.mapping_levels import LevelMapping
from solver.model.two_level.joint.model import JointModel


@dataclass(frozen=True)
class Outcome:
    """What CP-SAT established.

    Attributes
    ----------
    mapping
        The best mapping found, None if there is none within the model's room.
    proved
        Whether it is optimal, or none is proved not to exist.
    bound
        No mapping's objective is lower, in its own unit; infinite if there is no mapping.
    seconds
        Time of the search.
    """

    mapping: LevelMapping | None
    proved: bool
    bound: float
    seconds: float


def minimise(model: JointModel, *, seconds: float | None = None, workers: int = 1, seed: int = 0) -> Outcome:
    """Minimise the model's objective."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model.model)
    if status == cp_model.MODEL_INVALID:
        raise ValueError(f"invalid CP-SAT model: {model.model.validate()}")
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    proved = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    bound = float("inf") if status == cp_model.INFEASIBLE else solver.best_objective_bound / model.scale
    return Outcome(model.mapping(solver) if found else None, proved, max(0.0, bound), solver.wall_time)
