"""Run the CP-SAT model of the array: list all tiles that satisfy it.

What is found is held against mappings that are known to satisfy the model (`solver.search.interruptible`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from solver.mapping.tile import Tile
from solver.search.array import ArrayModel
from solver.search.cp_sat import cp_model
from solver.search.interruptible import look_twice, new_solver, run_interruptibly


@dataclass(frozen=True)
class Outcome:
    """What a run of CP-SAT established.

    Attributes
    ----------
    complete
        Every solution was found.
    interrupted
        The user pressed Ctrl-C.
    tiles
        Solutions, and what each costs in the model, in its own unit.
    """

    complete: bool
    interrupted: bool
    tiles: dict[Tile, int]


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
        found = _Collector(model)
        status, interrupted = run_interruptibly(solver, model.model, found)
        complete = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
        return Outcome(complete, interrupted, found.tiles)

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
