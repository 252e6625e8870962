"""Operands of a layer as the global buffer holds them: padded to whole tiles, addressed word by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.layer import DIMS
from solver.mapping.tile import trips
from solver.switches.switch_config import Operand, SwitchConfig, Word

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Addresses:
    """Where the words of a configuration lie in flat memories of inputs and weights.

    A word's address is the sum of what its offset in the tile, the filter iteration, the window and the fold
    contribute. The memories are padded to whole tiles; whatever lies outside the layer is 0.

    Parameters
    ----------
    input_shape, weight_shape
        (N, G, C, padded rows, padded columns) and (G, K, C, R, S), in whole tiles.
    input_steps, weight_steps
        Distances of neighbours along each axis.
    loops
        What one step of each loop around the array adds to the address of a weight and of an input.
    """

    input_shape: Shape
    weight_shape: Shape
    input_steps: Shape
    weight_steps: Shape
    loops: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, config: SwitchConfig) -> Addresses:
        """Return the addresses of a configuration's words."""
        nest, tile = config.nest, config.tile
        whole = {d: -(-getattr(nest, d) // getattr(tile, d)) * getattr(tile, d) for d in DIMS}
        rows = (whole["X"] - 1) * nest.stride[0] + (whole["R"] - 1) * nest.dilation[0] + 1
        cols = (whole["Y"] - 1) * nest.stride[1] + (whole["S"] - 1) * nest.dilation[1] + 1
        inputs = (whole["N"], whole["G"], whole["C"], rows, cols)
        weights = tuple(whole[d] for d in "GKCRS")
        of_input, of_weight = _steps(inputs), _steps(weights)
        loops = {
            "n": (0, tile.N * of_input[0]),
            "g": (tile.G * of_weight[0], tile.G * of_input[1]),
            "k": (tile.K * of_weight[1], 0),
            "c": (tile.C * of_weight[2], tile.C * of_input[2]),
            "r": (tile.R * of_weight[3], tile.R * nest.dilation[0] * of_input[3]),
            "s": (tile.S * of_weight[4], tile.S * nest.dilation[1] * of_input[4]),
            "x": (0, tile.X * nest.stride[0] * of_input[3]),
            "y": (0, tile.Y * nest.stride[1] * of_input[4]),
        }
        return cls(inputs, weights, of_input, of_weight, loops)

    def of_word(self, word: Word) -> int:
        """Return the address of a weight or an input of the first tile."""
        steps = self.weight_steps if word.operand is Operand.WEIGHT else self.input_steps
        return sum(at * step for at, step in zip(word.offset, steps, strict=True))


class Operands:
    """The input and the weights, flat, and where words lie in them.

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
        self.addresses = Addresses.of(config)
        rows, cols = self.addresses.input_shape[3:]
        # A stride may leave the last rows and columns of the input untouched.
        self.inputs = _flat(inputs[..., :rows, :cols], self.addresses.input_shape)
        self.weights = _flat(weights, self.addresses.weight_shape)
        self.sums = sums
        counts = trips(config.nest, config.tile)
        at = np.indices([counts[dim] for dim in "CRS"]).reshape(3, -1)
        steps = np.array([self.addresses.loops[loop] for loop in "crs"])
        self.fold_weights, self.fold_inputs = steps.T @ at

    def read_weights(self, offset: IntArray, g: int, k: int) -> IntArray:
        """Return the weights of words in a filter iteration, shape (words, folds)."""
        loops = self.addresses.loops
        base = g * loops["g"][0] + k * loops["k"][0]
        address = (offset @ np.array(self.addresses.weight_steps) + base)[:, None] + self.fold_weights
        return self.weights.take(address)

    def read_inputs(
        self, offset: IntArray, n: int, g: int, rows: IntArray, cols: IntArray, folds: slice
    ) -> IntArray:
        """Return the inputs of words in some windows, shape (words, rows, cols, folds)."""
        loops = self.addresses.loops
        base = offset @ np.array(self.addresses.input_steps) + n * loops["n"][1] + g * loops["g"][1]
        window = rows[:, None] * loops["x"][1] + cols * loops["y"][1]
        at = window[:, :, None] + self.fold_inputs[folds]
        return self.inputs.take(base[:, None, None, None] + at)


def _flat(array: IntArray, shape: Shape) -> IntArray:
    """Return an array padded with zeros to a shape, flat."""
    padded = np.zeros(shape, dtype=np.int64)
    padded[tuple(slice(0, size) for size in array.shape)] = array
    return padded.ravel()


def _steps(shape: Shape) -> Shape:
    """Return the distance of neighbours along each axis of a flat array."""
    return tuple(int(step) for step in np.cumprod((1, *shape[:0:-1]))[::-1])
