"""Placing virtual neurons of several sizes: side by side, or in the order given with gaps.

Taking the first leaf that fits is exact for an order (`solver.array.placement` says why); orders that may
change, and bounds on the buses, need `tests.oracles.place_any_order`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.array.fit import edge_conflict, fit_levels, why_not
from solver.array.virtual_neuron import Placement


def place_packed(num_ms: int, sizes: Sequence[int]) -> Placement | None:
    """Place virtual neurons side by side from leaf 0, as the hardware's test bench needs them.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.
    sizes
        Leaves of each virtual neuron, left to right.

    Returns
    -------
    Placement or None
        None if they are too many or the tree cannot add one of them up there.
    """
    if sum(sizes) > num_ms:
        return None
    ends = np.cumsum(sizes)
    placement = Placement.of(num_ms, zip(ends - sizes, sizes, strict=True))
    return None if why_not(placement) else placement


def place_in_order(num_ms: int, sizes: Sequence[int]) -> Placement | None:
    """Place virtual neurons left to right in the given order, with as small gaps as the tree allows.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.
    sizes
        Leaves of each virtual neuron, in the order in which they must follow each other.

    Returns
    -------
    Placement or None
        None if and only if no placement in this order exists.
    """
    fits = fit_levels(num_ms)
    placed: list[tuple[int, int]] = []
    free = 0
    for size in sizes:
        for start in range(free, num_ms - size + 1):
            placement = Placement.of(num_ms, [*placed, (start, size)])
            if fits[size, start] and edge_conflict(placement) is None:
                break
        else:
            return None
        placed.append((start, size))
        free = start + size
    return Placement.of(num_ms, placed)


def packed_prefix(num_ms: int, size: int) -> int:
    """Return how many virtual neurons of one size can stand side by side from leaf 0."""
    count = 0
    while (count + 1) * size <= num_ms and place_packed(num_ms, [size] * (count + 1)) is not None:
        count += 1
    return count
