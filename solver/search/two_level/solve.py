"""The two-level question of a layer, answered with its proof: one objective, or the latency-energy front."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import floor

import numpy as np

from solver.answers.front import ParetoFront, pareto_front
from solver.answers.solution import Solution, Space, Status
from solver.cost.bounds import least_value
from solver.cost.result import Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InfeasibleError, NothingFoundError
from solver.forms.wish import AS_WRITTEN, Wish, images_with
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.search.progress import Clock, Progress
from solver.search.provers import Prover, prove_twice
from solver.search.two_level.entries import (
    Entry,
    by_promise,
    entries_of,
    evidence_of,
    least_of,
    searched,
)
from solver.search.two_level.goal import SLACK, Best, Front, Point
from solver.search.two_level.images import imaged
from solver.search.two_level.search import LevelSearch, least_of_nest

_TOO_LONG = (
    "a buffer tile is too long to replay, its cycles are by the closed form: near the truth, no proof",
)
_OTHERS_TOO_LONG = ("mappings that might be better are too long to replay: not proved",)


def solve_levels(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    wish: Wish = AS_WRITTEN,
    prover: Prover | None = None,
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
    wish
        Which forms of the layer to search; of those that cost the same the simplest is the answer.
    prover
        Who completes the proof once the separate bounds have dropped what they can (None: bounds). The bounds
        are faster on most questions and on all matrix products; CP-SAT shares nothing with them but the bound
        on array tiles, so it checks them. It does not settle latency among equals, and its energies are
        proved to within 1e-7.
    workers, seed
        CP-SAT's threads (None is one per core) and seed, where it is the prover.

    Raises
    ------
    InfeasibleError
        If no mapping is legal or fits.
    NothingFoundError
        If time is up before any mapping is known.
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    """
    if prover == "both":
        ask = partial(
            solve_levels, layer, hardware, objective, limits=limits, wish=wish, workers=workers, seed=seed
        )
        return prove_twice(
            time_limit,
            lambda one, seconds: ask(prover=one, time_limit=seconds, on_progress=on_progress),
        )
    clock = Clock(time_limit, on_progress)
    entries = entries_of(layer, hardware, limits or Limits(), wish, clock)
    physical = least_value((form.nest for form in wish.forms(layer, hardware)), hardware, objective)
    goals: dict[Entry, Best] = {}
    bounds = [] if entries.all_forms else [float(physical)]
    status = Status.OPTIMAL
    try:
        for entry in by_promise(entries, objective):
            if searched(entry, goals):
                continue
            goal = Best(objective, floor=physical, cutoff=_cutoff(entry, entries, goals))
            if not entry.search.promises(goal):
                continue
            if goals and clock.expired:
                bounds.append(least_of(entry, objective))
                continue
            goals[entry] = goal
            entry.search.dive(goal, clock)
        # The form of the best mapping so far first: it cuts the others short.
        for entry, goal in sorted(goals.items(), key=lambda each: each[1].found):
            goal.cutoff = _cutoff(entry, entries, goals)
            if not entry.search.promises(goal):
                continue
            if prover == "cpsat":
                # Importing CP-SAT takes longer than most searches.
                from solver.search.two_level.joint.search import search_jointly

                bounds.append(search_jointly(entry.search, goal, clock, workers=workers, seed=seed))
            else:
                bounds.append(_search(entry, goal, clock))
        if wish.images and not str(limits or Limits()):
            again = prover == "cpsat"
            bounds += _search_images(layer, hardware, objective, entries, goals, clock, again=again)
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
        if not any(goal.point for goal in goals.values()):
            raise
    found = {entry: goal for entry, goal in goals.items() if goal.point is not None}
    if not found and clock.expired:
        raise NothingFoundError.of(layer.name or "layer", clock.seconds)
    best = min(found, key=lambda entry: (found[entry].found, entries.index(entry)))
    point = _point(found[best])
    settled = status is Status.OPTIMAL and min(bounds, default=float("inf")) == float("inf")
    if settled and prover != "cpsat" and objective is Objective.LATENCY:
        point = _frugal(best, point, clock)
    solution = _solution(layer, hardware, objective, entries, best, point, clock)
    bounds += [
        _value(goal, missed) for entry, goal in goals.items() for missed in entry.search.expansion.unreplayed
    ]
    reached = min([float(solution.objective_value), *bounds])
    exact = solution.cost.method != "closed form"
    if status is Status.OPTIMAL and not (exact and reached >= float(solution.objective_value) * (1 - SLACK)):
        status = Status.FEASIBLE
    bound = solution.objective_value
    if status is not Status.OPTIMAL:
        # What a search that was interrupted had proved is lost; physics holds.
        bound = physical if status is Status.INTERRUPTED else max(physical, Decimal(reached * (1 - SLACK)))
    missed = any(entry.search.expansion.unreplayed for entry in entries) and status is Status.FEASIBLE
    notes = _TOO_LONG if not exact else _OTHERS_TOO_LONG if missed else ()
    solution = replace(
        solution, status=status, bound=bound, notes=(*solution.notes, *notes), prover=prover or "bounds"
    )
    return _rounded(solution) if prover == "cpsat" and objective is not Objective.LATENCY else solution


def _rounded(solution: Solution) -> Solution:
    """Return a solution of CP-SAT with what the reader should know of its energies."""
    from solver.search.two_level.joint.search import ROUNDING

    note = f"CP-SAT counts energy in units that are rounded down: proved to within {ROUNDING:g}"
    return replace(solution, notes=(*solution.notes, note))


def _cutoff(entry: Entry, entries: list[Entry], goals: dict[Entry, Best]) -> float:
    """Return the value that a mapping of a form must stay below to be the answer."""
    known = [
        (goal.found, entries.index(other))
        for other, goal in goals.items()
        if goal.point is not None and other is not entry
    ]
    if not known:
        return float("inf")
    value, place = min(known)
    return value if entries.index(entry) > place else float(np.nextafter(value, np.inf))


def _search(entry: Entry, goal: Best, clock: Clock) -> float:
    """Search one form for a goal; return the bound on what it may have missed (none: infinite)."""
    try:
        return _value(goal, entry.search.run(goal, clock, partial(_report, clock, goal)))
    finally:
        _report(clock, goal)


def _search_images(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    entries: list[Entry],
    goals: dict[Entry, Best],
    clock: Clock,
    *,
    again: bool,
) -> list[float]:
    """Search images of the streamed sides of products; add one that is better, return bounds as `_search`.

    Parameters
    ----------
    again
        Whether the products have been searched without noting what their images may do better.
    """
    bounds = []
    for entry in [entry for entry in entries if entry in goals]:
        suspects = entry.search.expansion.suspects
        if suspects is None:
            continue
        if again:
            entry.search.run(Best(objective, cutoff=_best(goals)), clock)
        known = {each.form.nest for each in entries}
        for form in images_with(layer, entry.form.nest):
            goal = Best(objective, cutoff=_best(goals))
            tiles = imaged(suspects.tiles(goal), form.nest)
            if form.nest in known or not len(tiles):
                continue
            with suppress(InfeasibleError):
                image = Entry(form, LevelSearch(form.nest, hardware, Limits(), tiles))
                bounds.append(_search(image, goal, clock))
                bounds += [_value(goal, missed) for missed in image.search.expansion.unreplayed]
                if goal.found < goal.cutoff:
                    entries.append(image)
                    goals[image] = goal
    return bounds


def _best(goals: dict[Entry, Best]) -> float:
    """Return the least value that is known."""
    return min((goal.found for goal in goals.values()), default=float("inf"))


def _frugal(entry: Entry, fastest: Point, clock: Clock) -> Point:
    """Return the mapping of least energy among those of a form that are as fast as its fastest."""
    goal = Best(Objective.ENERGY, most_cycles=fastest.latency)
    goal.offer(fastest)
    with suppress(KeyboardInterrupt):  # latency is proved by now
        entry.search.run(goal, clock)
    return _point(goal)


def pareto_levels(
    layer: Primitive,
    hardware: Hardware,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    wish: Wish = AS_WRITTEN,
    on_progress: Callable[[Progress], None] | None = None,
) -> ParetoFront:
    """Find every mapping that no other beats in both latency and energy, and prove that there are no more.

    Parameters and errors are those of `solve_levels`.
    """
    clock = Clock(time_limit, on_progress)
    entries = entries_of(layer, hardware, limits or Limits(), wish, clock)
    front = Front()
    # Points of two forms may be equal; those that are dropped stay here, so that none gets their id.
    owner: dict[int, tuple[Point, Entry]] = {}
    unsearched: list[tuple[float, float]] = []
    interrupted = False
    if not entries.all_forms:
        unsearched += [least_of_nest(form.nest, hardware) for form in wish.forms(layer, hardware)]
    try:
        goals: dict[Entry, Best] = {}
        for entry in by_promise(entries, Objective.EDP):
            if searched(entry, goals) or not entry.search.promises(front):
                continue
            if goals and clock.expired:
                unsearched.append(entry.search.least)
                continue
            floor = least_value([entry.form.nest], hardware, Objective.EDP)
            goals[entry] = goal = Best(Objective.EDP, floor=floor, cutoff=_best(goals))
            entry.search.dive(goal, clock)
            if goal.point is not None:
                front.offer(goal.point)
                owner[id(goal.point)] = goal.point, entry
        # The form of the best mapping so far first: it cuts the others short.
        for entry, dived in sorted(goals.items(), key=lambda each: each[1].found):
            if not entry.search.promises(front):
                continue
            try:
                for objective in (Objective.EDP, Objective.ENERGY, Objective.LATENCY):
                    floor = least_value([entry.form.nest], hardware, objective)
                    known = Best(objective)
                    for point in front.points:
                        known.offer(point)
                    goal = dived if objective is Objective.EDP else Best(objective, floor=floor)
                    goal.cutoff = known.found
                    try:
                        if entry.search.promises(goal):
                            entry.search.run(goal, clock, partial(_report, clock, goal))
                    finally:
                        if goal.point is not None:
                            front.offer(goal.point)
                latency, energy = entry.search.run(front, clock)
            finally:
                for point in front.points:
                    owner.setdefault(id(point), (point, entry))
                unsearched += entry.search.expansion.unreplayed
            if latency < float("inf"):
                unsearched.append((latency, energy))
    except KeyboardInterrupt:
        interrupted = True
        unsearched += [entry.search.least for entry in entries]
        if not front.points:
            raise
    points = [
        _solution(layer, hardware, Objective.EDP, entries, owner[id(point)][1], point, clock)
        for point in front.points
    ]
    found = pareto_front(points, unsearched, clock.seconds, interrupted=interrupted)
    return replace(found, evidence=evidence_of(entries))


def _solution(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    entries: list[Entry],
    entry: Entry,
    best: Point,
    clock: Clock,
) -> Solution:
    cost, levels = evaluate_levels(entry.form.nest, hardware, best.mapping)
    size = sum(each.search.space_size for each in entries)
    several = f" of {len(entries)} forms" if len(entries) > 1 else ""
    space = Space(size, f"array tiles x buffer tiles x loop orders{several}, legal or not", len(entries))
    return Solution(
        layer=layer,
        hardware=hardware,
        objective=objective,
        status=Status.OPTIMAL,
        tile=best.mapping.tile,
        cost=cost,
        bound=cost.value(objective),
        wall_seconds=clock.seconds,
        space=space,
        replayed=0,
        form=entry.form.name,
        levels=levels,
        evidence=evidence_of(entries),
    )


def _point(goal: Best) -> Point:
    assert goal.point is not None
    return goal.point


def _value(goal: Best, point: tuple[float, float]) -> float:
    """Return the objective of a latency and an energy; infinite ones bound nothing."""
    return float(goal.value(*(np.array(each) for each in point)))


def _report(clock: Clock, goal: Best) -> None:
    if goal.point is not None:
        # What another form has may be the next number above its value (`_cutoff`).
        best = floor(goal.best) if goal.objective is Objective.LATENCY else goal.best
        clock.report("searching", Decimal(best), goal.floor, goal.objective)
