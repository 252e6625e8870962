"""What the best mappings have in common that the others have not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray
from solver.keyed import Keyed
from solver.landscape.landscape import Landscape
from solver.layer import DIMS
from solver.mapping.buffer_tile import ARRAY_ORDERS, DRAM_ORDERS
from solver.mapping.levels import order_text

LEAST_SHARE = 0.6
"""Of the best mappings, to be called common."""


@dataclass(frozen=True)
class Trait(Keyed):
    """Something that most of the best mappings share.

    Attributes
    ----------
    what
        In words, such as ``T_S = 3``.
    best, among
        How many of the best mappings have it, and of how many.
    share
        Share of all mappings that have it.
    """

    KEYS = "* lift"

    what: str
    best: int
    among: int
    share: float

    @property
    def lift(self) -> float:
        """How many times more frequent it is among the best."""
        return self.best / self.among / self.share if self.share else float("inf")


def common_traits(landscape: Landscape, best: list[int]) -> tuple[Trait, ...]:
    """Return what the best mappings share, the rarest in the whole space first.

    What nearly all mappings share says nothing of the best, and is left out.
    """
    found: list[Trait] = []
    seen: set[bytes] = set()
    for what, holds in _candidates(landscape, best):
        if holds.tobytes() in seen:  # the same mappings in other words
            continue
        seen.add(holds.tobytes())
        count, share = int(holds[best].sum()), float(holds.mean())
        if count >= LEAST_SHARE * len(best) and count / len(best) > 1.05 * share:
            found.append(Trait(what, count, len(best), share))
    return tuple(sorted(found, key=lambda trait: (-trait.lift, trait.what)))


def _candidates(landscape: Landscape, best: list[int]) -> list[tuple[str, BoolArray]]:
    """Return statements about mappings and which of them they hold for."""
    tiles, table = landscape.tiles, landscape.properties
    sizes = np.array([form.nest.sizes for form in landscape.forms])[landscape.which]
    columns = {f"T_{dim}": tiles[:, i] for i, dim in enumerate(DIMS)}
    columns |= {"virtual neuron size": table["vn_size"], "virtual neurons": table["virtual_neurons"]}
    columns |= {"folds": table["folds"]}
    if landscape.buffers is not None:
        columns |= {f"B_{dim}": landscape.buffers[:, i] for i, dim in enumerate(DIMS)}
    found = []
    for name, column in columns.items():
        values, counts = np.unique(column[best], return_counts=True)
        usual = int(values[counts.argmax()])
        found.append((f"{name} = {usual}", column == usual))
    for i, dim in enumerate(DIMS):
        if (sizes[:, i] > 1).any():
            found.append((f"T_{dim} is all of {dim}", (tiles[:, i] == sizes[:, i]) & (sizes[:, i] > 1)))
    num_ms = landscape.hardware.num_ms
    for share in (100, 90, 75):
        found.append(
            (f"at least {share} % of the switches in use", table["switches"] * 100 >= share * num_ms)
        )
    found.append(("every tile size divides its loop", (sizes % tiles == 0).all(axis=1)))
    if len(landscape.forms) > 1:
        for i, form in enumerate(landscape.forms):
            found.append((form.name, landscape.which == i))
    if landscape.dram_order is not None and landscape.array_order is not None:
        for i, order in enumerate(DRAM_ORDERS):
            found.append((f"DRAM loop order {order_text(order)}", landscape.dram_order == i))
        for i, order in enumerate(ARRAY_ORDERS):
            found.append((f"{order} stationary in the array", landscape.array_order == i))
    return found
