"""Refill counts, seen from the array: only those of the rows, columns and folds change its work much.

Thousands of refill vectors differ in K, G and N and the loop order between DRAM and buffer alone. They are
grouped by their counts along C, R, S, X and Y; a group's array part is bounded once per array tile, and its
buffer part by the least of its members. Of the 5 million pairs that the separate bounds leave open for the
latency of a 3x3 convolution, 100,000 group bounds close all but a few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.mapping.buffer_tile import C, R, S, X, Y
from solver.search.two_level.bounds import BufferBounds

LOOPS = (C, R, S, X, Y)
"""Loops whose refills load weights, drain the array or cut a row of windows."""


@dataclass(frozen=True)
class Projection:
    """Groups of refill vectors that agree along `LOOPS`.

    Attributes
    ----------
    classes
        Shape (groups, 8): class of each loop's refill count, the first (refilled once) off `LOOPS`.
    group
        Group of each element of the bounds that were projected.
    transfer, exposed, energy
        Least buffer part of each group's members.
    back
        Whether its members bring sums back into the array: all do or none.
    """

    classes: IntArray
    group: IntArray
    transfer: FloatArray
    exposed: FloatArray
    energy: FloatArray
    back: BoolArray


def project(buffers: BufferBounds) -> Projection:
    """Group refill vectors."""
    key = np.zeros(len(buffers.order), dtype=np.int64)
    for loop in LOOPS:
        key = key * (int(buffers.classes[:, loop].max(initial=0)) + 1) + buffers.classes[:, loop]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    classes = np.zeros((len(first), buffers.classes.shape[1]), dtype=np.int64)
    classes[:, LOOPS] = buffers.classes[first][:, LOOPS]

    def least(column: FloatArray) -> FloatArray:
        result = np.full(len(first), np.inf)
        np.minimum.at(result, group, column)
        return result

    return Projection(
        classes,
        group,
        least(buffers.transfer),
        least(buffers.exposed),
        least(buffers.energy),
        buffers.back[first],
    )
