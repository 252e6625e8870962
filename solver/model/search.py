"""Run a CP-SAT model so that the user can always get a word in.

CP-SAT works in a thread of its own; the main thread waits, so that Ctrl-C stops the search at once and the
best mapping so far is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from solver.mapping import Tile
from solver.model.array import ArrayModel


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
    solver = _solver(seconds, workers, seed)
    if on_bound is not None:
        solver.best_bound_callback = on_bound
    return _run(solver, model, None)


def enumerate_all(model: ArrayModel, *, seconds: float | None, seed: int) -> Outcome:
    """Find every tile that satisfies the model."""
    model.model.clear_objective()
    solver = _solver(seconds, 1, seed)
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


def _solver(seconds: float | None, workers: int | None, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.random_seed = seed
    parameters.catch_sigint_signal = False
    if workers is not None:
        parameters.num_workers = workers
    if seconds is not None:
        parameters.max_time_in_seconds = seconds
    return solver


def _run(solver: cp_model.CpSolver, model: ArrayModel, collector: _Collector | None) -> Outcome:
    result: dict[str, Any] = {}

    def work() -> None:
        try:
            result["status"] = solver.solve(model.model, collector)
        except BaseException as error:
            result["error"] = error
        finally:
            done.set()

    # Not `join`: interrupted there, Python 3.11 takes the thread for finished (bpo-45274).
    done = threading.Event()
    threading.Thread(target=work, daemon=True).start()
    interrupted = False
    while not done.is_set():
        try:
            if interrupted:
                # Every time: a search that has not begun yet does not hear it.
                solver.stop_search()
            done.wait(0.05)
        except KeyboardInterrupt:
            interrupted = True
    if "error" in result:
        raise result["error"]
    status = result["status"]
    if status == cp_model.MODEL_INVALID:
        raise ValueError(f"invalid CP-SAT model: {model.model.validate()}")
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
