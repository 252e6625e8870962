"""The reduction network of the reference simulator: how each virtual neuron is summed, and where it leaves.

The tree of M leaves has levels 0 (root) to L-1 (above the multipliers), level `lv` with 2**lv adders. Virtual
neurons (VNs) are configured one by one, level by level from the leaves, by rules T6, T6b
and T7 (measured on the simulator). Everything here follows from those rules; the measured table
of the simulator is only compared with in the tests.

A VN's configuration does not depend on the other VNs, so one pass over the VNs of a size answers for every
number of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import IntArray


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
    shortest_aux
        Fewest cycles from the first position of any VN to its exit.
    aux_total
        Cycles from the first position of each VN to its exit, added up over the VNs.
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
    shortest_aux: int
    aux_total: int
    shortest_path: int
    max_per_line: int
    wave_latency: int
    adds_2_1: int
    adds_3_1: int
    wires: int


def exit_line(num_ms: int, level: int, adder: int, rn_bw: int) -> int:
    """Return the collection-bus line that an adder is wired to, in a tree of `num_ms` leaves (rule T6).

    Double switches are numbered root to leaves, left to right, and both halves of a pair share a line. The
    single switches (root, then the first and last adder of each level) take the numbers after all adders in
    pairs.
    """
    return _exit(num_ms, level, adder, rn_bw)[0]


def _exit(num_ms: int, level: int, adder: int, rn_bw: int) -> tuple[int, int]:
    """Return the bus line of an adder, and its input of that line; line and input are numbered from 0."""
    last = 2**level - 1
    if 0 < adder < last:
        pairs_above = 2 ** (level - 1) - level
        before, line = divmod(pairs_above + (adder - 1) // 2, rn_bw)
        return line, 2 * before + (adder - 1) % 2
    height = num_ms.bit_length() - 1
    adders_in_pairs = num_ms - 1 - (2 * height - 1)
    single = 0 if level == 0 else 2 * level - 1 + (adder != 0)
    # The singles' inputs come after those that all pairs together would fill.
    return (single + adders_in_pairs) % rn_bw, adders_in_pairs // rn_bw + 1 + single // rn_bw


def reduce_vn(num_ms: int, first: int, size: int) -> VnReduction:
    """Configure the tree for one VN on the multipliers first .. first+size-1 (rule T6b).

    The values of a VN stand in a row, and links are used at its ends only: the last value may be added to the
    left of it, or the first to the right of it. So a level is told by the positions of its first and last
    value, and a multiplier's product is part of the value above it, or of the nearest one where the end has
    moved in.

    Parameters
    ----------
    num_ms
        Leaves of the tree, a power of two of at least 4.
    first, size
        Position of the VN's first multiplier and number of its multipliers.
    """
    height = num_ms.bit_length() - 1
    level, low, high = height, first, first + size - 1
    leaves = np.arange(first, first + size)
    hops = np.zeros(size, dtype=np.int64)
    adds_2_1 = adds_3_1 = wires = 0
    while level == height or low < high:
        above = np.clip(leaves >> (height - level), low, high) // 2
        level -= 1
        first_adder, last_adder = low // 2, high // 2
        wires += high - low + 1
        adds_2_1 += high - low - (last_adder - first_adder)
        # A pair starts at an odd adder; those at the two ends of the row may be the same.
        for pair in {first_adder, last_adder - 1}:
            receiver = forwarding_link(level, pair, low, high)
            if receiver is None:
                continue
            sender = 2 * pair + 1 - receiver
            wires += 1
            if low <= 2 * receiver and 2 * receiver + 1 <= high:
                adds_3_1, adds_2_1 = adds_3_1 + 1, adds_2_1 - 1
            else:
                adds_2_1 += 1
            # The sender's multipliers need one more cycle for the hop.
            hops[above == sender] += 1
            first_adder, last_adder = first_adder + (sender == pair), last_adder - (receiver == pair)
        low, high = first_adder, last_adder
    return VnReduction(level, low, tuple((hops + (height - level)).tolist()), adds_2_1, adds_3_1, wires)


def forwarding_link(level: int, adder: int, low: int, high: int) -> int | None:
    """Return the adder that receives its partner's sum over the forwarding link, or None if the link is idle.

    Parameters
    ----------
    level, adder
        Where; no pair starts at an `adder` that is even or at the edge of the tree.
    low, high
        Positions of the level below that hold a value of the VN, a contiguous run (rule T6b).
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
    """Return the cycle in which the memory takes the last of a wave's outputs (rule T7).

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
    """Return the cycle in which the memory takes the last output (rule T7).

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


@lru_cache(maxsize=4096)
def _running(num_ms: int, size: int) -> dict[str, IntArray]:
    """Return the figures of the first 1, 2, ... packed VNs of a size, and each VN's own depth."""
    vns = packed_vns(num_ms, size)
    depths = np.array([max(vn.paths) for vn in vns])
    return {
        "depths": depths,
        "depth": np.maximum.accumulate(depths),
        "depth_aux": np.maximum.accumulate([vn.paths[0] for vn in vns]),
        "shortest_aux": np.minimum.accumulate([vn.paths[0] for vn in vns]),
        "aux_total": np.cumsum([vn.paths[0] for vn in vns]),
        "shortest_path": np.minimum.accumulate([min(vn.paths) for vn in vns]),
        "adds_2_1": np.cumsum([vn.adds_2_1 for vn in vns]),
        "adds_3_1": np.cumsum([vn.adds_3_1 for vn in vns]),
        "wires": np.cumsum([vn.wires for vn in vns]),
    }


@lru_cache(maxsize=65536)
def exit_lines(num_ms: int, size: int, rn_bw: int) -> IntArray:
    """Return the bus line of every VN of one size packed from position 0."""
    return np.array([exit_line(num_ms, vn.level, vn.adder, rn_bw) for vn in packed_vns(num_ms, size)])


@lru_cache(maxsize=4096)
def exit_inputs(num_ms: int, size: int, rn_bw: int) -> IntArray:
    """Return the input of its bus line at which every VN of one size, packed from position 0, stands.

    A line serves its inputs in turn, beginning after the one that it served last.
    """
    return np.array([_exit(num_ms, vn.level, vn.adder, rn_bw)[1] for vn in packed_vns(num_ms, size)])


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
    running = _running(num_ms, size)
    lines = exit_lines(num_ms, size, rn_bw)[:count]
    return ReductionFigures(
        max_per_line=int(np.bincount(lines).max()),
        wave_latency=wave_latency(running["depths"][:count], lines),
        **{name: int(values[count - 1]) for name, values in running.items() if name != "depths"},
    )
