"""How many tiles keep the rules, without a list of them."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits, most_at_once


def count_tiles(nest: LoopNest, hardware: Hardware, limits: Limits) -> int:
    """Count the tiles that keep the rules of the simulator's array (`solver.legal.tiles.candidate_tiles`)."""
    ranges = {
        dim: limits.range(dim, min(most_at_once(dim, size, hardware), hardware.num_ms))
        for dim, size in zip(DIMS, nest.sizes, strict=True)
    }
    if nest.stride != (1, 1):
        ranges |= {dim: range(1, 2) if 1 in ranges[dim] else range(0) for dim in "XY"}
    slices = _products([ranges[dim] for dim in "RSC"], hardware.num_ms)
    whole = all(getattr(nest, dim) in ranges[dim] for dim in "RSC")
    size = nest.R * nest.S * nest.C
    unfolded = np.zeros_like(slices)
    if whole and size <= hardware.num_ms:
        unfolded[size] = 1
    counts = _counts(ranges, hardware.num_ms)
    upto = np.cumsum(counts)
    most, total = np.arange(len(slices)), 0
    for some, folds in ((unfolded, False), (slices - unfolded, True)):
        travels = nest.partial or (folds and not hardware.accumulation_buffer)
        positions = most[1:] + int(travels)
        fitting = upto[hardware.num_ms // positions]
        if folds:
            # Several virtual neurons of one multiplier would share accumulators.
            fitting = np.where(positions < 2, counts[1], fitting)
        total += sum((some[1:].astype(object) * fitting.astype(object)).tolist())
    return total


def _counts(ranges: dict[str, range], most: int) -> IntArray:
    """Return how many choices of T_K, T_G, T_N, T_X and T_Y have each product: one image, or one group."""
    alone = range(1, 2)
    several_images = range(max(2, ranges["N"].start), ranges["N"].stop)
    one = {"N": alone if 1 in ranges["N"] else range(0)}
    more = {"N": several_images, "G": alone if 1 in ranges["G"] else range(0)}
    result: IntArray = sum(
        (_products([{**ranges, **some}[dim] for dim in "KGNXY"], most) for some in (one, more)),
        start=np.zeros(most + 1, dtype=np.int64),
    )
    return result


def _products(ranges: list[range], most: int) -> IntArray:
    """Return in how many ways factors of some ranges have each product, shape (most + 1,)."""
    ways = np.zeros(most + 1, dtype=np.int64)
    ways[1] = 1
    for factors in ranges:
        more = np.zeros_like(ways)
        for factor in factors:
            if factor > most:
                break
            more[::factor][: most // factor + 1] += ways[: most // factor + 1]
        ways = more
    return ways
