"""A mapping space: every mapping, distributions, and what each tile size costs at least."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from solver.answers.exploration import Exploration, Landmark
from solver.views import figures
from solver.views.certificate import NAMES
from solver.views.charts.chart import Chart, Series, Shape, Upright

MARKED = ("mrna", "random")
"""Baselines that are marked in the histograms."""


def scatter_chart(exploration: Exploration, most: int) -> Chart:
    """Return mappings by cycles and energy, `most` at random, with front, baselines and optimum."""
    landscape, unit = exploration.landscape, exploration.hardware.energy_table.unit
    some = np.arange(len(landscape))
    if len(some) > most:
        some = np.sort(np.random.default_rng(exploration.seed).choice(some, most, replace=False))
    choice = len(landscape.forms) > 1
    mappings = (str(landscape.mapping(int(i))) for i in some)
    cycles, energy = landscape.cycles[some], landscape.energy[some]
    cloud = Series(
        "a mapping", cycles, energy, "muted", size=3.5, alpha=0.4,
        tips={
            "mapping": [
                f"{words}, {landscape.form(int(i))}" if choice else words
                for i, words in zip(some, mappings, strict=True)
            ],
            "cycles": cycles.astype(np.float64),
            f"energy ({unit})": energy,
            "switches in use": landscape.properties["switches"][some].astype(np.float64),
        },
    )  # fmt: skip

    def series(name: str, marks: Sequence[Landmark], colour: str | int, shape: Shape | int, size: float,
               *, front: bool = False) -> Series:  # fmt: skip
        return Series(
            name,
            [mark.cycles for mark in marks],
            [float(mark.energy) for mark in marks],
            colour,
            shape,
            size,
            join="steps" if front else "",
            apart=not front,
            tips={
                "name": [mark.label for mark in marks],
                "mapping": [mark.mapping for mark in marks],
                "cycles": [figures.integer(mark.cycles) for mark in marks],
                "energy": [f"{figures.amount(mark.energy)} {unit}" for mark in marks],
                "ratio to the optimum": [f"{mark.ratio:.4g}" for mark in marks],
            },
        )

    drawn = [cloud]
    if exploration.front:
        drawn.append(series("Pareto front", exploration.front, "optimum", "dot", 6, front=True))
    places: dict[tuple[int, float], list[Landmark]] = {}
    for baseline in exploration.baselines:  # those with the same point would cover each other
        places.setdefault((baseline.cycles, float(baseline.energy)), []).append(baseline)
    for place, there in enumerate(places.values()):
        names = ", ".join(each.label for each in there)
        drawn.append(series(f"{names}, {there[0].ratio:.3g}×", there, place, place, 10))
    best = exploration.optimum
    drawn.append(series(f"{best.name}: {best.mapping.split(' | ')[0]}", [best], "optimum", "star", 18))
    kind = "sampled" if exploration.sampled else "legal"
    note = f"{figures.integer(len(some))} of them, drawn at random, are shown; the CSV file has all."
    return Chart(
        f"All {figures.integer(len(landscape))} {kind} mappings",
        "cycles",
        f"energy ({unit})",
        drawn,
        height=460,
        note=note if len(some) < len(landscape) else "",
    )


def histogram_charts(exploration: Exploration) -> list[Chart]:
    """Return how cycles, energy and EDP are distributed, with the optimum and two baselines."""
    unit = exploration.hardware.energy_table.unit
    names = {"cycles": "cycles", "energy": f"energy ({unit})", "edp": f"EDP ({unit} × cycles)"}
    found = []
    for name, label in names.items():
        shown, best = exploration.distributions[name], exploration.optimum
        tips = {
            "what": [f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(shown.edges)],
            "mappings": [figures.integer(count) for count in shown.counts],
        }
        bars = Series("", shown.edges, shown.counts, "muted", join="bars", tips=tips)
        lines = [
            Upright(each.label, float(getattr(each, name)), place)
            for place, each in enumerate(exploration.baselines)
            if each.name in MARKED
        ]
        own = Upright(best.name, float(getattr(best, name)), "optimum", dashed=False)
        title = f"Distribution of {label.split(' (')[0]}"
        found.append(Chart(title, label, "mappings", [bars], [own, *lines], height=210, small=True))
    return found


def sensitivity_charts(exploration: Exploration) -> list[Chart]:
    """Return for every tile dimension the best value of the objective at each of its sizes."""
    found = []
    for loop, group in groupby(exploration.sensitivity, key=lambda row: row.loop):
        rows = list(group)
        name = f"T_{loop}"
        line = Series(
            "",
            [row.size for row in rows],
            [row.ratio for row in rows],
            size=6,
            join="line",
            tips={
                "size": [f"{name} = {row.size}" for row in rows],
                "best mapping": [str(row.mapping) for row in rows],
                f"{NAMES[exploration.objective]}, times the optimum": [f"{row.ratio:.4g}" for row in rows],
                "mappings": [figures.integer(row.count) for row in rows],
            },
        )
        found.append(Chart(name, name, "times the optimum", [line], height=170, small=True))
    return found
