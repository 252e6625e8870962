"""The baseline `exhaustive`: every legal mapping, independent of the CP-SAT model."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.baselines.problem import Choice, Problem
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.legal.tiles import first_right, overtaking
from solver.mapping.tile import Tile

ROUNDING = 1e-12
"""Relative error that the floating-point energies of the batch may have; cycles are exact."""

LAID_OUT = 10_000
"""Legal mappings up to which all are laid out; beyond, only those whose quick lower bound leaves a chance.

Laying out a tile takes most of the time (25 s for the 180,000 tiles of a VGG layer on 1024 switches).
Within this size the oracle rests on one lower bound only, that of the replay over the closed form.
"""


def exhaustive(problem: Problem) -> Choice:
    """Return the best of all legal tiles under the cost that is reported.

    All tiles are costed in closed form. The best of them is replayed, then every other one whose lower
    bound says that its replay could be better still, in the order of the closed form; so nothing is left
    out by its error.
    """
    tiles = problem.candidates
    open_ = tiles if len(tiles) <= LAID_OUT else _promising(problem)
    if not len(open_):
        return Choice(None, "no legal mapping within the constraints")
    costs = batch_cost(problem.nest, problem.hardware, open_)
    least = costs.least_values(problem.objective)
    waiting = np.argsort(costs.values(problem.objective), kind="stable")
    best, value, evaluated, wrong = None, Decimal("Infinity"), 0, 0
    estimated: list[float] = []
    long: set[tuple[int, int]] = set()
    while len(waiting):
        at, tile = waiting[0], Tile.of(open_[waiting[0]])
        waiting = waiting[1:]
        if overtaking(problem.nest, problem.hardware, tile) is not None:
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
            best, value = tile, challenge
            waiting = waiting[_can_beat(problem, least[waiting], value)]
    if best is None:
        return Choice(None, "no legal mapping within the constraints")
    left_out = f", {wrong} left out as weights overtake inputs" if wrong else ""
    unsure = int(_can_beat(problem, np.array(estimated), value).sum())
    left_out += f", {unsure} open as they are too long to replay" if unsure else ""
    return Choice(best, f"{len(tiles)} mappings, {evaluated} evaluated one by one{left_out}")


def _promising(problem: Problem) -> IntArray:
    """Return the tiles that the quick lower bound does not rule out, and the most promising legal one."""
    tiles = problem.candidates
    bound = quick_bound(problem.nest, problem.hardware, tiles).least_values(problem.objective)
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
