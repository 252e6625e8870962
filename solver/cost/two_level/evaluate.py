"""The cost of one two-level mapping, exact, with everything a reader wants to know of it."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.exact import total
from solver.cost.bounds import check_bounds
from solver.cost.events import STATIC, energy_by_component, priced
from solver.cost.result import Cost, Counts, Method, utilization_of
from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.cost import level_components, level_costs, memory_of
from solver.cost.two_level.replays import ArrayReplays
from solver.cost.two_level.result import LevelFigures, Roofline
from solver.cost.two_level.waits import level_binding, level_waits
from solver.hardware import Hardware
from solver.hardware.energy_table import WORD_ENTRIES
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.words import OPERANDS
from solver.layer import LoopNest
from solver.mapping.buffer_tile import buffer_trips, comes_back
from solver.mapping.levels import LevelMapping

_TRANSFERS: dict[str, dict[str, str]] = {
    "DRAM to buffer": {"weights": "dram_weights", "inputs": "dram_inputs", "outputs": "dram_psums"},
    "buffer to DRAM": {"outputs": "dram_outputs"},
    "buffer to array": {"weights": "weight_reads", "inputs": "input_reads", "outputs": "psum_reads"},
    "array to buffer": {"outputs": "writes"},
}
"""Events that move words from level to level; outputs that come back are partial sums."""

_BY_OPERAND: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "DRAM": {
        "weights": {"dram_read": ("dram_weights",)},
        "inputs": {"dram_read": ("dram_inputs",)},
        "outputs": {"dram_read": ("dram_psums",), "dram_write": ("dram_outputs",)},
    },
    "buffer": {
        "weights": {"buffer_read": ("weight_reads",), "buffer_write": ("dram_weights",)},
        "inputs": {"buffer_read": ("input_reads",), "buffer_write": ("dram_inputs",)},
        "outputs": {
            "buffer_read": ("psum_reads", "dram_outputs"),
            "buffer_write": ("writes", "dram_psums"),
        },
    },
}


def evaluate_levels(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> tuple[Cost, LevelFigures]:
    """Return the cost of one legal two-level mapping, and its figures by level.

    Raises
    ------
    InternalError
        If a figure falls below a physical lower bound.
    """
    memory = memory_of(hardware)
    tiles = np.array([mapping.tile.sizes], dtype=np.int64)
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    shapes = array_shapes(nest, hardware, tiles, comes_back(hardware, buffer_trips(nest, buffers)))
    costs = level_costs(nest, hardware, shapes, buffers, mapping.dram_order, mapping.array_order)
    method: Method = "two-level form"
    if mapping.array_order == "weights":
        replays = ArrayReplays(nest, hardware)
        array = replays.cycles(mapping.tile.sizes, mapping.buffer.sizes)
        method = "replay" if replays.exact(mapping.tile.sizes, mapping.buffer.sizes) else "closed form"
        costs = costs.replayed(hardware, np.array([array]))
    events = {name: int(column[0]) for name, column in costs.events.items()}
    latency, setup = int(costs.latency[0]), int(costs.setup[0])
    energies = energy_by_component(hardware, events, latency, level_components(hardware))
    counts = Counts(**{name: events[name] for name in Counts.__dataclass_fields__})
    energy_sum = total(list(energies.values()))
    check_bounds(
        nest, hardware, counts, latency, energy_sum, int(costs.dram.total[0]), array=int(costs.array[0])
    )
    waits = level_waits(nest, hardware, mapping, shapes, costs)
    bottleneck, *close = level_binding(waits, int(costs.array[0]))
    cost = Cost(
        cycles=latency,
        setup=setup,
        method=method,
        energy=energy_sum,
        utilization=utilization_of(nest.macs, hardware, latency),
        bottleneck=bottleneck,
        waits=waits,
        close=tuple(close),
        counts=counts,
        energy_by_component={name: value for name, value in energies.items() if value or name != STATIC},
    )
    table = hardware.prices
    energy = {
        level: {operand: priced(hardware, events, prices) for operand, prices in operands.items()}
        for level, operands in _BY_OPERAND.items()
    }
    words = {
        level: {
            operand: sum(events[name] for names in prices.values() for name in names)
            for operand, prices in operands.items()
        }
        for level, operands in _BY_OPERAND.items()
    }
    sizes = memory.buffer.sizes
    # In words as wide as the narrowest, as the DRAM's bandwidth is.
    dram = int(costs.dram.units(sizes)[0]) / sizes.units_per_least
    figures = LevelFigures(
        mapping=mapping,
        array_cycles=int(costs.array[0]),
        transfer_cycles=int(costs.transfer[0]),
        stall_cycles=latency - setup - int(costs.array[0]),
        words=words,
        transfers={
            between: {operand: events[name] for operand, name in operands.items()}
            for between, operands in _transfers(hardware).items()
        },
        tile_words={name: int(getattr(costs.tile, name)[0]) for name in OPERANDS},
        capacity_words=_capacity(memory.buffer),
        word_bytes=sizes,
        energy=energy,
        prices={entry: getattr(table, entry) for entry in WORD_ENTRIES},
        roofline=Roofline(
            intensity=nest.macs / dram,
            attained=nest.macs / latency,
            peak=hardware.num_ms,
            ridge=hardware.num_ms / memory.dram_bandwidth,
        ),
    )
    return cost, figures


def _transfers(hardware: Hardware) -> dict[str, dict[str, str]]:
    """Return the events that move words from level to level; an adder at the buffer takes sums."""
    if not memory_of(hardware).buffer.adder:
        return _TRANSFERS
    added = {"buffer to adder": {"outputs": "psum_reads"}}
    from_buffer = {"buffer to array": {**_TRANSFERS["buffer to array"], "outputs": "psum_forwards"}}
    return {**_TRANSFERS, **from_buffer, **added}


def _capacity(buffer: PrefetchBuffer) -> dict[str, int]:
    if buffer.shared_units is not None:
        return {"shared": buffer.shared_units // buffer.sizes.units_per_least}
    parts = {name: buffer.words(name) for name in OPERANDS}
    return {name: words for name, words in parts.items() if words is not None}
