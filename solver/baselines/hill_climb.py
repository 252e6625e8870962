"""The baseline `hill-climb`: greedy descent from one filter per virtual neuron, in every form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.baselines.filter_per_vn import filter_per_vn
from solver.baselines.legal import keep_legal
from solver.baselines.problem import NO_MAPPING, Choice, Problem
from solver.cost.batch import batch_cost
from solver.layer import DIMS
from solver.legal.right import first_right
from solver.legal.tiles import most_at_once
from solver.mapping.tile import Tile


def hill_climb(problems: Mapping[str, Problem]) -> Choice:
    """Return the best of the tiles at which no neighbour is better, one for each form; of equals the first.

    A climb is left out where the least of all tiles of its form is known to be no better than the end of
    another: nearly all forms fall to that, those with the least bounds first.
    """
    places = {form: place for place, form in enumerate(problems)}
    bounds = {form: _least(problem) for form, problem in problems.items()}
    best: tuple[float, int, Tile, int, str] | None = None
    climbs = 0
    for form in sorted(problems, key=lambda form: (bounds[form], places[form])):
        if best is not None and (bounds[form], places[form]) > best[:2]:
            climbs += 1
            continue
        end = _climbed(problems[form])
        if end is not None:
            value, tile, steps = end
            climbs += 1
            climbed = (value, places[form], tile, steps, form)
            best = climbed if best is None else min(best, climbed)
    if best is None:
        return Choice(None, NO_MAPPING)
    _, _, tile, steps, form = best
    several = f"best of {climbs} climbs, " if climbs > 1 else ""
    return Choice(tile, f"{several}{steps} step{'s' * (steps != 1)} to a local optimum", form)


def _least(problem: Problem) -> float:
    """Return what no tile falls below, as far as that is known."""
    bounds = problem.quick_if_known
    return 0.0 if bounds is None else float(bounds.min())


def _climbed(problem: Problem) -> tuple[float, Tile, int] | None:
    """Return how good the end of a climb in one form is, the end and the steps; None without a start.

    Every step goes to the best neighbour, of equals to the lexicographically first, and only if it is
    better.
    """
    tile = _start(problem)
    if tile is None:
        return None
    value = _values(problem, tile[None, :])[0]
    steps = 0
    while True:
        near = _neighbours(problem, tile)
        if (bounds := problem.quick_of(near)) is not None:
            near = near[bounds < value]
        if not len(near):
            break
        values = _values(problem, near)
        order = np.argsort(values, kind="stable")
        better = order[values[order] < value]
        first = first_right(problem.nest, problem.hardware, near[better])
        if first is None:
            break
        best = better[first]
        tile, value, steps = near[best], values[best], steps + 1
    return float(value), Tile.of(tile), steps


def _values(problem: Problem, tiles: IntArray) -> FloatArray:
    """Return what is minimised, per tile."""
    cost = batch_cost(problem.nest, problem.hardware, tiles)
    values: FloatArray = cost.values(problem.objective)
    return values


def _start(problem: Problem) -> IntArray | None:
    """Return one filter per virtual neuron if the constraints allow it, else the first legal tile, if any."""
    start = filter_per_vn(problem).tile
    if start is not None:
        tile = np.array([start.sizes], dtype=np.int64)
        if len(_within_limits(problem, tile)):
            first: IntArray = tile[0]
            return first
    at = first_right(problem.nest, problem.hardware, problem.candidates)
    return None if at is None else problem.candidates[at]


def _neighbours(problem: Problem, tile: IntArray) -> IntArray:
    """Return the legal tiles that differ from `tile` by one move, or by two moves along different loops.

    A move takes one loop to a size one larger or smaller, twice or half as large, or to the next larger or
    smaller size that changes how often the loop runs without padding more than it must.
    """
    moves = [_moves(problem, dim, int(size)) for dim, size in zip(DIMS, tile, strict=True)]
    tiles = [_replaced(tile, {i: size}) for i, sizes in enumerate(moves) for size in sizes]
    tiles += [
        _replaced(tile, {i: first, j: second})
        for i in range(len(DIMS))
        for j in range(i + 1, len(DIMS))
        for first in moves[i]
        for second in moves[j]
    ]
    if not tiles:
        return np.empty((0, len(DIMS)), dtype=np.int64)
    unique = np.unique(np.array(tiles, dtype=np.int64), axis=0)
    fitting = unique[unique.prod(axis=1) <= problem.hardware.num_ms]
    return _within_limits(problem, keep_legal(problem.nest, problem.hardware, fitting))


def _moves(problem: Problem, dim: str, size: int) -> list[int]:
    """Return the other sizes that one move along a loop can reach."""
    whole = getattr(problem.nest, dim)
    trips = -(-whole // size)
    reached = {size - 1, size + 1, size // 2, size * 2, -(-whole // (trips + 1))}
    if trips > 1:
        reached.add(-(-whole // (trips - 1)))
    allowed = problem.limits.range(dim, most_at_once(dim, whole, problem.hardware))
    return sorted(s for s in reached if s in allowed and s != size)


def _replaced(tile: IntArray, sizes: dict[int, int]) -> list[int]:
    """Return the tile with some of its sizes replaced."""
    return [sizes.get(i, int(size)) for i, size in enumerate(tile)]


def _within_limits(problem: Problem, tiles: IntArray) -> IntArray:
    """Return the tiles that keep the user's limits."""
    ranges = [problem.limits.range(dim, size) for dim, size in zip(DIMS, problem.nest.sizes, strict=True)]
    low = np.array([r.start for r in ranges])
    high = np.array([r.stop - 1 for r in ranges])
    kept: IntArray = tiles[((tiles >= low) & (tiles <= high)).all(axis=1)]
    return kept
