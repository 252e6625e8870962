"""What it takes to set up the array: words of the adder tree's memory, settings of the multipliers, cycles.

The words are those of the real hardware (rules S8 and S10) on either array. Its controller reads a word of
the tree's memory per cycle and hands the settings over in one more; the multipliers are set all at once, in a
cycle, before every weight load and before every stream of windows (rule S14). The latency of a mapping on the
real hardware has the cycles of the multipliers in it, and none of the tree's; on the simulator's array,
which is configured by nothing, it has neither. No objective counts what it has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.array.adder_tree_config import word_counts
from solver.cost.latency import loops
from solver.cost.step import schedule
from solver.cost.traffic import traffic
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile

HAND_OVER = 1
"""Cycles from the last word of the tree's memory to its settings (RTL)."""


@dataclass(frozen=True)
class Configuration:
    """What is set up for a layer, or for several; they add up.

    Attributes
    ----------
    trees
        How often the adder tree is set.
    tree_words
        Words of 32 bits read from its memory, all times together.
    settings
        How often the multipliers are set.
    multiplier_settings
        States with their counts, one for every multiplier each time.
    cycles
        What both take.
    counted
        How many of them the latency of the mapping has in it.
    """

    trees: int = 0
    tree_words: int = 0
    settings: int = 0
    multiplier_settings: int = 0
    cycles: int = 0
    counted: int = 0

    def __add__(self, other: Configuration) -> Configuration:
        return Configuration(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def times(self, count: int, *, tree: bool) -> Configuration:
        """Return what `count` equal ones take; `tree` says whether something else runs between two of them,
        so that the tree is set for each, not for the first one only.
        """
        more = self
        if not tree:
            more = Configuration(
                settings=self.settings,
                multiplier_settings=self.multiplier_settings,
                cycles=self.settings,
                counted=self.counted,
            )
        again = Configuration(**{name: value * (count - 1) for name, value in vars(more).items()})
        return self + again

    @property
    def uncounted(self) -> int:
        """Cycles beside the latency."""
        return self.cycles - self.counted

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**vars(self), "uncounted": self.uncounted}


def configuration_of(
    nest: LoopNest, hardware: Hardware, tile: Tile, mapping: LevelMapping | None = None
) -> Configuration:
    """Return what is set up for one layer with one mapping.

    Parameters
    ----------
    mapping
        The whole mapping where the hardware has a prefetch buffer. The tree is set once for all buffer tiles:
        virtual neurons of a smaller last one are idle.
    """
    words = sum(word_counts(hardware.num_ms))
    if mapping is not None:
        settings = _buffered_settings(nest, tile, mapping)
    else:
        settings = _settings(nest, hardware, tile)
    tree = words + HAND_OVER
    return Configuration(
        trees=1,
        tree_words=words,
        settings=settings,
        multiplier_settings=settings * hardware.num_ms,
        cycles=tree + settings,
        counted=settings if hardware.real else 0,
    )


def _settings(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return how often the multipliers are set: for each weight load, and for each stream."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    n = loops(nest, tiles)
    if not hardware.real:
        # The multipliers hold the weights of all folds of a filter iteration (rule T1).
        return 2 * int(n.iterations[0])
    plan = schedule(ARRAYS, traffic(nest, hardware, tiles).forwards, n)
    return int(plan.passes[0]) * (1 + int(plan.streams[0]))


def _buffered_settings(nest: LoopNest, tile: Tile, mapping: LevelMapping) -> int:
    """Return how often the multipliers are set: twice for each time that they get what stays in them."""
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    passes = array_passes(nest, np.array([tile.sizes], dtype=np.int64), buffers)[0].tolist()
    n = dict(zip(DIMS, passes, strict=True))
    o = dict(zip(DIMS, buffer_trips(nest, buffers)[0].tolist(), strict=True))
    around: int = o["C"] * o["R"] * o["S"]
    per_tile = {
        "weights": n["N"] * n["G"] * n["K"] * o["X"] * o["Y"],
        "inputs": n["N"] * n["G"] * n["X"] * n["Y"] * o["K"],
        "outputs": o["N"] * o["G"] * o["K"] * o["X"] * o["Y"],
    }
    return 2 * around * int(per_tile[mapping.array_order])
