"""What a two-level mapping waits for: the cycles that each resource would take if it were the only one."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.result import NOTICEABLE, Bottleneck
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import LevelCosts, memory_of, on_chip_words
from solver.cost.two_level.work import steps
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips
from solver.mapping.levels import LevelMapping


def level_waits(
    nest: LoopNest, hardware: Hardware, mapping: LevelMapping, shapes: ArrayShapes, costs: LevelCosts
) -> dict[str, int]:
    """Return the cycles per resource of one mapping.

    compute: one step per cycle; distribution: the words of the busiest port; collection: the outputs of the
    busiest bus line; drain: what the array idles until the last outputs of its iterations are in memory;
    DRAM: all words that cross the chip's edge; buffer: all words that it reads or writes, where its bandwidth
    is limited.

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
    waits = {
        "compute": generated,
        "distribution": int((shapes.ports[0] @ sent).max()),
        "collection": int((shapes.wave.max_per_line * count.windows)[0]),
        "drain": int((count.iterations * drain)[0]),
        "DRAM": int(costs.transfer[0]),
    }
    bandwidth = memory_of(hardware).buffer.bandwidth
    if bandwidth is not None:
        waits["buffer"] = -(-int(on_chip_words(costs.events)[0]) // bandwidth)
    return waits


def level_bottleneck(waits: dict[str, int], array: int) -> Bottleneck:
    """Name what the latency waits for: DRAM, the buffer's own bandwidth, or what the array waits for.

    Parameters
    ----------
    waits
        Of `level_waits`.
    array
        Cycles of the array's work.
    """
    if waits["DRAM"] >= array:
        return "DRAM"
    if waits.get("buffer", 0) > array:
        return "buffer"
    inside: dict[Bottleneck, int] = {
        "compute": waits["compute"],
        "distribution": waits["distribution"] if waits["distribution"] > NOTICEABLE * waits["compute"] else 0,
        "collection": waits["collection"],
        "drain": waits["drain"],
    }
    return max(inside, key=lambda name: inside[name])
