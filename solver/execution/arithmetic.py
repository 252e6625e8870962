"""How the array multiplies and adds: exactly, or in the 16 bits of the hardware.

Source: rule S12. The real multiplier takes
two 16-bit numbers and keeps the bits {31, 26:24, 23:12} of the 32-bit product: 12 fraction bits, no rounding,
no saturation. Adders are 16 bits wide and wrap around.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.layer import Reduction

FRACTION_BITS = 12
"""Bits behind the binary point of a fixed-point weight: a weight w * 4096 multiplies by w."""


class Arithmetic(StrEnum):
    """How products and sums are formed."""

    EXACT = "exact"
    """64-bit integers."""
    INT16 = "int16"
    """Products and sums modulo 2**16."""
    FIXED = "fixed"
    """The multiplier's fixed point, and sums modulo 2**16."""


def multiply(weights: IntArray, inputs: IntArray, arithmetic: Arithmetic) -> IntArray:
    """Return the products of weights and inputs, element by element."""
    product: IntArray = weights * inputs
    if arithmetic is not Arithmetic.FIXED:
        return product
    # Bits 26:12 of the product, and its sign in front of them.
    low = (product >> FRACTION_BITS) & 0x7FFF
    return np.where(product < 0, low - 0x8000, low)


def wrap(values: IntArray, arithmetic: Arithmetic) -> IntArray:
    """Return sums as the adders leave them; wrapping once at the end gives the same as in every adder."""
    return values if arithmetic is Arithmetic.EXACT else values.astype(np.int16).astype(np.int64)


def nothing(operation: Reduction, arithmetic: Arithmetic) -> int:
    """Return the value that changes no result: 0 in a sum, the least number in a maximum."""
    if operation == "mac":
        return 0
    return -(2**31) if arithmetic is Arithmetic.EXACT else -(2**15)
