"""The baseline `filter-per-vn`: one filter per virtual neuron."""

from __future__ import annotations

from solver.baselines.fill import fill
from solver.baselines.problem import Choice, Problem


def filter_per_vn(problem: Problem) -> Choice:
    """Return the tile whose virtual neurons are whole filters as far as they fit, replicated over filters.

    Filter columns, rows and then channels fill a virtual neuron; filters, and then groups, fill the array.
    """
    return Choice(fill(problem.nest, problem.hardware, ("S", "R", "C", "K", "G")))
