"""A mapping over both levels: array tile, buffer tile, and the loop orders around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.mapping.tile import Tile


@dataclass(frozen=True, order=True)
class LevelMapping:
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

    tile: Tile
    buffer: Tile
    dram_order: str = "KQP"
    array_order: str = "weights"

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping under its JSON keys."""
        return {
            "tile": self.tile.to_dict(),
            "buffer_tile": self.buffer.to_dict(),
            "dram_order": self.dram_order,
            "array_order": self.array_order,
        }

    def __str__(self) -> str:
        return f"array {self.tile} | buffer {self.buffer} | {self.dram_order} | {self.array_order} stationary"
