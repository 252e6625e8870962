"""Run the CP-SAT model of the array: minimise it, or list all tiles that satisfy it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.mapping.tile import Tile
from solver.search.array import ArrayModel
from solver.search.cp_sat import cp_model
from solver.search.interruptible import new_solver, run_interruptibly


@dataclass(frozen=True)
class Outcome:
    """What a run of CP-SAT established.

    Attributes
    ----------
    complete
        The model was solved to its end: optimal, infeasible, or every solution enumerated.
    interrupted
        The user pressed Ctrl-C.
    tiles
        Solutions, the best (or the only) one last.
    bound
        Proven bound on the model's objective variable, in its own unit.
    """

    complete: bool
    interrupted: bool
    tiles: list[Tile]
    bound: float


def minimise(
    model: ArrayModel,
    *,
    seconds: float | None,
    workers: int | None,
    seed: int,
    on_bound: Callable[[float], None] | None = None,
) -> Outcome:
    """Minimise the model's objective."""
    solver = new_solver(seconds, workers, seed)
    if on_bound is not None:
        solver.best_bound_callback = on_bound
    return _run(solver, model, None)


def enumerate_all(model: ArrayModel, *, seconds: float | None, seed: int) -> Outcome:
    """Find every tile that satisfies the model."""
    model.model.clear_objective()
    solver = new_solver(seconds, 1, seed)
    solver.parameters.enumerate_all_solutions = True
    return _run(solver, model, _Collector(model))


class _Collector(cp_model.CpSolverSolutionCallback):
    """Keep the tile of every solution (auxiliary variables may differ between solutions of one tile)."""

    def __init__(self, model: ArrayModel) -> None:
        super().__init__()
        self._variables = model.tile
        self.tiles: dict[Tile, None] = {}

    def on_solution_callback(self) -> None:
        self.tiles[Tile.of(self.value(v) for v in self._variables)] = None


def _run(solver: cp_model.CpSolver, model: ArrayModel, collector: _Collector | None) -> Outcome:
    status, interrupted = run_interruptibly(solver, model.model, collector)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    if collector is not None:
        tiles = list(collector.tiles)
    else:
        tiles = [Tile.of(solver.value(v) for v in model.tile)] if found else []
    return Outcome(
        complete=status in (cp_model.OPTIMAL, cp_model.INFEASIBLE),
        interrupted=interrupted,
        tiles=tiles,
        bound=solver.best_objective_bound if collector is None and found else 0.0,
    )
