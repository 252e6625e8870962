"""The reduction network of the reference simulator: how each virtual neuron is summed, and where it leaves.

The tree of M leaves has levels 0 (root) to L-1 (above the multipliers), level `lv` with 2**lv adders. Virtual
neurons (VNs) are configured one by one, level by level from the leaves, by rules T6, T6b
and T7 (measured on the simulator). Everything here follows from those rules; the measured table
of the simulator is only compared with in the tests.

A VN's configuration does not depend on the other VNs, so one pass over the VNs of a size answers for every
number of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import IntArray, changes

_LEAVES = 1 << 16
"""Multipliers of all VNs that are summed at once."""


def exit_line(num_ms: int, level: int, adder: int, rn_bw: int) -> int:
    """Return the collection-bus line that an adder is wired to, in a tree of `num_ms` leaves (rule T6).

    Double switches are numbered root to leaves, left to right, and both halves of a pair share a line. The
    single switches (root, then the first and last adder of each level) take the numbers after all adders in
    pairs.
    """
    return int(_exits(num_ms, np.array([level]), np.array([adder]), rn_bw)[0][0])


def _exits(num_ms: int, level: IntArray, adder: IntArray, rn_bw: int) -> tuple[IntArray, IntArray]:
    """Return the bus line of adders, and the input of that line; lines and inputs are numbered from 0."""
    inner = (adder > 0) & (adder < 2**level - 1)
    pairs_above = 2 ** np.maximum(level - 1, 0) - level
    before, line = np.divmod(pairs_above + (adder - 1) // 2, rn_bw)
    height = num_ms.bit_length() - 1
    adders_in_pairs = num_ms - 1 - (2 * height - 1)
    single = np.where(level == 0, 0, 2 * level - 1 + (adder != 0))
    # The singles' inputs come after those that all pairs together would fill.
    return (
        np.where(inner, line, (single + adders_in_pairs) % rn_bw),
        np.where(inner, 2 * before + (adder - 1) % 2, adders_in_pairs // rn_bw + 1 + single // rn_bw),
    )


@dataclass(frozen=True)
class VnReductions:
    """How several VNs are reduced, an array element each.

    Attributes
    ----------
    level, adder
        The adder whose sum is complete.
    paths
        Cycles from each multiplier to that adder's output, in position order and VN after VN: one per level,
        one more per forwarding link.
    begins
        Where in `paths` those of each VN begin.
    adds_2_1, adds_3_1
        Adders that add two (three) arriving values.
    wires
        Values on links of the tree: multiplier to adder, adder to parent, and over forwarding links.
    """

    level: IntArray
    adder: IntArray
    paths: IntArray
    begins: IntArray
    adds_2_1: IntArray
    adds_3_1: IntArray
    wires: IntArray


def reduce_vns(num_ms: int, first: IntArray, size: IntArray | int) -> VnReductions:
    """Configure the tree for VNs, each on its own (rule T6b).

    The values of a VN stand in a row, and links are used at its ends only: the last value may be added to the
    left of it, or the first to the right of it. So a level is told by the positions of its first and last
    value, and the multipliers whose product is part of one of these stand at that end of the VN.

    Parameters
    ----------
    num_ms
        Leaves of the tree, a power of two of at least 4.
    first, size
        Position of each VN's first multiplier, and number of multipliers (of each or of all).
    """
    height = num_ms.bit_length() - 1
    vns = len(first)
    sizes = np.broadcast_to(size, vns)
    levels, low, high = np.full(vns, height), first.astype(np.int64), first + sizes - 1
    begins = np.cumsum(sizes) - sizes
    hops = np.zeros(sizes.sum() + 1, dtype=np.int64)  # of a multiplier, less those of the one before it
    adds_2_1, adds_3_1, wires = (np.zeros(vns, dtype=np.int64) for _ in range(3))
    some, level = np.arange(vns), height
    while len(some):
        begin, end = low[some], high[some]
        level -= 1
        first_adder, last_adder = begin // 2, end // 2
        wires[some] += end - begin + 1
        adds_2_1[some] += end - begin - (last_adder - first_adder)
        low[some], high[some], levels[some] = first_adder, last_adder, level
        # A pair starts at an odd adder; those at the two ends of the row may be the same.
        for pair, other in ((first_adder, None), (last_adder - 1, first_adder)):
            receiver = forwarding_links(level, pair, begin, end)
            linked = np.flatnonzero((receiver >= 0) & (True if other is None else pair != other))
            receiver, at = receiver[linked], some[linked]
            sender = 2 * pair[linked] + 1 - receiver
            three = (begin[linked] <= 2 * receiver) & (2 * receiver + 1 <= end[linked])
            wires[at] += 1
            adds_3_1[at] += three
            adds_2_1[at] += np.where(three, -1, 1)
            # The sender is the first value or the last; its multipliers need one more cycle for the hop.
            leads, leaf = sender < receiver, 2 * sender << (height - level - 1)
            after = leaf + (2 << (height - level - 1))
            hops[begins[at] + np.where(leads, 0, leaf - first[at])] += 1
            hops[begins[at] + np.where(leads, after - first[at], sizes[at])] -= 1
            low[at] += leads
            high[at] -= ~leads
        some = some[low[some] < high[some]]
    paths = np.cumsum(hops[:-1]) + np.repeat(height - levels, sizes)
    return VnReductions(levels, low, paths, begins, adds_2_1, adds_3_1, wires)


def forwarding_link(level: int, adder: int, low: int, high: int) -> int | None:
    """Return the adder that receives its partner's sum over the forwarding link, or None if the link is idle.

    Parameters
    ----------
    level, adder
        Where; no pair starts at an `adder` that is even or at the edge of the tree.
    low, high
        Positions of the level below that hold a value of the VN, a contiguous run (rule T6b).
    """
    receiver = int(forwarding_links(level, *(np.array([value]) for value in (adder, low, high)))[0])
    return None if receiver < 0 else receiver


def forwarding_links(level: int, adder: IntArray, low: IntArray, high: IntArray) -> IntArray:
    """Return `forwarding_link` of several adders of a level, -1 for None."""
    left, right = adder, adder + 1
    last_left = np.minimum(high, 2 * left + 1)
    first_right = np.maximum(low, 2 * right)
    left_span = np.where(last_left >= np.maximum(low, 2 * left), last_left - low + 1, 0)
    right_span = np.where(first_right <= np.minimum(high, 2 * right + 1), high - first_right + 1, 0)
    to_left = np.where(high >= 2 * left + 4, -1, left)
    to_right = np.where(low <= 2 * left - 1, -1, right)
    possible = (adder % 2 == 1) & (level >= 2) & (adder < 2**level - 1) & (left_span > 0) & (right_span > 0)
    return np.where(possible, np.where(left_span >= right_span, to_left, to_right), -1)


@lru_cache(maxsize=4096)
def packed_vns(num_ms: int, size: int) -> VnReductions:
    """Return the reductions of all VNs of one size that fit, packed from position 0."""
    return reduce_vns(num_ms, np.arange(num_ms // size) * size, size)


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
    first_of_line = np.flatnonzero(changes(line))
    rank = position - np.repeat(first_of_line, np.diff(first_of_line, append=len(depth)))
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


@lru_cache(maxsize=8192)
def running(num_ms: int, size: int, rn_bw: int) -> dict[str, IntArray]:
    """Return what `running_of` does of one size."""
    return next(running_of(num_ms, [size], rn_bw))


def running_of(num_ms: int, sizes: Sequence[int], rn_bw: int) -> Iterator[dict[str, IntArray]]:
    """Yield for each size the figures of the first 1, 2, ... packed VNs of it, but for the wave's latency.

    By the fields of `solver.cost.waves.Wave`, and each VN's own `depths` and `lines`.
    """
    step = max(1, _LEAVES // num_ms)
    for start in range(0, len(sizes), step):
        some = np.array(sizes[start : start + step])
        count = num_ms // some
        size, ends = np.repeat(some, count), np.cumsum(count)
        place = np.arange(len(size)) - np.repeat(ends - count, count)
        vns = reduce_vns(num_ms, place * size, size)
        depths, shortest = (each.reduceat(vns.paths, vns.begins) for each in (np.maximum, np.minimum))
        aux, lines = vns.paths[vns.begins], _exits(num_ms, vns.level, vns.adder, rn_bw)[0]
        for end, many in zip(ends.tolist(), count.tolist(), strict=True):
            own = slice(end - many, end)
            yield {
                "depths": depths[own],
                "lines": lines[own],
                "depth": np.maximum.accumulate(depths[own]),
                "depth_aux": np.maximum.accumulate(aux[own]),
                "shortest_aux": np.minimum.accumulate(aux[own]),
                "aux_total": np.cumsum(aux[own]),
                "shortest_path": np.minimum.accumulate(shortest[own]),
                "max_per_line": most_on_a_line(lines[own]),
                "adds_2_1": np.cumsum(vns.adds_2_1[own]),
                "adds_3_1": np.cumsum(vns.adds_3_1[own]),
                "wires": np.cumsum(vns.wires[own]),
            }


def most_on_a_line(lines: IntArray) -> IntArray:
    """Return how many of the first 1, 2, ... VNs share the line that most of them do."""
    order = np.argsort(lines, kind="stable")
    ordered = lines[order]
    begins = np.searchsorted(ordered, ordered)
    place = np.empty_like(order)
    place[order] = np.arange(len(lines)) - begins + 1
    result: IntArray = np.maximum.accumulate(place)
    return result


def exit_lines(num_ms: int, size: int, rn_bw: int) -> IntArray:
    """Return the bus line of every VN of one size packed from position 0."""
    return running(num_ms, size, rn_bw)["lines"]


@lru_cache(maxsize=4096)
def exit_inputs(num_ms: int, size: int, rn_bw: int) -> IntArray:
    """Return the input of its bus line at which every VN of one size, packed from position 0, stands.

    A line serves its inputs in turn, beginning after the one that it served last.
    """
    vns = packed_vns(num_ms, size)
    return _exits(num_ms, vns.level, vns.adder, rn_bw)[1]


@lru_cache(maxsize=65536)
def packed_wave_latency(num_ms: int, size: int, count: int, rn_bw: int) -> int:
    """Return the `wave_latency` of the first `count` packed VNs of a size."""
    table = running(num_ms, size, rn_bw)
    return wave_latency(table["depths"][:count], table["lines"][:count])
