"""How often the multipliers are set for a run, and the cycles that setting up adds to one if it is counted.

The adder tree is set once for a run: the controller reads a word of its memory per cycle and hands the
settings over in one more (rules S8 and S10). The multipliers are set all at once, in a cycle, before every
weight load and before every stream of windows (rule S14). On the real hardware that is part of the run; the
simulator's array is configured by nothing, so there it is added too.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Value
from solver.arithmetic.arrays import IntArray
from solver.array.adder_tree_config import word_counts
from solver.cost.latency import loops
from solver.cost.step import schedule
from solver.cost.traffic import traffic
from solver.hardware import Hardware
from solver.layer import LoopNest

HAND_OVER = 1
"""Cycles from the last word of the tree's memory to its settings (RTL)."""

PER_ITERATION = 2
"""Settings of the multipliers of the simulator's array for each time that it is filled, with weights and for
windows: they hold the weights of all folds (rule T1)."""


def tree_words(num_ms: int) -> int:
    """Return the words of the adder tree's memory."""
    return sum(word_counts(num_ms))


def tree_cycles(num_ms: int) -> int:
    """Return the cycles that the adder tree is set in."""
    return tree_words(num_ms) + HAND_OVER


def counted_setup(hardware: Hardware, iterations: Value) -> Value:
    """Return the cycles that setting up adds to a run; 0 unless the hardware counts them (`count_setup`).

    Parameters
    ----------
    iterations
        Times that the array is filled and drained: an integer, an array or a variable.
    """
    if not hardware.count_setup:
        return 0
    tree = tree_cycles(hardware.num_ms)
    return tree if hardware.kind.passes else tree + PER_ITERATION * iterations


def tile_setup(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> IntArray:
    """Return the same of array tiles on one level, shape (tiles, 8)."""
    if not hardware.count_setup:
        return np.zeros(len(tiles), dtype=np.int64)
    added = counted_setup(hardware, loops(nest, tiles).iterations)
    return np.broadcast_to(np.asarray(added, dtype=np.int64), len(tiles))


def settings_of(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> IntArray:
    """Return how often the multipliers are set by array tiles on one level, shape (tiles, 8)."""
    n = loops(nest, tiles)
    if not hardware.kind.passes:
        return np.asarray(PER_ITERATION * n.iterations)
    plan = schedule(ARRAYS, traffic(nest, hardware, tiles).forwards, n)
    return np.asarray(plan.passes * (1 + plan.streams))
