"""The real hardware's cycles on all buffer tiles, from the figures of the array tile.

Every fold of a filter iteration is a pass of its own in every buffer tile, every operand is distributed, and
passes do not overlap (`solver.cost.rtl.latency`). So the array's cycles are a sum over its passes and
windows: the words of the busiest port, and what a pass idles. Between buffer tiles the hardware is neither
reset nor given another tree: it starts up once. The sums of every fold are added at the buffer.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.layout import Layout, send_order
from solver.array.rtl_clock import CYCLES_PER_DATUM, START_UP, WEIGHT_LOAD_EXTRA
from solver.cost.rtl.replay import RtlStream
from solver.cost.step import stream_drain
from solver.cost.two_level.unavoidable import COLUMNS, WAITS
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile


def real_waits(ports: IntArray, path: IntArray) -> IntArray:
    """Return what array tiles wait for, by steps, shape (tiles, 1, COLUMNS): see `WAITS`.

    Parameters
    ----------
    ports
        Words (w, a, b, q) of ports, shape (tiles, ports, 4).
    path
        Cycles from the leaves to leaving the bus: the least for a bound, the most for the closed form.
    """
    words = ports.max(axis=1)
    return _waits(words[:, 0], words[:, 1], stream_drain(path))


def real_surest_waits(
    ports: IntArray, wave: Wave, leave: IntArray, vns: IntArray, behind: IntArray
) -> IntArray:
    """Return the least of them."""
    return real_waits(ports, wave.shortest_path)


def real_tight_waits(nest: LoopNest, hardware: Hardware, tile: Tile, leave: int) -> IntArray:
    """Return the same for one tile, shape (1, COLUMNS), with what one of its streams idles at least."""
    layout = Layout(nest, hardware, tile)
    stream = RtlStream(layout)
    weights = send_order(layout.weight_key, layout.port)[1].max()
    found = _waits(weights[None], stream.first[1].max()[None], np.array([stream.least_idle()]))
    return found[0]


def _waits(weights: IntArray, inputs: IntArray, idle: IntArray) -> IntArray:
    waits = np.zeros((len(weights), 1, COLUMNS), dtype=np.int64)
    waits[:, 0, WAITS.index("weights")] = CYCLES_PER_DATUM * weights + WEIGHT_LOAD_EXTRA + idle
    waits[:, 0, WAITS.index("first")] = CYCLES_PER_DATUM * inputs
    waits[:, 0, WAITS.index("once")] = START_UP
    return waits
