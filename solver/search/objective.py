"""The objective as a CP-SAT variable: latency, energy or their product, scaled to integers and rounded down.

Energies have nine decimals and layers 10^15 MACs: products leave 64 bits, so the model works in coarser
units. All roundings go down, hence the model's optimum never exceeds the true one; the reported value is
recomputed exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from solver.arithmetic.algebra import Value
from solver.cost.result import Objective, objective_of
from solver.search.builder import LIMIT, Builder


def objective_value(
    b: Builder,
    objective: Objective,
    cycles: Value,
    most_cycles: int,
    energy: Callable[[], tuple[Value, int]],
    scale: Fraction,
) -> tuple[Value, Fraction]:
    """Return what to minimise, and what one unit of the reported objective is worth in it.

    Parameters
    ----------
    cycles, most_cycles
        Latency, and what it does not exceed.
    energy
        States the energy in units of 1 / `scale`; returns it and what it does not exceed.
    """
    units = {objective: Fraction(1)}

    def times(energy: Value, cycles: Value) -> Value:
        # Split the 61 bits evenly between the two factors.
        coarse_energy, energy_unit = _coarsened(b, energy, most_energy, 2**32)
        levels = LIMIT // (b.bounds(coarse_energy)[1] + 1)
        coarse_cycles, cycle_unit = _coarsened(b, cycles, most_cycles, levels)
        units[objective] = Fraction(energy_unit * cycle_unit)
        return b.product(coarse_energy, coarse_cycles, name="edp", most=LIMIT)

    if objective is Objective.LATENCY:
        return cycles, Fraction(1)
    spent, most_energy = energy()
    value = objective_of(objective, cycles, spent, times)
    return value, scale / units[objective]


def _coarsened(b: Builder, value: Value, most: int, levels: int) -> tuple[Value, int]:
    """Return a value in a unit that leaves at most `levels` levels, and the unit."""
    unit = -(-(most + 1) // levels)
    return b.quotient(value, unit), unit
