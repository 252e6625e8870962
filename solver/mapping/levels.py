"""A mapping over both levels: array tile, buffer tile, and the loop orders around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.keyed import Keyed
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.tile import Tile

GROUPS: Mapping[str, tuple[str, ...]] = {"K": ("K",), "P": ("N", "X", "Y"), "Q": ("C", "R", "S")}
"""The loops of each group that `LevelMapping.dram_order` orders; G is outermost."""


def order_text(dram_order: str) -> str:
    """Write an order of the groups by its loops: KPQ is ``G K NXY CRS``."""
    return " ".join(["G", *("".join(GROUPS[group]) for group in dram_order)])


ORDER_TEXTS: dict[str, str] = {order_text(order): order for order in DRAM_ORDERS}


def read_order(text: str) -> str | None:
    """Return the order of the groups that a text writes, by its loops or by their letters, or None."""
    squeezed = "".join(text.upper().replace(",", " ").split())
    if squeezed in DRAM_ORDERS:
        return squeezed
    known = {written.replace(" ", ""): order for written, order in ORDER_TEXTS.items()}
    return known.get(squeezed if squeezed.startswith("G") else f"G{squeezed}")


@dataclass(frozen=True, order=True)
class LevelMapping(Keyed):
    """How a layer runs on array, prefetch buffer and DRAM.

    Attributes
    ----------
    tile
        The array tile.
    buffer
        The buffer tile: how much of each loop the prefetch buffer holds.
    dram_order
        Order of the loop groups K, P = (N, X, Y), Q = (C, R, S) between DRAM and buffer, outermost first.
    array_order
        Operand that is stationary in the array.
    """

    KEYS = "tile buffer_tile=buffer dram_order=loops array_order"

    tile: Tile
    buffer: Tile
    dram_order: str = "KQP"
    array_order: str = "weights"

    @property
    def loops(self) -> str:
        """The loops around the buffer tile as files and reports write them, outermost first."""
        return order_text(self.dram_order)

    def __str__(self) -> str:
        return f"array {self.tile} | buffer {self.buffer} | {self.loops} | {self.array_order} stationary"
