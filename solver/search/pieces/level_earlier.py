"""What pieces cost at least under a goal, by what searches under two others have found.

Where the weights of cycles and energy are w = a u + b v with a, b >= 0, no piece's w-sum is below a times its
least u-sum and b times its least v-sum. Searches for a least product ask for one sum after the other, between
those before: most array tiles that the two on either side gave up need not be looked at again.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray
from solver.hardware import Hardware
from solver.search.pieces.goal import SLACK, Goal, between
from solver.search.pieces.level_groups import LevelGroup, least_of
from solver.search.pieces.level_lot import LevelLot
from solver.search.pieces.lines import Lines


class Earlier:
    """What a search under one goal found out of the array tiles along one cut.

    Parameters
    ----------
    groups
        All that it began with.
    """

    def __init__(self, goal: Goal, groups: list[LevelGroup], hardware: Hardware) -> None:
        self.goal, self._hardware = goal, hardware
        self._groups = {(group.lot, group.width): group for group in groups}
        self._lines: dict[LevelLot, tuple[Lines, Lines]] = {}

    def bounds(self, group: LevelGroup) -> FloatArray:
        """Return what pieces of every size cost at least under that goal with the tiles of some group."""
        known = self._groups.get((group.lot, group.width))
        bounds = np.full(len(group.bounds), np.inf) if known is None else known.bounds
        other = group.rows if known is None else np.setdiff1d(group.rows, known.rows)
        if len(other):  # of these it knew enough from the start
            if group.lot not in self._lines:
                self._lines[group.lot] = group.lot.lines(self.goal, self._hardware)
            array, transfer = (line.take(other) for line in self._lines[group.lot])
            bounds = np.minimum(bounds, least_of((array, transfer), group.width, len(bounds) - 1))
        return bounds


def bound_between(groups: list[LevelGroup], goal: Goal, earlier: list[Earlier]) -> None:
    """Raise the bounds of groups to what the searches say whose goals are nearest on either side."""
    by_weights = {each.goal.weights: each for each in earlier}
    if (nearest := between(goal.weights, by_weights)) is None:
        return
    for group in groups:
        parts = [float(share) * by_weights[weights].bounds(group) for weights, share in nearest]
        group.raise_to((parts[0] + parts[1])[group.width : -1] * (1 - SLACK))
