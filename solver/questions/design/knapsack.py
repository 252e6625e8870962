"""The choice of a mapping for every layer under a limit on power, decided with exact fractions.

Energy / latency <= P is the knapsack constraint sum (E_i - P T_i) <= 0. CP-SAT solves it in integers: exactly
where they fit its 64 bits, and otherwise with every figure rounded down, so that what it finds is a bound,
and what it allows is everything that the limit allows. Each of its choices is then judged by its exact
figures and excluded, until the bound reaches the best of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from math import lcm

from ortools.sat.python import cp_model

from solver.answers.network import Figures
from solver.arithmetic.exact import total
from solver.cost.result import Objective
from solver.questions.design.work import Choice

Layers = Sequence[Sequence[Choice]]
Picks = tuple[int, ...]

_ROOM = 2**60
"""Sums of scaled figures stay about below this."""
_PRODUCT_BITS = 60
"""The same, in bits, for the two factors of a product together."""
_ROUNDS = 500
"""Choices that are judged one by one before the bound is left below the best of them."""


def total_of(layers: Layers, picks: Sequence[int]) -> Figures:
    """Return what the choices of some places cost together, exact."""
    chosen = [choices[place] for choices, place in zip(layers, picks, strict=True)]
    return Figures(sum(choice.cycles for choice in chosen), total([choice.energy for choice in chosen]))


def keeps(figures: Figures, power: Decimal) -> bool:
    """Whether figures keep a limit on energy per cycle, exact."""
    return Fraction(figures.energy) <= Fraction(power) * figures.cycles


def choose_limited(
    layers: Layers, objective: Objective, power: Decimal, seed: int
) -> tuple[Picks, Decimal] | None:
    """Return the best choice that keeps a limit on power, and the bound on all that do; None if none does.

    Parameters and layers are those of `solver.questions.design.choose.choose`.
    """
    excess = [[Fraction(c.energy) - Fraction(power) * c.cycles for c in choices] for choices in layers]
    # Each layer by itself: if even this exceeds the limit, everything does.
    best = tuple(min(range(len(row)), key=lambda place: row[place]) for row in excess)
    if not keeps(total_of(layers, best), power):
        return None
    value = Fraction(total_of(layers, best).value(objective))
    knapsack = _Knapsack(layers, objective, excess, seed)
    lower = Fraction(0)
    for _ in range(_ROUNDS):
        found = knapsack.next()
        if found is None:
            lower = value
            break
        picks, lower = found
        if lower >= value:
            break
        figures = total_of(layers, picks)
        if keeps(figures, power) and Fraction(figures.value(objective)) < value:
            best, value = picks, Fraction(figures.value(objective))
    if lower >= value:
        return best, total_of(layers, best).value(objective)
    with localcontext(rounding=ROUND_FLOOR):
        return best, Decimal(lower.numerator) / Decimal(lower.denominator)


class _Knapsack:
    """The model; every choice that it gives is excluded from then on."""

    def __init__(
        self, layers: Layers, objective: Objective, excess: Sequence[Sequence[Fraction]], seed: int
    ) -> None:
        self.model = cp_model.CpModel()
        self.used = [[self.model.new_bool_var("") for _ in choices] for choices in layers]
        for row in self.used:
            self.model.add_exactly_one(row)
        self._order_equal_layers(layers)
        self.model.add(self._sum(_scaled(excess, _ROOM)[0]) <= 0)
        self.solver = cp_model.CpSolver()
        self.solver.parameters.random_seed = seed
        self.solver.parameters.num_workers = 1
        cycles = [[Fraction(c.cycles) for c in choices] for choices in layers]
        energy = [[Fraction(c.energy) for c in choices] for choices in layers]
        if objective is Objective.EDP:
            most = sum(max(row) for row in cycles)
            bits = min(int(most).bit_length(), _PRODUCT_BITS // 2)
            self.factors = [_scaled(cycles, 2**bits), _scaled(energy, 2 ** (_PRODUCT_BITS - bits))]
            product = self.model.new_int_var(0, 2 ** (_PRODUCT_BITS + 2) - 1, "product")
            self.model.add_multiplication_equality(product, [self._variable(f) for f, _ in self.factors])
            self.model.minimize(product)
        else:
            self.factors = [_scaled(cycles if objective is Objective.LATENCY else energy, _ROOM)]
            self.model.minimize(self._sum(self.factors[0][0]))

    def next(self) -> tuple[Picks, Fraction] | None:
        """Return the best choice that was not given yet, and what none of the others can beat."""
        if self.solver.solve(self.model) != cp_model.OPTIMAL:
            return None
        picks = tuple(next(i for i, v in enumerate(row) if self.solver.value(v)) for row in self.used)
        self.model.add_bool_or([row[place].negated() for row, place in zip(self.used, picks, strict=True)])
        least = Fraction(1)
        for ints, unit in self.factors:
            # The solver's own value is a float; that of the picks is exact.
            least *= unit * sum(row[place] for row, place in zip(ints, picks, strict=True))
        return picks, least

    def _order_equal_layers(self, layers: Layers) -> None:
        """Let the places of equal layers ascend: their other orders cost the same."""
        last: dict[tuple[tuple[int, Decimal], ...], cp_model.LinearExprT] = {}
        for row, choices in zip(self.used, layers, strict=True):
            place = sum(number * variable for number, variable in enumerate(row))
            key = tuple((choice.cycles, choice.energy) for choice in choices)
            if key in last and len(choices) > 1:
                self.model.add(last[key] <= place)
            last[key] = place

    def _sum(self, ints: Sequence[Sequence[int]]) -> cp_model.LinearExprT:
        return sum(
            number * variable
            for row, numbers in zip(self.used, ints, strict=True)
            for variable, number in zip(row, numbers, strict=True)
        )

    def _variable(self, ints: Sequence[Sequence[int]]) -> cp_model.IntVar:
        """Return a variable that is the sum of the chosen figures."""
        least, most = sum(min(row) for row in ints), sum(max(row) for row in ints)
        variable = self.model.new_int_var(least, most, "")
        self.model.add(variable == self._sum(ints))
        return variable


def _scaled(rows: Sequence[Sequence[Fraction]], room: int) -> tuple[list[list[int]], Fraction]:
    """Return figures as integers, and their unit: exact where that fits into the room, else rounded down."""
    largest = sum((max(abs(value) for value in row) for row in rows), Fraction(0))
    factor = Fraction(lcm(*(value.denominator for row in rows for value in row)))
    if largest * factor >= room:
        factor = Fraction(room) / largest
    return [[value * factor // 1 for value in row] for row in rows], 1 / factor
