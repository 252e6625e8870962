"""The nearly exact closed form: the cheap T with the last wave timed multiplier by multiplier.

Rule T16, for mappings with an accumulation buffer or without folds. It
equals the simulator on 99 % of them; what it leaves out is a backlog on a bus line that one wave hands to the
next.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import IntArray
from solver.array.layout import Layout, send_order
from solver.array.reduction import exit_lines, packed_vns, wave_latency
from solver.cost.latency import ArrayStep, chain_iterations, closed_form_parts, loops
from solver.cost.step import distribution_time, latch, port_time
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile


def nearly_exact_cycles(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of one mapping by the nearly exact closed form.

    Raises
    ------
    ValueError
        If the mapping folds without accumulation buffer: the specification has only the cheap form there.
    """
    layout = Layout(nest, hardware, tile)
    if layout.aux:
        raise ValueError("the nearly exact form does not cover folding without accumulation buffer")
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    n = loops(nest, tiles)
    wave = waves(hardware, tiles, load.aux)
    step = ArrayStep(load, wave, n)
    period, _ = closed_form_parts(hardware, tiles, load, wave, step)
    per_port = step.by_port(port_time, n)[0]
    sent = int(distribution_time(ARRAYS, step, n)[0])
    late = int(period[0]) - sent
    fire = _last_wave(layout, per_port, int(n.folds[0]), int(n.windows[0])) + late
    paths = packed_vns(hardware.num_ms, layout.vn_size).paths[: len(layout.port)]
    sums = np.maximum.reduceat(fire + paths, np.arange(tile.num_vns) * layout.vn_size)
    lines = exit_lines(hardware.num_ms, layout.vn_size, hardware.rn_bw)[: tile.num_vns]
    # The line scheduler counts cycles from 0: shift the late last wave down and up again.
    base = int(sums.min())
    last = (
        wave_latency(sums - base, lines)
        + base
        + latch(hardware.port_width)
        + int(hardware.accumulation_buffer)
    )
    return int(chain_iterations(nest, tiles, load, n, period, np.array([last - int(period[0])]))[0])


def _last_wave(layout: Layout, per_port: IntArray, folds: int, windows: int) -> IntArray:
    """Return when each multiplier fires for the last time, before the backlog of the bus is added."""
    sliding = layout.forwards and layout.trips["Y"] > 1
    place, words = send_order(layout.input_key, layout.port, layout.last_column if sliding else None)
    port = layout.port
    steps = folds + folds * windows
    fire = np.maximum(per_port[port] - (words[port] - place), steps - 1 + place)
    if sliding:
        starved = np.where(words[port] == 0, per_port[port], 0)
        fire = np.where(place == 0, np.maximum(steps, starved), fire)
    return fire
