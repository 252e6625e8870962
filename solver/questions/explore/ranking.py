"""Which mappings are best, exactly: those that their lower bounds leave in the running are settled."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.result import Objective
from solver.landscape.landscape import Landscape
from solver.search.presolve import SLACK


def best(landscape: Landscape, objective: Objective, count: int) -> list[int]:
    """Return the mappings with the least objective values, best first; there are no better ones.

    Parameters
    ----------
    landscape
        The mappings; those that may be among the best are settled.
    count
        How many to return.

    Returns
    -------
    list of int
        Indices. Equal values are ordered by energy, then cycles, then index; of mappings
        that are equal to the last one some may be left out.
    """
    least = landscape.least(objective)
    slack = 1.0 if objective is Objective.LATENCY else 1 - SLACK
    found: list[tuple[Decimal, Decimal, int, int]] = []
    for index in np.lexsort((landscape.energy, landscape.values(objective), least)):
        if len(found) >= count and least[index] * slack >= float(found[-1][0]):
            break
        if not landscape.right(index):
            continue
        cost = landscape.settle(index)
        found.append((cost.value(objective), cost.energy, cost.cycles, int(index)))
        found = sorted(found)[:count]
    return [index for *_, index in found]


def least_property(
    landscape: Landscape, objective: Objective, column: IntArray, most: Decimal
) -> tuple[int, int] | None:
    """Return the mapping with the least property among those within a limit.

    Parameters
    ----------
    column
        The property of every mapping.
    most
        Highest objective value that is allowed.

    Returns
    -------
    tuple of int, or None
        Index and how many mappings may be within the limit (by their lower bounds), or None if there is none.
        Of several with the same property it is the first in the order of the closed form.
    """
    slack = 1.0 if objective is Objective.LATENCY else 1 - SLACK
    within = np.flatnonzero(landscape.least(objective) * slack <= float(most))
    order = np.lexsort((landscape.values(objective)[within], column[within]))
    for index in within[order]:
        if landscape.right(index) and landscape.settle(index).value(objective) <= most:
            return int(index), len(within)
    return None
