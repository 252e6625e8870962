"""The numbers of a layer: random or from .npy files, and as the loop nest sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solver.errors import InputError
from solver.layer import Conv, FullyConnected, Gemm, Layer
from solver.simulate.arithmetic import FRACTION_BITS, Arithmetic

IntArray = NDArray[np.int64]

INPUT_RANGE, WEIGHT_RANGE = (-128, 127), (-8, 7)
"""Random integers; the weights are those that the fixed point represents as integers."""
MAX_EXACT = 2**62
"""Largest sum of products that 64-bit integers add up exactly, with room to spare."""


@dataclass(frozen=True)
class Tensors:
    """Operands of a layer, in the layer's own shapes (see `shapes`)."""

    inputs: IntArray
    weights: IntArray


def shapes(layer: Layer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of the input and the weights of a layer.

    Convolution: (batch, channels, rows, columns) unpadded and (filters, channels / groups, kernel rows,
    kernel columns). Fully connected: (batch, inputs) and (outputs, inputs). GEMM: (m, k) and (k, n).
    """
    if isinstance(layer, Conv):
        channels, rows, cols = layer.input
        weights = (layer.filters, channels // layer.groups, *layer.kernel)
        return (layer.batch, channels, rows, cols), weights
    if isinstance(layer, FullyConnected):
        return (layer.batch, layer.inputs), (layer.outputs, layer.inputs)
    if isinstance(layer, Gemm):
        return (layer.m, layer.k), (layer.k, layer.n)
    raise InputError(f"layers of kind {layer.kind or type(layer).__name__} have no tensors to simulate")


def output_shape(layer: Layer) -> tuple[int, ...]:
    """Return the shape of a layer's output."""
    if isinstance(layer, Conv):
        return (layer.batch, *layer.output)
    nest = layer.nest()
    return (nest.X, nest.K)


def random_tensors(layer: Layer, seed: int, arithmetic: Arithmetic = Arithmetic.EXACT) -> Tensors:
    """Return random operands; with fixed point the weights are integers times 4096."""
    rng = np.random.default_rng(seed)
    of_input, of_weights = shapes(layer)
    scale = 1 << FRACTION_BITS if arithmetic is Arithmetic.FIXED else 1
    return Tensors(
        rng.integers(*INPUT_RANGE, size=of_input, endpoint=True),
        rng.integers(*WEIGHT_RANGE, size=of_weights, endpoint=True) * scale,
    )


def read_tensor(path: str | Path, shape: tuple[int, ...], what: str, arithmetic: Arithmetic) -> IntArray:
    """Read one operand from a .npy file.

    Parameters
    ----------
    path
        The file.
    shape
        What the layer needs.
    what
        Name of the operand, for messages.
    arithmetic
        With 16 bits the numbers must fit in them.

    Raises
    ------
    InputError
        If the file is no .npy file, or holds numbers of another kind, shape or range.
    """
    file = str(path)
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError("no such file", file=file) from None
    except (OSError, ValueError, EOFError) as error:
        reason = f"not a .npy file of numbers: {str(error).splitlines()[0] if str(error) else 'no content'}"
        raise InputError(reason, file=file) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
        found = f"numbers of type {array.dtype}" if isinstance(array, np.ndarray) else "several arrays"
        raise InputError(file=file, field=what, found=found, expected="an array of integers")
    if array.shape != shape:
        raise InputError(
            file=file, field=what, found=f"shape {array.shape}", expected=f"{shape}, the layer's {what}"
        )
    low, high = (-(2**31), 2**31 - 1) if arithmetic is Arithmetic.EXACT else (-(2**15), 2**15 - 1)
    least, most = int(array.min()), int(array.max())
    if least < low or most > high:
        raise InputError(
            file=file,
            field=what,
            found=f"values from {least} to {most}",
            expected=f"from {low} to {high} with {arithmetic} arithmetic",
        )
    return array.astype(np.int64)


def check_range(layer: Layer, tensors: Tensors) -> None:
    """Refuse operands whose sums could leave 64-bit integers.

    Raises
    ------
    InputError
        If they could.
    """
    nest = layer.nest()
    largest = (
        int(np.abs(tensors.inputs).max()) * int(np.abs(tensors.weights).max()) * nest.R * nest.S * nest.C
    )
    if largest > MAX_EXACT:
        raise InputError(
            "the operands are too large for exact sums", field="input", found=f"sums of up to {largest}"
        )


def nest_operands(layer: Layer, tensors: Tensors) -> tuple[IntArray, IntArray]:
    """Return the operands along the loops of the nest.

    Returns
    -------
    tuple of ndarray
        Inputs of shape (N, G, C, padded rows, padded columns) and weights of shape (G, K, C, R, S).
    """
    nest = layer.nest()
    if isinstance(layer, Conv):
        padded = np.pad(tensors.inputs, ((0, 0), (0, 0), *layer.padding))
        inputs = padded.reshape(nest.N, nest.G, nest.C, *padded.shape[2:])
        return inputs, tensors.weights.reshape(nest.G, nest.K, nest.C, nest.R, nest.S)
    stationary = tensors.weights.T if isinstance(layer, Gemm) else tensors.weights
    return tensors.inputs[None, None, None], stationary[None, :, None, None, :]


def layer_output(layer: Layer, outputs: IntArray) -> IntArray:
    """Return an output of shape (N, G, K, X, Y) in the layer's own shape."""
    if isinstance(layer, Conv):
        return outputs.reshape(output_shape(layer))
    return outputs[0, 0, :, :, 0].T
