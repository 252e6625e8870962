"""Pooling, global pooling included: a depthwise nest with unit weights."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.layer.base import Decomposition, HostOperation, Part, Primitive, Shape, Times, check_counts
from solver.layer.nest import LoopNest, Reduction
from solver.layer.window import (
    NO_PADDING,
    Sides,
    check_fit,
    check_padding,
    padded,
    reach,
    taps,
    window_outputs,
)


@dataclass(frozen=True, kw_only=True)
class Pool(Primitive):
    """What maximum and average pooling have in common.

    Parameters
    ----------
    input
        Channels, rows and columns of the unpadded input.
    kernel
        (rows, columns) of the window; None takes the whole input (global pooling).
    stride
        (rows, columns); None is the kernel: windows that do not overlap.
    padding
        ((top, bottom), (left, right)) words around the input; they are in no maximum, and count as 0 in an
        average.
    """

    trained: ClassVar[bool] = False
    ones: ClassVar[bool] = True
    defined: ClassVar[str] = "the pooling's definition"
    batch: int = 1
    input: tuple[int, int, int]
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: Sides = NO_PADDING
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "input", "window", "step", "dilation"))
        check_padding(self.padding)
        check_fit(self.input[1:], self.window, self.padding, self.dilation)
        for a, sides in enumerate(self.padding):
            if max(sides) >= reach(self.window[a], self.dilation[a]):
                found = f"{max(sides)}, which leaves a window without any input"
                expected = f"less than the {reach(self.window[a], self.dilation[a])} that the kernel spans"
                raise InputError(field="padding", found=found, expected=expected)
        self.nest()

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the window."""
        return self.kernel or self.input[1:]

    @property
    def step(self) -> tuple[int, int]:
        """Rows and columns from one window to the next."""
        return self.stride or self.window

    @property
    def output(self) -> tuple[int, int, int]:
        """Channels, output rows and output columns."""
        rows, cols = window_outputs(self.input[1:], self.window, self.step, self.padding, self.dilation)
        return self.input[0], rows, cols

    @property
    @abstractmethod
    def reduction(self) -> Reduction:
        """What the adders do."""

    def nest(self) -> LoopNest:
        """Lower to a depthwise nest: one group a channel. The weights are ones."""
        channels, rows, cols = self.output
        # Where there is one window only nothing is strided.
        down, right = (self.step[a] if (rows, cols)[a] > 1 else 1 for a in (0, 1))
        return LoopNest(
            R=self.window[0],
            S=self.window[1],
            G=channels,
            N=self.batch,
            X=rows,
            Y=cols,
            stride=(down, right),
            dilation=self.dilation,
            operation=self.reduction,
        )

    @property
    def input_shape(self) -> Shape:
        """(N, channels, rows, columns)."""
        return self.batch, *self.input

    @property
    def output_shape(self) -> Shape:
        """(N, channels, X, Y)."""
        return self.batch, *self.output

    def loop_inputs(self, inputs: IntArray, fill: int) -> IntArray:
        """Pad; every channel is a group."""
        inputs = padded(inputs, self.padding, fill)
        return inputs.reshape(self.batch, self.input[0], 1, *inputs.shape[2:])

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the maximum, or the sum, of each window; what pads a maximum is in none."""
        inputs = padded(inputs, self.padding, fill)
        result = np.full(self.output_shape, fill)
        for tap in np.ndindex(self.window):
            seen = taps(inputs, tap, self.output[1:], self.step, self.dilation)
            result = np.maximum(result, seen) if self.reduction == "max" else result + seen
        return result


@dataclass(frozen=True, kw_only=True)
class MaxPool(Pool):
    """Maximum pooling: the adder switches compare."""

    kind: ClassVar[str] = "maxpool"

    @property
    def reduction(self) -> Reduction:
        """Compare."""
        return "max"


@dataclass(frozen=True, kw_only=True)
class AveragePool(Pool):
    """Average pooling: the array adds up each window; the host divides the sums.

    Parameters
    ----------
    count_padding
        Whether the padding counts in the divisor; otherwise windows at the border have smaller ones.
    """

    kind: ClassVar[str] = "avgpool"
    count_padding: bool = True

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return the sums on the array and the host's division."""
        elements = self.batch * prod(self.output)
        divide = HostOperation(operation="divide by the window size", elements=elements)
        return (Decomposition("", (Part("sums", self), Part("divide", divide))),)

    @property
    def reduction(self) -> Reduction:
        """Add."""
        return "mac"
