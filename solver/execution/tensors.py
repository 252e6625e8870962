"""The numbers that a layer is executed on: random, or from .npy files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.arithmetic import FRACTION_BITS, Arithmetic
from solver.execution.lowering import Tensors, has_weights
from solver.files import read_bytes
from solver.layer import Primitive
from solver.layer.base import Shape

INPUT_RANGE, WEIGHT_RANGE = (-128, 127), (-8, 7)
"""Random integers; the weights are those that the fixed point represents as integers."""
MAX_EXACT = 2**62
"""Largest sum of products that 64-bit integers add up exactly, with room to spare."""


def make_tensors(
    layer: Primitive,
    arithmetic: Arithmetic,
    *,
    seed: int = 0,
    inputs: str | Path | None = None,
    weights: str | Path | None = None,
) -> Tensors:
    """Return the operands of a layer.

    Parameters
    ----------
    layer
        The layer.
    arithmetic
        With fixed point the random weights, and the ones of layers without weights, are integers times 4096.
    seed
        Of the random operands.
    inputs, weights
        .npy files of integers in the shapes of `solver.execution.lowering`; random by default.

    Raises
    ------
    InputError
        If a file does not hold what the layer needs, its numbers are too large, or the seed is negative.
    """
    if seed < 0:
        raise InputError(field="seed", found=seed, expected="an integer of at least 0")
    rng = np.random.default_rng(seed)
    one = 1 << FRACTION_BITS if arithmetic is Arithmetic.FIXED else 1
    tensors = Tensors(
        rng.integers(*INPUT_RANGE, size=layer.input_shape, endpoint=True),
        one * rng.integers(*WEIGHT_RANGE, size=layer.weight_shape, endpoint=True),
    )
    if not has_weights(layer):
        if weights is not None:
            raise InputError(
                file=str(weights), field="weights", found="a file", expected="none: they are ones"
            )
        tensors = Tensors(tensors.inputs, np.full_like(tensors.weights, one))
    if inputs is not None:
        tensors = Tensors(_read(inputs, layer.input_shape, "input", arithmetic), tensors.weights)
    if weights is not None:
        tensors = Tensors(tensors.inputs, _read(weights, layer.weight_shape, "weights", arithmetic))
    _check_sums(layer, tensors)
    return tensors


def _read(path: str | Path, shape: Shape, what: str, arithmetic: Arithmetic) -> IntArray:
    file = str(path)
    data = io.BytesIO(read_bytes(path))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):  # of old or odd headers
            array = np.load(data, allow_pickle=False)
    except Exception:  # whatever numpy, Python's own parser and zip make of a damaged header
        raise InputError("not a .npy file of numbers", file=file) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
        found = f"numbers of type {array.dtype}" if isinstance(array, np.ndarray) else "several arrays"
        raise InputError(file=file, field=what, found=found, expected="an array of integers")
    if array.shape != shape:
        raise InputError(file=file, field=what, found=f"shape {array.shape}", expected=f"shape {shape}")
    low, high = (-(2**31), 2**31 - 1) if arithmetic is Arithmetic.EXACT else (-(2**15), 2**15 - 1)
    least, most = int(array.min()), int(array.max())
    if least < low or most > high:
        expected = f"from {low} to {high} with {arithmetic} arithmetic"
        raise InputError(file=file, field=what, found=f"values from {least} to {most}", expected=expected)
    return array.astype(np.int64)


def _check_sums(layer: Primitive, tensors: Tensors) -> None:
    nest = layer.nest()
    largest = (
        int(np.abs(tensors.inputs).max()) * int(np.abs(tensors.weights).max()) * nest.R * nest.S * nest.C
    )
    if largest > MAX_EXACT:
        raise InputError(
            field="input", found=f"sums of up to {largest}", expected="operands whose sums stay below 2**62"
        )
