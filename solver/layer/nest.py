"""The loop nest that every layer becomes on the array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from solver.arithmetic.numbers import MAX_INTEGER
from solver.errors import InputError

DIMS: tuple[str, ...] = ("R", "S", "C", "K", "G", "N", "X", "Y")
"""The loops of a nest, in the order in which tiles are written everywhere in this project."""

MAX_MACS = 2**52
"""Largest layer accepted.

The vectorised cost model counts in 64-bit integers. A tile that divides nothing pads each of up to six loops
to less than twice its size, and the costliest counter has some tens of events per multiplication, so 2**52
(4.5e15) MACs is the largest power of two for which no counter can reach 2**63.
"""

MAX_STEP = 2**22
"""Largest stride and dilation accepted.

The distribution's model tells the input words of a step apart by a number that grows with the rows and
columns between them; with up to 65,536 switches it stays below 2**18 times the square of the larger step.
"""

Reduction = Literal["mac", "max"]
"""What the adder switches do with two values: add them, or keep the larger one (the simulator's compare)."""

Sums = Literal["whole", "begun", "continued"]
"""Whether the loops finish their outputs, or are a part of a layer whose sums go on in a later part: begun
anew, or continued from the sums that the global buffer holds of the parts before. Both keep a multiplier of
every virtual neuron for the sum that comes back, so that the tree stays as it is from part to part."""


@dataclass(frozen=True, slots=True)
class LoopNest:
    """The eight loops of a layer as the array runs them.

    `C` and `K` are per group; `X`, `Y` are output rows and columns; the input is already padded.
    `stride` and `dilation` are (rows, columns), `X`/`R` running along rows and `Y`/`S` along columns.
    With the `operation` max the weights are ones and the adders compare. That moves and counts the same
    events as adding does; only the value that stands for "nothing" differs (the least number instead of 0).
    `sums` is about parts of a layer, see `Sums`.
    """

    R: int = 1
    S: int = 1
    C: int = 1
    K: int = 1
    G: int = 1
    N: int = 1
    X: int = 1
    Y: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    operation: Reduction = "mac"
    sums: Sums = "whole"

    def __post_init__(self) -> None:
        for dim in DIMS:
            check_positive(dim, getattr(self, dim))
        for name in ("stride", "dilation"):
            for value in getattr(self, name):
                check_positive(name, value, MAX_STEP)
        if self.operation not in ("mac", "max"):
            raise InputError(field="operation", found=self.operation, expected="mac or max")
        if self.sums not in get_args(Sums):
            raise InputError(field="sums", found=self.sums, expected=", ".join(get_args(Sums)))
        if self.macs > MAX_MACS:
            raise InputError(
                "the layer is too large for exact 64-bit counting",
                found=f"{self.macs} MACs",
                expected=f"at most {MAX_MACS} (2**52) MACs",
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Loop sizes in the order of `DIMS`."""
        return tuple(getattr(self, dim) for dim in DIMS)

    @property
    def partial(self) -> bool:
        """Whether the outputs are sums that a later part of a layer goes on with, or an earlier began."""
        return self.sums != "whole"

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer (comparisons for max), those with padding zeros included."""
        return self.R * self.S * self.C * self.K * self.G * self.N * self.X * self.Y

    @property
    def outputs(self) -> int:
        """Output words of the layer."""
        return self.N * self.G * self.K * self.X * self.Y

    @property
    def weights(self) -> int:
        """Weight words of the layer."""
        return self.G * self.K * self.C * self.R * self.S

    @property
    def input_rows(self) -> int:
        """Padded input rows that the windows touch."""
        return (self.X - 1) * self.stride[0] + (self.R - 1) * self.dilation[0] + 1

    @property
    def input_cols(self) -> int:
        """Padded input columns that the windows touch."""
        return (self.Y - 1) * self.stride[1] + (self.S - 1) * self.dilation[1] + 1


def check_positive(field: str, value: Any, most: int = MAX_INTEGER) -> None:
    """Raise an `InputError` unless `value` is an integer of at least 1 and at most `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(field=field, found=value, expected="an integer of at least 1")
    if value > most:
        raise InputError(field=field, found=value, expected=f"at most {most:,}")
