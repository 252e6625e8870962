"""What every baseline is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.result import Objective
from solver.forms.form import DIRECT
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.search.presolve import SLACK
from solver.search.spaces import Spaces


@dataclass(frozen=True)
class Problem:
    """One mapping question.

    Parameters
    ----------
    nest, hardware, objective
        The layer, the accelerator, and what is minimised.
    seed
        Seed of the random baselines.
    limits
        The user's constraints on tile sizes, which the searching baselines keep and the fixed ones ignore.
    known
        Where tiles and their bounds are kept.
    """

    nest: LoopNest
    hardware: Hardware
    objective: Objective
    seed: int
    limits: Limits
    known: Spaces | None = field(default=None, compare=False, repr=False)

    @cached_property
    def spaces(self) -> Spaces:
        """Where tiles and their bounds are kept."""
        return self.known or Spaces(self.hardware, self.limits)

    @cached_property
    def candidates(self) -> IntArray:
        """Every tile within the limits that keeps the rules, one row each in the order of `DIMS`.

        Whether weights overtake inputs in them is asked of those that a baseline would choose.
        """
        return self.spaces.of(self.nest)

    @cached_property
    def quick(self) -> FloatArray:
        """What each candidate costs at least, from the bound that lays no tile out."""
        return self.spaces.bounds(self.nest, self.candidates).least_values(self.objective)

    @property
    def quick_if_known(self) -> FloatArray | None:
        """The same if a search before has worked it out, as all of them take longer than a few tiles do."""
        bounds = self.spaces.known_bounds(self.nest)
        return None if bounds is None else bounds.least_values(self.objective) * (1 - SLACK)

    def quick_of(self, tiles: IntArray) -> FloatArray | None:
        """Return the same of some of the candidates."""
        known = self.quick_if_known
        if known is None or self._numbers is None:
            return None
        result: FloatArray = known[np.searchsorted(self._numbers, tiles @ self._radix)]
        return result

    @cached_property
    def _radix(self) -> IntArray:
        """What a step along each loop adds to the number of a tile: numbers are in the order of the tiles."""
        sizes = [min(size, self.hardware.num_ms) + 1 for size in self.nest.sizes]
        return np.array([prod(sizes[place + 1 :]) for place in range(len(sizes))], dtype=np.int64)

    @cached_property
    def _numbers(self) -> IntArray | None:
        """The numbers of the candidates; None if 64 bits do not hold them."""
        if prod(min(size, self.hardware.num_ms) + 1 for size in self.nest.sizes) >= 2**63:
            return None
        result: IntArray = self.candidates @ self._radix
        return result


@dataclass(frozen=True)
class Choice:
    """The tile that a baseline chose, or None; `note` says why none, or what was adapted.

    `form` is the name of the form that the tile is of.
    """

    tile: Tile | None
    note: str = ""
    form: str = DIRECT


NO_MAPPING = "no legal mapping within the constraints"


def of_several(problems: Mapping[str, Problem]) -> str:
    """Return in words in how many forms a search looked, if in several."""
    return f" of {len(problems)} forms" if len(problems) > 1 else ""


def is_elementwise(nest: LoopNest) -> bool:
    """Return whether the nest is a lowered elementwise product, or sum of products: one group a word."""
    return nest.G > 1 and nest.R == nest.C == nest.K == nest.X == nest.Y == 1


def is_matrix_product(nest: LoopNest) -> bool:
    """Return whether the nest is a lowered matrix product: inner dimension S, rows X, products G."""
    return nest.R == nest.C == nest.Y == 1
