"""The baseline `random`: the best of a random sample of the legal mappings."""

from __future__ import annotations

import numpy as np

from solver.baselines.problem import Choice, Problem
from solver.cost.batch import batch_cost
from solver.mapping.tile import Tile

SAMPLES = 1000
"""Mappings drawn, without replacement."""


def random_search(problem: Problem) -> Choice:
    """Return the best of `SAMPLES` legal tiles drawn with the problem's seed, ranked by the closed form."""
    legal = problem.legal
    if not len(legal):
        return Choice(None, "no legal mapping within the constraints")
    rng = np.random.default_rng(problem.seed)
    drawn = legal[np.sort(rng.choice(len(legal), size=min(SAMPLES, len(legal)), replace=False))]
    values = batch_cost(problem.nest, problem.hardware, drawn).values(problem.objective)
    return Choice(Tile.of(drawn[int(np.argmin(values))]), f"best of {len(drawn)} drawn, seed {problem.seed}")
