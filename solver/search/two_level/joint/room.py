"""How large the model's variables may get: what the best known value leaves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from solver.cost.events import static_per_cycle
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.search.builder import LIMIT

TERMS = 16
"""More energies than are summed."""

SAFETY = 1 + 1e-9
"""Keeps an incumbent whose floating-point energy was rounded down."""


@dataclass(frozen=True)
class Room:
    """Upper bounds that every mapping as good as the best known value keeps.

    Attributes
    ----------
    cycles
        Latency.
    energy
        Energy, in units of the energy table.
    """

    cycles: int
    energy: float


def room_for(nest: LoopNest, hardware: Hardware, objective: Objective, value: float) -> Room:
    """Return what latency and energy a mapping can have whose objective is no higher than a value.

    A mapping of less energy may be slower and the reverse; then static energy and the energy of the
    multiplications bound the other.
    """
    least_cycles = -(-nest.macs // hardware.num_ms)
    least_energy = float(hardware.prices.multiplication) * nest.macs
    static = float(static_per_cycle(hardware))
    match objective:
        case Objective.LATENCY:
            return Room(int(value), float("inf"))
        case Objective.ENERGY:
            most = value * SAFETY
            cycles = most / static if static else float("inf")
        case Objective.EDP:
            most = value * SAFETY / least_cycles
            cycles = value * SAFETY / least_energy if least_energy else float("inf")
            if static:
                # cycles * static * cycles is no more than the energy-delay product.
                cycles = min(cycles, (value * SAFETY / static) ** 0.5)
    return Room(_whole(cycles, nest, hardware), most)


def _whole(cycles: float, nest: LoopNest, hardware: Hardware) -> int:
    """Return the cycles as an integer, at most those of the slowest mapping there could be.

    It makes a step of every multiplication. A step sends no more words than there are multipliers, drains
    in fewer than 64 cycles, and moves no more than five words per multiplier at the buffer and at the DRAM.
    """
    return int(min(cycles + 1, nest.macs * (64 + 12 * hardware.num_ms)))


def energy_scale(most: Decimal, places: int) -> int:
    """Return the units of the model per unit of energy: a power of ten that keeps sums in 64 bits.

    Parameters
    ----------
    most
        Largest energy, or product of an energy and another factor, that is formed.
    places
        Decimal places that prices have: more units are not needed.
    """
    scale = 10**places
    while scale > 1 and most * scale > LIMIT // TERMS:
        scale //= 10
    return scale
