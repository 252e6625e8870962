"""The choice of a mapping for every layer under a limit on power, decided with exact figures.

With T the cycles, E the energy and X = E - P T what exceeds the limit P, the network keeps the limit if its X
is at most 0, and cycles and energy-delay product T (X + P T) grow with T and X. So of two choices for some of
the layers one is not needed if it has no fewer T and no less X. What the other layers add lies above the sum
of their convex hulls (`solver.questions.design.hull`), along whose edges the product is concave: it is least
at a corner, or where the limit is met. That bounds every partial choice; layer by layer those remain that
could still beat the best choice known, first a few, to find a good one, then all.

Bounds are floats that are compared with slack; what is left in the end is compared in exact numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solver.answers.figures import Figures
from solver.arithmetic.arrays import FloatArray, IntArray
from solver.arithmetic.exact import scaled_int, total
from solver.cost.result import Objective
from solver.questions.design.hull import hull
from solver.questions.design.work import Choice

Layers = Sequence[Sequence[Choice]]
Picks = tuple[int, ...]

_ERROR, _SLACK = 1e-12, 1e-10
"""Relative errors that sums of floats, and bounds made of them, stay below."""
_FEW, _MANY = 2_000, 300_000
"""Partial choices that are kept in the first and in the second walk through the layers."""
_CHUNK = 1 << 22


def total_of(layers: Layers, picks: Sequence[int]) -> Figures:
    """Return what the choices of some places cost together, exact."""
    chosen = [choices[place] for choices, place in zip(layers, picks, strict=True)]
    return Figures(sum(choice.cycles for choice in chosen), total([choice.energy for choice in chosen]))


def keeps(figures: Figures, power: Decimal) -> bool:
    """Whether figures keep a limit on energy per cycle, exact."""
    return Fraction(figures.energy) <= Fraction(power) * figures.cycles


def choose_limited(layers: Layers, objective: Objective, power: Decimal) -> tuple[Picks, Decimal] | None:
    """Return the best choice that keeps a limit on power, and the bound on all that do; None if none does.

    Parameters
    ----------
    layers, power
        As of `solver.questions.design.choose.choose`.
    objective
        Latency or energy-delay product.
    """
    # The slowest choices have the least energy, so the least power: if they exceed the limit, all do.
    best = tuple(len(choices) - 1 for choices in layers)
    if not keeps(total_of(layers, best), power):
        return None
    order = sorted(range(len(layers)), key=lambda i: layers[i][0].energy - layers[i][-1].energy, reverse=True)
    walk = _Walk([layers[i] for i in order], objective, power)
    picks, dropped = tuple(best[i] for i in order), 0.0
    for most in (_FEW, _MANY):
        picks, dropped = walk.run(picks, most)
        value = walk.value(picks)
        if dropped * (1 - _SLACK) >= float(value):
            break
    chosen = dict(zip(order, picks, strict=True))
    best = tuple(chosen[i] for i in range(len(layers)))
    least = Decimal(dropped) * Decimal(1 - _SLACK) if dropped < float("inf") else value
    return best, value if least >= value else least


@dataclass(frozen=True)
class _Rest:
    """Corners of the hull of all layers from one on: cycles and what exceeds the limit, fastest first."""

    cycles: FloatArray
    excess: FloatArray


class _Walk:
    """Walks through the layers with partial choices."""

    def __init__(self, layers: Layers, objective: Objective, power: Decimal) -> None:
        self.layers, self.objective, self.power = layers, objective, power
        self.rate = float(power)
        self.cycles = [np.array([c.cycles for c in choices], dtype=np.int64) for choices in layers]
        exact = [[Fraction(c.energy) - Fraction(power) * c.cycles for c in choices] for choices in layers]
        self.excess = [np.array([float(value) for value in row]) for row in exact]
        places = max(-int(c.energy.as_tuple().exponent) for choices in layers for c in choices)
        self.energy = [[scaled_int(c.energy, max(0, places)) for c in choices] for choices in layers]
        largest = sum(max(abs(float(c.energy)) for c in choices) for choices in layers)
        self.slack = _ERROR * max(largest, self.rate * sum(int(row[-1]) for row in self.cycles))
        self.rests = self._rests()

    def value(self, picks: Picks) -> Decimal:
        """Return the exact objective of a choice for all layers."""
        return total_of(self.layers, picks).value(self.objective)

    def run(self, picks: Picks, most: int) -> tuple[Picks, float]:
        """Return the best choice that is found from one that keeps the limit, and a bound on all others.

        Parameters
        ----------
        most
            Partial choices to keep; what is dropped beyond is bounded by the second result.
        """
        limit = float(self.value(picks))
        cycles, excess = np.zeros(1, dtype=np.int64), np.zeros(1)
        # Exact, of any size: what is equal in floats need not be.
        energy = np.zeros(1, dtype=object)
        parents: list[tuple[IntArray, IntArray]] = []
        dropped = float("inf")
        for layer, rest in zip(range(len(self.layers)), self.rests[1:], strict=True):
            came, place, bound = self._extended(layer, rest, cycles, excess, limit * (1 + _SLACK))
            cycles = cycles[came] + self.cycles[layer][place]
            excess = excess[came] + self.excess[layer][place]
            energy = energy[came] + np.array(self.energy[layer], dtype=object)[place]
            kept = self._needed(cycles, excess, energy)
            if len(kept) > most:
                kept = kept[np.argsort(bound[kept], kind="stable")]
                dropped = min(dropped, float(bound[kept[most]]))
                kept = kept[:most]
            cycles, excess, energy = cycles[kept], excess[kept], energy[kept]
            parents.append((came[kept], place[kept]))
        for last in np.argsort(self._values(cycles, excess), kind="stable"):
            if self._values(cycles[last], excess[last]) > float(self.value(picks)) * (1 + _SLACK):
                break
            found = _traced(parents, int(last))
            if keeps(total_of(self.layers, found), self.power) and self.value(found) < self.value(picks):
                picks = found
        return picks, dropped

    def _extended(
        self, layer: int, rest: _Rest, cycles: IntArray, excess: FloatArray, limit: float
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """Return which partial choices go on with which choice of a layer, as far as a limit allows.

        Returns
        -------
        tuple
            The places of both, and what each costs at least.
        """
        count = len(self.cycles[layer])
        step = max(1, _CHUNK // count)
        found = []
        for begin in range(0, len(cycles), step):
            came = np.repeat(np.arange(begin, min(begin + step, len(cycles))), count)
            place = np.tile(np.arange(count), len(came) // count)
            more = cycles[came] + self.cycles[layer][place], excess[came] + self.excess[layer][place]
            bound = self._bounds(*more, rest)
            kept = bound <= limit
            found.append((came[kept], place[kept], bound[kept]))
        came, place, bound = (np.concatenate(some) for some in zip(*found, strict=True))
        return came, place, bound

    def _needed(self, cycles: IntArray, excess: FloatArray, energy: NDArray[np.object_]) -> IntArray:
        """Return which partial choices no other makes needless, by no more cycles and clearly less excess."""
        order = np.lexsort((excess, cycles))
        least = np.minimum.accumulate(excess[order])
        before = np.concatenate([[np.inf], least[:-1]])
        # Equal ones (of equal layers in another order) are the same choice.
        time, spent = cycles[order], energy[order]
        same = np.concatenate([[False], (time[1:] == time[:-1]) & (spent[1:] == spent[:-1]).astype(bool)])
        needed: IntArray = order[(excess[order] < before + self.slack) & ~same]
        return needed

    def _values(self, cycles: IntArray | FloatArray, excess: FloatArray) -> FloatArray:
        time = np.asarray(cycles, dtype=np.float64)
        return time if self.objective is Objective.LATENCY else time * (excess + self.rate * time)

    def _bounds(self, cycles: IntArray, excess: FloatArray, rest: _Rest) -> FloatArray:
        """Return what each partial choice costs at least with the rest; infinite if it exceeds the limit."""
        first = np.searchsorted(-rest.excess, excess - self.slack)
        possible = first < len(rest.cycles)
        at = np.minimum(first, len(rest.cycles) - 1)
        before = np.maximum(at - 1, 0)
        fall = rest.excess[before] - rest.excess[at]
        share = np.clip((rest.excess[before] + excess) / np.where(fall > 0, fall, 1), 0, 1)
        meets = rest.cycles[before] + np.where(fall > 0, share, 1) * (rest.cycles[at] - rest.cycles[before])
        over = np.where(first > 0, 0.0, excess + rest.excess[0])
        bound = self._values(cycles + np.where(first > 0, meets, rest.cycles[0]), over)
        if self.objective is not Objective.LATENCY:
            step = max(1, _CHUNK // len(rest.cycles))
            for begin in range(0, len(cycles), step):
                part = slice(begin, begin + step)
                corners = self._values(cycles[part, None] + rest.cycles, excess[part, None] + rest.excess)
                slower = np.arange(len(rest.cycles)) >= first[part, None]
                bound[part] = np.minimum(bound[part], np.where(slower, corners, np.inf).min(axis=1))
        return np.where(possible, bound, np.inf)

    def _rests(self) -> list[_Rest]:
        """Return for every layer the hull of all from it on, and that of none."""
        steps: list[tuple[float, float]] = []
        start = (0.0, 0.0)
        rests = [_Rest(np.zeros(1), np.zeros(1))]
        for choices, cycles, excess in zip(
            reversed(self.layers), reversed(self.cycles), reversed(self.excess), strict=True
        ):
            start = (start[0] + float(cycles[0]), start[1] + float(excess[0]))
            for one, other in pairwise(hull(choices)):
                steps.append((float(cycles[other] - cycles[one]), float(excess[other] - excess[one])))
            steps.sort(key=lambda step: step[1] / step[0])
            rests.append(
                _Rest(
                    start[0] + np.concatenate([[0.0], np.cumsum([step[0] for step in steps])]),
                    start[1] + np.concatenate([[0.0], np.cumsum([step[1] for step in steps])]),
                )
            )
        return rests[::-1]


def _traced(parents: Sequence[tuple[IntArray, IntArray]], last: int) -> Picks:
    """Return the places that led to a choice of the last layer."""
    places = []
    for came, place in reversed(parents):
        places.append(int(place[last]))
        last = int(came[last])
    return tuple(reversed(places))
