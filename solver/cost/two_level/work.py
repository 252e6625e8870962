"""The array's steps, cycles and events on all buffer tiles together, from the figures of the array tile.

`array_cycles` is what no replay of the buffer tiles falls below (`solver.cost.two_level.replays` replays
them) where the weights stay. For the assumed stationary orders, which have no replay, it is the closed form.
The formulas are in `solver.cost.two_level.step`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Value
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.events import leaving_together
from solver.cost.two_level import step
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.real import real_waits
from solver.cost.two_level.step import Passes, Steps, TileStep
from solver.cost.two_level.unavoidable import WAITS
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import C, G, K, N, R, S, X, Y
from solver.mapping.split import level_split_of


def passes_of(shapes: ArrayShapes, trips: IntArray, passes: IntArray) -> Passes:
    """Return the loop counts of rows of (array tile, o_d, n_d), the latter of shape (rows, 8)."""
    split = level_split_of(shapes.tiles, trips, passes)
    return Passes(ARRAYS, split, shapes.forwards, shapes.aux)


def steps(
    shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str, drained: BoolArray | None = None
) -> Steps:
    """Count the steps of rows of (array tile, o_d, n_d) under one stationary order: arrays of one shape.

    Parameters
    ----------
    trips, passes
        o_d and n_d, shape (rows, 8).
    order
        One of `ARRAY_ORDERS`.
    drained
        Whether the array is empty between the filter iterations of every buffer tile (None: unknown).
    """
    count = passes_of(shapes, trips, passes).steps(order, drained)
    return _each(count, lambda value: value if np.ndim(value) else np.broadcast_to(value, len(trips)))


def _each(count: Steps, function: Callable[[Value], Value]) -> Steps:
    return Steps(*(function(getattr(count, field.name)) for field in fields(count)))


def drains(sizes: IntArray, tiles: IntArray, buffers: IntArray, passes: IntArray) -> BoolArray:
    """Return where the array is empty between the filter iterations of every buffer tile (rule T8).

    Parameters
    ----------
    sizes
        D of the layer, or of each row's own part of it.
    """
    whole = dict(zip(DIMS, (passes * tiles == sizes).T, strict=True))
    tile, buffer = (dict(zip(DIMS, rows.T, strict=True)) for rows in (tiles, buffers))
    result: BoolArray = step.drains(ARRAYS, whole, tile, buffer)
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
    result: IntArray = waited(shapes.waits, count).max(axis=1)
    return result


def waited(waits: IntArray, count: Steps) -> IntArray:
    """Return each of some waits, shape (tiles, e), from their columns, shape (tiles, e, COLUMNS)."""
    return _waited(waits, WAITS, count)


def _waited(cycles: IntArray, kinds: tuple[str, ...], count: Steps) -> IntArray:
    """Return what steps take (`step.waited`), shape (tiles, e); the first columns are cycles of each kind."""
    often = np.stack([getattr(count, kind) for kind in kinds], axis=1)
    found: IntArray = np.einsum("tek,tk->te", cycles[:, :, : len(kinds)], often)
    return found


def closed_form(shapes: ArrayShapes, count: Steps, order: str, *, never_less: bool = False) -> IntArray:
    """Return the cycles of the closed form (`step.closed_form`), on the real hardware of its passes."""
    if shapes.kind.passes:
        passed: IntArray = waited(real_waits(shapes.ports, shapes.wave.depth), count).max(axis=1)
        return passed
    most = shapes.ports.max(axis=1)
    tile = TileStep(
        _waited(shapes.ports, step.WORDS, count).max(axis=1),
        most[:, 0],
        most[:, 1],
        most[:, 2],
        shapes.wave.max_per_line,
        shapes.drain if order == "weights" else shapes.plain_drain,
    )
    result: IntArray = step.closed_form(ARRAYS, tile, count, never_less=never_less)
    return result


def step_events(hardware: Hardware, shapes: ArrayShapes) -> dict[str, dict[str, IntArray]]:
    """Return the events of one step of each kind (`Steps`), under the names of `Counts`.

    Sums that come back into the array are read and sent for every virtual neuron, as the simulator does
    without accumulation buffer. Every wave but an output's first in a buffer tile is added in an accumulator,
    from where the sum leaves; on the real hardware every wave leaves the array. Words that are streamed come
    one by one, and so do their sums.
    """
    tiles, load, wave, vns = shapes.tiles, shapes.load, shapes.wave, shapes.num_vns
    pairs = leaving_together(hardware, tiles, shapes.vn_size + shapes.aux)
    levels = hardware.port_width.bit_length() - 1
    leaves = {"bus_wires": 2 * vns}
    waves = {
        "multiplications": shapes.vn_size * vns,
        "rn_wires": wave.wires,
        "adds_2_1": wave.adds_2_1,
        "adds_3_1": wave.adds_3_1,
    }
    if shapes.kind.adds_outside:
        waves |= leaves
        behind: dict[str, dict[str, IntArray]] = {}
    else:
        waves["rn_wires"] = wave.wires + vns - pairs
        behind = {"windows": leaves, "accumulated": {"accumulates": vns}, "streamed": {"rn_wires": pairs}}
    return {
        "weights": {"dn_wires": load.weight_wires, "dn_switches": load.weight_switches},
        "first": {"dn_wires": load.input_wires, "dn_switches": load.input_switches},
        "slides": {
            "dn_wires": load.slide_wires,
            "dn_switches": load.slide_switches,
            "mn_wires": vns * tiles[:, C] * tiles[:, R] * (tiles[:, S] - 1),
        },
        "waves": waves,
        "sums": {
            "psum_reads": vns,
            "psum_forwards": vns,
            "dn_wires": vns * (levels + 1),
            "dn_switches": vns * levels,
        },
        **behind,
    }


def buffer_events(nest: LoopNest, hardware: Hardware, n: Passes, order: str) -> dict[str, IntArray]:
    """Count what the array reads from the buffer and writes there (`step.at_buffer`)."""
    lesser = {dim: np.minimum(nest.dilation[axis], n.split.tile[dim]) for axis, dim in enumerate("XY")}
    return step.at_buffer(ARRAYS, nest, hardware, n, lesser, order)


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

    Those of its steps (`step_events`), and the buffer's (`buffer_events`).
    """
    events = buffer_events(nest, hardware, passes_of(shapes, trips, passes), order)
    for kind, counts in step_events(hardware, shapes).items():
        if kind != "streamed" or order != "weights":
            for name, each in counts.items():
                events[name] = events.get(name, 0) + each * getattr(count, kind)
    return events
