"""Baselines on hardware with a prefetch buffer: single-level array tiles, each with its best buffer tile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from solver.answers.solution import BaselineResult, Solution, Status
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.search.two_level.solve import solve_levels

SINGLE_LEVEL = "single-level optimum"
"""Name of the baseline that takes the array tile which is optimal without buffer and DRAM."""


def on_two_levels(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    chosen: Iterable[BaselineResult],
    time_limit: float | None = None,
) -> tuple[BaselineResult, ...]:
    """Give the array tile of every baseline its best buffer tile and loop orders.

    Parameters
    ----------
    layer, hardware, objective
        The question, with the prefetch buffer and DRAM.
    chosen
        What the baselines chose on the same array without them.
    time_limit
        Seconds for each different array tile.

    Returns
    -------
    tuple of BaselineResult
        In the same order, under the cost of both levels; without tile where no buffer tile goes with it.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts.
    """
    answers: dict[tuple[str, Tile], Solution | InfeasibleError] = {}
    results = []
    for baseline in chosen:
        if baseline.tile is None:
            results.append(baseline)
            continue
        key = (baseline.form, baseline.tile)
        if key not in answers:
            answers[key] = _pinned(layer, hardware, objective, *key, time_limit)
        results.append(_result(baseline, answers[key]))
    return tuple(results)


def _pinned(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    form: str,
    tile: Tile,
    time_limit: float | None,
) -> Solution | InfeasibleError:
    try:
        solution = solve_levels(
            layer,
            hardware,
            objective,
            limits=Limits.pinned(tile),
            wish=Wish(only=form),
            time_limit=time_limit,
        )
    except InfeasibleError as error:
        return error
    if solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    return solution


def _result(baseline: BaselineResult, answer: Solution | InfeasibleError) -> BaselineResult:
    if isinstance(answer, InfeasibleError):
        note = f"{baseline.tile} has no buffer tile: {answer}"
        return replace(baseline, tile=None, cost=None, note=_joined(baseline.note, note))
    note = "" if answer.proved else "its buffer tile is not proved to be the best one"
    return replace(baseline, cost=answer.cost, levels=answer.levels, note=_joined(baseline.note, note))


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
