"""The reduction network of the real hardware: what a wave of placed virtual neurons costs in its tree.

Virtual neurons (VNs) of one size stand on the first leaves where they fit (`solver.array.placement`).
Which nodes hold a VN's values does not depend on any choice of modes, so levels, additions and transfers
follow from its interval alone (rule S5). A sum that
passes l levels leaves its bus 2 l + 1 cycles after its last product has reached the leaves (measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.fit import climb, exits
from solver.array.placement import place_most
from solver.array.reduction import most_on_a_line


@dataclass(frozen=True)
class PlacedVns:
    """All VNs of one size that fit, left to right; one array entry each.

    Attributes
    ----------
    levels
        Tree levels that the sum passes.
    switch
        Id of the switch that emits it; its collection bus is the id modulo the number of buses.
    adds_2_1, adds_3_1
        Additions of two (three) values.
    wires
        Values on links: multiplier to switch, and switch to switch.
    """

    levels: IntArray
    switch: IntArray
    adds_2_1: IntArray
    adds_3_1: IntArray
    wires: IntArray

    def __len__(self) -> int:
        return len(self.levels)


@lru_cache(maxsize=8192)
def placed_vns(num_ms: int, size: int) -> PlacedVns:
    """Return what every VN of one size costs in the real adder tree.

    Parameters
    ----------
    num_ms, size
        Multiplier switches of the array, and of a VN.
    """
    placement = place_most(num_ms, size)
    ways_out = exits(placement)
    work = [
        _work(vn.start, vn.last, way_out.levels) for vn, way_out in zip(placement.vns, ways_out, strict=True)
    ]
    adds_2_1, adds_3_1, wires = np.array(work, dtype=np.int64).T
    return PlacedVns(
        levels=np.array([way_out.levels for way_out in ways_out]),
        switch=np.array([way_out.switch.id for way_out in ways_out]),
        adds_2_1=adds_2_1,
        adds_3_1=adds_3_1,
        wires=wires,
    )


def _work(first: int, last: int, levels: int) -> tuple[int, int, int]:
    """Return 2:1 additions, 3:1 additions and values on links of the VN on an interval of leaves."""
    if first == last:
        return 0, 0, levels
    adds_2_1 = adds_3_1 = wires = 0
    for _ in range(levels):
        held = last - first + 1
        wires += held
        # A run that begins or ends on an inner input of a double switch is taken three at a time there.
        threes = (first % 4 == 3) + (last % 4 == 0 and last > 0)
        first, last = climb(first, last)
        # Every output takes one, two or three values: held = ones + 2 twos + 3 threes.
        adds_2_1 += held - (last - first + 1) - 2 * threes
        adds_3_1 += threes
    return adds_2_1, adds_3_1, wires


@lru_cache(maxsize=8192)
def rtl_running(num_ms: int, size: int, rn_bw: int) -> dict[str, IntArray]:
    """Return the figures of the first 1, 2, ... placed VNs of a size, by the fields of `Wave`.

    Paths are cycles from the leaves to leaving the bus, 2 levels + 1.
    """
    vns = placed_vns(num_ms, size)
    paths = 2 * vns.levels + 1
    none = np.zeros_like(paths)
    depth = np.maximum.accumulate(paths)
    return {
        "depth": depth,
        "depth_aux": none,
        "shortest_aux": none,
        "aux_total": none,
        "shortest_path": np.minimum.accumulate(paths),
        "max_per_line": most_on_a_line(vns.switch % rn_bw),
        "wave_latency": depth,
        "adds_2_1": np.cumsum(vns.adds_2_1),
        "adds_3_1": np.cumsum(vns.adds_3_1),
        "wires": np.cumsum(vns.wires),
    }
