"""How large the model's variables may get: what the best known value leaves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import inf
from operator import mul

from solver.cost.events import static_per_cycle
from solver.cost.objective import Objective, objective_of
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
    multiplications bound the other. None is slower than one that makes a step of every multiplication. A
    step sends no more words than there are multipliers, drains in fewer than 64 cycles, and moves no more
    than five words per multiplier at the buffer and at the DRAM.
    """
    fastest, slowest = -(-nest.macs // hardware.num_ms), nest.macs * (64 + 12 * hardware.num_ms)
    multiplications = float(hardware.prices.multiplication) * nest.macs
    static = float(static_per_cycle(hardware))

    def keeps(cycles: int, energy: float) -> bool:
        return bool(objective_of(objective, cycles, energy, mul) <= value * SAFETY)

    cycles = fastest
    while cycles < slowest:
        middle = (cycles + slowest + 1) // 2
        if keeps(middle, max(multiplications, static * middle)):
            cycles = middle
        else:
            slowest = middle - 1
    if keeps(fastest, inf):
        return Room(cycles, inf)
    energy, most = 0.0, 1.0
    while keeps(fastest, most):
        most *= 2
    while (half := (energy + most) / 2) not in (energy, most):
        energy, most = (half, most) if keeps(fastest, half) else (energy, half)
    return Room(cycles, most)


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
