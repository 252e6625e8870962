"""Placing virtual neurons of one size where the adder tree can add them up.

Virtual neurons (VNs) of at least two leaves do not influence each other, so each takes the first leaf where
it fits. That is exact: whatever an optimal placement does, moving its next VN to the earliest place leaves at
least as many leaves for the rest. A size-1 VN keeps the other leaf of an edge switch free, which only moves
the next free leaf of either choice to the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import IntArray
from solver.array.fit import exits, fit_levels
from solver.array.topology import adder_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InputError


def place_most(num_ms: int, size: int, count: int | None = None) -> Placement:
    """Place as many virtual neurons of one size as fit, or the first `count` of them.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.
    size
        Leaves of each virtual neuron.
    count
        How many are wanted; all that fit by default.

    Returns
    -------
    Placement
        The earliest-fit placement, which holds the most virtual neurons possible.

    Raises
    ------
    InputError
        If the size is not from 1 to `num_ms`, or more are wanted than fit.
    """
    starts = capacity_table(num_ms).starts(size)
    wanted = len(starts) if count is None else count
    if not 0 <= wanted <= len(starts):
        raise InputError(
            field="placement",
            found=f"{wanted} virtual neurons of size {size}",
            expected=f"at most the {len(starts)} that the adder tree of {num_ms} switches adds up",
        )
    return Placement.of(num_ms, ((start, size) for start in starts[:wanted]))


@dataclass(frozen=True)
class CapacityTable:
    """How many virtual neurons of each size the real adder tree can add up at once.

    Parameters
    ----------
    num_ms
        Multiplier switches.
    most
        Entry [size]: the most virtual neurons of that size, gaps allowed; entry 0 is 0. Read only.
    all_starts
        Start leaves of the earliest-fit placements of all sizes, one size after the other. Read only.
    """

    num_ms: int
    most: IntArray
    all_starts: IntArray

    def starts(self, size: int) -> IntArray:
        """Return the start leaves of the earliest-fit placement of one size."""
        _check_size(self.num_ms, size)
        end = int(self.most[: size + 1].sum())
        return self.all_starts[end - int(self.most[size]) : end]


@lru_cache(maxsize=8)
def capacity_table(num_ms: int) -> CapacityTable:
    """Return the capacity of the real adder tree for every virtual-neuron size from 1 to `num_ms`.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.

    Returns
    -------
    CapacityTable
        Shared between callers; some 30 ms at 1,024 switches the first time.
    """
    most, starts = [0], []
    for size in range(1, num_ms + 1):
        found: list[int] = []
        start = _first_fit(num_ms, size, 0)
        while start is not None:
            found.append(start)
            start = _first_fit(num_ms, size, _next_free(num_ms, start, size))
        most.append(len(found))
        starts.extend(found)
    arrays = np.array(most), np.array(starts)
    for array in arrays:
        array.setflags(write=False)
    return CapacityTable(num_ms, *arrays)


@lru_cache(maxsize=256)
def bus_loads(num_ms: int, size: int, buses: int) -> tuple[int, ...]:
    """Return how many results the busiest collection bus carries per step under earliest-fit placement.

    Parameters
    ----------
    num_ms, size
        Array and virtual-neuron size.
    buses
        Collection buses.

    Returns
    -------
    tuple of int
        Entry [count]: results per step on the busiest bus when the first `count` virtual neurons are used;
        the hardware needs it to stay within the cycles per step.
    """
    loads = [0] * buses
    busiest = [0]
    for way_out in exits(place_most(num_ms, size)):
        bus = way_out.switch.bus(buses)
        loads[bus] += 1
        busiest.append(max(busiest[-1], loads[bus]))
    return tuple(busiest)


def _first_fit(num_ms: int, size: int, free: int) -> int | None:
    if free + size > num_ms:
        return None
    start = int(_next_starts(num_ms)[size, free])
    if size == 1 and start == num_ms - 1:  # only when leaf num_ms - 2, of the same switch, is taken
        return None
    return start if start < num_ms else None


def _next_free(num_ms: int, start: int, size: int) -> int:
    # A size-1 virtual neuron on an edge switch takes both of the switch's leaves.
    return start + 2 if size == 1 and start in (0, num_ms - 2) else start + size


@lru_cache(maxsize=8)
def _next_starts(num_ms: int) -> NDArray[np.int16]:
    """Entry [size, leaf]: first start at or after `leaf` where the size fits; num_ms if there is none."""
    starts = np.where(fit_levels(num_ms) > 0, np.arange(num_ms), num_ms).astype(np.int16)
    nearest: NDArray[np.int16] = np.minimum.accumulate(starts[:, ::-1], axis=1)[:, ::-1]
    return nearest


def _check_size(num_ms: int, size: int) -> None:
    adder_tree(num_ms)
    if not 1 <= size <= num_ms:
        raise InputError(field="virtual-neuron size", found=size, expected=f"from 1 to {num_ms}")
