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
