"""An image cut into strips, each an image of its own that runs beside the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.forms.step import ROWS, Step, along
from solver.layer import LoopNest
from solver.mapping.lines import distinct_lines


@dataclass(frozen=True, slots=True)
class Strips(Step):
    """So many strips of output rows, the last ones perhaps with rows that are computed and dropped.

    Strips that run at once (T_N) use the same weights far from each other in the array: other ports serve
    them than serve neighbouring rows, so fewer of a port's words differ (rules T2 and T3). Where the window
    has several rows, neighbouring strips hold the rows between them twice.

    Attributes
    ----------
    count
        Strips of every image, at least 2.
    """

    count: int
    family = "strips"

    @property
    def name(self) -> str:
        """The family and how many."""
        return f"{self.count} {self.family}"

    def applies(self, nest: LoopNest) -> bool:
        """A row of outputs for every strip."""
        return self.count <= nest.X

    def nest(self, nest: LoopNest) -> LoopNest:
        """Multiply the images, divide the rows."""
        return replace(nest, N=nest.N * self.count, X=-(-nest.X // self.count))

    def copies(self, nest: LoopNest) -> Fraction:
        """Input rows that the strips need one by one, over those that the image has."""
        _, taps, stride, dilation = along(nest, ROWS)
        rows = -(-nest.X // self.count)
        strips = [min(rows, nest.X - start) for start in range(0, nest.X, rows)]
        held = sum(int(distinct_lines(outputs, taps, stride, dilation)) for outputs in strips)
        return Fraction(held, int(distinct_lines(nest.X, taps, stride, dilation)))

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Take the strips out of every image, those beyond its end as zeros."""
        after = self.nest(nest)
        starts = np.arange(self.count) * after.X * nest.stride[ROWS]
        at = starts[:, None] + np.arange(after.input_rows)
        missing = max(0, int(at.max()) + 1 - inputs.shape[3])
        rows = np.pad(inputs, [(0, 0)] * 3 + [(0, missing), (0, 0)])[:, :, :, at]
        n, g, c, strips, lines, columns = rows.shape
        return np.moveaxis(rows, 3, 1).reshape(n * strips, g, c, lines, columns), weights

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Put the strips together, without the rows beyond the end."""
        images, g, k, rows, columns = array.shape
        split = np.moveaxis(array.reshape(images // self.count, self.count, g, k, rows, columns), 1, 3)
        return split.reshape(nest.N, g, k, self.count * rows, columns)[:, :, :, : nest.X]
