"""Operands of a layer as the global buffer holds them: padded to whole tiles, addressed word by word."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.switches.switch_config import SwitchConfig


class Operands:
    """The input and the weights, flat, with the address arithmetic of words.

    A word's address is the sum of what its offset in the tile, the filter iteration, the window and the fold
    contribute. Whatever lies outside the layer is 0.

    Parameters
    ----------
    config
        Loops and tile.
    inputs
        Shape (N, G, C, padded rows, padded columns).
    weights
        Shape (G, K, C, R, S).
    sums
        What the outputs continue where they are sums of several parts of a layer, shape (N, G, K, X, Y).
    """

    def __init__(
        self, config: SwitchConfig, inputs: IntArray, weights: IntArray, sums: IntArray | None = None
    ) -> None:
        nest, tile, counts = config.nest, config.tile, config.loop_counts
        self.counts = counts
        whole = {d: -(-getattr(nest, d) // getattr(tile, d)) * getattr(tile, d) for d in "RSCKGNXY"}
        rows = (whole["X"] - 1) * nest.stride[0] + (whole["R"] - 1) * nest.dilation[0] + 1
        cols = (whole["Y"] - 1) * nest.stride[1] + (whole["S"] - 1) * nest.dilation[1] + 1
        # A stride may leave the last rows and columns of the input untouched.
        touched = inputs[..., :rows, :cols]
        self.inputs, self._input_steps = _flat(touched, (whole["N"], whole["G"], whole["C"], rows, cols))
        self.weights, self._weight_steps = _flat(weights, tuple(whole[d] for d in "GKCRS"))
        self.sums = sums
        self._tile = tile
        self._window_steps = (
            tile.X * nest.stride[0] * self._input_steps[3],
            tile.Y * nest.stride[1] * self._input_steps[4],
        )
        folds = [-(-getattr(nest, d) // getattr(tile, d)) for d in "CRS"]
        c, r, s = (index * getattr(tile, d) for index, d in zip(np.indices(folds), "CRS", strict=True))
        steps, taps = self._input_steps, nest.dilation
        self.fold_inputs = (c * steps[2] + r * taps[0] * steps[3] + s * taps[1] * steps[4]).ravel()
        steps = self._weight_steps
        self.fold_weights = (c * steps[2] + r * steps[3] + s * steps[4]).ravel()

    def read_weights(self, offset: IntArray, g: int, k: int) -> IntArray:
        """Return the weights of words in a filter iteration, shape (words, folds)."""
        base = g * self._tile.G * self._weight_steps[0] + k * self._tile.K * self._weight_steps[1]
        address = (offset @ np.array(self._weight_steps) + base)[:, None] + self.fold_weights
        return self.weights.take(address)

    def read_inputs(
        self, offset: IntArray, n: int, g: int, rows: IntArray, cols: IntArray, folds: slice
    ) -> IntArray:
        """Return the inputs of words in some windows, shape (words, rows, cols, folds)."""
        base = n * self._tile.N * self._input_steps[0] + g * self._tile.G * self._input_steps[1]
        window = rows[:, None] * self._window_steps[0] + cols * self._window_steps[1]
        at = window[:, :, None] + self.fold_inputs[folds]
        return self.inputs.take((offset @ np.array(self._input_steps) + base)[:, None, None, None] + at)


def _flat(array: IntArray, shape: tuple[int, ...]) -> tuple[IntArray, tuple[int, ...]]:
    """Return an array padded with zeros to a shape, flat, and the distance of neighbours along each axis."""
    padded = np.zeros(shape, dtype=np.int64)
    padded[tuple(slice(0, size) for size in array.shape)] = array
    steps = np.cumprod((1, *shape[:0:-1]))[::-1]
    return padded.ravel(), tuple(int(step) for step in steps)
