"""The objective as a CP-SAT variable: latency, energy or their product, scaled to integers and rounded down.

Energies have nine decimals and layers 10^15 MACs: products leave 64 bits, so the model works in coarser
units. All roundings go down, hence the model's optimum never exceeds the true one; the reported value is
recomputed exactly.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from solver.arithmetic.algebra import Value
from solver.cost.result import Objective, objective_of
from solver.search.builder import LIMIT, Builder
from solver.search.figures import Figures


def objective_value(
    b: Builder, objective: Objective, rows: Figures, cycles: Value, dynamic: Value
) -> tuple[Value, Fraction]:
    """Return what to minimise, and what one unit of the reported objective is worth in it.

    Parameters
    ----------
    cycles
        At most `rows.most_cycles`.
    dynamic
        Dynamic energy in units of 1 / `rows.energy_scale`.
    """
    units = {objective: Fraction(1)}

    def times(energy: Value, cycles: Value) -> Value:
        # Split the 61 bits evenly between the two factors.
        coarse_energy, energy_unit = _coarsened(b, energy, most, 2**32)
        levels = LIMIT // (b.bounds(coarse_energy)[1] + 1)
        coarse_cycles, cycle_unit = _coarsened(b, cycles, rows.most_cycles, levels)
        units[objective] = Fraction(energy_unit * cycle_unit)
        return b.product(coarse_energy, coarse_cycles, name="edp", most=LIMIT)

    if objective is Objective.LATENCY:
        return cycles, Fraction(1)
    energy, most = _energy(b, rows, cycles, dynamic)
    value = objective_of(objective, cycles, energy, times)
    return value, rows.energy_scale / units[objective]


def _energy(b: Builder, rows: Figures, cycles: Value, dynamic: Value) -> tuple[Value, int]:
    """State energy = dynamic + static x cycles; the static energy per cycle is a rounded-down fraction."""
    shift = 0
    while floor(rows.static * 2 ** (shift + 1)) * rows.most_cycles < LIMIT and shift < 60:
        shift += 1
    numerator = floor(rows.static * 2**shift)
    leak = b.quotient(numerator * cycles, 2**shift, "leak")
    return dynamic + leak, int(rows.dynamic.max()) + (numerator * rows.most_cycles >> shift)


def _coarsened(b: Builder, value: Value, most: int, levels: int) -> tuple[Value, int]:
    """Return a value in a unit that leaves at most `levels` levels, and the unit."""
    unit = -(-(most + 1) // levels)
    return b.quotient(value, unit), unit
