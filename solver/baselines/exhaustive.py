"""The baseline `exhaustive`: every legal mapping of every form, independent of the CP-SAT model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.baselines.problem import NO_MAPPING, Choice, Problem
from solver.cost.batch import batch_cost
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost, Objective
from solver.legal.right import cleared, first_right
from solver.mapping.tile import Tile

NAME = "exhaustive"

ROUNDING = 1e-12
"""Relative error that the floating-point energies of the batch may have; cycles are exact."""

LAID_OUT = 2_000
"""Legal mappings up to which all are laid out; beyond, only those whose quick lower bound leaves a chance.

Laying out a tile takes most of the time (25 s for the 180,000 tiles of a VGG layer on 1024 switches).
Within this size the oracle rests on one lower bound only, that of the replay over the closed form.
"""


@dataclass(frozen=True)
class Found:
    """What the search of a space found.

    Attributes
    ----------
    tile, cost
        The best mapping; None if none is legal, or cheaper than what was known before.
    mappings, evaluated
        The size of the space, and how many of them were evaluated one by one.
    wrong, unsure
        Mappings left out as weights overtake inputs, and those too long to replay that may be better.
    """

    tile: Tile | None
    cost: Cost | None
    mappings: int
    evaluated: int = 0
    wrong: int = 0
    unsure: int = 0


def exhaustive(problems: Mapping[str, Problem]) -> Choice:
    """Return the best of all legal tiles of all forms under the reported cost; of equals the first."""
    spaces: list[Found] = []
    best: tuple[str, Found] | None = None
    for form, problem in problems.items():
        known = best[1].cost.value(problem.objective) if best and best[1].cost else None
        spaces.append(search(problem, known))
        if spaces[-1].tile is not None:
            best = (form, spaces[-1])
    note = note_of(spaces)
    return Choice(best[1].tile, note, best[0]) if best else Choice(None, note)


def note_of(spaces: Sequence[Found]) -> str:
    """Return what a reader should know of the search of some spaces."""
    if all(space.tile is None for space in spaces):
        return NO_MAPPING
    several = f" of {len(spaces)} forms" if len(spaces) > 1 else ""
    mappings, evaluated = (sum(getattr(s, what) for s in spaces) for what in ("mappings", "evaluated"))
    note = f"{mappings} mappings{several}, {evaluated} evaluated one by one"
    if wrong := sum(space.wrong for space in spaces):
        note += f", {wrong} left out as weights overtake inputs"
    if unsure := sum(space.unsure for space in spaces):
        note += f", {unsure} open as they are too long to replay"
    return note


def search(problem: Problem, known: Decimal | None = None) -> Found:
    """Return the best of all legal tiles, if it is better than a value that is known.

    All tiles are costed in closed form. The best of them is replayed, then every other one whose lower
    bound says that its replay could be better still, in the order of the closed form; so nothing is left
    out by its error. Beside a value that is known, only tiles are laid out whose quick lower bound beats it.
    """
    tiles = problem.candidates
    value = Decimal("Infinity") if known is None else known
    if known is not None:
        open_ = tiles[_can_beat(problem, problem.quick, known)] if len(tiles) else tiles
    else:
        open_ = tiles if len(tiles) <= LAID_OUT else _promising(problem)
    if not len(open_):
        return Found(None, None, len(tiles))
    costs = batch_cost(problem.nest, problem.hardware, open_)
    least = costs.least_values(problem.objective)
    waiting = np.argsort(costs.values(problem.objective), kind="stable")
    waiting = waiting[_can_beat(problem, least[waiting], value)]
    best, best_cost, evaluated, wrong = None, None, 0, 0
    estimated: list[float] = []
    long: set[tuple[int, int]] = set()
    while len(waiting):
        at, tile = waiting[0], Tile.of(open_[waiting[0]])
        waiting = waiting[1:]
        if not cleared(problem.nest, problem.hardware, tile):
            wrong += 1
            continue
        if (tile.vn_size, tile.num_vns) in long:
            # Alike in what makes a replay too long: seconds each, and nothing to gain.
            estimated.append(least[at])
            continue
        cost = evaluate(problem.nest, problem.hardware, tile)
        challenge, evaluated = cost.value(problem.objective), evaluated + 1
        if cost.method == "closed form":
            estimated.append(least[at])
            long.add((tile.vn_size, tile.num_vns))
        if challenge < value:
            best, best_cost, value = tile, cost, challenge
            waiting = waiting[_can_beat(problem, least[waiting], value)]
    unsure = int(_can_beat(problem, np.array(estimated), value).sum())
    return Found(best, best_cost, len(tiles), evaluated, wrong, unsure)


def _promising(problem: Problem) -> IntArray:
    """Return the tiles that the quick lower bound does not rule out, and the most promising legal one."""
    tiles, bound = problem.candidates, problem.quick
    order = np.argsort(bound, kind="stable")
    first = first_right(problem.nest, problem.hardware, tiles[order])
    if first is None:
        return tiles[:0]
    chance = _can_beat(problem, bound, _value(problem, Tile.of(tiles[order[first]])))
    chance[order[first]] = True
    return tiles[chance]


def _value(problem: Problem, tile: Tile) -> Decimal:
    """Return the exact value of a tile under the objective."""
    return evaluate(problem.nest, problem.hardware, tile).value(problem.objective)


def _can_beat(problem: Problem, least: FloatArray, value: Decimal) -> BoolArray:
    """Return which lower bounds leave room below an exact value."""
    rounding = 0.0 if problem.objective is Objective.LATENCY else ROUNDING
    result: BoolArray = least < float(value) * (1 + rounding)
    return result
