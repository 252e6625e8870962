"""The best mapping for each value of each tile dimension: which sizes matter, and which are free."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import Any

import numpy as np

from solver.cost.result import Objective
from solver.landscape.landscape import Landscape
from solver.layer import DIMS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile


@dataclass(frozen=True)
class Sensitivity:
    """The best of all mappings with one size of the array tile along a loop.

    Attributes
    ----------
    loop, size
        For instance K and 64.
    count
        Mappings with that tile size.
    best
        Objective value of the best of them; the closed form's unless `exact`.
    ratio
        `best` over the least objective value of the space.
    where
        The best of those that are known to compute what they should.
    exact
        Whether its figures are those that a report would give.
    """

    loop: str
    size: int
    count: int
    best: float
    ratio: float
    where: Tile | LevelMapping
    exact: bool

    @property
    def mapping(self) -> str:
        """The mapping as tables and plots show it."""
        return str(self.where)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        where = self.where.to_dict()
        mapping = {"tile": where} if isinstance(self.where, Tile) else where
        return {name: value for name, value in vars(self).items() if name != "where"} | {"mapping": mapping}


def sensitivities(landscape: Landscape, objective: Objective, least: float) -> tuple[Sensitivity, ...]:
    """Return the best mapping for every value of every tile dimension that varies.

    Parameters
    ----------
    least
        The least objective value, to which ratios are taken.
    """
    values = landscape.values(objective)
    # The best first, so that the first mapping with a value is the best one.
    order = np.lexsort((landscape.energy, values))
    found = []
    for i, dim in enumerate(DIMS):
        column = landscape.tiles[order, i]
        sizes, counts = np.unique(column, return_counts=True)
        if len(sizes) == 1:
            continue
        for size, count in zip(sizes, counts, strict=True):
            at = next((int(at) for at in order[column == size] if landscape.known(at)), None)
            if at is None:
                continue
            best = float(values[at])
            # The least value is exact, the others have rounding.
            ratio = best / least if least and not isclose(best, least, rel_tol=1e-9) else 1.0
            where = landscape.mapping(at)
            found.append(
                Sensitivity(dim, int(size), int(count), best, ratio, where, bool(landscape.exact[at]))
            )
    return tuple(found)
