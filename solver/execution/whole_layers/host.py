"""What the host does between the parts of a layer, in fixed point.

Activations need more than multipliers and adders, so they are computed outside the array. To compare a run on
the array with a layer's definition to the last bit, values stay integers: `FRACTION` bits behind the binary
point for values, twice as many for products of two values. (A sum of floating-point numbers depends on the
order of its terms, and the array's order depends on the mapping; a sum of integers does not.)
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray

FRACTION = 8
"""Bits behind the binary point of a value."""

ONE = 1 << FRACTION
"""The value 1."""


def rounded(products: IntArray) -> IntArray:
    """Return products of two values (2 x `FRACTION` bits) as values, halves rounded up."""
    return (products + (ONE >> 1)) >> FRACTION


def sigmoid(products: IntArray) -> IntArray:
    """Return the logistic function of products of two values, as a value."""
    return _value(0.5 + 0.5 * np.tanh(_real(products) / 2))


def tanh(products: IntArray) -> IntArray:
    """Return the hyperbolic tangent of products of two values, as a value."""
    return _value(np.tanh(_real(products)))


def softmax(products: IntArray, scale: float) -> IntArray:
    """Return softmax over the last axis of products of two values times a scale, as values."""
    logits = _real(products) * scale
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return _value(powers / powers.sum(axis=-1, keepdims=True))


def _real(products: IntArray) -> FloatArray:
    return products / float(ONE * ONE)


def _value(real: FloatArray) -> IntArray:
    return np.rint(real * ONE).astype(np.int64)
