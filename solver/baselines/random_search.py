"""The baseline `random`: the best of a random sample of the legal mappings."""

from __future__ import annotations

import numpy as np

from solver.baselines.problem import Choice, Problem
from solver.cost.batch import batch_cost
from solver.legal.tiles import first_right
from solver.mapping.tile import Tile

SAMPLES = 1000
"""Mappings drawn, without replacement."""


def random_search(problem: Problem) -> Choice:
    """Return the best of `SAMPLES` legal tiles drawn with the problem's seed, ranked by the closed form."""
    tiles = problem.candidates
    if not len(tiles):
        return Choice(None, "no legal mapping within the constraints")
    rng = np.random.default_rng(problem.seed)
    drawn = tiles[np.sort(rng.choice(len(tiles), size=min(SAMPLES, len(tiles)), replace=False))]
    values = batch_cost(problem.nest, problem.hardware, drawn).values(problem.objective)
    ranked = drawn[np.argsort(values, kind="stable")]
    best = first_right(problem.nest, problem.hardware, ranked)
    if best is None:
        return Choice(None, f"no legal mapping among {len(drawn)} drawn, seed {problem.seed}")
    return Choice(Tile.of(ranked[best]), f"best of {len(drawn)} drawn, seed {problem.seed}")
