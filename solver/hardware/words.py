"""How wide the words of the operands are, and what follows for memories that move and hold bytes."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Any

from solver.keyed import Keyed
from solver.layer import check_positive

OPERANDS: tuple[str, ...] = ("weights", "inputs", "outputs")

MAX_WORD_BYTES = 2**31 - 1
"""Widest word accepted: the vectorised cost model counts in 64-bit integers."""

EVENT_OPERANDS: dict[str, str] = {
    "weight_reads": "weights",
    "input_reads": "inputs",
    "psum_reads": "outputs",
    "writes": "outputs",
    "dram_weights": "weights",
    "dram_inputs": "inputs",
    "dram_psums": "outputs",
    "dram_outputs": "outputs",
}
"""Whose words an event of buffer or DRAM moves; partial sums are words of the outputs."""


@dataclass(frozen=True)
class WordBytes(Keyed):
    """Bytes of a word of each operand; partial sums are words of the outputs.

    Where they differ, words of several operands are counted together in units: the largest size that all of
    them are multiples of. With one size a unit is a word.

    Attributes
    ----------
    weights, inputs, outputs
        Bytes of a word.

    Raises
    ------
    InputError
        If a size is not positive or beyond its limit.
    """

    weights: int
    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        for name in OPERANDS:
            check_positive(name, getattr(self, name), MAX_WORD_BYTES)

    @classmethod
    def same(cls, size: int) -> WordBytes:
        """Return one size for all operands."""
        check_positive("word_bytes", size, MAX_WORD_BYTES)
        return cls(size, size, size)

    @property
    def uniform(self) -> bool:
        """Whether all words have one size."""
        return self.weights == self.inputs == self.outputs

    @property
    def unit(self) -> int:
        """Bytes of a unit."""
        return gcd(self.weights, self.inputs, self.outputs)

    @property
    def least(self) -> int:
        """Bytes of the narrowest word, which bandwidths count."""
        return min(self.weights, self.inputs, self.outputs)

    @property
    def units_per_least(self) -> int:
        """Units of the narrowest word."""
        return self.least // self.unit

    def of(self, operand: str) -> int:
        """Return the bytes of an operand's word."""
        size: int = getattr(self, operand)
        return size

    def units(self, operand: str) -> int:
        """Return the units of an operand's word."""
        return self.of(operand) // self.unit

    def together(self, weights: Any, inputs: Any, outputs: Any) -> Any:
        """Return the units of words: of numbers, of arrays of them, or of expressions of CP-SAT."""
        units = [self.units(operand) for operand in OPERANDS]
        return units[0] * weights + units[1] * inputs + units[2] * outputs

    def __str__(self) -> str:
        if self.uniform:
            return f"{self.weights}-byte words"
        return f"words of {self.weights} (weights), {self.inputs} (inputs), {self.outputs} (outputs) bytes"
