"""What every baseline is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from solver.arithmetic.arrays import IntArray
from solver.cost.result import Objective
from solver.forms.form import DIRECT
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits, candidate_tiles
from solver.mapping.tile import Tile


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
    """

    nest: LoopNest
    hardware: Hardware
    objective: Objective
    seed: int
    limits: Limits

    @cached_property
    def candidates(self) -> IntArray:
        """Every tile within the limits that keeps the rules, one row each in the order of `DIMS`.

        Whether weights overtake inputs in a tile is asked of those that a baseline would choose.
        """
        return candidate_tiles(self.nest, self.hardware, self.limits)


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
