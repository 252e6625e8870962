"""How many input rows (or columns) a tile needs."""

from __future__ import annotations

from math import gcd

import numpy as np

from solver.arithmetic.arrays import IntArray


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
