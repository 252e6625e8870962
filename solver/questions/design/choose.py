"""Mappings for all layers of a network at once, from the latency-energy front of every layer.

Latency and energy add up, so each layer's own best is best. The product of the totals is no sum: a layer may
have to give up some of its own product for the network's. Sums of one choice per layer form a set whose lower
convex hull is the sum of the layers' hulls, and a product of two positive figures is least at a corner of the
hull (it is quasi-concave); the corners are walked through from the fastest one, always taking the step that
saves most energy per cycle.

A limit on power, energy / latency <= P, makes it a knapsack (`solver.questions.design.knapsack`). Only
mappings of the fronts are chosen from: one that is slower and needs no less energy would lower the power, but
so would waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from solver.answers.figures import Figures
from solver.cost.result import Objective, objective_of
from solver.questions.design.hull import hull
from solver.questions.design.knapsack import choose_limited, keeps, total_of
from solver.questions.design.work import Choice


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
) -> Chosen | None:
    """Choose a mapping for every layer so that the network costs least.

    Parameters
    ----------
    layers
        For each layer the choices that no other beats in both figures, fastest first.
    max_power
        Highest energy per cycle of the whole network.

    Returns
    -------
    Chosen or None
        None if no choice keeps the limit.
    """
    free = _unlimited(layers, objective)
    if max_power is None or keeps(free.figures, max_power):
        return free
    if objective is Objective.ENERGY:
        return None  # the least energy is the slowest choice, so the one with the least power
    limited = choose_limited(layers, objective, max_power)
    return None if limited is None else Chosen(limited[0], total_of(layers, limited[0]), limited[1])


def _unlimited(layers: Sequence[Sequence[Choice]], objective: Objective) -> Chosen:
    fastest = tuple(0 for _ in layers)
    frugal = tuple(len(choices) - 1 for choices in layers)
    picks = objective_of(objective, fastest, frugal, lambda *_: _least_product(layers))
    figures = total_of(layers, picks)
    return Chosen(picks, figures, figures.value(objective))


def _least_product(layers: Sequence[Sequence[Choice]]) -> tuple[int, ...]:
    """Return the choices with the least product of the totals."""
    steps: list[tuple[Fraction, int, int]] = []
    for layer, choices in enumerate(layers):
        for one, other in pairwise(hull(choices)):
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
