"""Dilation taken apart: every d-th line is an image of its own, without dilation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.forms.step import AXES, Step, along, with_axis
from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class DilationPhases(Step):
    """Along an axis of stride 1, output u d + p needs the lines (u + r) d + p: those of phase p alone.

    So each phase is an image of its own, and inputs can be forwarded (rule T4). Outputs that the last phases
    lack are computed and dropped.
    """

    axis: int
    family = "dilation-phases"

    @property
    def name(self) -> str:
        """The family and the axis."""
        return f"{self.family} of {AXES[self.axis]}"

    def applies(self, nest: LoopNest) -> bool:
        """A dilation that means something, and stride 1."""
        outputs, taps, stride, dilation = along(nest, self.axis)
        return stride == 1 < dilation and taps > 1 and outputs > 1

    def nest(self, nest: LoopNest) -> LoopNest:
        """Multiply the images by the phases that have outputs."""
        outputs, taps, _, dilation = along(nest, self.axis)
        return with_axis(
            nest,
            self.axis,
            outputs=-(-outputs // dilation),
            taps=taps,
            N=nest.N * min(dilation, outputs),
        )

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Take the phases apart."""
        outputs, taps, _, dilation = along(nest, self.axis)
        lines = -(-outputs // dilation) + taps - 1
        lined = np.moveaxis(inputs, 3 + self.axis, 1)
        lined = np.pad(lined, [(0, 0), (0, max(0, lines * dilation - lined.shape[1])), *[(0, 0)] * 3])
        n, _, *rest = lined.shape
        phases = min(dilation, outputs)
        split = lined[:, : lines * dilation].reshape(n, lines, dilation, *rest)[:, :, :phases]
        images = split.swapaxes(1, 2).reshape(n * phases, lines, *rest)
        return np.moveaxis(images, 1, 3 + self.axis), weights

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Put the phases together, and drop what the last ones computed too much."""
        outputs, _, _, dilation = along(nest, self.axis)
        lined = np.moveaxis(array, 3 + self.axis, 1)
        images, lines, *rest = lined.shape
        phases = min(dilation, outputs)
        joined = lined.reshape(images // phases, phases, lines, *rest).swapaxes(1, 2)
        flat = joined.reshape(images // phases, lines * phases, *rest)[:, :outputs]
        return np.moveaxis(flat, 1, 3 + self.axis)
