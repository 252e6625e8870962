"""The plots of a mapping space: every mapping, distributions, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from solver.answers.exploration import Exploration, Landmark
from solver.landscape.landscape import Landscape
from solver.views import figures
from solver.views.certificate import NAMES
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.charts import Axis, colour, hover, marker, new_figure, plot, source
from solver.views.space_picture import baselines_by_point, drawn, histograms, sensitivities

MOST_POINTS = 60_000
"""Points that a page holds; of more, these many at random."""
SHOWN = {"mapping": "@mapping", "cycles": "@cycles", "energy": "@energy", "ratio to the optimum": "@ratio"}


def scatter_plot(exploration: Exploration) -> Plot:
    """Return every mapping by cycles and energy, with optimum, front and baselines."""
    landscape, unit = exploration.landscape, exploration.hardware.energy_table.unit
    some = drawn(exploration, MOST_POINTS)
    cycles, energy = landscape.cycles[some], landscape.energy[some]
    marks = [exploration.optimum, *exploration.baselines, *exploration.front]
    x = Axis("cycles", [*cycles, *(mark.cycles for mark in marks)])
    y = Axis(f"energy ({unit})", [*energy, *(float(mark.energy) for mark in marks)])
    figure = new_figure(x, y, 460)
    choice = len(landscape.forms) > 1
    data = source(
        x=x.place(cycles).astype(np.float32),
        y=y.place(energy).astype(np.float32),
        cycles=cycles.astype(np.float64),
        energy=energy,
        mapping=[_words(landscape, int(i), choice=choice) for i in some],
        switches=landscape.properties["switches"][some].astype(np.float64),
    )
    cloud = figure.scatter("x", "y", size=4, color=colour("muted"), alpha=0.45, line_color=None, source=data)
    lines = {"cycles": "@cycles{0,0}", "energy": f"@energy{{0,0.[00]}} {unit}"}
    hover(figure, [cloud], "mapping", lines | {"switches in use": "@switches{0,0}"})
    legend = [Key("a mapping", "muted")]
    if exploration.front:
        front = _landmarks(exploration.front, x, y, unit)
        figure.step("x", "y", mode="after", color=colour("optimum"), line_width=1.5, source=front)
        points = figure.scatter("x", "y", size=6, color=colour("optimum"), source=front)
        hover(figure, [points], "name", SHOWN)
        legend.append(Key("Pareto front", "optimum", "line"))
    for place, (_, there) in enumerate(baselines_by_point(exploration)):
        role, shape = marker(place)
        points = figure.scatter(
            "x", "y", size=9, marker=shape, color=colour(role), line_color=colour("ground"),
            source=_landmarks(there, x, y, unit),
        )  # fmt: skip
        hover(figure, [points], "name", SHOWN)
        names = ", ".join(each.label for each in there)
        legend.append(Key(f"{names}, {there[0].ratio:.3g}×", role, shape))
    points = figure.scatter(
        "x", "y", size=18, marker="star", color=colour("optimum"), line_color=colour("ground"),
        source=_landmarks([exploration.optimum], x, y, unit),
    )  # fmt: skip
    hover(figure, [points], "name", SHOWN)
    legend.insert(1, Key(exploration.optimum.name, "optimum", "star"))
    kind = "sampled" if exploration.sampled else "legal"
    title = f"All {figures.integer(len(landscape))} {kind} mappings"
    note = ""
    if len(some) < len(landscape):
        note = f"{figures.integer(len(some))} of them, drawn at random, are shown; the CSV file has all."
    return plot(title, figure, legend, note)


def _words(landscape: Landscape, index: int, *, choice: bool) -> str:
    mapping = str(landscape.mapping(index))
    return f"{mapping}, {landscape.form(index)}" if choice else mapping


def _landmarks(landmarks: Sequence[Landmark], x: Axis, y: Axis, unit: str) -> Any:
    return source(
        x=x.place([mark.cycles for mark in landmarks]),
        y=y.place([float(mark.energy) for mark in landmarks]),
        name=[mark.label for mark in landmarks],
        mapping=[mark.mapping for mark in landmarks],
        cycles=[figures.integer(mark.cycles) for mark in landmarks],
        energy=[f"{figures.amount(mark.energy)} {unit}" for mark in landmarks],
        ratio=[f"{mark.ratio:.4g}" for mark in landmarks],
    )


def histogram_plots(exploration: Exploration) -> tuple[Plot, ...]:
    """Return how cycles, energy and EDP are distributed, with the optimum and two baselines."""
    found = []
    for each in histograms(exploration):
        shown, edges = each.shown, np.array(each.shown.edges)
        x = Axis(each.label, [*edges, each.optimum])
        y = Axis("mappings", [0, *shown.counts], log=False)
        figure = new_figure(x, y, 210, small=True)
        figure.y_range.start = 0
        data = source(
            left=x.place(edges[:-1]),
            right=x.place(edges[1:]),
            top=y.place(shown.counts),
            what=[f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(edges)],
            mappings=[figures.integer(count) for count in shown.counts],
        )
        bars = figure.quad(
            left="left", right="right", top="top", bottom=0, color=colour("muted"),
            line_color=colour("ground"), line_width=0.5, source=data,
        )  # fmt: skip
        hover(figure, [bars], "what", {"mappings": "@mappings"})
        legend = [Key(exploration.optimum.name, "optimum", "line")]
        top = float(y.place([max(shown.counts)])[0])
        _upright(figure, x.place([each.optimum])[0], top, "optimum", "solid")
        for place, name, value in each.marks:
            role, _ = marker(place)
            _upright(figure, x.place([value])[0], top, role, "dashed")
            legend.append(Key(name, role, "line"))
        found.append(plot(f"Distribution of {each.label.split(' (')[0]}", figure, legend))
    return tuple(found)


def _upright(figure: Any, at: float, top: float, role: str, dash: str) -> None:
    figure.segment([at], [0], [at], [top], color=colour(role), line_width=2, line_dash=dash)


def sensitivity_plots(exploration: Exploration) -> tuple[Plot, ...]:
    """Return for every tile dimension the best value of the objective at each of its sizes."""
    found = []
    objective = NAMES[exploration.objective]
    for dim, rows in sensitivities(exploration):
        x = Axis(dim, [row.value for row in rows])
        y = Axis("times the optimum", [row.ratio for row in rows])
        figure = new_figure(x, y, 170, small=True)
        data = source(
            x=x.place([row.value for row in rows]),
            y=y.place([row.ratio for row in rows]),
            name=[f"{dim} = {row.value}" for row in rows],
            mapping=[row.mapping for row in rows],
            ratio=[f"{row.ratio:.4g}" for row in rows],
            count=[figures.integer(row.count) for row in rows],
        )
        figure.line("x", "y", color=colour("optimum"), source=data)
        points = figure.scatter("x", "y", size=6, color=colour("optimum"), source=data)
        hover(
            figure, [points], "name",
            {"best mapping": "@mapping", f"{objective}, times the optimum": "@ratio", "mappings": "@count"},
        )  # fmt: skip
        found.append(plot(dim, figure, wide=False))
    return tuple(found)
