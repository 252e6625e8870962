"""The joint model: choices, words, steps, energy and the objective, by the cost model's own formulas."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction

from solver.arithmetic.algebra import Value, rounded_up
from solver.cost.events import decimal_places, static_per_cycle
from solver.cost.result import Objective
from solver.cost.setup import counted_setup
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import event_prices, latency_of, memory_of, on_chip_units
from solver.cost.two_level.dram import Footprint, dram_words_of, footprint_of, moves_of
from solver.cost.two_level.step import Passes, Steps, TileStep, at_buffer, closed_form, waited
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.hardware.words import OPERANDS
from solver.layer import DIMS, LoopNest
from solver.legal.levels import array_orders
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.builder import LIMIT, Builder
from solver.search.cp_sat import cp_model
from solver.search.objective import objective_value
from solver.search.two_level.joint.choices import Choices, state_choices
from solver.search.two_level.joint.figures import (
    by_number,
    price_figures,
    step_prices,
    time_figures,
)
from solver.search.two_level.joint.room import TERMS, Room, energy_scale
from solver.search.two_level.options import axes


@dataclass(frozen=True)
class JointModel:
    """A built model, and how to read it.

    Attributes
    ----------
    scale
        What a unit of the objective is worth in the model, where all roundings go down; cycles are what no
        replay falls below where the weights stay.
    """

    model: cp_model.CpModel
    choices: Choices
    scale: Fraction

    def mapping(self, solver: cp_model.CpSolver) -> LevelMapping:
        """Return the mapping of a solution."""
        choices = self.choices
        return LevelMapping(
            Tile.of(solver.value(choices.tile[dim]) for dim in DIMS),
            Tile.of(solver.value(choices.buffer[dim]) for dim in DIMS),
            next(order for order, chosen in choices.dram_order.items() if solver.value(chosen)),
            next(order for order, chosen in choices.array_order.items() if solver.value(chosen)),
        )

    def exclude(self, mapping: LevelMapping) -> None:
        """Exclude an array tile with a buffer tile, under all orders between DRAM and buffer."""
        others = []
        pairs = ((self.choices.tile, mapping.tile), (self.choices.buffer, mapping.buffer))
        for values, sizes in pairs:
            for dim in DIMS:
                other = self.model.new_bool_var("")
                self.model.add(values[dim] != getattr(sizes, dim)).only_enforce_if(other)
                others.append(other)
        stays = self.choices.array_order[mapping.array_order]
        self.model.add_bool_or([*others, ~stays])


def build_joint(
    nest: LoopNest,
    hardware: Hardware,
    objective: Objective,
    shapes: ArrayShapes,
    room: Room,
    *,
    every_buffer_tile: bool = False,
) -> JointModel:
    """State the whole question.

    Parameters
    ----------
    shapes
        Array tiles to choose from, with their figures; switch capacity is the only rule they must keep.
    room
        What an incumbent leaves; mappings beyond it are excluded.
    every_buffer_tile
        Whether buffer tiles that another beats in all figures along its loop are chosen from too.
    """
    memory, wants_energy = memory_of(hardware), objective is not Objective.LATENCY
    sizes = memory.buffer.sizes
    b = Builder(room.cycles)
    figures, scale = time_figures(shapes, array_orders(hardware)), 1
    most_words, most_on_chip = room.cycles * memory.units_per_cycle, LIMIT // TERMS
    if memory.buffer.units_per_cycle is not None:
        most_on_chip = room.cycles * memory.buffer.units_per_cycle
    units = 0
    if wants_energy:
        prices = step_prices(hardware, shapes)
        dearest = max(max(column) for column in prices.values()) + static_per_cycle(hardware)
        most = max(Decimal(room.energy), dearest * room.cycles)
        scale = energy_scale(most, decimal_places(hardware))
        figures |= price_figures(prices, scale)
        units = int(Decimal(room.energy) * scale) + 1
        most_words = min(most_words, _affordable(units, hardware, "dram_read", scale))
        most_on_chip = min(most_on_chip, _affordable(units, hardware, "buffer_read", scale))
    loops = axes(nest, None if every_buffer_tile else hardware.num_ms)
    choices = state_choices(b, nest, hardware, shapes, figures, loops, every_buffer_tile=every_buffer_tile)
    tile = _state_tile(b, memory, choices)
    trip = choices.split.trip
    outside = b.up_to(most_words)
    moves = moves_of(outside, trip, choices.inside(b))
    dram = dram_words_of(outside, nest, trip["Y"], choices.lines, moves)
    passes = Passes(b, choices.split, choices.forwards, choices.shape["aux"])
    work = _chosen(b, choices, {order: passes.steps(order, choices.drained) for order in choices.array_order})
    events: dict[str, Value] = dict(dram.events)
    on_chip: Value = 0
    if wants_energy or memory.buffer.bandwidth is not None:
        inside = b.up_to(most_on_chip)
        events |= _buffer_events(inside, nest, hardware, choices)
        back = inside.product(choices.shape["vns"], work.sums)
        on_chip = on_chip_units(sizes, events | {"psum_reads": events["psum_reads"] + back})
    transfer = rounded_up(outside, dram.units(sizes), memory.units_per_cycle)
    cycles = _state_cycles(b, choices, work)
    latency = latency_of(b, memory, cycles, transfer, tile.units(sizes), on_chip)
    latency = b.within(latency + counted_setup(hardware, work.iterations), room.cycles, "latency")

    def energy() -> tuple[Value, int]:
        spent = b.up_to(units)
        by_step = [
            spent.product(choices.shape[f"price {kind}"], getattr(work, kind), name=f"energy_of_{kind}")
            for kind in prices
        ]
        of = event_prices(hardware)
        by_word = [int(of[name] * scale) * count for name, count in events.items()]
        static = int(static_per_cycle(hardware) * scale) * latency
        return b.within(sum([*by_step, *by_word, static]), units, "energy"), units

    cost, worth = objective_value(b, objective, latency, room.cycles, energy, Fraction(scale))
    b.model.minimize(cost)
    return JointModel(b.model, choices, worth)


def _state_tile(b: Builder, memory: Memory, choices: Choices) -> Footprint:
    """State that a buffer tile fits; return its words."""
    held = b.up_to(memory.buffer.bytes)
    tile = footprint_of(held, choices.buffer, choices.lines)
    b.demand(tile.within(held, memory.buffer))
    return tile


def _chosen(b: Builder, choices: Choices, counts: dict[str, Steps]) -> Steps:
    """Return the steps under the stationary order that is chosen."""
    return Steps(
        *(choices.by_order(b, lambda order, n=f.name: getattr(counts[order], n)) for f in fields(Steps))  # type: ignore[misc]
    )


def _buffer_events(b: Builder, nest: LoopNest, hardware: Hardware, choices: Choices) -> dict[str, Value]:
    """State what the array reads from the buffer and writes to it, but for sums that come back."""
    passes = Passes(b, choices.split, choices.forwards, choices.shape["aux"])
    events = {
        order: at_buffer(b, nest, hardware, passes, choices.lesser, order) for order in choices.array_order
    }
    names = next(iter(events.values()))
    return {name: choices.by_order(b, lambda order, n=name: events[order][n]) for name in names}  # type: ignore[misc]


def _state_cycles(b: Builder, choices: Choices, work: Steps) -> Value:
    """State the cycles: the longest wait where the weights stay, else the closed form."""
    shape = choices.shape
    # Figures of an order that is not chosen may be larger than any mapping's.
    a = b if len(choices.array_order) == 1 else b.up_to(LIMIT // TERMS)

    def under(order: str) -> Value:
        if order == "weights":
            return a.larger(*(waited(a, wait, work) for wait in by_number("wait", shape)))
        tile = TileStep(
            a.larger(*(waited(a, port, work) for port in by_number("port", shape))),
            shape["most_weights"],
            shape["most_inputs"],
            shape["most_slides"],
            shape["per_line"],
            shape["plain_drain"],
        )
        return closed_form(a, tile, work)

    return choices.by_order(a, under)


def _affordable(units: int, hardware: Hardware, entry: str, scale: int) -> int:
    """Return how many words of any operand an energy pays for."""
    unit = int(min(hardware.price_of_word(entry, operand) for operand in OPERANDS) * scale)
    return units // unit if unit else LIMIT // TERMS
