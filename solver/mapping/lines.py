"""How many input rows (or columns) a tile needs."""

from __future__ import annotations

from dataclasses import replace
from math import gcd

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.layer import LoopNest


def shared_after(stride: int, dilation: int) -> int:
    """Return how many outputs, next to each other, share no line; each further one adds the same number."""
    return dilation // gcd(stride, dilation)


def taps_on(stride: int, dilation: int) -> int:
    """Return how many taps further an output reads what the next one that shares lines with it reads."""
    return stride // gcd(stride, dilation)


def distinct_lines(outputs: IntArray | int, taps: IntArray | int, stride: int, dilation: int) -> IntArray:
    """Count the distinct lines x stride + r dilation, x < outputs, r < taps, along one axis.

    With g = gcd(stride, dilation), tap r of output x reads the line that tap r + stride/g of output
    x - dilation/g reads. So the first dilation/g outputs share no line, and each later one adds min(taps,
    stride/g) lines, those of its last taps.
    """
    alone, fresh = shared_after(stride, dilation), taps_on(stride, dilation)
    first = np.multiply(taps, np.minimum(outputs, alone))
    result: IntArray = first + np.maximum(0, np.subtract(outputs, alone)) * np.minimum(taps, fresh)
    return result


def with_seen_steps(nest: LoopNest) -> LoopNest:
    """Return a nest that costs the same with every mapping, with one stride for all that cost cannot tell.

    Where windows have one line along an axis, or there is one window, no two of them share a line whatever
    the stride; and a tap alone has no dilation. What is told is only if a stride is above 1 (rules T4, T10).
    """
    strided = nest.stride != (1, 1)
    strides, dilations = [], []
    for axis, (outputs, taps) in enumerate(((nest.X, nest.R), (nest.Y, nest.S))):
        apart = outputs == 1 or taps == 1
        strides.append((2 if strided else 1) if apart else nest.stride[axis])
        dilations.append(1 if taps == 1 else nest.dilation[axis])
    return replace(nest, stride=(strides[0], strides[1]), dilation=(dilations[0], dilations[1]))
