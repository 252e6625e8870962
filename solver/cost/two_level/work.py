"""The array's steps, cycles and events on all buffer tiles together, from the figures of the array tile.

`array_cycles` is what no replay of the buffer tiles falls below (`solver.cost.two_level.replays` replays
them) where the weights stay. For the assumed stationary orders, which have no replay, it is the closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.events import input_lines, leaving_together
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.real import real_waits
from solver.cost.two_level.unavoidable import WAITS
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, G, K, N, R, S, X, Y


@dataclass(frozen=True)
class Steps:
    """How often the words of a step are sent, over the whole layer.

    Attributes
    ----------
    weights, first, slides
        Steps that send weights, all inputs of a window, and the last column only.
    sums
        Windows for which sums come back into the array.
    waves
        Multiplications per switch in use: every step that fires.
    windows
        Outputs per virtual neuron that leave over the bus.
    iterations
        Times the array is filled and drained.
    begun, continued
        Times that it surely finds itself empty, at least once per buffer tile: where no sums come back, and
        where they do.
    loads
        Steps before the first output of an iteration, summed over the iterations.
    once
        1: what a run waits for once.
    """

    weights: IntArray
    first: IntArray
    slides: IntArray
    sums: IntArray
    waves: IntArray
    windows: IntArray
    iterations: IntArray
    begun: IntArray
    continued: IntArray
    loads: IntArray
    once: IntArray


def steps(
    shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str, drained: BoolArray | None = None
) -> Steps:
    """Count the steps of rows of (array tile, o_d, n_d) under one stationary order.

    Parameters
    ----------
    trips, passes
        o_d and n_d, shape (rows, 8).
    order
        One of `ARRAY_ORDERS`.
    drained
        Whether the array is empty between the filter iterations of every buffer tile (None: unknown).
    """
    n, o = passes.T, trips.T
    filters = n[N] * n[G] * n[K]
    n_q, o_q = n[C] * n[R] * n[S], o[C] * o[R] * o[S]
    outputs = filters * n[X] * n[Y]
    waves_run, windows = outputs * n_q, outputs * o_q
    sums = shapes.aux * outputs * (o_q - 1)
    none, once = np.zeros_like(waves_run), np.ones_like(waves_run)
    strips = o[N] * o[G] * o[K] * o[X] * o[Y]
    tiles = strips * o_q
    if order == "weights":
        loads = filters * n_q * o[X] * o[Y]
        rows = filters * n_q * n[X]
        first = rows * np.where(shapes.load.forwards, o[Y], n[Y])
        iterations = filters * o_q * o[X] * o[Y]
        fills = tiles if drained is None else np.where(drained, iterations, tiles)
        continued = shapes.aux * (fills - fills // o_q)
        slides, begun = waves_run - first, fills - continued
        return Steps(
            loads, first, slides, sums, waves_run, windows, iterations, begun, continued, loads, once
        )
    if order == "inputs":
        loads = n[N] * n[G] * n[X] * n[Y] * n_q * o[K]
        iterations = n[N] * n[G] * n[X] * n[Y] * o_q * o[K]
        return Steps(waves_run, loads, none, sums, waves_run, windows, iterations, tiles, none, loads, once)
    loads = strips * n_q
    return Steps(waves_run, waves_run, none, sums, waves_run, windows, tiles, tiles, none, loads, once)


def drains(sizes: IntArray, tiles: IntArray, buffers: IntArray, passes: IntArray) -> BoolArray:
    """Return where the array is empty between the filter iterations of every buffer tile (rule T8).

    No padded outputs, and one image in a buffer tile.

    Parameters
    ----------
    sizes
        D of the layer, or of each row's own part of it.
    """
    whole = passes * tiles == sizes
    filters = whole[:, K] | (buffers[:, G] <= tiles[:, G])
    result: BoolArray = whole[:, X] & whole[:, Y] & filters & (buffers[:, N] == 1)
    return result


def drains_surely(nest: LoopNest, tiles: IntArray, trips: IntArray) -> BoolArray:
    """Return where `drains` holds for every buffer tile with some refill counts."""
    filters = (tiles[:, K] == 1) | (tiles[:, G] >= nest.G) | (trips[:, G] == nest.G)
    result: BoolArray = (tiles[:, X] == 1) & (tiles[:, Y] == 1) & filters & (trips[:, N] == nest.N)
    return result


def array_cycles(shapes: ArrayShapes, count: Steps, order: str, *, never_less: bool = False) -> IntArray:
    """Return the cycles of the array's work, without waiting for the buffer.

    Weights stationary: the longest of the waits that no replay avoids. The other orders: the closed form.

    Parameters
    ----------
    never_less
        Return what no buffer tile can undercut, from the counts of a buffer that holds the whole layer.
    """
    if order != "weights":
        return closed_form(shapes, count, order, never_less=never_less)
    return _longest(shapes.waits, count)


def _longest(waits: IntArray, count: Steps) -> IntArray:
    """Return the longest of some waits, shape (tiles, e, 8), of every tile."""
    times = [getattr(count, name) for name in WAITS]
    found = waits[:, :, 0] * times[0][:, None]
    for column in range(1, len(times)):
        found += waits[:, :, column] * times[column][:, None]
    result: IntArray = found.max(axis=1)
    return result


def closed_form(shapes: ArrayShapes, count: Steps, order: str, *, never_less: bool = False) -> IntArray:
    """Return the cycles of the single level's closed form, summed over all buffer tiles.

    The slowest of the busiest port, the generator (one step per cycle) and the busiest bus line, plus a drain
    per iteration. Iterations that open the filter barrier early (padded outputs) get no credit for it, and a
    starved forwarding port costs its words only.

    Parameters
    ----------
    never_less
        See `array_cycles`. Only the bus line's wait can shrink with more iterations, which gives it breaks;
        it is then bounded by a drain per output.
    """
    ports = shapes.ports
    if shapes.real:
        return _longest(real_waits(ports, shapes.wave.depth), count)
    words = (
        ports[:, :, 0] * count.weights[:, None]
        + ports[:, :, 1] * count.first[:, None]
        + ports[:, :, 2] * count.slides[:, None]
        + ports[:, :, 3] * count.sums[:, None]
    ).max(axis=1)
    most = ports.max(axis=1)
    last = np.where(count.slides > 0, most[:, 2], most[:, 1])
    generated = count.weights + count.first + count.slides + count.iterations * (last - 1)
    per_line = shapes.wave.max_per_line
    collected = per_line * (count.windows - count.iterations) + count.loads * (most[:, 0] + most[:, 1])
    drain = shapes.drain if order == "weights" else shapes.plain_drain
    if never_less:
        collected = np.minimum(collected, (count.windows - count.iterations) * drain)
    result: IntArray = np.maximum(words, np.maximum(generated, collected)) + count.iterations * drain
    return result


def array_events(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    trips: IntArray,
    passes: IntArray,
    count: Steps,
    order: str,
) -> dict[str, IntArray]:
    """Count the array's events under the names of `Counts`, its reads and writes of the buffer included.

    Sums that come back into the array are read and sent for every virtual neuron, as the simulator does
    without accumulation buffer. An adder at the buffer adds those of outputs that exist; behind the real
    hardware those of every fold, which all leave the array.
    """
    tiles, load, wave = shapes.tiles, shapes.load, shapes.wave
    n, o = passes.T, trips.T
    groups = n[G] * tiles[:, G]
    num_vns = shapes.num_vns
    rows = n[X] * input_lines(n[R], tiles[:, X], nest.R, nest.dilation[0])
    cols = input_lines(n[S], tiles[:, Y], nest.S, nest.dilation[1])
    if order == "weights":
        weight_reads = n[N] * o[X] * o[Y] * groups * (nest.K * nest.C * nest.R * nest.S)
        slide_cols = np.where(load.forwards, n[S], cols)
        input_reads = n[K] * rows * (o[Y] * cols + (n[Y] - o[Y]) * slide_cols)
    else:
        weight_reads = n[N] * n[X] * n[Y] * groups * (nest.K * nest.C * nest.R * nest.S)
        input_reads = (o[K] if order == "inputs" else n[K]) * rows * n[Y] * cols
    later = (n[C] * n[R] * n[S] if shapes.real else o[C] * o[R] * o[S]) - 1
    came_back = num_vns * count.sums
    # The words that are streamed in the other orders come one by one.
    pairs = leaving_together(hardware, tiles, shapes.vn_size + shapes.aux) if order == "weights" else 0
    at_buffer = np.where(shapes.aux == 1, 0, nest.outputs * later)
    levels = hardware.port_width.bit_length() - 1
    # Every wave leaves the real array; elsewhere it goes to an accumulator first.
    leaving = count.waves if shapes.real else count.windows
    to_accumulators = 0 if shapes.real else num_vns - pairs
    sent = (
        (load.weight_wires, load.weight_switches, count.weights),
        (load.input_wires, load.input_switches, count.first),
        (load.slide_wires, load.slide_switches, count.slides),
    )
    return {
        "weight_reads": weight_reads,
        "input_reads": n[N] * tiles[:, N] * groups * nest.C * input_reads,
        "psum_reads": came_back + at_buffer,
        "writes": nest.outputs * (later + 1),
        "dn_wires": sum((wires * times for wires, _, times in sent), start=came_back * (levels + 1)),
        "dn_switches": sum((switches * times for _, switches, times in sent), start=came_back * levels),
        "multiplications": shapes.vn_size * num_vns * count.waves,
        "psum_forwards": came_back,
        "mn_wires": num_vns * tiles[:, C] * tiles[:, R] * (tiles[:, S] - 1) * count.slides,
        "rn_wires": (wave.wires + to_accumulators) * count.waves,
        "adds_2_1": wave.adds_2_1 * count.waves,
        "adds_3_1": wave.adds_3_1 * count.waves,
        # Every wave but the first of an output in a buffer tile is added in the accumulator.
        "accumulates": num_vns * (count.waves - leaving) + at_buffer,
        "bus_wires": 2 * num_vns * leaving,
    }
