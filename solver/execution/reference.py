"""Direct convolution in numpy: what a layer's output should be, from its definition and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.arithmetic import Arithmetic, multiply, nothing, wrap
from solver.execution.lowering import Tensors, output_shape, padded
from solver.layer import Add, BatchMatmul, Conv, FullyConnected, Gemm, Loops, Multiply, Primitive
from solver.layer.pool import Pool

Pair = tuple[int, int]


def reference(layer: Primitive, tensors: Tensors, arithmetic: Arithmetic = Arithmetic.EXACT) -> IntArray:
    """Return the output of a layer.

    Parameters
    ----------
    layer
        Any kind that the array runs (`solver.execution.lowering` has the shapes).
    tensors
        Its operands.
    arithmetic
        How products and sums are formed.
    """
    x, w = tensors.inputs, tensors.weights

    def times(a: IntArray, b: IntArray) -> IntArray:
        return multiply(a, b, arithmetic)

    if isinstance(layer, Conv):
        result = _convolve(layer, padded(layer, x, arithmetic), w, times)
    elif isinstance(layer, Pool):
        result = _pool(layer, padded(layer, x, arithmetic), arithmetic)
    elif isinstance(layer, FullyConnected):
        result = _sum(times(w[:, i], x[:, i, None]) for i in range(layer.inputs))
    elif isinstance(layer, Gemm):
        result = _sum(times(w[i], x[:, i, None]) for i in range(layer.k))
    elif isinstance(layer, BatchMatmul):
        result = _sum(times(w[:, None, i], x[:, :, i, None]) for i in range(layer.k))
    elif isinstance(layer, Add):
        result = x.sum(axis=0)
    elif isinstance(layer, Multiply):
        result = times(w[:, None, :], x).sum(axis=2)
    else:
        result = _loops(layer, x, w, times)
    return wrap(result, arithmetic)


def definition(layer: Primitive) -> str:
    """Return what the reference of a layer is, in words."""
    if isinstance(layer, (Conv, Loops)):
        return "direct convolution"
    return "the pooling's definition" if isinstance(layer, Pool) else "the layer's definition"


def _convolve(layer: Conv, x: IntArray, w: IntArray, times: Callable[..., IntArray]) -> IntArray:
    result = np.zeros(output_shape(layer), dtype=np.int64)
    size = result.shape[2:]
    filters_per_group = layer.filters // layer.groups
    for k, filter_k in enumerate(w):
        first_channel = k // filters_per_group * len(filter_k)
        for (c, r, s), weight in np.ndenumerate(filter_k):
            image = x[:, first_channel + c]
            result[:, k] += times(weight, _taps(image, (r, s), size, layer.stride, layer.dilation))
    return result


def _pool(layer: Pool, x: IntArray, arithmetic: Arithmetic) -> IntArray:
    operation = layer.nest().operation
    result = np.full(output_shape(layer), nothing(operation, arithmetic))
    for r in range(layer.window[0]):
        for s in range(layer.window[1]):
            seen = _taps(x, (r, s), result.shape[2:], layer.step, layer.dilation)
            result = np.maximum(result, seen) if operation == "max" else result + seen
    return result


def _loops(layer: Primitive, x: IntArray, w: IntArray, times: Callable[..., IntArray]) -> IntArray:
    nest = layer.nest()
    result = np.zeros(output_shape(layer), dtype=np.int64)
    for (g, k, c, r, s), weight in np.ndenumerate(w):
        seen = _taps(x[:, g, c], (r, s), (nest.X, nest.Y), nest.stride, nest.dilation)
        result[:, g, k] += times(weight, seen)
    return result


def _taps(image: IntArray, tap: Pair, size: tuple[int, ...], stride: Pair, dilation: Pair) -> IntArray:
    """Return what one position of the kernel sees in every window; rows and columns are the last axes."""
    top, left = (index * step for index, step in zip(tap, dilation, strict=True))
    return image[..., top :: stride[0], left :: stride[1]][..., : size[0], : size[1]]


def _sum(terms: Iterable[IntArray]) -> IntArray:
    first, *rest = terms
    for term in rest:
        first = first + term
    return first
