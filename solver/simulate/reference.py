"""Direct convolution in numpy: what a layer's output should be, from its definition and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.layer import Conv, Gemm, Layer
from solver.simulate.arithmetic import Arithmetic, multiply, wrap
from solver.simulate.tensors import Tensors, output_shape

IntArray = NDArray[np.int64]


def reference(layer: Layer, tensors: Tensors, arithmetic: Arithmetic = Arithmetic.EXACT) -> IntArray:
    """Return the output of a layer.

    Parameters
    ----------
    layer
        A convolution (any stride, padding, dilation, groups), fully connected layer or GEMM.
    tensors
        Its operands.
    arithmetic
        How products and sums are formed.
    """
    if isinstance(layer, Conv):
        return wrap(_convolve(layer, tensors, arithmetic), arithmetic)
    weights = tensors.weights if isinstance(layer, Gemm) else tensors.weights.T
    result = np.zeros(output_shape(layer), dtype=np.int64)
    for inner in range(weights.shape[0]):
        result += multiply(weights[inner], tensors.inputs[:, inner, None], arithmetic)
    return wrap(result, arithmetic)


def _convolve(layer: Conv, tensors: Tensors, arithmetic: Arithmetic) -> IntArray:
    batch, filters, rows, cols = output_shape(layer)
    padded = np.pad(tensors.inputs, ((0, 0), (0, 0), *layer.padding))
    result = np.zeros((batch, filters, rows, cols), dtype=np.int64)
    channels, per_group = tensors.weights.shape[1], filters // layer.groups
    for k in range(filters):
        first = k // per_group * channels
        for c in range(channels):
            for r in range(layer.kernel[0]):
                for s in range(layer.kernel[1]):
                    top, left = r * layer.dilation[0], s * layer.dilation[1]
                    seen = padded[:, first + c, top:, left:]
                    seen = seen[:, :: layer.stride[0], :: layer.stride[1]][:, :rows, :cols]
                    result[:, k] += multiply(tensors.weights[k, c, r, s], seen, arithmetic)
    return result
