"""Run the CP-SAT model of the array: minimise it, or list all tiles that satisfy it.

What is found is held against mappings that are known to satisfy the model (`solver.search.interruptible`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.mapping.tile import Tile
from solver.search.array import ArrayModel
from solver.search.interruptible import look_twice, new_solver, run_interruptibly

_ROUNDING = 1e-9
"""Relative error of what is compared in floating point."""


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
        Solutions, the best (or the only) one last, and what each costs in the model, in its own unit.
    bound
        Proven bound on the model's objective, in its own unit.
    """

    complete: bool
    interrupted: bool
    tiles: dict[Tile, int]
    bound: float


def minimise(
    model: ArrayModel,
    *,
    seconds: float | None,
    workers: int | None,
    seed: int,
    known: tuple[Tile, float] | None = None,
    on_bound: Callable[[float], None] | None = None,
) -> Outcome:
    """Minimise the model's objective.

    Parameters
    ----------
    known
        A tile that satisfies the model, and what it costs there at most, in the unit of the objective.

    Raises
    ------
    InternalError
        If CP-SAT finds no mapping, or proves a bound that the known tile is below.
    """
    most = None if known is None else known[1] * float(model.scale) * (1 + _ROUNDING)

    def run(presolve: bool) -> Outcome:
        solver = new_solver(seconds, workers, seed, presolve=presolve)
        if on_bound is not None:
            solver.best_bound_callback = lambda bound: on_bound(bound if most is None else min(bound, most))
        return _run(solver, model, None)

    def doubt(outcome: Outcome) -> str | None:
        if known is None or most is None or outcome.interrupted:
            return None
        if outcome.complete and not outcome.tiles:
            return f"CP-SAT finds no mapping, not even {known[0]}, which is one"
        if outcome.bound > most:
            return f"CP-SAT proves a bound of {outcome.bound:,.0f}, but {known[0]} costs {most:,.0f} at most"
        return None

    return look_twice(run, doubt)


def enumerate_all(
    model: ArrayModel, *, seconds: float | None, seed: int, known: Collection[Tile] = ()
) -> Outcome:
    """Find every tile that satisfies the model.

    Parameters
    ----------
    known
        Tiles that satisfy it.

    Raises
    ------
    InternalError
        If one of them is not found.
    """
    model.model.clear_objective()

    def run(presolve: bool) -> Outcome:
        solver = new_solver(seconds, 1, seed, presolve=presolve)
        solver.parameters.enumerate_all_solutions = True
        return _run(solver, model, _Collector(model))

    def doubt(outcome: Outcome) -> str | None:
        lost = [tile for tile in known if tile not in outcome.tiles] if outcome.complete else []
        return f"CP-SAT's list of mappings lacks {lost[0]}, which belongs to it" if lost else None

    return look_twice(run, doubt)


class _Collector(cp_model.CpSolverSolutionCallback):
    """Keep the tile of every solution (auxiliary variables may differ between solutions of one tile)."""

    def __init__(self, model: ArrayModel) -> None:
        super().__init__()
        self._model = model
        self.tiles: dict[Tile, int] = {}

    def on_solution_callback(self) -> None:
        tile = Tile.of(self.value(v) for v in self._model.tile)
        self.tiles[tile] = self.value(self._model.cost)


def _run(solver: cp_model.CpSolver, model: ArrayModel, collector: _Collector | None) -> Outcome:
    status, interrupted = run_interruptibly(solver, model.model, collector)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    if collector is not None:
        tiles = collector.tiles
    elif found:
        tiles = {Tile.of(solver.value(v) for v in model.tile): solver.value(model.cost)}
    else:
        tiles = {}
    return Outcome(
        complete=status in (cp_model.OPTIMAL, cp_model.INFEASIBLE),
        interrupted=interrupted,
        tiles=tiles,
        bound=solver.best_objective_bound if collector is None and found else 0.0,
    )
