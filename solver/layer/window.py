"""Sliding windows, which convolutions and pooling share: their sizes, and what they see."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError

Sides = tuple[tuple[int, int], tuple[int, int]]
"""((top, bottom), (left, right)) words around an input."""

NO_PADDING: Sides = ((0, 0), (0, 0))


def reach(kernel: int, dilation: int) -> int:
    """Return how many input lines a kernel spans along one axis."""
    return (kernel - 1) * dilation + 1


def window_outputs(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides,
    dilation: tuple[int, int],
) -> tuple[int, int]:
    """Return rows and columns of windows that fit into a padded input."""
    rows, cols = (
        (size[a] + sum(padding[a]) - reach(kernel[a], dilation[a])) // stride[a] + 1 for a in (0, 1)
    )
    return rows, cols


def padded(inputs: IntArray, padding: Sides, fill: int) -> IntArray:
    """Return inputs (N, channels, rows, columns) with their padding."""
    return np.pad(inputs, ((0, 0), (0, 0), *padding), constant_values=fill)


def taps(
    image: IntArray,
    tap: tuple[int, int],
    size: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> IntArray:
    """Return what one position of the kernel sees in every window; rows and columns are the last axes."""
    top, left = (index * step for index, step in zip(tap, dilation, strict=True))
    return image[..., top :: stride[0], left :: stride[1]][..., : size[0], : size[1]]


def check_padding(padding: Sides) -> None:
    """Raise an `InputError` unless a padding consists of integers of at least 0."""
    for side in padding:
        for value in side:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise InputError(field="padding", found=value, expected="integers of at least 0")


def check_fit(
    size: tuple[int, int], kernel: tuple[int, int], padding: Sides, dilation: tuple[int, int]
) -> None:
    """Raise an `InputError` if a kernel does not fit into the padded input."""
    for a, axis in enumerate(("rows", "columns")):
        padded, spanned = size[a] + sum(padding[a]), reach(kernel[a], dilation[a])
        if spanned > padded:
            raise InputError(
                field="kernel",
                found=f"a kernel that spans {spanned} {axis}",
                expected=f"at most the {padded} {axis} of the padded input",
            )


def check_groups(groups: int, **totals: Any) -> None:
    """Raise an `InputError` unless the groups divide each of some totals, given under their names."""
    for name, total in totals.items():
        if total % groups:
            expected = f"a divisor of the {total} {name.replace('_', ' ')}"
            raise InputError(field="groups", found=groups, expected=expected)
