"""The baseline `exhaustive`: every legal mapping, independent of the CP-SAT model."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.baselines.problem import Choice, Problem
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
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
    legal = problem.legal
    if not len(legal):
        return Choice(None, "no legal mapping within the constraints")
    open_ = legal if len(legal) <= LAID_OUT else _promising(problem)
    costs = batch_cost(problem.nest, problem.hardware, open_)
    least = costs.least_values(problem.objective)
    waiting = np.argsort(costs.values(problem.objective), kind="stable")
    best, value = _evaluated(problem, open_[waiting[0]])
    waiting, evaluated = waiting[_can_beat(problem, least[waiting], value)], 1
    while len(waiting):
        tile, challenge = _evaluated(problem, open_[waiting[0]])
        waiting, evaluated = waiting[1:], evaluated + 1
        if challenge < value:
            best, value = tile, challenge
            waiting = waiting[_can_beat(problem, least[waiting], value)]
    return Choice(best, f"{len(legal)} legal mappings, {evaluated} evaluated one by one")


def _promising(problem: Problem) -> IntArray:
    """Return the legal tiles that the quick lower bound does not rule out, and the most promising one."""
    bound = quick_bound(problem.nest, problem.hardware, problem.legal).least_values(problem.objective)
    first = int(np.argmin(bound))
    _, value = _evaluated(problem, problem.legal[first])
    chance = _can_beat(problem, bound, value)
    chance[first] = True
    return problem.legal[chance]


def _evaluated(problem: Problem, sizes: IntArray) -> tuple[Tile, Decimal]:
    """Return a tile and its exact value under the objective."""
    tile = Tile.of(sizes)
    return tile, evaluate(problem.nest, problem.hardware, tile).value(problem.objective)


def _can_beat(problem: Problem, least: FloatArray, value: Decimal) -> BoolArray:
    """Return which lower bounds leave room below an exact value."""
    rounding = 0.0 if problem.objective is Objective.LATENCY else ROUNDING
    result: BoolArray = least < float(value) * (1 + rounding)
    return result
