"""What the pictures of a mapping space show, whoever draws them (`views.plots`, `views.html.plots`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from solver.answers.exploration import Exploration, Landmark
from solver.arithmetic.arrays import IntArray
from solver.landscape.distribution import Distribution
from solver.landscape.sensitivity import Sensitivity

MARKED = ("mrna", "random")
"""Baselines that are marked in the histograms."""


@dataclass(frozen=True)
class Histogram:
    """The distribution of one figure, with what is marked in it.

    Attributes
    ----------
    label
        What the figure is, with its unit.
    shown
        Its distribution.
    optimum
        The figure of the optimum.
    marks
        Place among the baselines, name and figure of each that is marked.
    """

    label: str
    shown: Distribution
    optimum: float
    marks: tuple[tuple[int, str, float], ...]


def drawn(exploration: Exploration, most: int) -> IntArray:
    """Return which mappings are drawn: all, or so many at random."""
    every = np.arange(len(exploration.landscape))
    if len(every) <= most:
        return every
    return np.sort(np.random.default_rng(exploration.seed).choice(every, most, replace=False))


def baselines_by_point(exploration: Exploration) -> list[tuple[tuple[int, float], list[Landmark]]]:
    """Return cycles, energy and who found them: those with the same point would cover each other."""
    places: dict[tuple[int, float], list[Landmark]] = {}
    for baseline in exploration.baselines:
        places.setdefault((baseline.cycles, float(baseline.energy)), []).append(baseline)
    return list(places.items())


def histograms(exploration: Exploration) -> Iterator[Histogram]:
    """Yield the distributions of cycles, energy and EDP."""
    unit = exploration.hardware.energy_table.unit
    names = {"cycles": "cycles", "energy": f"energy ({unit})", "edp": f"EDP ({unit} × cycles)"}
    for name, label in names.items():
        marks = (
            (place, each.label, float(getattr(each, name)))
            for place, each in enumerate(exploration.baselines)
            if each.name in MARKED
        )
        best = float(getattr(exploration.optimum, name))
        yield Histogram(label, exploration.distributions[name], best, tuple(marks))


def sensitivities(exploration: Exploration) -> list[tuple[str, list[Sensitivity]]]:
    """Return the best of the objective for every size of a tile, by dimension."""
    return [(dim, list(rows)) for dim, rows in groupby(exploration.sensitivity, key=lambda row: row.dim)]
