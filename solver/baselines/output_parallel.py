"""The baseline `output-parallel`: as many outputs at once as fit."""

from __future__ import annotations

from solver.baselines.fill import fill
from solver.baselines.problem import Choice, Problem, is_matrix_product
from solver.layer import LoopNest

PAIR = 2
"""The smallest virtual neuron that can be replicated beside an accumulation buffer when it folds."""


def output_parallel(problem: Problem) -> Choice:
    """Return the tile with small virtual neurons, replicated over output rows, columns, filters and groups.

    A virtual neuron is one filter row of one channel; where that is a single weight (or the inner dimension
    of a matrix product) it is a pair of products. Outputs of one filter come first, because they share its
    weights; where the stride forbids several of them at once, the filters do.
    """
    nest = problem.nest
    dim, most = _small_vn(nest)
    return Choice(fill(nest, problem.hardware, (dim, "X", "Y", "K", "G"), {dim: most}))


def _small_vn(nest: LoopNest) -> tuple[str, int]:
    """Return the loop that a virtual neuron adds over, and how much of it."""
    if is_matrix_product(nest):
        return "S", PAIR
    if nest.S > 1:
        return "S", nest.S
    return ("C", PAIR) if nest.C > 1 else ("R", PAIR)
