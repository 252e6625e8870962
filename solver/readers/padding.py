"""What `same` and `valid` mean: the zeros that they put around an input."""

from __future__ import annotations

from typing import Literal

Pair = tuple[int, int]
Sides = tuple[Pair, Pair]
"""((top, bottom), (left, right)) zeros around an input."""

Padding = Sides | Literal["same", "valid"]


def padded_sides(
    padding: Padding, *, size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)
) -> Sides:
    """Return the zeros that a padding puts around an input.

    Parameters
    ----------
    padding
        `valid` is none; `same` is TensorFlow's: the output has ceil(input / stride) rows and columns, and if
        the zeros are odd in number the extra one goes below and to the right.
    size, kernel, stride, dilation
        (rows, columns) of the unpadded input and of the filter.

    Returns
    -------
    Sides
        Words of zeros above and below, left and right.
    """
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        outputs = [-(-size[a] // stride[a]) for a in (0, 1)]
        rows, cols = (least_padding(outputs[a], size[a], kernel[a], stride[a], dilation[a]) for a in (0, 1))
        return (rows, cols)
    return padding


def least_padding(outputs: int, size: int, kernel: int, stride: int, dilation: int = 1) -> Pair:
    """Return the fewest zeros before and after an axis that give a number of outputs."""
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return (total // 2, total - total // 2)
