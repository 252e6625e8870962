"""The cost of mappings over both levels: latency, energy by level and operand.

Array
    Where the weights stay, `level_costs` gives what no replay of the buffer tiles falls below, and
    `LevelCosts.replayed` takes the replay's own cycles (`solver.cost.two_level.replays`). The other
    stationary orders are assumptions without a replay: both give their closed form.
Latency
    Double-buffered, transfers overlap with work but for the first tiles' fetch and the last tile's write; the
    buffer evens out the transfers of neighbouring tiles: max(array + (tile words) / bandwidth, all DRAM words
    / bandwidth). Single-buffered, nothing overlaps: array + all DRAM words / bandwidth. A limited on-chip
    bandwidth bounds the array's work from below likewise.
    What setting up takes is added where the hardware counts it: it overlaps with nothing.
Energy
    Array events as on a single level; every word read from the buffer, or written to it, by the array or by
    the DRAM side; every DRAM word; static energy times latency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Algebra, Value, rounded_up
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import (
    Components,
    components_of,
    dynamic_energy,
    price_of,
    static_per_cycle,
    whole_energy,
)
from solver.cost.result import Objective, values_of
from solver.cost.setup import counted_setup
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.dram import (
    DramWords,
    Footprint,
    InputLines,
    buffer_input_lines,
    dram_words,
    footprint,
)
from solver.cost.two_level.work import array_cycles, array_events, drains, steps
from solver.errors import InputError
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.hardware.words import EVENT_OPERANDS, WordBytes
from solver.layer import LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips

_LEVELS: Components = {
    "DRAM": {
        "dram_read": ("dram_weights", "dram_inputs", "dram_psums"),
        "dram_write": ("dram_outputs",),
    },
    "global buffer": {
        "buffer_read": ("weight_reads", "input_reads", "psum_reads", "dram_outputs"),
        "buffer_write": ("writes", "dram_weights", "dram_inputs", "dram_psums"),
    },
}
"""Prices of the levels: what DRAM sends is written into the buffer, what it receives is read from there."""


def level_components(hardware: Hardware) -> Components:
    """Return which energy entry prices which events, by component, of the array and the levels behind it."""
    return components_of(hardware) | _LEVELS


def event_prices(hardware: Hardware) -> dict[str, Decimal]:
    """Return what each event of the array and the levels behind it costs in all, by the names of events."""
    found: dict[str, Decimal] = {}
    for component in level_components(hardware).values():
        for entry, names in component.items():
            for name in names:
                found[name] = found.get(name, Decimal(0)) + price_of(hardware, entry, name)
    return found


@dataclass(frozen=True)
class LevelCosts:
    """Costs of mappings, one array element each.

    Attributes
    ----------
    latency, array, transfer
        Cycles in all, of the array's work alone (at least so many), and of the DRAM's transfers alone.
    energy
        Floating point, exact up to rounding.
    setup
        Cycles of the latency that setting up adds, where the hardware counts it.
    events, dram, tile
        Events by name (buffer traffic by the array and the DRAM side included), DRAM words, and tile words.
    """

    latency: IntArray
    array: IntArray
    transfer: IntArray
    setup: IntArray
    energy: FloatArray
    events: dict[str, IntArray]
    dram: DramWords
    tile: Footprint

    def take(self, index: slice | IntArray) -> LevelCosts:
        """Return some of the elements."""

        def of(part: Any) -> Any:
            fields = part.__dataclass_fields__
            return type(part)(*(getattr(part, name)[index] for name in fields))

        return LevelCosts(
            self.latency[index],
            self.array[index],
            self.transfer[index],
            self.setup[index],
            self.energy[index],
            {name: column[index] for name, column in self.events.items()},
            of(self.dram),
            of(self.tile),
        )

    def replayed(self, hardware: Hardware, array: IntArray) -> LevelCosts:
        """Return the costs with the array's cycles by replay, or by a bound that is closer to it."""
        array = np.maximum(self.array, array)
        memory = memory_of(hardware)
        sizes = memory.buffer.sizes
        tile, on_chip = self.tile.units(sizes), _bounding_units(memory, self.events)
        latency = latency_of(ARRAYS, memory, array, self.transfer, tile, on_chip) + self.setup
        energy = whole_energy(self.energy, float(static_per_cycle(hardware)), latency - self.latency)
        return replace(self, array=array, latency=latency, energy=energy)

    def values(self, objective: Objective) -> FloatArray:
        """Return the objective."""
        return values_of(objective, self.latency, self.energy)


def memory_of(hardware: Hardware) -> Memory:
    """Return the hardware's memory levels.

    Raises
    ------
    InputError
        If it has none, or its energy table has no DRAM entries.
    """
    if hardware.memory is None:
        raise InputError(field="prefetch_buffer", what="the hardware describes no prefetch buffer and DRAM")
    return hardware.memory


def level_costs(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    buffers: IntArray,
    dram_order: str,
    array_order: str,
) -> LevelCosts:
    """Return the costs of rows of (array tile, buffer tile) under one pair of loop orders.

    Parameters
    ----------
    shapes
        Figures of the array tiles, one row each.
    buffers
        Buffer tiles, shape (rows, 8).
    """
    trips = buffer_trips(nest, buffers)
    passes = array_passes(nest, shapes.tiles, buffers)
    lines = buffer_input_lines(nest, buffers)
    return combine(
        nest,
        hardware,
        shapes,
        trips,
        passes,
        lines,
        footprint(buffers, lines),
        dram_order,
        array_order,
        drains(np.array(nest.sizes, dtype=np.int64), shapes.tiles, buffers, passes),
    )


def combine(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    trips: IntArray,
    passes: IntArray,
    lines: InputLines,
    tile: Footprint,
    dram_order: str | IntArray,
    array_order: str,
    drained: BoolArray,
    *,
    never_less: bool = False,
    energy: bool = True,
) -> LevelCosts:
    """Return the costs from loop counts; nearly all terms grow with them, so lower counts give bounds.

    Parameters
    ----------
    dram_order
        One of `DRAM_ORDERS`, or the index of one for each row.
    drained
        Where the array is empty between the filter iterations of all buffer tiles.
    never_less
        Return cycles that no mapping with counts as high can undercut, see `array_cycles`.
    energy
        Whether energies are wanted; else they are 0, and events are not counted unless cycles need them.
    """
    memory = memory_of(hardware)
    count = steps(shapes, trips, passes, array_order, drained)
    array = array_cycles(shapes, count, array_order, never_less=never_less)
    dram = dram_words(nest, trips, lines, dram_order)
    events: dict[str, IntArray] = {}
    if energy or memory.buffer.units_per_cycle is not None:
        events = array_events(nest, hardware, shapes, trips, passes, count, array_order) | dram.events
    sizes = memory.buffer.sizes
    transfer = rounded_up(ARRAYS, dram.units(sizes), memory.units_per_cycle)
    on_chip = _bounding_units(memory, events)
    latency = latency_of(ARRAYS, memory, array, transfer, tile.units(sizes), on_chip)
    setup = np.broadcast_to(np.asarray(counted_setup(hardware, count.iterations), np.int64), latency.shape)
    latency = latency + setup
    spent = np.zeros(len(latency))
    if energy:
        dynamic = dynamic_energy(hardware, events, level_components(hardware))
        spent = whole_energy(dynamic, float(static_per_cycle(hardware)), latency)
    return LevelCosts(latency, array, transfer, setup, spent, events, dram, tile)


def _bounding_units(memory: Memory, events: Mapping[str, Value]) -> Value:
    """Return `on_chip_units` if they bound the array's work, else 0."""
    bounds = memory.buffer.units_per_cycle is not None
    return on_chip_units(memory.buffer.sizes, events) if bounds else 0


def on_chip_units(sizes: WordBytes, events: Mapping[str, Value]) -> Value:
    """Return the words, in units, that the buffer reads or writes, on either side."""
    names = [name for entry in _LEVELS["global buffer"].values() for name in entry]
    return reduce(add, (sizes.units(EVENT_OPERANDS[name]) * events[name] for name in names))


def latency_of(
    a: Algebra, memory: Memory, array: Value, transfer: Value, tile: Value, on_chip: Value
) -> Value:
    """Return the cycles of a layer from the array's and the DRAM's, and units of a tile and of the buffer."""
    if memory.buffer.units_per_cycle is not None:
        array = a.larger(array, rounded_up(a, on_chip, memory.buffer.units_per_cycle))
    return overlapped(a, memory, array, transfer, exposed_cycles(a, memory, tile))


def overlapped(a: Algebra, memory: Memory, array: Value, transfer: Value, exposed: Value) -> Value:
    """Return the cycles of work and transfers: at once but for exposed ones, or in turn (single buffer)."""
    if memory.buffer.double_buffered:
        return a.larger(array + exposed, transfer)
    return array + transfer


def exposed_cycles(a: Algebra, memory: Memory, tile: Value) -> Value:
    """Return the cycles in which units of a tile cross the edge that nothing overlaps with."""
    return rounded_up(a, tile, memory.units_per_cycle) if memory.buffer.double_buffered else 0 * tile
