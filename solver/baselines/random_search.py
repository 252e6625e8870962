"""The baseline `random`: the best of a random sample of the legal mappings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solver.baselines.problem import NO_MAPPING, Choice, Problem, of_several
from solver.cost.batch import batch_cost
from solver.legal.right import first_right
from solver.mapping.tile import Tile

SAMPLES = 1000
"""Mappings drawn, without replacement."""


def random_search(problems: Mapping[str, Problem]) -> Choice:
    """Return the best of `SAMPLES` legal tiles of all forms together, ranked by the closed form.

    Every tile is drawn with the same chance, by the problems' seed.
    """
    begins = np.cumsum([0, *(len(problem.candidates) for problem in problems.values())])
    total = int(begins[-1])
    if not total:
        return Choice(None, NO_MAPPING)
    seed = next(iter(problems.values())).seed
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(total, size=min(SAMPLES, total), replace=False))
    how = f"{len(drawn)} drawn{of_several(problems)}, seed {seed}"
    found, least = Choice(None, f"no legal mapping among {how}"), np.inf
    for (form, problem), begin, end in zip(problems.items(), begins[:-1], begins[1:], strict=True):
        places = drawn[(drawn >= begin) & (drawn < end)] - begin
        if (bounds := problem.quick_if_known) is not None:
            places = places[bounds[places] < least]
        tiles = problem.candidates[places]
        if not len(tiles):
            continue
        values = batch_cost(problem.nest, problem.hardware, tiles).values(problem.objective)
        order = np.argsort(values, kind="stable")
        order = order[values[order] < least]
        best = first_right(problem.nest, problem.hardware, tiles[order])
        if best is not None:
            least = values[order[best]]
            found = Choice(Tile.of(tiles[order[best]]), f"best of {how}", form)
    return found
