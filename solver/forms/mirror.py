"""The mirror image: rows and columns change places."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solver.arithmetic.arrays import IntArray
from solver.forms.step import Step
from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class Mirror(Step):
    """Image and filters transposed. The array's loops treat the axes differently (rules T1 and T4)."""

    family = name = "mirrored"

    def applies(self, nest: LoopNest) -> bool:
        """Every nest but one that is its own mirror image."""
        return self.nest(nest) != nest

    def nest(self, nest: LoopNest) -> LoopNest:
        """Swap R and S, X and Y, strides and dilations."""
        return replace(
            nest,
            R=nest.S,
            S=nest.R,
            X=nest.Y,
            Y=nest.X,
            stride=nest.stride[::-1],
            dilation=nest.dilation[::-1],
        )

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Transpose image and filters."""
        return inputs.swapaxes(-1, -2), weights.swapaxes(-1, -2)

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Transpose the output back."""
        return array.swapaxes(-1, -2)
