"""Space to depth: the phases of a stride become channels, and the stride 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.forms.step import AXES, Step, along, with_axis
from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class SpaceToDepth(Step):
    """Along an axis, line x stride + r becomes line x + r // stride of channel r % stride.

    With r = q stride + p, output x needs line (x + q) stride + p: tap q of phase p. Filters are padded with
    zeros to whole phases, which costs multiplications but lets inputs be forwarded and several outputs share
    the array (rules T4 and T10).
    """

    axis: int
    family = "space-to-depth"

    @property
    def name(self) -> str:
        """The family and the axis."""
        return f"{self.family} of {AXES[self.axis]}"

    def applies(self, nest: LoopNest) -> bool:
        """A stride above 1 without dilation, and windows that overlap (else they are patches)."""
        _, taps, stride, dilation = along(nest, self.axis)
        return nest.operation == "mac" and dilation == 1 < stride < taps

    def nest(self, nest: LoopNest) -> LoopNest:
        """Divide the taps by the stride, multiply the channels by it."""
        outputs, taps, stride, _ = along(nest, self.axis)
        return with_axis(
            nest,
            self.axis,
            outputs=outputs,
            taps=-(-taps // stride),
            C=nest.C * stride,
        )

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Take the phases of lines and taps apart; a phase that lacks a tap has a zero there."""
        outputs, taps, stride, _ = along(nest, self.axis)
        whole = -(-taps // stride)
        return self._phases(inputs, outputs + whole - 1, stride), self._phases(weights, whole, stride)

    def _phases(self, array: IntArray, lines: int, stride: int) -> IntArray:
        """Return an array (a, b, C, ...) as (a, b, C stride, ...) with so many lines along the axis."""
        lined = np.moveaxis(array, 3 + self.axis, 3)[:, :, :, : lines * stride]
        rest = [(0, 0)] * lined.ndim
        rest[3] = (0, lines * stride - lined.shape[3])
        lined = np.pad(lined, rest)
        a, b, channels, _, other = lined.shape
        split = lined.reshape(a, b, channels, lines, stride, other).swapaxes(3, 4)
        return np.moveaxis(split.reshape(a, b, channels * stride, lines, other), 3, 3 + self.axis)
