"""Tiles of very large spaces that pieces might have, found without a list of all.

The filters of a layer cost at least the least share of any tile each (`solver.search.pieces.relaxation`). A
better mapping than a known one has a tile whose share is below the known average; and none of its tiles is
one that the known value excludes beside the least share of all other filters. Both are asked of boxes.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.boxes import BoxCost
from solver.cost.events import price_of
from solver.forms.wish import Wish
from solver.layer import DIMS, Primitive
from solver.pieces.cuts import Cut, Family, families_along
from solver.search.coarse import Boxes, CoarseSpace
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.ground import Ground, Tiles
from solver.search.pieces.relaxation import least_share
from solver.search.spaces import Spaces


class FarSpace:
    """The tiles of all forms of pieces along a cut, where they are too many to list, under one goal.

    Parameters
    ----------
    goal, known
        What is minimised, and the value of a mapping that is known.

    Attributes
    ----------
    near
        The tiles with which a filter may cost less than the known average.
    """

    def __init__(
        self, layer: Primitive, cut: Cut, wish: Wish, spaces: Spaces, goal: Goal, known: int
    ) -> None:
        self._goal, self._size, self._average = goal, cut.size, known / cut.size
        self._forms = [
            _Far(family, spaces, goal) for family in families_along(layer, cut, wish, spaces.hardware)
        ]
        tiles = {one.family: one.below_share(self._average) for one in self._forms if not one.family.whole}
        self.near = Ground(layer, cut, wish, spaces, energy=goal.energy != 0, tiles=tiles)

    def tiles_of_interest(self, known: int) -> Tiles:
        """Return the tiles of each form that pieces of a mapping better than a known one might have."""
        least = min(least_share(self.near, self._goal), self._average)
        return {one.family: one.useful(least, self._size, known) for one in self._forms}


def too_many(layer: Primitive, cut: Cut, wish: Wish, spaces: Spaces) -> bool:
    """Return whether the tiles of some form of pieces are too many to list."""
    families = families_along(layer, cut, wish, spaces.hardware)
    return any(spaces.too_many(family.nest) for family in families)


class _Far:
    """The tiles of one form."""

    def __init__(self, family: Family, spaces: Spaces, goal: Goal) -> None:
        self.family, self.goal = family, goal
        hardware = spaces.hardware
        cut = None if family.whole else DIMS.index(family.dim)
        self.space = CoarseSpace(family.nest, hardware, spaces.limits, cut)
        # Words that padding does not ask for count by the filter.
        one = family.nest_of(1)
        words = float(price_of(hardware, "buffer_write", "writes")) * one.outputs
        if family.straight:
            words += float(price_of(hardware, "buffer_read", "weight_reads")) * one.weights
        self.each = float(goal.values(np.zeros(1), np.array([words]))[0]) if goal.energy else 0.0

    def below_share(self, most: float) -> IntArray:
        """Return the tiles with which a filter may cost at most so much."""

        def values(cost: BoxCost, boxes: Boxes) -> FloatArray:
            return (self._once(cost) - self.each) / self._width(boxes) + self.each

        return self.space.below(values, most * (1 + SLACK))

    def useful(self, share: float, size: int, known: int) -> IntArray:
        """Return the tiles of mappings that may cost less than what is known.

        Parameters
        ----------
        share
            What a filter costs at least with any tile.
        size
            Filters of the layer.
        """

        def values(cost: BoxCost, boxes: Boxes) -> FloatArray:
            if self.family.whole:
                return self._once(cost)
            others = share * size - max(0.0, share - self.each) * self._width(boxes)
            return self._once(cost) - self.each + others

        return self.space.below(values, float(known) * (1 + SLACK))

    def _once(self, cost: BoxCost) -> FloatArray:
        return self.goal.values(cost.cycles, cost.energy)

    def _width(self, boxes: Boxes) -> IntArray:
        width: IntArray = boxes.high[:, DIMS.index(self.family.dim)]
        return width
