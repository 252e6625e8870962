"""Images one below the other: a batch becomes one long image, whose weights are loaded once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.forms.step import ROWS, Step, along
from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class StackedImages(Step):
    """Images follow each other along the rows, each padded to whole strides.

    Where the window has one row nothing else changes. Otherwise windows that lie in two images are computed
    and dropped.
    """

    family = name = "stacked-images"

    def applies(self, nest: LoopNest) -> bool:
        """More than one image."""
        return nest.N > 1

    def nest(self, nest: LoopNest) -> LoopNest:
        """One image with the outputs of all, and those between them."""
        return replace(nest, N=1, X=(nest.N - 1) * self._pitch(nest) + nest.X)

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Append the images."""
        lines = self._pitch(nest) * nest.stride[ROWS]
        rows = inputs[:, :, :, :lines]
        rows = np.pad(rows, [(0, 0)] * 3 + [(0, lines - rows.shape[3]), (0, 0)])
        images, g, c, _, columns = rows.shape
        return np.moveaxis(rows, 0, 2).reshape(1, g, c, images * lines, columns), weights

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Take the images apart, without what was computed between them."""
        pitch = self._pitch(nest)
        rows = np.pad(array[0], [(0, 0), (0, 0), (0, nest.N * pitch - array.shape[3]), (0, 0)])
        g, k, _, columns = rows.shape
        return np.moveaxis(rows.reshape(g, k, nest.N, pitch, columns)[:, :, :, : nest.X], 2, 0)

    @staticmethod
    def _pitch(nest: LoopNest) -> int:
        """Return the outputs from the start of an image to that of the next."""
        _, taps, stride, dilation = along(nest, ROWS)
        window = (nest.X - 1) * stride + (taps - 1) * dilation + 1
        return nest.X if taps == 1 else -(-window // stride)
