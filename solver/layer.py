"""What a layer is, and the loop nest that it becomes on the array.

A `Layer` is what the user describes (`Conv`, `FullyConnected`, `Gemm`); `Layer.nest()` lowers it to the eight
loops that MAERI's controller runs. Everything downstream of the front ends reads the `LoopNest` only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from solver.errors import InputError

DIMS: tuple[str, ...] = ("R", "S", "C", "K", "G", "N", "X", "Y")
"""The loops of a nest, in the order in which tiles are written everywhere in this project."""

MAX_MACS = 2**52
"""Largest layer accepted.

The vectorised cost model counts in 64-bit integers. A tile that divides nothing pads each of up to six loops
to less than twice its size, and the costliest counter has some tens of events per multiplication, so 2**52
(4.5e15) MACs is the largest power of two for which no counter can reach 2**63.
"""


@dataclass(frozen=True, slots=True)
class LoopNest:
    """The eight loops of a layer as the array runs them.

    `C` and `K` are per group; `X`, `Y` are output rows and columns; the input is already padded.
    `stride` and `dilation` are (rows, columns), `X`/`R` running along rows and `Y`/`S` along columns.
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

    def __post_init__(self) -> None:
        for dim in DIMS:
            check_positive(dim, getattr(self, dim))
        for name in ("stride", "dilation"):
            for value in getattr(self, name):
                check_positive(name, value)
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
    def macs(self) -> int:
        """Multiply-accumulates of the layer, those with padding zeros included."""
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


@dataclass(frozen=True, kw_only=True)
class Layer(ABC):
    """A layer as its user describes it; subclasses are the kinds."""

    kind: ClassVar[str] = ""
    name: str = ""

    @abstractmethod
    def nest(self) -> LoopNest:
        """Lower the layer to the loops that the array runs."""

    def to_dict(self) -> dict[str, Any]:
        """Return the layer under the keys of its YAML form; an empty name is left out."""
        names = [f.name for f in fields(self) if f.name != "name" or self.name]
        return {"kind": self.kind, **{name: _plain(getattr(self, name)) for name in names}}

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer."""
        return self.nest().macs


@dataclass(frozen=True, kw_only=True)
class Conv(Layer):
    """A two-dimensional convolution; depthwise when `groups` equals the input channels.

    Parameters
    ----------
    input
        Channels (total over the groups), rows and columns of the unpadded input.
    filters
        Output channels, total over the groups.
    kernel, stride, dilation
        (rows, columns).
    padding
        ((top, bottom), (left, right)) zeros around the input.

    Raises
    ------
    InputError
        If a size is not positive, the groups divide the channels unevenly, or the kernel does not fit.
    """

    kind: ClassVar[str] = "conv"
    batch: int = 1
    input: tuple[int, int, int]
    filters: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        for name in ("batch", "filters", "groups"):
            check_positive(name, getattr(self, name))
        for name in ("input", "kernel", "stride", "dilation"):
            for value in getattr(self, name):
                check_positive(name, value)
        for side in self.padding:
            for value in side:
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    raise InputError(field="padding", found=value, expected="integers of at least 0")
        for name, total in (("input channels", self.input[0]), ("filters", self.filters)):
            if total % self.groups:
                raise InputError(
                    field="groups", found=self.groups, expected=f"a divisor of the {total} {name}"
                )
        for axis, size in (("rows", 0), ("columns", 1)):
            padded = self.input[1 + size] + sum(self.padding[size])
            reach = (self.kernel[size] - 1) * self.dilation[size] + 1
            if reach > padded:
                raise InputError(
                    field="kernel",
                    found=f"a kernel that spans {reach} {axis}",
                    expected=f"at most the {padded} {axis} of the padded input",
                )
        self.nest()

    @property
    def output(self) -> tuple[int, int, int]:
        """Filters, output rows and output columns."""
        rows, cols = (
            (self.input[1 + a] + sum(self.padding[a]) - (self.kernel[a] - 1) * self.dilation[a] - 1)
            // self.stride[a]
            + 1
            for a in (0, 1)
        )
        return (self.filters, rows, cols)

    def nest(self) -> LoopNest:
        """Lower to the loops; C and K become sizes per group."""
        _, rows, cols = self.output
        return LoopNest(
            R=self.kernel[0],
            S=self.kernel[1],
            C=self.input[0] // self.groups,
            K=self.filters // self.groups,
            G=self.groups,
            N=self.batch,
            X=rows,
            Y=cols,
            stride=self.stride,
            dilation=self.dilation,
        )


@dataclass(frozen=True, kw_only=True)
class FullyConnected(Layer):
    """A fully connected layer: `outputs` neurons of `inputs` weights over `batch` vectors."""

    kind: ClassVar[str] = "fc"
    batch: int = 1
    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        for name in ("batch", "inputs", "outputs"):
            check_positive(name, getattr(self, name))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the weights stationary: the inner dimension is S, the batch is streamed along X."""
        return LoopNest(S=self.inputs, K=self.outputs, X=self.batch)


@dataclass(frozen=True, kw_only=True)
class Gemm(Layer):
    """A matrix product (m x k) times (k x n)."""

    kind: ClassVar[str] = "gemm"
    m: int
    n: int
    k: int

    def __post_init__(self) -> None:
        for name in ("m", "n", "k"):
            check_positive(name, getattr(self, name))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the k x n matrix stationary and the m rows streamed (maeri-timing rules for GEMM)."""
        return LoopNest(S=self.k, K=self.n, X=self.m)


def check_positive(field: str, value: Any) -> None:
    """Raise an `InputError` unless `value` is an integer of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(field=field, found=value, expected="an integer of at least 1")


def dims_of(nest: LoopNest) -> Iterator[tuple[str, int]]:
    """Yield (loop name, size) in the order of `DIMS`."""
    yield from zip(DIMS, nest.sizes, strict=True)


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
