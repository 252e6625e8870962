"""The reduction network of the reference simulator: how each virtual neuron is summed, and where it leaves.

The tree of M leaves has levels 0 (root) to L-1 (above the multipliers), level `lv` with 2**lv adders. Virtual
neurons (VNs) are configured one by one, level by level from the leaves, by the rules in docs/maeri-timing.md
(6, 6b and 7 there; measured on the simulator). Everything here follows from those rules; the measured table
of the simulator is only compared with in the tests.

A VN's configuration does not depend on the other VNs, so one pass over the VNs of a size answers for every
number of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class VnReduction:
    """How one packed VN is reduced.

    Attributes
    ----------
    level, adder
        The adder whose sum is complete.
    paths
        Cycles from each of its multipliers to that adder's output, in position order: one per level, one more
        per forwarding link.
    adds_2_1, adds_3_1
        Adders that add two (three) arriving values.
    wires
        Values on links of the tree: multiplier to adder, adder to parent, and over forwarding links.
    """

    level: int
    adder: int
    paths: tuple[int, ...]
    adds_2_1: int
    adds_3_1: int
    wires: int


@dataclass(frozen=True)
class ReductionFigures:
    """What the cost model knows of one wave of V packed VNs of size v (a row of the simulator's table).

    Attributes
    ----------
    depth, depth_aux
        Most cycles from any multiplier (from the first position) of any VN to its exit.
    shortest_path
        Fewest cycles from any multiplier to its VN's exit.
    max_per_line
        Most VNs that share one line of the collection bus.
    wave_latency
        Cycle in which the memory takes the last output of a wave that starts alone, counted from the
        multipliers' firing, without accumulation buffer.
    adds_2_1, adds_3_1, wires
        Adds and link transfers of one wave.
    """

    depth: int
    depth_aux: int
    shortest_path: int
    max_per_line: int
    wave_latency: int
    adds_2_1: int
    adds_3_1: int
    wires: int


def exit_line(num_ms: int, level: int, adder: int, rn_bw: int) -> int:
    """Return the collection-bus line that an adder is wired to, in a tree of `num_ms` leaves (rule 6).

    Double switches are numbered root to leaves, left to right, and both halves of a pair share a line. The
    single switches (root, then the first and last adder of each level) take the numbers after all adders in
    pairs.
    """
    last = 2**level - 1
    if 0 < adder < last:
        pairs_above = 2 ** (level - 1) - level
        return (pairs_above + (adder - 1) // 2) % rn_bw
    height = num_ms.bit_length() - 1
    adders_in_pairs = num_ms - 1 - (2 * height - 1)
    single = 0 if level == 0 else 2 * level - 1 + (adder != 0)
    return (single + adders_in_pairs) % rn_bw


def reduce_vn(num_ms: int, first: int, size: int) -> VnReduction:
    """Configure the tree for one VN on the multipliers first .. first+size-1 (rule 6b).

    Parameters
    ----------
    num_ms
        Leaves of the tree, a power of two of at least 4.
    first, size
        Position of the VN's first multiplier and number of its multipliers.
    """
    level = num_ms.bit_length() - 1
    # Cycles from each multiplier to the value that now stands at a position; a value adds up a set of
    # multipliers.
    values: dict[int, list[int]] = {first + i: [i] for i in range(size)}
    paths = [0] * size
    adds_2_1 = adds_3_1 = wires = 0
    while True:
        level -= 1
        summed: dict[int, list[int]] = {}
        low, high = min(values), max(values)
        adder = low // 2
        while adder <= high // 2:
            link = forwarding_link(level, adder, low, high)
            members = [adder] if link is None else [adder, adder + 1]
            for this in members:
                sources = [values[c] for c in (2 * this, 2 * this + 1) if c in values]
                wires += len(sources)
                if link is not None and this == link:
                    wires += 1
                    arriving = len(sources) + 1
                else:
                    arriving = len(sources)
                adds_2_1 += arriving == 2
                adds_3_1 += arriving == 3
                for leaf in (leaf for source in sources for leaf in source):
                    # The sender's multipliers need a cycle for its sum and one more for the hop.
                    paths[leaf] += 2 if link is not None and this != link else 1
                owner = this if link is None else link
                summed.setdefault(owner, []).extend(leaf for source in sources for leaf in source)
            adder += len(members)
        values = summed
        if len(values) == 1:
            return VnReduction(level, next(iter(values)), tuple(paths), adds_2_1, adds_3_1, wires)


def forwarding_link(level: int, adder: int, low: int, high: int) -> int | None:
    """Return the adder that receives its partner's sum over the forwarding link, or None if the link is idle.

    Parameters
    ----------
    level, adder
        Where; no pair starts at an `adder` that is even or at the edge of the tree.
    low, high
        Positions of the level below that hold a value of the VN, a contiguous run (rule 6b).
    """
    if adder % 2 == 0 or level < 2 or adder == 2**level - 1:
        return None
    left, right = adder, adder + 1
    last_left = min(high, 2 * left + 1)
    first_right = max(low, 2 * right)
    left_span = last_left - low + 1 if last_left >= max(low, 2 * left) else 0
    right_span = high - first_right + 1 if first_right <= min(high, 2 * right + 1) else 0
    if left_span == 0 or right_span == 0:
        return None
    if left_span >= right_span:
        return None if high >= 2 * left + 4 else left
    return None if low <= 2 * left - 1 else right


@lru_cache(maxsize=4096)
def packed_vns(num_ms: int, size: int) -> tuple[VnReduction, ...]:
    """Return the reduction of every VN of one size packed from position 0."""
    return tuple(reduce_vn(num_ms, i * size, size) for i in range(num_ms // size))


def wave_latency(depths: IntArray, lines: IntArray) -> int:
    """Return the cycle in which the memory takes the last of a wave's outputs (rule 7).

    Parameters
    ----------
    depths, lines
        Per VN, the cycles from firing to its sum, and its bus line.
    """
    order = np.lexsort((depths, lines))
    depth, line = depths[order], lines[order]
    position = np.arange(len(depth))
    first_of_line = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
    rank = position - np.repeat(first_of_line, np.diff(np.r_[first_of_line, len(depth)]))
    # One value per line and cycle, earliest first: a value leaves at max over the values before it of
    # (its readiness + how many are behind), a running maximum within the line.
    lead = depth + 1 - rank + line * (4 * len(depth) + 4096)
    on_line = np.maximum.accumulate(lead) - line * (4 * len(depth) + 4096) + rank
    return drain_time(np.bincount(on_line))


def drain_time(arrivals: IntArray) -> int:
    """Return the cycle in which the memory takes the last output (rule 7).

    Parameters
    ----------
    arrivals
        Outputs that reach the end of the bus in each cycle; they can be taken from the next cycle on, half of
        the waiting ones (rounded up) per cycle.
    """
    waiting = 0
    cycle = len(arrivals) - 1
    for count in arrivals.tolist():
        waiting += count - (waiting + 1) // 2
    while waiting:
        cycle += 1
        waiting -= (waiting + 1) // 2
    return cycle


@lru_cache(maxsize=65536)
def reduction_figures(num_ms: int, size: int, count: int, rn_bw: int) -> ReductionFigures:
    """Return the figures of one wave of `count` packed VNs of `size` multipliers.

    Raises
    ------
    ValueError
        If the VNs do not fit on `num_ms` multipliers.
    """
    if size * count > num_ms:
        raise ValueError(f"{count} virtual neurons of size {size} do not fit on {num_ms} multipliers")
    vns = packed_vns(num_ms, size)[:count]
    depths = np.array([max(vn.paths) for vn in vns])
    lines = np.array([exit_line(num_ms, vn.level, vn.adder, rn_bw) for vn in vns])
    return ReductionFigures(
        depth=int(depths.max()),
        depth_aux=max(vn.paths[0] for vn in vns),
        shortest_path=min(min(vn.paths) for vn in vns),
        max_per_line=int(np.bincount(lines).max()),
        wave_latency=wave_latency(depths, lines),
        adds_2_1=sum(vn.adds_2_1 for vn in vns),
        adds_3_1=sum(vn.adds_3_1 for vn in vns),
        wires=sum(vn.wires for vn in vns),
    )
