"""What a two-level mapping waits for: the cycles that each resource would take if it were the only one."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.rtl_clock import CYCLES_PER_DATUM
from solver.cost.result import Bottleneck, binding
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import LevelCosts, memory_of, on_chip_units
from solver.cost.two_level.work import steps
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips
from solver.mapping.levels import LevelMapping

INSIDE: tuple[Bottleneck, ...] = ("compute", "distribution", "collection", "drain")
"""What the array itself waits for."""
OUTSIDE: tuple[Bottleneck, ...] = ("DRAM", "buffer", "set-up")
"""What it is overlapped with, or waits for, outside of it."""


def level_waits(
    nest: LoopNest, hardware: Hardware, mapping: LevelMapping, shapes: ArrayShapes, costs: LevelCosts
) -> dict[str, int]:
    """Return the cycles per resource of one mapping.

    compute: one step per cycle; distribution: the words of the busiest port; collection: the outputs of the
    busiest bus line; drain: what the array idles until the last outputs of its iterations are in memory;
    DRAM: all words that cross the chip's edge; buffer: all words that it reads or writes, where its bandwidth
    is limited. On the real hardware all but drain is hidden behind the words of its ports.

    Parameters
    ----------
    shapes, costs
        Figures of the array tile and of the mapping, one row each.
    """
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    trips, passes = buffer_trips(nest, buffers), array_passes(nest, shapes.tiles, buffers)
    count = steps(shapes, trips, passes, mapping.array_order)
    generated = int((count.weights + count.first + count.slides)[0])
    sent: IntArray = np.array([c[0] for c in (count.weights, count.first, count.slides, count.sums)])
    drain = shapes.drain if mapping.array_order == "weights" else shapes.plain_drain
    if hardware.kind.passes:
        busy = CYCLES_PER_DATUM * int(shapes.ports[0].max(axis=0) @ sent)
        waits = {"distribution": busy, "drain": int(costs.array[0]) - busy}
    else:
        waits = {
            "compute": generated,
            "distribution": int((shapes.ports[0] @ sent).max()),
            "collection": int((shapes.wave.max_per_line * count.windows)[0]),
            "drain": int((count.iterations * drain)[0]),
        }
    waits["DRAM"] = int(costs.transfer[0])
    memory = memory_of(hardware)
    bandwidth = memory.buffer.units_per_cycle
    if bandwidth is not None:
        waits["buffer"] = -(-int(on_chip_units(memory.buffer.sizes, costs.events)[0]) // bandwidth)
    if hardware.count_setup:
        waits["set-up"] = int(costs.setup[0])
    return waits


def level_binding(waits: dict[str, int], array: int) -> tuple[Bottleneck, ...]:
    """Return what the latency waits for, and what is close to it: DRAM, buffer, or what the array waits for.

    The array's own waits follow one another within its cycles; so the array as a whole is compared with DRAM
    and buffer (`solver.cost.result.binding`), and its waits among themselves.

    Parameters
    ----------
    waits
        Of `level_waits`.
    array
        Cycles of the array's work.
    """
    inside = binding({name: waits[name] for name in INSIDE if name in waits})
    outside: dict[Bottleneck, int] = {name: waits[name] for name in OUTSIDE if name in waits}
    # In a tie the outer level is named first: a faster array would wait for it.
    ranked = binding({**outside, inside[0]: array})
    return tuple(name for first in ranked for name in (inside if first == inside[0] else (first,)))
