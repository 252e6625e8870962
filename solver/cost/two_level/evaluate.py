"""The cost of one two-level mapping, exact, with everything a reader wants to know of it."""

from __future__ import annotations

import numpy as np

from solver.cost.bounds import check_bounds, compulsory_words
from solver.cost.events import STATIC, energy_by_component
from solver.cost.result import Bottleneck, Cost, Counts
from solver.cost.two_level.array import array_shapes, steps
from solver.cost.two_level.cost import LEVEL_COMPONENTS, LevelCosts, level_costs, memory_of, on_chip_words
from solver.cost.two_level.legal import ARRAY_RULES, legal_pairs
from solver.cost.two_level.result import LevelFigures, Roofline
from solver.cost.two_level.tiling import array_passes, buffer_trips
from solver.errors import InternalError
from solver.exact import product, total
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping_levels import LevelMapping
from solver.space import RULES

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


def level_legality(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> str | None:
    """Return why a two-level mapping is illegal, in one sentence, or None if it is legal."""
    tiles = np.array([mapping.tile.sizes], dtype=np.int64)
    for rule in RULES:
        if rule.name in ARRAY_RULES and not rule.keeps(nest, hardware, tiles)[0]:
            return rule.refusal(nest, hardware, mapping.tile)
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    shapes = array_shapes(nest, hardware, tiles)
    if not legal_pairs(nest, hardware, tiles, buffers, shapes.load.forwards, mapping.array_order)[0]:
        return (
            f"the buffer tile {mapping.buffer} does not go with the array tile {mapping.tile}: it must hold "
            "the array tile, whole sliding filters, and folds and rows as the array's rules demand"
        )
    costs = level_costs(nest, hardware, shapes, buffers, mapping.dram_order, mapping.array_order)
    if not costs.tile.fits(memory_of(hardware).buffer)[0]:
        return f"a buffer tile of {int(costs.tile.total[0])} words does not fit into the prefetch buffer"
    return None


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
    shapes = array_shapes(nest, hardware, tiles)
    costs = level_costs(nest, hardware, shapes, buffers, mapping.dram_order, mapping.array_order)
    events = {name: int(column[0]) for name, column in costs.events.items()}
    latency = int(costs.latency[0])
    energies = energy_by_component(hardware, events, latency, LEVEL_COMPONENTS)
    counts = Counts(**{name: events[name] for name in Counts.__dataclass_fields__})
    check_bounds(nest, hardware, counts, latency)
    least = compulsory_words(nest)
    if int(costs.dram.total[0]) < least:
        raise InternalError(
            f"{costs.dram.total[0]} DRAM words are below the compulsory {least}: a bug in the model"
        )
    cost = Cost(
        cycles=latency,
        method="two-level form",
        energy=total(list(energies.values())),
        utilization=nest.macs / (hardware.num_ms * latency),
        bottleneck=_bottleneck(nest, hardware, mapping, costs),
        counts=counts,
        energy_by_component={name: value for name, value in energies.items() if value or name != STATIC},
    )
    table = hardware.energy_table
    energy = {
        level: {
            operand: total(
                [
                    product(getattr(table, entry), sum(events[name] for name in names))
                    for entry, names in prices.items()
                ]
            )
            for operand, prices in operands.items()
        }
        for level, operands in _BY_OPERAND.items()
    }
    words = {
        level: {
            operand: sum(events[name] for names in prices.values() for name in names)
            for operand, prices in operands.items()
        }
        for level, operands in _BY_OPERAND.items()
    }
    dram = int(costs.dram.total[0])
    figures = LevelFigures(
        mapping=mapping,
        array_cycles=int(costs.array[0]),
        transfer_cycles=int(costs.transfer[0]),
        stall_cycles=latency - int(costs.array[0]),
        words=words,
        tile_words={name: int(getattr(costs.tile, name)[0]) for name in ("weights", "inputs", "outputs")},
        capacity_words=_capacity(hardware),
        energy=energy,
        roofline=Roofline(
            intensity=nest.macs / dram,
            attained=nest.macs / latency,
            peak=hardware.num_ms,
            ridge=hardware.num_ms / memory.dram_bandwidth,
        ),
    )
    return cost, figures


def _capacity(hardware: Hardware) -> dict[str, int]:
    buffer = memory_of(hardware).buffer
    if buffer.shared_words is not None:
        return {"shared": buffer.shared_words}
    parts = {name: buffer.words(name) for name in ("weights", "inputs", "outputs")}
    return {name: words for name, words in parts.items() if words is not None}


def _bottleneck(nest: LoopNest, hardware: Hardware, mapping: LevelMapping, costs: LevelCosts) -> Bottleneck:
    """Name what the latency waits for: DRAM, the buffer's own bandwidth, or what the array waits for."""
    memory = memory_of(hardware)
    array, transfer = int(costs.array[0]), int(costs.transfer[0])
    if transfer >= array:
        return "DRAM"
    if (
        memory.buffer.bandwidth is not None
        and int(on_chip_words(costs.events)[0]) > array * memory.buffer.bandwidth
    ):
        return "buffer"
    tiles = np.array([mapping.tile.sizes], dtype=np.int64)
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    shapes = array_shapes(nest, hardware, tiles)
    count = steps(
        shapes, buffer_trips(nest, buffers), array_passes(nest, tiles, buffers), mapping.array_order
    )
    compute = int((count.weights + count.first + count.slides)[0])
    collection = int((shapes.wave.max_per_line * count.windows)[0])
    ports = shapes.ports[0]
    words = int((ports @ np.array([count.weights[0], count.first[0], count.slides[0]])).max())
    drain = int((count.iterations * shapes.drain)[0])
    waits: dict[Bottleneck, int] = {
        "compute": compute,
        "distribution": words if words > compute * 1.05 else 0,
        "collection": collection,
        "drain": drain,
    }
    return max(waits, key=lambda name: waits[name])
