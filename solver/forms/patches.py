"""Patches: what the window sees along an axis becomes channels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.forms.step import AXES, Step, along, with_axis
from solver.layer import LoopNest
from solver.mapping.lines import distinct_lines


@dataclass(frozen=True, slots=True)
class Patches(Step):
    """Along an axis, tap r of output x becomes channel r at line x; stride and dilation become 1.

    Where windows do not overlap (one tap, one output, or a stride as long as the window) this only moves
    words. Otherwise each word stands in as many places as windows see it.
    """

    axis: int

    @property
    def name(self) -> str:
        """The axis whose patches they are."""
        return f"patches of {AXES[self.axis]}"

    @property
    def family(self) -> str:
        """One family for both axes."""
        return "patches"

    def applies(self, nest: LoopNest) -> bool:
        """Wherever there is a window, or a stride over single words."""
        outputs, taps, stride, _ = along(nest, self.axis)
        return taps > 1 or (stride > 1 and outputs > 1)

    def nest(self, nest: LoopNest) -> LoopNest:
        """Multiply the channels by the taps."""
        outputs, taps, _, _ = along(nest, self.axis)
        return with_axis(nest, self.axis, outputs=outputs, taps=1, C=nest.C * taps)

    def copies(self, nest: LoopNest) -> Fraction:
        """Lines that the windows see one by one, over the lines that there are."""
        outputs, taps, stride, dilation = along(nest, self.axis)
        return Fraction(outputs * taps, int(distinct_lines(outputs, taps, stride, dilation)))

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Gather what each window sees; taps become channels."""
        outputs, taps, stride, dilation = along(nest, self.axis)
        at = np.arange(taps)[:, None] * dilation + np.arange(outputs) * stride
        seen = np.moveaxis(inputs, 3 + self.axis, 3)[:, :, :, at]
        kept = np.moveaxis(weights, 3 + self.axis, 3)[:, :, :, :, None]
        return self._channels(seen), self._channels(kept)

    def _channels(self, array: IntArray) -> IntArray:
        """Return (a, b, channels, taps, lines, other) as (a, b, channels taps, ...), lines on the axis."""
        a, b, channels, taps, lines, other = array.shape
        return np.moveaxis(array.reshape(a, b, channels * taps, lines, other), 3, 3 + self.axis)
