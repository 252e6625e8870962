"""Mappings chosen under a limit on power are those of an enumeration in exact fractions, proved."""

from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from solver.answers.figures import Figures
from solver.cost.result import Objective
from solver.questions.design import knapsack
from solver.questions.design.choose import choose
from solver.questions.design.work import Choice


def choices(*pairs: tuple[int, str]) -> list[Choice]:
    return [Choice(cycles, Decimal(energy), ((0, 1, None),)) for cycles, energy in pairs]


def front(rng: Random, places: int, largest: int) -> list[Choice]:
    """Draw choices of which none beats another, fastest first."""
    count = rng.randint(1, 4)
    cycles = sorted(rng.sample(range(1, largest), count))
    energies = sorted({rng.randrange(1, largest * 10**places) for _ in cycles}, reverse=True)
    return [
        Choice(cycle, Decimal(energy).scaleb(-places), ((0, 1, None),))
        for cycle, energy in zip(cycles, energies, strict=False)
    ]


def oracle(layers: list[list[Choice]], objective: Objective, power: Decimal) -> Fraction | None:
    found = None
    for pick in product(*layers):
        cycles = sum(choice.cycles for choice in pick)
        energy = sum((Fraction(choice.energy) for choice in pick), Fraction(0))
        if energy > Fraction(power) * cycles:
            continue
        value = {"latency": Fraction(cycles), "energy": energy, "edp": energy * cycles}[objective]
        found = value if found is None else min(found, value)
    return found


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize(("places", "largest"), [(0, 20), (3, 10**6), (9, 10**9), (12, 10**12)])
def test_choices_are_those_of_the_enumeration_and_proved(
    objective: Objective, places: int, largest: int
) -> None:
    rng = Random(f"{objective} {places}")
    limited = 0
    for _ in range(12):
        layers = [front(rng, places, largest) for _ in range(rng.randint(1, 5))]
        layers += [layers[0]] * rng.randint(0, 2)
        slow, fast = (Figures.total(Figures(c[p].cycles, c[p].energy) for c in layers) for p in (-1, 0))
        powers = [figures.energy / figures.cycles for figures in (slow, fast)]
        power = min(powers) + (max(powers) - min(powers)) * rng.randint(0, 4) / 5
        found, least = choose(layers, objective, power), oracle(layers, objective, power)
        assert (found is None) == (least is None)
        if found is not None:
            limited += choose(layers, objective) != found
            assert Fraction(found.figures.value(objective)) == least == Fraction(found.bound)
    # The least energy is the slowest choice, so the one with least power: the limit forbids all or nothing.
    assert (limited > 0) == (objective is not Objective.ENERGY)


def test_a_choice_that_meets_the_limit_exactly_keeps_it() -> None:
    """7 / 3 in decimals is a little less: one decimal of the limit decides."""
    layers = [choices((3, "7.000000000000000000000001"), (4, "7"))]
    exact = Decimal("2.333333333333333333333333666")
    for power, cycles in ((exact, 4), (exact + Decimal("1e-27"), 3)):
        found = choose(layers, Objective.EDP, power)
        assert found is not None and found.figures.cycles == cycles
        assert found.bound == found.figures.value(Objective.EDP)


def test_layers_that_are_equal_are_not_tried_in_every_order() -> None:
    layer = choices((10**9, "3e12"), (2 * 10**9, "2.000000001e12"), (3 * 10**9, "1.500000000001e12"))
    found = choose([layer] * 60, Objective.EDP, Decimal(1300))
    assert found is not None
    assert found.bound == found.figures.value(Objective.EDP)


def test_what_differs_in_the_last_digit_only_is_told_apart() -> None:
    """Two layers of which either may be the slow one; floats see no difference."""
    one = choices((10, "100.000000000000000000000002"), (20, "80.000000000000000000000001"))
    two = choices((10, "100.000000000000000000000001"), (20, "80.000000000000000000000001"))
    found = choose([one, two], Objective.EDP, Decimal(7))
    assert found is not None and found.picks == (1, 0)
    assert found.bound == found.figures.value(Objective.EDP)


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.EDP])
def test_what_is_left_out_for_want_of_room_is_in_the_bound(
    objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knapsack, "_FEW", 1)
    monkeypatch.setattr(knapsack, "_MANY", 1)
    rng = Random(5)
    open_ = 0
    for _ in range(30):
        layers = [front(rng, 2, 50) for _ in range(5)]
        slow, fast = (Figures.total(Figures(c[p].cycles, c[p].energy) for c in layers) for p in (-1, 0))
        power = slow.energy / slow.cycles + (fast.energy / fast.cycles - slow.energy / slow.cycles) / 9
        found, least = choose(layers, objective, power), oracle(layers, objective, power)
        assert found is not None and least is not None
        assert Fraction(found.bound) <= least <= Fraction(found.figures.value(objective))
        open_ += found.bound < found.figures.value(objective)
    assert open_
