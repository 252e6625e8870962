"""Buffer tiles: how the loops are split between DRAM, prefetch buffer and array.

A buffer tile holds B_d of each loop; the loops around it run o_d = ceil(D / B_d) times. Inside, the array
runs its own tile T; along a loop it makes n_d passes over all buffer tiles together,

    n_d = (o_d - 1) ceil(B_d / T_d) + ceil((D - (o_d - 1) B_d) / T_d),

the last buffer tile being what is left. Costs are products over the loops of n_d and o_d, edges included
exactly.

Loops between DRAM and buffer are G outermost, then the groups K, P = (N, X, Y) and Q = (C, R, S) in one of
six orders. Filter rows and columns are kept whole in the buffer unless the output has a single row (column),
as in FC and GEMM, where R (S) is an inner dimension like any other: splitting a sliding filter only
multiplies its halo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.layer.nest import Sums
from solver.mapping.lines import distinct_lines

R, S, C, K, G, N, X, Y = range(len(DIMS))

DRAM_ORDERS: tuple[str, ...] = ("KPQ", "KQP", "PKQ", "PQK", "QKP", "QPK")
"""Orders of the loop groups between DRAM and buffer, outermost first (G is always outside of them)."""

ARRAY_ORDERS: tuple[str, ...] = ("weights", "inputs", "outputs")
"""Which operand is stationary in the array."""


def buffer_trips(nest: LoopNest, buffers: IntArray) -> IntArray:
    """Return o_d per row and loop, shape (rows, 8)."""
    result: IntArray = -(-np.array(nest.sizes, dtype=np.int64) // buffers)
    return result


def array_passes(nest: LoopNest, tiles: IntArray, buffers: IntArray) -> IntArray:
    """Return n_d per row and loop, shape (rows, 8): array tiles along a loop, over all buffer tiles."""
    sizes = np.array(nest.sizes, dtype=np.int64)
    full = buffer_trips(nest, buffers) - 1
    result: IntArray = full * -(-buffers // tiles) + -(-(sizes - full * buffers) // tiles)
    return result


def comes_back(hardware: Hardware, trips: IntArray) -> BoolArray:
    """Return whose sums come back into the array: those of several buffer tiles, unless the buffer adds.

    Parameters
    ----------
    trips
        o_d, shape (rows, 8).
    """
    adds = hardware.memory is not None and hardware.memory.buffer.adder
    result: BoolArray = (trips[:, [C, R, S]].prod(axis=1) > 1) & (not adds)
    return result


def part_of(nest: LoopNest, sizes: Mapping[str, int], sums: Sums = "whole") -> LoopNest:
    """Return a buffer tile as a layer of its own: other sizes, the same stride, dilation and operation."""
    kind = {"stride": nest.stride, "dilation": nest.dilation, "operation": nest.operation}
    return LoopNest(**sizes, **kind, sums=sums)  # type: ignore[arg-type]


def parts_of(nest: LoopNest, hardware: Hardware, buffer: Sequence[int]) -> list[tuple[LoopNest, int]]:
    """Return the different buffer tiles as layers of their own, edges included, and how many there are.

    Parameters
    ----------
    buffer
        B_d, in the order of `DIMS`.
    """
    trips = buffer_trips(nest, np.array([buffer], dtype=np.int64))
    back = bool(comes_back(hardware, trips)[0])
    choices = []
    for size, held, count in zip(nest.sizes, buffer, trips[0].tolist(), strict=True):
        rest = size - (count - 1) * held
        choices.append([(held, count)] if rest == held else [(held, count - 1), (rest, 1)])
    found = []
    for chosen in product(*choices):
        sizes = dict(zip(DIMS, (size for size, _ in chosen), strict=True))
        count = prod(times for _, times in chosen)
        if not back:
            found.append((part_of(nest, sizes), count))
            continue
        # The first tile along C, R and S is a whole one.
        first = all(chosen[loop][0] == buffer[loop] for loop in (C, R, S))
        begun = prod(chosen[loop][1] for loop in (K, G, N, X, Y)) if first else 0
        if begun:
            found.append((part_of(nest, sizes, "begun"), begun))
        if count > begun:
            found.append((part_of(nest, sizes, "continued"), count - begun))
    return found


@dataclass(frozen=True)
class AxisLines:
    """Input lines (rows or columns) that buffer tiles along one axis need, one element per tile.

    Attributes
    ----------
    held
        Lines of one full tile.
    fetched
        Lines of all tiles, each tile fetched whole.
    kept
        Lines of all tiles, those that the tile before has left in the buffer not fetched again.
    """

    held: IntArray
    fetched: IntArray
    kept: IntArray


def lines_of(size: IntArray, outputs: int, taps: int, stride: int, dilation: int) -> AxisLines:
    """Count the input lines along one axis for buffer tiles of some sizes.

    A tile of b outputs needs the distinct lines {x stride + r dilation : x < b, r < taps}; the next tile is
    the same set b strides on, and both together are the lines of b + b' outputs. Only lines that some window
    wants are fetched.

    Parameters
    ----------
    size
        Buffer tiles b, from 1 to `outputs`; the columns of the answer are in the same order.
    """

    def distinct(count: IntArray) -> IntArray:
        return distinct_lines(count, taps, stride, dilation)

    trips = -(-outputs // size)
    rest = outputs - (trips - 1) * size
    held = distinct(size)
    fetched = (trips - 1) * held + distinct(rest)
    new_full = distinct(2 * size) - held
    kept = np.where(trips > 1, held + (trips - 2) * new_full + distinct(size + rest) - held, held)
    return AxisLines(held, fetched, kept)


@lru_cache(maxsize=256)
def axis_lines(outputs: int, taps: int, stride: int, dilation: int) -> AxisLines:
    """Return the `lines_of` every buffer tile size; index 0 is unused."""
    return lines_of(np.maximum(1, np.arange(outputs + 1)), outputs, taps, stride, dilation)
