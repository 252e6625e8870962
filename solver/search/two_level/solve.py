"""The two-level question of a layer, answered with its proof: one objective, or the latency-energy front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Literal

import numpy as np

from solver.answers.front import ParetoFront, pareto_front
from solver.answers.solution import Solution, Space, Status
from solver.cost.bounds import least_value
from solver.cost.result import Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import BEST, LoopNest, Primitive
from solver.legal.tiles import Limits
from solver.search.progress import Clock, Progress
from solver.search.two_level.goal import SLACK, Best, Front, Goal, Point
from solver.search.two_level.joint.search import ROUNDING, search_jointly
from solver.search.two_level.pairs import OutOfTime
from solver.search.two_level.search import LevelSearch

Prover = Literal["bounds", "cpsat"]
"""What completes a proof: bounds on pairs of array tile and refill counts, or CP-SAT's joint model.

Both give the same answer. The bounds are faster on most questions and on all matrix products; CP-SAT shares
nothing with them but the bound on array tiles, so it checks them. Latency is not settled among equals by
CP-SAT, and its energies are proved to within 1e-7.
"""

_CP_SAT_ROUNDS = (f"CP-SAT counts energy in units that are rounded down: proved to within {ROUNDING:g}",)


class _Lowering:
    """One lowering of the layer, searched for one goal after the other."""

    def __init__(self, name: str, nest: LoopNest, hardware: Hardware, limits: Limits) -> None:
        self.name, self.nest = name, nest
        self.search = LevelSearch(nest, hardware, limits)


def solve_levels(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    stationary: str = BEST,
    prover: Prover = "bounds",
    workers: int | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Find the best array tile, buffer tile and loop orders of a layer and prove it.

    Latency alone leaves many mappings equal; of those the one with the least energy is found, by a second
    search among the mappings that are as fast.

    Parameters
    ----------
    layer, hardware, objective
        The question; the hardware must describe a prefetch buffer and DRAM.
    limits
        Bounds on array tile sizes.
    time_limit
        Seconds after which the best mapping so far is returned with its gap.
    stationary
        Which lowerings of the layer to search.
    prover
        How the proof is completed once the separate bounds have dropped what they can, see `Prover`.
    workers, seed
        CP-SAT's threads (None is one per core) and seed, where it is the prover.

    Raises
    ------
    InfeasibleError
        If no mapping is legal or fits.
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    """
    clock = Clock(time_limit, on_progress)
    lowerings = _lowerings(layer, hardware, limits or Limits(), stationary)
    physical = least_value((lowering.nest for lowering in lowerings), hardware, objective)
    goals = {lowering.name: Best(objective, floor=physical) for lowering in lowerings}
    bounds: list[float] = []
    status = Status.OPTIMAL
    try:
        for lowering in lowerings:
            goal = goals[lowering.name]
            if prover == "cpsat":
                bounds.append(search_jointly(lowering.search, goal, clock, workers=workers, seed=seed))
            else:
                bounds.append(_search(lowering, goal, clock))
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
        if not any(goal.point for goal in goals.values()):
            raise
    found = {name: goal for name, goal in goals.items() if goal.point is not None}
    name = min(found, key=lambda each: (found[each].best, _point(found[each]).energy))
    solution = _solution(layer, hardware, objective, lowerings, name, _point(found[name]), clock)
    reached = min([float(solution.objective_value), *bounds])
    if status is Status.OPTIMAL and reached < float(solution.objective_value) * (1 - SLACK):
        status = Status.FEASIBLE
    bound = solution.objective_value
    if status is not Status.OPTIMAL:
        # What a search that was interrupted had proved is lost; physics holds.
        bound = physical if status is Status.INTERRUPTED else max(physical, Decimal(reached))
    notes = _CP_SAT_ROUNDS if prover == "cpsat" and objective is not Objective.LATENCY else ()
    return replace(solution, status=status, bound=bound, notes=(*solution.notes, *notes))


def _search(lowering: _Lowering, goal: Best, clock: Clock) -> float:
    """Search one lowering for a goal; return the bound on what it may have missed (none: infinite)."""
    try:
        latency, energy = _closed(lowering.search, goal, clock)
    except OutOfTime:
        latency, energy = lowering.search.least
    if latency < float("inf"):
        return float(goal.value(np.array(latency), np.array(energy)))
    if goal.objective is Objective.LATENCY:
        frugal = Best(Objective.ENERGY, most_cycles=_point(goal).latency)
        frugal.offer(_point(goal))
        lowering.search.run(frugal, clock, partial(_report, clock, goal))
        goal.offer(_point(frugal))
    return float("inf")


def _closed(search: LevelSearch, goal: Best, clock: Clock) -> tuple[float, float]:
    """Search for a goal by way of the energy-delay product, where that is the easier question."""
    if goal.objective is Objective.EDP:
        left = search.narrow(goal, clock)
    else:
        # The energy-delay product prunes latency and energy alike: its optimum is a good start for either.
        start = Best(Objective.EDP)

        def take_over() -> None:
            if start.point is not None:
                goal.offer(start.point)
            _report(clock, goal)

        try:
            ahead = search.narrow(start, clock)
            take_over()
            left = search.narrow(goal, clock)
            # Not where it is the harder question: with 8 KiB a 1x1 convolution of ResNet-50 leaves a
            # thousand times the pairs open for the product that it leaves for energy.
            if ahead.pairs <= left.pairs:
                search.close(start, ahead, clock, take_over)
                take_over()
                left = search.narrow(goal, clock)
        finally:
            take_over()
    return search.close(goal, left, clock, partial(_report, clock, goal))


def pareto_levels(
    layer: Primitive,
    hardware: Hardware,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    stationary: str = BEST,
    on_progress: Callable[[Progress], None] | None = None,
) -> ParetoFront:
    """Find every mapping that no other beats in both latency and energy, and prove that there are no more.

    Parameters and errors are those of `solve_levels`.
    """
    clock = Clock(time_limit, on_progress)
    lowerings = _lowerings(layer, hardware, limits or Limits(), stationary)
    fronts: dict[str, Front] = {}
    unsearched: list[tuple[float, float]] = []
    interrupted = False
    try:
        for lowering in lowerings:
            front = fronts[lowering.name] = Front()
            for objective in (Objective.EDP, Objective.ENERGY, Objective.LATENCY):
                goal = Best(objective, floor=least_value([lowering.nest], hardware, objective))
                try:
                    lowering.search.run(goal, clock, partial(_report, clock, goal))
                finally:
                    if goal.point is not None:
                        front.offer(goal.point)
            latency, energy = lowering.search.run(front, clock)
            if latency < float("inf"):
                unsearched.append((latency, energy))
    except KeyboardInterrupt:
        interrupted = True
        unsearched += [lowering.search.least for lowering in lowerings]
        if not any(front.points for front in fronts.values()):
            raise
    merged = Front()
    owner: dict[Point, str] = {}
    for name, front in fronts.items():
        for point in front.points:
            owner[point] = name
            merged.offer(point)
    points = [
        _solution(layer, hardware, Objective.EDP, lowerings, owner[point], point, clock)
        for point in merged.points
    ]
    return pareto_front(points, unsearched, clock.seconds, interrupted=interrupted)


def _lowerings(layer: Primitive, hardware: Hardware, limits: Limits, stationary: str) -> list[_Lowering]:
    refused: list[InfeasibleError] = []
    found = []
    for choice in layer.choices(stationary):
        try:
            found.append(_Lowering(choice.name, choice.nest, hardware, limits))
        except InfeasibleError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found


def _solution(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    lowerings: list[_Lowering],
    name: str,
    best: Point,
    clock: Clock,
) -> Solution:
    nest = next(lowering.nest for lowering in lowerings if lowering.name == name)
    cost, levels = evaluate_levels(nest, hardware, best.mapping)
    size = sum(lowering.search.space_size for lowering in lowerings)
    return Solution(
        layer=layer,
        hardware=hardware,
        objective=objective,
        status=Status.OPTIMAL,
        tile=best.mapping.tile,
        cost=cost,
        bound=cost.value(objective),
        wall_seconds=clock.seconds,
        space=Space(size, "array tiles x buffer tiles x loop orders, legal or not"),
        replayed=0,
        stationary=name,
        levels=levels,
    )


def _point(goal: Best) -> Point:
    assert goal.point is not None
    return goal.point


def _report(clock: Clock, goal: Goal) -> None:
    if isinstance(goal, Best) and goal.point is not None:
        clock.report("searching", Decimal(goal.best), goal.floor)
