"""Which rules time a mapping: those of the reference simulator or those of the real hardware."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost import latency, rtl_latency
from solver.cost.continued_replay import ContinuedReplay
from solver.cost.latency import Wave
from solver.cost.replay import replay_cycles
from solver.cost.rtl_replay import rtl_replay_cycles
from solver.cost.traffic import Traffic
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

CycleRule = Callable[[LoopNest, Hardware, IntArray, Traffic, Wave], IntArray]


@dataclass(frozen=True)
class Timing:
    """How mappings are timed on one kind of array.

    Attributes
    ----------
    closed_form
        Cycles of many tiles, good to rank them.
    lower_bound
        Cycles that no replay of the tiles falls below.
    replayable
        Which tiles `replay_cycles` times; the others are reported by the closed form.
    replay_cycles
        Cycles of one tile, exact under the rules of the array.
    """

    closed_form: CycleRule
    lower_bound: CycleRule
    replayable: Callable[[LoopNest, Hardware, IntArray], BoolArray]
    replay_cycles: Callable[[LoopNest, Hardware, Tile], int]


def _part_or_whole(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Replay a layer, or a part of one whose sums another part begins or continues."""
    if nest.partial:
        return ContinuedReplay(nest, hardware, tile).cycles()
    return replay_cycles(nest, hardware, tile)


_SIMULATOR = Timing(latency.closed_form, latency.lower_bound, latency.replayable, _part_or_whole)
_REAL = Timing(rtl_latency.closed_form, rtl_latency.lower_bound, rtl_latency.replayable, rtl_replay_cycles)


def timing_of(hardware: Hardware) -> Timing:
    """Return the timing rules of an accelerator."""
    return _REAL if hardware.real else _SIMULATOR
