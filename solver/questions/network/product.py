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
from solver.answers.solution import Solution
from solver.arithmetic.exact import decimal_of
from solver.layer import Decomposition, Primitive
from solver.questions.cache.key import fingerprint
from solver.questions.map_layer import Question
from solver.questions.network.plan import Plan
from solver.search.pieces.along import Mapping as InPieces
from solver.search.pieces.product import Least, Point, least_product
from solver.search.pieces.solve import Oracle, mapped, oracle_of
from solver.search.progress import Clock


@dataclass(frozen=True)
class _Picks:
    """The place of each layer's decomposition, and the points of its parts by fingerprint."""

    ways: tuple[int, ...]
    points: dict[str, Point]


@dataclass(frozen=True)
class Balanced:
    """Mappings of all layers with the least product of their totals.

    Attributes
    ----------
    answers
        By fingerprint; those that are not the best of their own layer say so in a note. All have the bounds
        of the weighted sums that bound the product, if these were searched now.
    chosen
        The mappings of those that are not.
    ways
        The place of every layer's decomposition.
    bound
        No choice of mappings has a smaller product.
    """

    answers: dict[str, Answer]
    chosen: dict[str, InPieces]
    ways: tuple[int, ...]
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
        None if a layer has no mapping, however it is taken apart, or is not proved: then each layer's own
        least product stands, with the gap that it leaves.
    """
    solutions = {key: answer for key, answer in known.items() if isinstance(answer, Solution)}
    layers = [_ways(ways, question, solutions) for _, ways in plan.ways]
    if not solutions or not all(layers) or not all(answer.proved for answer in solutions.values()):
        return None
    clock = Clock(question.time_limit, None)
    oracles = {
        key: oracle_of(answer, question.wish, question.limits, clock, question.most_pieces)
        for key, answer in solutions.items()
    }

    def minimise(cycles: int, energy: int) -> Least[_Picks]:
        found = [_least(ways, oracles, cycles, energy) for ways in layers]
        items = [least.point.item for least in found]
        picks = _Picks(
            tuple(place for item in items for place in item.ways),
            {key: point for item in items for key, point in item.points.items()},
        )
        point = Point(sum(l.point.cycles for l in found), sum(l.point.energy for l in found), picks)
        return Least(point, sum(least.bound for least in found))

    point, bound = least_product(minimise, lambda: clock.expired)
    places = next(iter(oracles.values())).places
    solutions = {
        key: replace(answer, sums=tuple(dict.fromkeys((*answer.sums, *oracles[key].sums))))
        for key, answer in solutions.items()
    }
    picked = {key: (pick, oracles[key].points[0]) for key, pick in point.item.points.items()}
    chosen = {
        key: pick.item
        for key, (pick, own) in picked.items()
        if (pick.cycles, pick.energy) != (own.cycles, own.energy)
    }
    below = decimal_of(bound.numerator // bound.denominator, places)
    return with_choice(solutions, chosen, point.item.ways, below)


def with_choice(
    solutions: Mapping[str, Solution], chosen: Mapping[str, InPieces], ways: tuple[int, ...], bound: Decimal
) -> Balanced:
    """Return layers' own answers, but for those with another mapping, which say so in a note.

    Parameters
    ----------
    solutions
        Every layer's own answer, by fingerprint.
    chosen, ways, bound
        See `Balanced`.
    """
    answers: dict[str, Answer] = dict(solutions)
    for key, pieces in chosen.items():
        own = solutions[key]
        note = f"chosen for the product of the whole network; by itself its least is {own.objective_value}"
        answers[key] = replace(mapped(own, pieces), notes=(*own.notes, note))
    return Balanced(answers, dict(chosen), ways, bound)


def _ways(
    ways: Sequence[Decomposition], question: Question, solutions: Mapping[str, Solution]
) -> dict[int, list[tuple[str, int]]]:
    """Return the ways to take a layer apart in which all parts have mappings, by their places.

    Each is a list of the fingerprints of its parts, with how often they run.
    """
    found = {}
    for place, way in enumerate(ways):
        parts = [
            (fingerprint(part.layer, question), part.repeats)
            for part in way.parts
            if isinstance(part.layer, Primitive)
        ]
        if all(key in solutions for key, _ in parts):
            found[place] = parts
    return found


def _least(
    ways: Mapping[int, Sequence[tuple[str, int]]],
    oracles: Mapping[str, Oracle],
    cycles: int,
    energy: int,
) -> Least[_Picks]:
    """Return the least weighted sum of a layer over the ways to take it apart."""
    found = []
    for place, way in ways.items():
        parts = [(key, repeats, oracles[key].least(cycles, energy)) for key, repeats in way]
        point = Point(
            sum(repeats * least.point.cycles for _, repeats, least in parts),
            sum(repeats * least.point.energy for _, repeats, least in parts),
            _Picks((place,), {key: least.point for key, _, least in parts}),
        )
        found.append((point, sum(repeats * least.bound for _, repeats, least in parts)))
    best = min((point for point, _ in found), key=lambda p: cycles * p.cycles + energy * p.energy)
    return Least(best, min(bound for _, bound in found))
