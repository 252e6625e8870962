"""The joint model: choices, words, steps, energy, and the objective."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from solver.cost.events import decimal_places, static_per_cycle
from solver.cost.result import Objective
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import memory_of
from solver.hardware import Hardware
from solver.hardware.words import OPERANDS
from solver.layer import DIMS, LoopNest
from solver.legal.levels import array_orders
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.objective import LIMIT
from solver.search.two_level.joint.choices import Choices, state_choices
from solver.search.two_level.joint.energy import (
    price_figures,
    state_energy,
    state_reads,
    step_prices,
    times_written,
)
from solver.search.two_level.joint.moves import state_moves
from solver.search.two_level.joint.room import TERMS, Room, energy_scale, scaled
from solver.search.two_level.joint.work import shape_figures, state_work
from solver.search.two_level.options import axes


@dataclass(frozen=True)
class JointModel:
    """A built model, and how to read it.

    Attributes
    ----------
    cost
        The variable to minimise: cycles, or energy or energy-delay product in units of 1 / `scale`, rounded
        down; where the weights stay with the array's cycles that no replay falls below.
    """

    model: cp_model.CpModel
    choices: Choices
    cost: cp_model.IntVar
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
        for variables, sizes in pairs:
            for dim in DIMS:
                other = self.model.new_bool_var("")
                self.model.add(variables[dim] != getattr(sizes, dim)).only_enforce_if(other)
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
    memory = memory_of(hardware)
    b = Builder(room.cycles)
    figures = shape_figures(shapes, array_orders(hardware))
    prices, scale = step_prices(hardware, shapes), 1
    wants_energy = objective is not Objective.LATENCY
    if wants_energy:
        dearest = max(max(column) for column in prices.values()) + static_per_cycle(hardware)
        most = max(Decimal(room.energy), dearest * room.cycles)
        scale = energy_scale(most, decimal_places(hardware))
        figures |= price_figures(prices, scale)
    loops = axes(nest, None if every_buffer_tile else hardware.num_ms)
    choices = state_choices(b, nest, hardware, shapes, figures, loops, every_buffer_tile=every_buffer_tile)
    units = int(Decimal(room.energy) * scale) + 1 if wants_energy else 0
    most_words = room.cycles * memory.units_per_cycle
    if wants_energy:
        most_words = min(most_words, _affordable(units, _cheapest(hardware, "dram_read"), scale))
    moves = state_moves(b, nest, memory, choices, most_words)
    work = state_work(b, nest, choices)
    transfer = _rounded_up(b, "transfer", moves.total, memory.units_per_cycle)
    array, reads = b.var(0, b.most, "array_and_buffer"), None
    b.model.add(array >= work.cycles)
    if wants_energy:
        reads = state_reads(b, nest, choices, _affordable(units, _cheapest(hardware, "buffer_read"), scale))
    elif (on_chip_speed := memory.buffer.units_per_cycle) is not None:
        reads = state_reads(b, nest, choices, room.cycles * on_chip_speed)
    if (on_chip_speed := memory.buffer.units_per_cycle) is not None:
        assert reads is not None
        # Sums are read and written, what DRAM sends is written, what it gets is read.
        back = b.multiply("words_back", room.cycles * on_chip_speed, choices.shape["vns"], work.sums)
        written = times_written(hardware, moves, work)
        added = nest.outputs * (written - 1) if memory.buffer.adder else back
        by_array = moves.sizes.together(reads.weights, reads.inputs, added + nest.outputs * written)
        b.model.add(on_chip_speed * array >= by_array + moves.total)
    latency = b.var(0, room.cycles, "latency")
    if memory.buffer.double_buffered:
        exposed = _rounded_up(b, "exposed", moves.tile, memory.units_per_cycle)
        b.model.add(latency >= array + exposed)
        b.model.add(latency >= transfer)
    else:
        b.model.add(latency == array + transfer)
    if not wants_energy:
        b.model.minimize(latency)
        return JointModel(b.model, choices, latency, Fraction(1))
    assert reads is not None
    energy = state_energy(b, nest, hardware, choices, moves, work, reads, latency, scale, units)
    if objective is Objective.ENERGY:
        b.model.minimize(energy)
        return JointModel(b.model, choices, energy, Fraction(scale))
    # Half of the 64 bits for each factor of the energy-delay product.
    coarse, unit = _coarsened(b, energy, units, LIMIT // max(2**31, room.cycles))
    cost = b.multiply("energy_delay", LIMIT, coarse, latency)
    b.model.minimize(cost)
    return JointModel(b.model, choices, cost, Fraction(scale, unit))


def _coarsened(b: Builder, energy: cp_model.IntVar, most: int, levels: int) -> tuple[cp_model.IntVar, int]:
    """Return the energy in a unit, rounded down, that leaves at most so many levels; and the unit."""
    unit = -(-(most + 1) // levels)
    if unit == 1:
        return energy, 1
    coarse = b.var(0, most // unit, "coarse_energy")
    b.model.add(unit * coarse <= energy)
    b.model.add(unit * coarse + unit - 1 >= energy)
    return coarse, unit


def _cheapest(hardware: Hardware, entry: str) -> Decimal:
    """Return the least energy of a word of any operand."""
    return min(hardware.price_of_word(entry, operand) for operand in OPERANDS)


def _affordable(units: int, price: Decimal, scale: int) -> int:
    """Return how many words of some price an energy pays for."""
    unit = scaled(price, scale)
    return units // unit if unit else LIMIT // TERMS


def _rounded_up(b: Builder, name: str, words: cp_model.LinearExprT, per_cycle: int) -> cp_model.IntVar:
    """Return the cycles that words take."""
    cycles = b.var(0, b.most, name)
    b.model.add(per_cycle * cycles >= words)
    b.model.add(per_cycle * (cycles - 1) < words)
    return cycles
