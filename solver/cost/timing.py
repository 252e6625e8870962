"""Which rules time a mapping: those of the reference simulator or those of the real hardware."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost import latency
from solver.cost.continued_replay import part_replayed
from solver.cost.latency import ArrayStep
from solver.cost.replay import replay_cycles
from solver.cost.result import Bottleneck
from solver.cost.rtl import latency as rtl_latency
from solver.cost.rtl.replay import rtl_replay_cycles
from solver.cost.serial.replay import serial_exceeds, serial_replay_cycles
from solver.cost.traffic import Traffic, auxiliary
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.hardware.array_kind import Reduction
from solver.layer import LoopNest
from solver.mapping.tile import Tile


class CycleRule(Protocol):
    """Cycles of many tiles; with what is known of their steps in the layer, if others asked before."""

    def __call__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        tiles: IntArray,
        load: Traffic,
        wave: Wave,
        step: ArrayStep | None = None,
    ) -> IntArray:
        """Return the cycles."""


class BoundRule(Protocol):
    """The same that may be told which tiles drain between their filter iterations."""

    def __call__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        tiles: IntArray,
        load: Traffic,
        wave: Wave,
        drains: BoolArray | None = None,
        step: ArrayStep | None = None,
    ) -> IntArray:
        """Return cycles that no replay falls below."""


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

        Raises
        ------
        ReplayLimitError
            If too much would have to be timed one by one; the closed form is reported then too.
    waits
        Cycles that each resource would take alone, of one tile with so many cycles.
    """

    closed_form: CycleRule
    lower_bound: BoundRule
    replayable: Callable[[LoopNest, Hardware, IntArray], BoolArray]
    replay_cycles: Callable[[LoopNest, Hardware, Tile], int]
    waits: Callable[[LoopNest, Hardware, IntArray, Traffic, Wave, int], dict[Bottleneck, int]]


def _simulator_cycles(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of one tile on the simulator's array, by the replay for its way of folding.

    Of a part of a layer, whose sums another part begins or continues, there is a replay of its own.
    """
    if nest.partial:
        return part_replayed(nest, hardware, tile).to_the_end
    return (serial_replay_cycles if _through_memory(nest, hardware, tile) else replay_cycles)(
        nest, hardware, tile
    )


def _through_memory(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether the partial sums of a tile travel through memory."""
    return bool(auxiliary(nest, hardware, np.array([tile.sizes], dtype=np.int64))[0])


def exceeds(nest: LoopNest, hardware: Hardware, tile: Tile, cycles: float) -> bool:
    """Return whether a tile is seen to take more cycles before its replay ends; set-up is left out.

    False says nothing. Only of folds through memory, whose replays are long, is anything seen so.
    """
    serial = hardware.sums_return and not nest.partial and _through_memory(nest, hardware, tile)
    return serial and serial_exceeds(nest, hardware, tile, cycles)


_TIMINGS: dict[Reduction, Timing] = {
    "simulator": Timing(
        latency.closed_form, latency.lower_bound, latency.replayable, _simulator_cycles, latency.waits
    ),
    "rtl": Timing(
        rtl_latency.closed_form,
        rtl_latency.lower_bound,
        rtl_latency.replayable,
        rtl_replay_cycles,
        rtl_latency.waits,
    ),
}


def timing_of(hardware: Hardware) -> Timing:
    """Return the timing rules of an accelerator."""
    return _TIMINGS[hardware.reduction]
