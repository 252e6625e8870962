"""Which multiplier switch belongs to which virtual neuron of a tile, on either array.

The simulator packs virtual neurons (VNs) of one size left to right (rule T2). The
adder tree of the real hardware cannot add up every interval of leaves, so there VNs stand on the first leaves
where they fit, with gaps (`solver.array.placement`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import IntArray
from solver.array.placement import capacity_table
from solver.hardware import Hardware

FREE = -1
"""Virtual neuron of a switch that no virtual neuron of the size ever uses."""


class Positions(Protocol):
    """Where virtual neurons of one size stand."""

    def owners(self, sizes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return for each VN size which VN every switch belongs to, and which of its multipliers it is.

        Parameters
        ----------
        sizes
            Shape (n,): switches per VN, the auxiliary one included.

        Returns
        -------
        tuple of ndarray, both of shape (n, num_ms)
            VN number (`FREE` for gaps), and position inside the VN.
        """

    def first_switches(self, size: int, count: int) -> IntArray:
        """Return the first switch of each of `count` VNs of one size, left to right."""

    def spans(self, sizes: IntArray, counts: IntArray) -> IntArray:
        """Return for each (size, count) how many switches lie up to the end of the last VN, gaps included."""


def positions_of(hardware: Hardware) -> Positions:
    """Return where virtual neurons stand on an accelerator."""
    return (_Packed if hardware.kind.packs else _Placed)(hardware.num_ms)


@dataclass(frozen=True)
class _Packed:
    """Side by side from the first switch on."""

    num_ms: int

    def owners(self, sizes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        position = np.arange(self.num_ms, dtype=np.int32)[None, :]
        return quotients(position, sizes[:, None].astype(np.int32))

    def first_switches(self, size: int, count: int) -> IntArray:
        return np.arange(count) * size

    def spans(self, sizes: IntArray, counts: IntArray) -> IntArray:
        return sizes * counts


@dataclass(frozen=True)
class _Placed:
    """On the first leaves where the adder tree adds them up."""

    num_ms: int

    def owners(self, sizes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        vn, inside = _placed_owners(self.num_ms)
        return vn[sizes].astype(np.int32), inside[sizes].astype(np.int32)

    def first_switches(self, size: int, count: int) -> IntArray:
        return capacity_table(self.num_ms).starts(size)[:count]

    def spans(self, sizes: IntArray, counts: IntArray) -> IntArray:
        table = capacity_table(self.num_ms)
        # The starts of all sizes stand one size after the other.
        before = np.cumsum(table.most) - table.most
        last = before[sizes] + np.minimum(counts, table.most[sizes]) - 1
        result: IntArray = table.all_starts[last] + sizes
        return result


def quotients(
    values: NDArray[np.int32], divisors: NDArray[np.integer]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return quotients and remainders of integers from -1 to 2^23, five times as fast as `np.divmod`.

    Floating-point division of such integers, rounded to nearest, never reaches the next integer. -1 has the
    quotient 0 and the remainder -1 (if the divisor is not 1): callers leave it out.
    """
    quotient = (values.astype(np.float32) / divisors.astype(np.float32)).astype(np.int32)
    return quotient, values - quotient * divisors.astype(np.int32)


@lru_cache(maxsize=4)
def _placed_owners(num_ms: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    table = capacity_table(num_ms)
    vn = np.full((num_ms + 1, num_ms), FREE, dtype=np.int16)
    inside = np.zeros((num_ms + 1, num_ms), dtype=np.int16)
    for size in range(1, num_ms + 1):
        starts = table.starts(size)
        leaves = (starts[:, None] + np.arange(size)).ravel()
        vn[size, leaves] = np.repeat(np.arange(len(starts)), size)
        inside[size, leaves] = np.tile(np.arange(size), len(starts))
    return vn, inside
