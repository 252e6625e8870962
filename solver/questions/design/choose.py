"""Mappings for all layers of a network at once, from the latency-energy front of every layer.

Latency and energy add up, so each layer's own best is best. The product of the totals is no sum: a layer may
have to give up some of its own product for the network's. Sums of one choice per layer form a set whose lower
convex hull is the sum of the layers' hulls, and a product of two positive figures is least at a corner of the
hull (it is quasi-concave); the corners are walked through from the fastest one, always taking the step that
saves most energy per cycle.

A limit on power, energy / latency <= P, is the knapsack constraint sum (E_i - P T_i) <= 0, for CP-SAT. Only
mappings of the fronts are chosen from: one that is slower and needs no less energy would lower the power, but
so would waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from ortools.sat.python import cp_model

from solver.answers.network import Figures
from solver.arithmetic.exact import total
from solver.cost.result import Objective
from solver.questions.design.work import Choice

_LARGEST = 2**40
"""Scaled energies stay below this, so that sums fit the solver's 64 bits; they lose less than 10**-11."""
_PRODUCT = 2**30
"""The same for the factors of a product."""


@dataclass(frozen=True)
class Chosen:
    """A choice for every layer.

    Attributes
    ----------
    picks
        The place of each layer's choice.
    figures
        What they cost together.
    bound
        No choice that keeps the limit costs less under the objective.
    """

    picks: tuple[int, ...]
    figures: Figures
    bound: Decimal


def choose(
    layers: Sequence[Sequence[Choice]],
    objective: Objective,
    max_power: Decimal | None = None,
    *,
    seed: int = 0,
) -> Chosen | None:
    """Choose a mapping for every layer so that the network costs least.

    Parameters
    ----------
    layers
        For each layer the choices that no other beats in both figures, fastest first.
    max_power
        Highest energy per cycle of the whole network.
    seed
        Of CP-SAT, which is asked only if the limit on power is in the way.

    Returns
    -------
    Chosen or None
        None if no choice keeps the limit.
    """
    free = _unlimited(layers, objective)
    if max_power is None or _keeps(free.figures, max_power):
        return free
    return _limited(layers, objective, max_power, seed)


def _unlimited(layers: Sequence[Sequence[Choice]], objective: Objective) -> Chosen:
    if objective is Objective.LATENCY:
        picks = tuple(0 for _ in layers)
    elif objective is Objective.ENERGY:
        picks = tuple(len(choices) - 1 for choices in layers)
    else:
        picks = _least_product(layers)
    figures = _total(layers, picks)
    return Chosen(picks, figures, figures.value(objective))


def _least_product(layers: Sequence[Sequence[Choice]]) -> tuple[int, ...]:
    """Return the choices with the least product of the totals."""
    steps: list[tuple[Fraction, int, int]] = []
    for layer, choices in enumerate(layers):
        hull = _hull(choices)
        for one, other in pairwise(hull):
            saved = Fraction(choices[one].energy) - Fraction(choices[other].energy)
            steps.append((saved / (choices[other].cycles - choices[one].cycles), layer, other))
    # Within a layer the savings fall, so its steps come in their order.
    steps.sort(key=lambda step: (-step[0], step[1], step[2]))
    picks = [0] * len(layers)
    cycles = sum(choices[0].cycles for choices in layers)
    energy = sum((Fraction(choices[0].energy) for choices in layers), Fraction(0))
    best, least = tuple(picks), cycles * energy
    for _, layer, place in steps:
        choices = layers[layer]
        cycles += choices[place].cycles - choices[picks[layer]].cycles
        energy += Fraction(choices[place].energy) - Fraction(choices[picks[layer]].energy)
        picks[layer] = place
        if cycles * energy < least:
            best, least = tuple(picks), cycles * energy
    return best


def _hull(choices: Sequence[Choice]) -> list[int]:
    """Return the places of the corners of the lower convex hull, fastest first."""
    corners: list[int] = []
    for place, choice in enumerate(choices):
        while len(corners) > 1:
            one, two = choices[corners[-2]], choices[corners[-1]]
            before = (Fraction(one.energy) - Fraction(two.energy)) * (choice.cycles - two.cycles)
            after = (Fraction(two.energy) - Fraction(choice.energy)) * (two.cycles - one.cycles)
            if before > after:
                break
            corners.pop()
        corners.append(place)
    return corners


def _limited(
    layers: Sequence[Sequence[Choice]], objective: Objective, power: Decimal, seed: int
) -> Chosen | None:
    """Choose under a limit on power: figures rounded down for the bound, rounded up to be safe."""
    bound, picks = _solve(layers, objective, power, seed, safe=False)
    if picks is None:
        return None
    if not _keeps(_total(layers, picks), power):
        _, picks = _solve(layers, objective, power, seed, safe=True)
        if picks is None:
            return None
    figures = _total(layers, picks)
    return Chosen(picks, figures, min(bound, figures.value(objective)))


def _solve(
    layers: Sequence[Sequence[Choice]], objective: Objective, power: Decimal, seed: int, *, safe: bool
) -> tuple[Decimal, tuple[int, ...] | None]:
    """Solve the choice as a multiple-choice knapsack; return the bound and the picks."""
    model = cp_model.CpModel()
    used = [[model.new_bool_var("") for _ in choices] for choices in layers]
    for row in used:
        model.add_exactly_one(row)
    pairs = [
        (v, c) for row, choices in zip(used, layers, strict=True) for v, c in zip(row, choices, strict=True)
    ]
    most_energy = max(choice.energy for _, choice in pairs) * len(layers)
    most_cycles = sum(choices[-1].cycles for choices in layers)
    rounding = ROUND_CEILING if safe else ROUND_FLOOR
    largest = max(most_energy, power * most_cycles, Decimal(1))
    excess = Fraction(_LARGEST) / Fraction(largest)
    model.add(
        sum(v * _scaled(Fraction(c.energy) - Fraction(power) * c.cycles, excess, rounding) for v, c in pairs)
        <= 0
    )
    cycles = sum(v * c.cycles for v, c in pairs)
    if objective is Objective.LATENCY:
        model.minimize(cycles)
        unit = Fraction(1)
    elif objective is Objective.ENERGY:
        model.minimize(sum(v * _scaled(Fraction(c.energy), excess, ROUND_FLOOR) for v, c in pairs))
        unit = 1 / excess
    else:
        fine = Fraction(_PRODUCT) / Fraction(max(most_energy, Decimal(1)))
        coarse = Fraction(1) if most_cycles < _PRODUCT else Fraction(_PRODUCT, most_cycles)
        energy = model.new_int_var(0, 2 * _PRODUCT, "energy")
        latency = model.new_int_var(0, 2 * _PRODUCT, "latency")
        model.add(energy == sum(v * _scaled(Fraction(c.energy), fine, ROUND_FLOOR) for v, c in pairs))
        model.add(latency == sum(v * _scaled(Fraction(c.cycles), coarse, ROUND_FLOOR) for v, c in pairs))
        product = model.new_int_var(0, 4 * _PRODUCT * _PRODUCT - 1, "product")
        model.add_multiplication_equality(product, [energy, latency])
        model.minimize(product)
        unit = 1 / (fine * coarse)
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        return Decimal(0), None
    picks = tuple(next(i for i, v in enumerate(row) if solver.value(v)) for row in used)
    with localcontext(rounding=ROUND_FLOOR):
        exact = Fraction(round(solver.best_objective_bound)) * unit
        return Decimal(exact.numerator) / Decimal(exact.denominator), picks


def _scaled(value: Fraction, factor: Fraction, rounding: str) -> int:
    scaled = value * factor
    return -(-scaled.numerator // scaled.denominator) if rounding == ROUND_CEILING else int(scaled // 1)


def _keeps(figures: Figures, power: Decimal) -> bool:
    return Fraction(figures.energy) <= Fraction(power) * figures.cycles


def _total(layers: Sequence[Sequence[Choice]], picks: Sequence[int]) -> Figures:
    chosen = [choices[place] for choices, place in zip(layers, picks, strict=True)]
    return Figures(sum(choice.cycles for choice in chosen), total([choice.energy for choice in chosen]))
