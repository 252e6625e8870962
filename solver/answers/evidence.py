"""What a search settled on the way to its answer: the part of a certificate that only the search knows."""

from __future__ import annotations

from dataclasses import dataclass

from solver.cost.result import Cost
from solver.mapping.tile import Tile


@dataclass(frozen=True)
class FormEvidence:
    """One form of a layer, as far as it was searched.

    Attributes
    ----------
    mappings
        Its mappings, as the answer's space counts them.
    timed
        Costs of the mappings that were replayed, None where weights overtake inputs: all that their bounds do
        not rule out. None with a prefetch buffer, where the search does not tell.
    slower
        Mappings that are not ruled out by their bounds either, whose replays ended when they could not be of
        interest any more.
    """

    mappings: int
    timed: dict[Tile, Cost | None] | None
    slower: tuple[Tile, ...] = ()


@dataclass(frozen=True)
class WeightedBound:
    """What no mapping falls below: cycles x `cycles` + energy x `energy` >= `least`.

    Attributes
    ----------
    several
        Whether that was found of mappings in two and more pieces only.
    """

    cycles: int
    energy: int
    least: int
    several: bool = False


Evidence = dict[str, FormEvidence]
"""By the names of the forms; one without right mappings of interest may be missing."""
