"""What a two-level mapping moves, holds and waits for, beside its cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.hardware.words import WordBytes
from solver.keyed import Keyed, keyed
from solver.mapping.levels import LevelMapping


@dataclass(frozen=True)
class Roofline(Keyed):
    """Where a mapping stands between the array's peak and the DRAM's bandwidth.

    Attributes
    ----------
    intensity
        MACs per DRAM word, the narrowest where words differ.
    attained, peak, ridge
        MACs per cycle reached, and possible (num_ms); the intensity from which the DRAM is fast enough.
    """

    intensity: float
    attained: float
    peak: int
    ridge: float


@dataclass(frozen=True)
class LevelFigures:
    """A two-level mapping's traffic, capacity, time and energy by level.

    Attributes
    ----------
    mapping
        Array tile, buffer tile and loop orders.
    array_cycles, transfer_cycles, stall_cycles
        Cycles of the array's own work, of the DRAM's transfers, and latency beyond the array's work, set-up
        left out.
    words
        Words read and written per level ("DRAM", "buffer") and operand.
    transfers
        Words from level to level ("DRAM to buffer", ...) and operand; outputs that come back are partial
        sums.
    tile_words, capacity_words
        Words of a buffer tile per operand, and what the buffer has room for (per operand, or "shared" in
        words as wide as the narrowest).
    word_bytes
        Bytes of a word of each operand.
    energy
        Energy per level and operand ("DRAM" and "buffer"; weights, inputs, outputs), exact.
    prices
        Energy of the table's word read from and written to this buffer and this DRAM, by its entries.
    roofline
        Where the mapping stands between the array's peak and the DRAM's bandwidth.
    """

    mapping: LevelMapping
    array_cycles: int
    transfer_cycles: int
    stall_cycles: int
    words: dict[str, dict[str, int]]
    transfers: dict[str, dict[str, int]]
    tile_words: dict[str, int]
    capacity_words: dict[str, int]
    word_bytes: WordBytes
    energy: dict[str, dict[str, Decimal]]
    prices: dict[str, Decimal]
    roofline: Roofline

    def bytes_of(self, words: dict[str, int]) -> int:
        """Return the bytes of words by operand."""
        return sum(self.word_bytes.of(operand) * count for operand, count in words.items())

    @property
    def dram_bytes(self) -> int:
        """Bytes that cross the chip's edge."""
        return self.bytes_of(self.words["DRAM"])

    @property
    def tile_bytes(self) -> int:
        """Bytes of a buffer tile, once."""
        return self.bytes_of(self.tile_words)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        by_level = [
            {"level": level, "operand": operand, "words": words, "energy": self.energy[level][operand]}
            for level, operands in self.words.items()
            for operand, words in operands.items()
        ]
        return {
            **keyed(self, "array_cycles transfer_cycles stall_cycles"),
            "by_level": by_level,
            **keyed(self, "transfers tile_words tile_bytes capacity_words dram_bytes word_energy=prices"),
            **keyed(self, "roofline"),
        }
