"""The types of numpy arrays, named once, and slices of large ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_CHUNK_ELEMENTS = 1 << 22


def chunks(length: int, width: int) -> Iterator[slice]:
    """Cut rows of some width into slices that bound the memory."""
    step = max(1, _CHUNK_ELEMENTS // max(1, width))
    for begin in range(0, length, step):
        yield slice(begin, min(length, begin + step))


def distinct_columns(columns: IntArray) -> tuple[IntArray, IntArray]:
    """Return the different columns, in order of their first numbers, then their second, and so on.

    What `np.unique` along an axis does, of few numbers each: that compares them as bytes, 8 times slower.

    Parameters
    ----------
    columns
        Shape (numbers, columns); at least one column.

    Returns
    -------
    tuple of IntArray
        Shape (numbers, different columns), and which of them each column is.
    """
    order = np.lexsort(columns[::-1])
    ordered = columns[:, order]
    new = changes(*ordered)
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    return ordered[:, new], which


def changes(*columns: NDArray) -> BoolArray:
    """Return where any of some columns differs from its element before; the first element always does.

    Parameters
    ----------
    columns
        Of one length.
    """
    result = np.zeros(len(columns[0]), dtype=bool)
    result[:1] = True
    for column in columns:
        result[1:] |= column[1:] != column[:-1]
    return result
