"""The objective as a CP-SAT variable: latency, energy or their product, scaled to integers and rounded down.

Energies have nine decimals and layers 10^15 MACs: products leave 64 bits, so the model works in coarser
units. All roundings go down, hence the model's optimum never exceeds the true one; the reported value is
recomputed exactly.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from solver.cost.result import Objective
from solver.search.cp_sat import cp_model
from solver.search.figures import Figures

LIMIT = 2**61
"""Room that CP-SAT's 64-bit sums and products are kept in."""


def objective_variable(
    model: cp_model.CpModel,
    objective: Objective,
    rows: Figures,
    cycles: cp_model.IntVar,
    dynamic: cp_model.IntVar,
) -> tuple[cp_model.IntVar, Fraction]:
    """Return the variable to minimise, and what one unit of the reported objective is worth in it.

    Parameters
    ----------
    cycles
        Variable bounded by `rows.most_cycles`.
    dynamic
        Dynamic energy in units of 1 / `rows.energy_scale`.
    """
    if objective is Objective.LATENCY:
        return cycles, Fraction(1)
    energy, most_energy = _energy(model, rows, cycles, dynamic)
    if objective is Objective.ENERGY:
        return energy, rows.energy_scale
    # Split the 61 bits evenly between the two factors.
    coarse_energy, energy_unit, energy_levels = _coarsen(model, "coarse_energy", energy, most_energy, 2**32)
    coarse_cycles, cycle_unit, cycle_levels = _coarsen(
        model, "coarse_cycles", cycles, rows.most_cycles, LIMIT // (energy_levels + 1)
    )
    product = model.new_int_var(0, energy_levels * cycle_levels, "edp")
    model.add_multiplication_equality(product, [coarse_energy, coarse_cycles])
    return product, rows.energy_scale / (energy_unit * cycle_unit)


def _energy(
    model: cp_model.CpModel, rows: Figures, cycles: cp_model.IntVar, dynamic: cp_model.IntVar
) -> tuple[cp_model.IntVar, int]:
    """State energy = dynamic + static x cycles; the static energy per cycle is a rounded-down fraction."""
    shift = 0
    while floor(rows.static * 2 ** (shift + 1)) * rows.most_cycles < LIMIT and shift < 60:
        shift += 1
    numerator = floor(rows.static * 2**shift)
    most_leak = numerator * rows.most_cycles
    leak = model.new_int_var(0, most_leak >> shift, "leak")
    product = model.new_int_var(0, most_leak, "scaled_leak")
    model.add(product == numerator * cycles)
    model.add_division_equality(leak, product, 2**shift)
    most = int(rows.dynamic.max()) + (most_leak >> shift)
    energy = model.new_int_var(0, most, "energy")
    model.add(energy == dynamic + leak)
    return energy, most


def _coarsen(
    model: cp_model.CpModel, name: str, variable: cp_model.IntVar, most: int, levels: int
) -> tuple[cp_model.IntVar, int, int]:
    """Return the variable in a unit that leaves at most `levels` levels, the unit, and the levels reached."""
    unit = -(-(most + 1) // levels)
    if unit == 1:
        return variable, 1, most
    coarse = model.new_int_var(0, most // unit, name)
    model.add_division_equality(coarse, variable, unit)
    return coarse, unit, most // unit
