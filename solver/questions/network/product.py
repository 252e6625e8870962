"""The least energy-delay product of a whole network: a layer may have to give up some of its own product.

Cycles and energies add up over the layers, so the weighted sums that `solver.search.pieces.product` asks for
are the sums of the layers' own, each minimised with proof. `design` chooses from the layers' fronts by the
same corners (`solver.questions.design.choose`); here only those are searched that the product asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answers.infeasible import Answer
from solver.answers.solution import Solution, Status
from solver.arithmetic.exact import decimal_of
from solver.layer import Decomposition, Primitive
from solver.questions.cache.key import fingerprint
from solver.questions.map_layer import Question
from solver.questions.network.plan import Plan
from solver.search.pieces.product import Least, Point, least_product
from solver.search.pieces.solve import Oracle, mapped, oracle_of
from solver.search.progress import Clock

Picks = dict[str, Point]


@dataclass(frozen=True)
class Balanced:
    """Mappings of all layers with the least product of their totals.

    Attributes
    ----------
    answers
        By fingerprint; those that are not the best of their own layer say so in a note. All have the bounds
        of the weighted sums that bound the product.
    bound
        No choice of mappings has a smaller product.
    """

    answers: dict[str, Answer]
    bound: Decimal


def balance(plan: Plan, question: Question, known: Mapping[str, Answer]) -> Balanced | None:
    """Return the mappings with the least product of the network's totals.

    Parameters
    ----------
    known
        Every layer's own answer, by fingerprint.

    Returns
    -------
    Balanced or None
        None if a layer has no mapping or is not proved: then each layer's own least product stands, with
        the gap that it leaves.
    """
    solutions = {key: answer for key, answer in known.items() if isinstance(answer, Solution)}
    if len(solutions) < len(known) or not all(answer.proved for answer in solutions.values()):
        return None
    clock = Clock(question.time_limit, None)
    oracles = {
        key: oracle_of(answer, question.wish, question.limits, clock, question.most_pieces)
        for key, answer in solutions.items()
    }
    layers = [[_parts(way, question) for way in ways] for _, ways in plan.ways]

    def minimise(cycles: int, energy: int) -> Least[Picks]:
        found = [_least(ways, oracles, cycles, energy) for ways in layers]
        picks = {key: point for least in found for key, point in least.point.item.items()}
        point = Point(sum(l.point.cycles for l in found), sum(l.point.energy for l in found), picks)
        return Least(point, sum(least.bound for least in found))

    if not oracles:
        return None
    point, bound = least_product(minimise, lambda: clock.expired)
    places = next(iter(oracles.values())).places
    solutions = {
        key: replace(answer, sums=tuple(dict.fromkeys((*answer.sums, *oracles[key].sums))))
        for key, answer in solutions.items()
    }
    answers: dict[str, Answer] = dict(solutions)
    for key, pick in point.item.items():
        own = oracles[key].points[0]
        if (pick.cycles, pick.energy) != (own.cycles, own.energy):
            least = solutions[key].objective_value
            note = f"chosen for the product of the whole network; by itself its least is {least}"
            chosen = mapped(solutions[key], pick.item)
            answers[key] = replace(chosen, notes=(*chosen.notes, note), status=Status.FEASIBLE)
    return Balanced(answers, decimal_of(bound.numerator // bound.denominator, places))


def _parts(way: Decomposition, question: Question) -> list[tuple[str, int]]:
    """Return the questions of a way to take a layer apart, with how often each part runs."""
    return [
        (fingerprint(part.layer, question), part.repeats)
        for part in way.parts
        if isinstance(part.layer, Primitive)
    ]


def _least(
    ways: Sequence[Sequence[tuple[str, int]]], oracles: Mapping[str, Oracle], cycles: int, energy: int
) -> Least[Picks]:
    """Return the least weighted sum of a layer over the ways to take it apart."""
    found = []
    for way in ways:
        parts = [(key, repeats, oracles[key].least(cycles, energy)) for key, repeats in way]
        point = Point(
            sum(repeats * least.point.cycles for _, repeats, least in parts),
            sum(repeats * least.point.energy for _, repeats, least in parts),
            {key: least.point for key, _, least in parts},
        )
        found.append((point, sum(repeats * least.bound for _, repeats, least in parts)))
    best = min((point for point, _ in found), key=lambda p: cycles * p.cycles + energy * p.energy)
    return Least(best, min(bound for _, bound in found))
