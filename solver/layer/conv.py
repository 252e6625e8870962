"""Convolutions, depthwise and dilated ones included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.layer.base import Primitive, Shape, Times, check_counts
from solver.layer.nest import LoopNest
from solver.layer.window import (
    NO_PADDING,
    Sides,
    check_fit,
    check_groups,
    check_padding,
    padded,
    taps,
    window_outputs,
)


@dataclass(frozen=True, kw_only=True)
class Conv(Primitive):
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
    defined: ClassVar[str] = "direct convolution"
    batch: int = 1
    input: tuple[int, int, int]
    filters: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: Sides = NO_PADDING
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "filters", "groups", "input", "kernel", "stride", "dilation"))
        check_padding(self.padding)
        check_groups(self.groups, input_channels=self.input[0], filters=self.filters)
        check_fit(self.input[1:], self.kernel, self.padding, self.dilation)
        self.nest()

    @property
    def output(self) -> tuple[int, int, int]:
        """Filters, output rows and output columns."""
        return (
            self.filters,
            *window_outputs(self.input[1:], self.kernel, self.stride, self.padding, self.dilation),
        )

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

    @property
    def input_shape(self) -> Shape:
        """(N, channels, rows, columns)."""
        return self.batch, *self.input

    @property
    def weight_shape(self) -> Shape:
        """(filters, channels / groups, R, S)."""
        return self.filters, self.input[0] // self.groups, *self.kernel

    @property
    def output_shape(self) -> Shape:
        """(N, filters, X, Y)."""
        return self.batch, *self.output

    def loop_inputs(self, inputs: IntArray, fill: int) -> IntArray:
        """Pad, and take the groups apart."""
        inputs = padded(inputs, self.padding, fill)
        return inputs.reshape(self.batch, self.groups, -1, *inputs.shape[2:])

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the direct convolution."""
        inputs = padded(inputs, self.padding, fill)
        result = np.zeros(self.output_shape, dtype=np.int64)
        for k, filter_k in enumerate(weights):
            first_channel = k // (self.filters // self.groups) * len(filter_k)
            for (c, r, s), weight in np.ndenumerate(filter_k):
                seen = taps(inputs[:, first_channel + c], (r, s), self.output[1:], self.stride, self.dilation)
                result[:, k] += times(weight, seen)
        return result
