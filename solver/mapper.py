"""The main job for one layer: its mapping with proof, beside the baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from solver.answer import Answer, Infeasible
from solver.baselines import run_baselines
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InternalError
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.mapping import Tile
from solver.model import Progress, solve
from solver.solution import Solution, Status
from solver.space import Limits, legality


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every layer of a run.

    Attributes
    ----------
    time_limit
        Seconds for the search of one layer; None searches to the proof.
    workers
        Search threads; None is one per core.
    seed
        Of the search and of the random baseline.
    baselines
        Whether the heuristics are run too.
    """

    hardware: Hardware
    objective: Objective
    limits: Limits
    time_limit: float | None = None
    workers: int | None = None
    seed: int = 0
    baselines: bool = True


def map_layer(
    layer: Primitive, question: Question, on_progress: Callable[[Progress], None] | None = None
) -> tuple[Answer, bool]:
    """Answer the question for one layer.

    Returns
    -------
    tuple of Answer and bool
        The answer, and whether the user interrupted it; then it is the best that was known.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    InternalError
        If a baseline beats a mapping that was proved optimal.
    """
    hardware, objective = question.hardware, question.objective
    try:
        solution = solve(
            layer,
            hardware,
            objective,
            limits=question.limits,
            time_limit=question.time_limit,
            workers=question.workers,
            seed=question.seed,
            on_progress=on_progress,
        )
    except InfeasibleError as error:
        return Infeasible(layer, hardware, objective, str(error)), False
    if solution.status is Status.INTERRUPTED:
        return solution, True
    if not question.baselines:
        return solution, False
    if on_progress is not None:
        on_progress(Progress("baselines", solution.objective_value, solution.bound, solution.wall_seconds))
    try:
        results = run_baselines(layer.nest(), hardware, objective, seed=question.seed, limits=question.limits)
    except KeyboardInterrupt:
        note = "the baselines are missing: interrupted before they were done"
        return replace(solution, notes=(*solution.notes, note)), True
    return best_of(replace(solution, baselines=results), question.limits), False


def best_of(solution: Solution, limits: Limits) -> Solution:
    """Return the solution, or the baseline of the same space that beats it.

    The best mapping known is reported, whoever found it. Baselines that are fixed recipes may lie outside the
    user's limits; those are shown, but they answer another question.

    Raises
    ------
    InternalError
        If the mapping that is beaten was proved optimal.
    """
    nest, objective = solution.layer.nest(), solution.objective
    rivals = [
        (b.cost.value(objective), b.name, b.tile, b.cost)
        for b in solution.baselines
        if b.tile and b.cost and _in_space(b.tile, nest, solution.hardware, limits)
    ]
    best = min(rivals, key=lambda rival: rival[0], default=None)
    if best is None or best[0] >= solution.objective_value:
        return solution
    value, name, tile, cost = best
    if solution.proved:
        raise InternalError(
            f"the baseline {name} ({tile}) beats the mapping that was proved optimal ({solution.tile}): "
            f"{objective} {value} < {solution.objective_value}"
        )
    note = f"found by the baseline {name}; the search itself had reached {solution.objective_value}"
    return replace(solution, tile=tile, cost=cost, notes=(*solution.notes, note))


def _in_space(tile: Tile, nest: LoopNest, hardware: Hardware, limits: Limits) -> bool:
    within = all(size in limits.range(dim, getattr(nest, dim)) for dim, size in tile.to_dict().items())
    return within and legality(nest, hardware, tile) is None
