"""The latency-energy front: every mapping that no other beats in both, proved.

A mapping is on the front or dominated by it; one is left out only if the front weakly dominates its lower
bounds. Mappings with equal figures count once, as the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.form import Form
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.landscape.landscape import Landscape, array_landscape
from solver.layer import Primitive
from solver.legal.tiles import Limits, candidate_tiles, forbidding_rule
from solver.search.presolve import SLACK

Item = TypeVar("Item")

_FAVOURITES = 128
"""Tiles that are laid out for a first front, for each figure."""


def undominated(points: Sequence[tuple[int, Decimal, Item]]) -> list[tuple[int, Decimal, Item]]:
    """Return the points (cycles, energy, anything) that no other beats or equals in both, fastest first."""
    kept: list[tuple[int, Decimal, Item]] = []
    for point in sorted(points, key=lambda point: point[:2]):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept


def front(landscape: Landscape) -> list[int]:
    """Return the front of all mappings of a landscape, fastest first; those that may be on it are settled."""
    kept: list[tuple[int, Decimal, int]] = []
    waiting = np.arange(len(landscape))
    while True:
        waiting = waiting[~_beaten(kept, landscape.least_cycles[waiting], landscape.least_energy[waiting])]
        gone = landscape.costs.keys() | landscape.wrong
        waiting = waiting[[int(index) not in gone for index in waiting]]
        if not len(waiting):
            break
        # The closed form's own front first: it beats most of the others.
        cycles, energy = landscape.cycles[waiting], landscape.energy[waiting]
        for place in _front_of(cycles, energy):
            index = int(waiting[place])
            if not landscape.right(index):
                continue
            cost = landscape.settle(index)
            kept.append((cost.cycles, cost.energy, index))
        kept = undominated(kept)
    known = [(cost.cycles, cost.energy, index) for index, cost in sorted(landscape.costs.items())]
    return [index for *_, index in undominated(known)]


def left_open(landscape: Landscape) -> list[tuple[float, float]]:
    """Return the least cycles and energies of mappings that may belong on a settled front, unproved.

    They are too long to replay, for their cycles or to rule out overtaking weights, and no mapping that was
    replayed is as good as their lower bounds. A mapping that only an estimate dominates is no better than
    that estimate's own lower bounds.
    """
    costs = sorted(landscape.costs.items())
    exact = [(cost.cycles, cost.energy, 0) for index, cost in costs if landscape.exact[index]]
    rest = np.array([index for index, _ in costs if not landscape.exact[index]], dtype=np.int64)
    unclear = np.array([*landscape.unclear.values()]).reshape(-1, 2)
    cycles = np.append(landscape.least_cycles[rest], unclear[:, 0])
    energy = np.append(landscape.least_energy[rest], unclear[:, 1])
    open_ = ~_beaten(undominated(exact), cycles, energy)
    return [(float(c), float(e) * (1 - SLACK)) for c, e in zip(cycles[open_], energy[open_], strict=True)]


def array_front(layer: Primitive, hardware: Hardware, limits: Limits, wish: Wish) -> Landscape:
    """Return a landscape of the mappings that may be on a layer's front, for `front` to settle.

    The space is enumerated, and what quick lower bounds exclude is never laid out.

    Raises
    ------
    InfeasibleError
        If no mapping is legal.
    """
    forms: list[Form] = []
    tiles = []
    for form in wish.forms(layer, hardware):
        legal = candidate_tiles(form.nest, hardware, limits)
        if not len(legal):
            continue
        bound = quick_bound(form.nest, hardware, legal)
        least_cycles, least_energy = bound.least_cycles, bound.energy
        firsts = [np.argsort(bound.values(objective), kind="stable")[:_FAVOURITES] for objective in Objective]
        some = legal[np.unique(np.concatenate(firsts))]
        known = batch_cost(form.nest, hardware, some)
        seeds = array_landscape([form], hardware, [some[_front_of(known.cycles, known.energy)]])
        costs = [seeds.settle(index) for index in range(len(seeds)) if seeds.right(index)]
        exact = [(cost.cycles, cost.energy, 0) for cost in costs]
        open_ = ~_beaten(undominated(exact), least_cycles, least_energy, strictly=True)
        forms.append(form)
        tiles.append(legal[open_])
    if not forms:
        raise InfeasibleError(forbidding_rule(wish.forms(layer, hardware)[0].nest, hardware, limits))
    return array_landscape(forms, hardware, tiles)


def _front_of(cycles: NDArray, energy: FloatArray) -> IntArray:
    """Return the places of the undominated points."""
    order = np.lexsort((energy, cycles))
    least = np.minimum.accumulate(energy[order])
    first = np.concatenate([[True], energy[order][1:] < least[:-1]])
    return np.asarray(order[first], dtype=np.int64)


def _beaten(
    kept: Sequence[tuple[int, Decimal, object]],
    cycles: NDArray,
    energy: FloatArray,
    *,
    strictly: bool = False,
) -> BoolArray:
    """Return which lower bounds some point of a front (fastest first) weakly dominates.

    With `strictly` a bound that equals a point stays, so that the point's own mapping is not lost.
    """
    result = np.zeros(len(cycles), dtype=bool)
    if not kept:
        return result
    fastest = np.array([point[0] for point in kept])
    frugal = np.array([float(point[1]) for point in kept])
    at = np.searchsorted(fastest, cycles, side="right") - 1
    best = frugal[np.maximum(at, 0)]
    return (at >= 0) & ((best < energy * (1 - SLACK)) if strictly else (best <= energy * (1 + SLACK)))
