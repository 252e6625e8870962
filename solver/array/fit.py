"""Which leaf intervals the adder tree of the real hardware can add up, and where their sum leaves.

Source: rules S5 and S6. A virtual neuron (VN) on leaves a..b holds
the run of positions p..q of a level; one level further up it holds p'..q', whatever modes are chosen, because
a double switch has no mode for its inner inputs alone. The sum is complete at the first level where p' = q';
with p' > q' the last two partial sums sit on the inner inputs of one double switch and can never meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from solver.array.topology import Switch, adder_tree
from solver.array.virtual_neuron import Placement, VirtualNeuron


@dataclass(frozen=True, slots=True)
class Exit:
    """Where the sum of a virtual neuron leaves the tree.

    Parameters
    ----------
    levels
        Tree levels that the sum passes, at least 1; it is on the bus 2 levels + 1 cycles after the leaves.
    switch
        The switch that emits it.
    side
        0 for the left output, 1 for the right one (0 for single switches).
    """

    levels: int
    switch: Switch
    side: int

    @property
    def output(self) -> str:
        """Name of the emitting output, such as ``D1.R``."""
        return self.switch.output_name(self.side)


def climb(first: int, last: int) -> tuple[int, int]:
    """Return the run of nodes that a run of positions first..last of the level below passes its values to.

    The first result exceeds the second when no mode can pass the values on.
    """
    up_first = (first + 1) // 2 if first % 4 == 3 else first // 2
    up_last = last // 2 - 1 if last % 4 == 0 and last > 0 else last // 2
    return up_first, up_last


def find_exit(vn: VirtualNeuron, num_ms: int) -> Exit | None:
    """Return where the sum of a virtual neuron leaves, or None if the tree cannot add it up.

    Parameters
    ----------
    vn
        A virtual neuron within the array.
    num_ms
        Multiplier switches of the array, a power of two.

    Returns
    -------
    Exit or None
        The exact criterion, for the virtual neuron alone; what size-1 virtual neurons on the outermost leaves
        ask of their neighbours is `edge_conflict`.
    """
    tree = adder_tree(num_ms)
    levels, first, last = 0, vn.start, vn.last
    if vn.start == num_ms - 1:  # the one exception to the rule: the right input of the last single switch
        levels, first, last = 1, num_ms // 2 - 1, num_ms // 2 - 1
    while levels == 0 or first < last:
        first, last = climb(first, last)
        levels += 1
    if first > last:
        return None
    switch, side = tree.switch_at(tree.levels - levels, first)
    return Exit(levels, switch, side)


def edge_conflict(placement: Placement) -> tuple[VirtualNeuron, VirtualNeuron] | None:
    """Return a size-1 virtual neuron and the neighbour that keeps it from leaving, if there are any.

    The first and the last switch over the leaves are single switches; their two inputs can never leave
    separately, so a size-1 virtual neuron there needs the other leaf of the switch unused.
    """
    at = {leaf: vn for vn in placement.vns for leaf in (vn.start, vn.last)}
    for left in (0, placement.num_ms - 2):
        one, other = at.get(left), at.get(left + 1)
        if one is not None and other is not None and one is not other:
            return (one, other) if one.size == 1 else (other, one)
    return None


def why_not(placement: Placement) -> str | None:
    """Return in one sentence why the tree cannot add up a placement, or None if it can."""
    for index, vn in enumerate(placement.vns):
        if find_exit(vn, placement.num_ms) is None:
            return f"no switch setting adds up virtual neuron {index} on {vn}"
    pair = edge_conflict(placement)
    if pair is not None:
        return f"the virtual neuron on {pair[0]} shares a single switch with the one on {pair[1]}"
    return None


def exits(placement: Placement) -> tuple[Exit, ...]:
    """Return where the sum of every virtual neuron leaves.

    Raises
    ------
    ValueError
        If one of them cannot be added up; ask `why_not` first.
    """
    found = []
    for vn in placement.vns:
        way_out = find_exit(vn, placement.num_ms)
        if way_out is None:
            raise ValueError(f"the virtual neuron on {vn} cannot be added up")
        found.append(way_out)
    return tuple(found)


@lru_cache(maxsize=8)
def fit_levels(num_ms: int) -> NDArray[np.int8]:
    """Return the criterion for every interval at once.

    Returns
    -------
    ndarray of int8, shape (num_ms + 1, num_ms)
        Entry [size, start]: tree levels that the sum passes, 0 where the interval does not fit. Read only.
    """
    tree = adder_tree(num_ms)
    first, last = np.arange(num_ms), np.arange(num_ms)
    # Indexed [last, start] while climbing: the two ends of an interval climb independently of each other.
    levels = np.zeros((num_ms, num_ms), dtype=np.int8)
    pending = np.tri(num_ms, dtype=bool)
    for level in range(1, tree.levels + 1):
        first = np.where(first % 4 == 3, (first + 1) // 2, first // 2)
        last = np.where((last % 4 == 0) & (last > 0), last // 2 - 1, last // 2)
        levels[pending & (first == last[:, None])] = level
        pending &= first < last[:, None]
    levels[-1, -1] = 1  # the single leaf num_ms - 1
    by_size = np.zeros((num_ms + 1, num_ms), dtype=np.int8)
    for size in range(1, num_ms + 1):
        by_size[size, : num_ms - size + 1] = np.diagonal(levels, -(size - 1))
    by_size.setflags(write=False)
    return by_size
