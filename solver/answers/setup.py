"""What it takes to set up the array: words of the adder tree's memory, settings of the multipliers, cycles.

The words are those of the real hardware (rules S8 and S10) on either array; `solver.cost.setup` says when
what is set, and in how many cycles. The latency of a mapping on the real hardware has the cycles of the
multipliers in it, and none of the tree's; on the simulator's array it has neither. Where the hardware counts
set-up (`count_setup`), every latency has both, and every run sets everything anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.cost.setup import PER_ITERATION, settings_of, tree_cycles, tree_words
from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.work import steps
from solver.hardware import Hardware
from solver.keyed import Keyed
from solver.layer import LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips, parts_of
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile


@dataclass(frozen=True)
class Setup(Keyed):
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

    KEYS = "* uncounted"

    trees: int = 0
    tree_words: int = 0
    settings: int = 0
    multiplier_settings: int = 0
    cycles: int = 0
    counted: int = 0

    def __add__(self, other: Setup) -> Setup:
        return Setup(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def times(self, count: int) -> Setup:
        """Return what `count` equal runs take: each sets everything anew."""
        return Setup(**{name: value * count for name, value in vars(self).items()})

    @property
    def uncounted(self) -> int:
        """Cycles beside the latency."""
        return self.cycles - self.counted


def setup_of(nest: LoopNest, hardware: Hardware, tile: Tile, mapping: LevelMapping | None = None) -> Setup:
    """Return what is set up for one layer with one mapping.

    Parameters
    ----------
    mapping
        The whole mapping where the hardware has a prefetch buffer. The tree is set once for all buffer tiles:
        virtual neurons of a smaller last one are idle.
    """
    tiles = np.array([tile.sizes], dtype=np.int64)
    if mapping is None:
        settings = int(settings_of(nest, hardware, tiles)[0])
    else:
        settings = _buffered_settings(nest, hardware, tiles, mapping)
    cycles = tree_cycles(hardware.num_ms) + settings
    counted = settings if hardware.kind.passes else 0
    return Setup(
        trees=1,
        tree_words=tree_words(hardware.num_ms),
        settings=settings,
        multiplier_settings=settings * hardware.num_ms,
        cycles=cycles,
        counted=cycles if hardware.count_setup else counted,
    )


def _buffered_settings(nest: LoopNest, hardware: Hardware, tiles: Any, mapping: LevelMapping) -> int:
    """Return how often the multipliers are set: on the real hardware as each buffer tile would by itself."""
    if hardware.kind.passes:
        parts = parts_of(nest, hardware, mapping.buffer.sizes)
        return sum(count * int(settings_of(part, hardware, tiles)[0]) for part, count in parts)
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    trips, passes = buffer_trips(nest, buffers), array_passes(nest, tiles, buffers)
    shapes = array_shapes(nest, hardware, tiles)
    return PER_ITERATION * int(steps(shapes, trips, passes, mapping.array_order).iterations[0])
