"""Draws charts into files, with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.tables import require
from solver.views.charts.chart import Chart, Series
from solver.views.plots.style import (
    BASELINE_COLOURS,
    MARKERS,
    MUTED,
    OPTIMUM,
    label_points,
    readable_scale,
    set_apart,
)

COLOURS = {"optimum": OPTIMUM, "muted": MUTED}
SHAPES = {"dot": "o", "triangle": "^", "square": "s", "diamond": "D", "star": "*", "": ""}
POINTS = 0.68
"""Points of a marker in print that is a pixel wide on a page."""
MANY = 1000
"""Points from which a series is drawn as pixels and without edges, so that a vector file stays small."""


def draw(axes: Any, chart: Chart, *, size: float = 7, legend: Mapping[str, Any] | None = None) -> None:
    """Draw a chart.

    Parameters
    ----------
    axes
        Of matplotlib.
    chart
        What it shows; its title is not written.
    size
        Of letters beside points.
    legend
        How matplotlib is asked for one; markers are moved apart in what room it leaves.
    """
    drawn = [_draw(axes, each, 3 + place / 10) for place, each in enumerate(chart.series)]
    for line in chart.uprights:
        style = "--" if line.dashed else "-"
        axes.axvline(line.at, color=_colour(line.colour), linewidth=1.6, linestyle=style, label=line.name)
    axes.set(xlabel=chart.across, ylabel=chart.up)
    if chart.sizes:
        axes.set_xscale("log", base=2)
        axes.set_xticks(chart.sizes, [str(value) for value in chart.sizes])
        axes.minorticks_off()
    else:
        readable_scale(axes, "x")
    if not chart.bars:
        readable_scale(axes, "y")
    named = [
        (words, float(x), float(y))
        for each in chart.series
        for words, x, y in zip(each.words, each.x, each.y, strict=False)
        if words
    ]
    if named:
        axes.margins(0.13)
        label_points(axes, named, size=size)
    if legend is not None:
        axes.legend(**legend)
    _move_apart(axes, [(each, mark) for each, mark in zip(chart.series, drawn, strict=True) if each.apart])


def _draw(axes: Any, each: Series, order: float) -> Any:
    ink = _colour(each.colour)
    common: dict[str, Any] = {"label": each.name or "_", "zorder": order}
    if each.join == "bars":
        edges = np.asarray(each.x)
        return axes.bar(edges[:-1], each.y, np.diff(edges), align="edge", color=ink, linewidth=0)
    shape = MARKERS[each.shape % len(MARKERS)] if isinstance(each.shape, int) else SHAPES[each.shape]
    if each.join:
        steps = {"drawstyle": "steps-post"} if each.join == "steps" else {}
        hollow = {"markerfacecolor": "none"} if isinstance(each.shape, int) else {}
        return axes.plot(
            each.x, each.y, "-", marker=shape, color=ink, linewidth=each.width, alpha=each.alpha,
            markersize=POINTS * each.size, **steps, **hollow, **common,
        )  # fmt: skip
    edge: dict[str, Any] = {"linewidths": 0} if len(each.x) > MANY else {}
    if each.apart:
        edge = {"edgecolors": "white", "linewidths": 0.8}
    return axes.scatter(
        each.x, each.y, s=(POINTS * each.size) ** 2, marker=shape, color=ink, alpha=each.alpha,
        rasterized=len(each.x) > MANY, **edge, **common,
    )  # fmt: skip


def _colour(given: str | int) -> str:
    return BASELINE_COLOURS[given % len(BASELINE_COLOURS)] if isinstance(given, int) else COLOURS[given]


def _move_apart(axes: Any, marks: list[tuple[Series, Any]]) -> None:
    """Move markers that others would cover, with a line to where they belong; the last one stays."""
    if not marks:
        return
    transforms = require("matplotlib.transforms", "plot", "a plot")
    scale = axes.figure.dpi_scale_trans
    marks = [marks[-1], *marks[:-1]]
    moves = set_apart(axes, [(float(each.x[0]), float(each.y[0])) for each, _ in marks])
    for (each, mark), (right, up) in zip(marks, moves, strict=True):
        if (right, up) != (0, 0):
            move = transforms.ScaledTranslation(right / 72, up / 72, scale)
            mark.set_offset_transform(axes.transData + move)
            line = {"arrowstyle": "-", "color": _colour(each.colour), "linewidth": 0.9, "shrinkB": 0}
            how = {"textcoords": "offset points", "annotation_clip": False, "zorder": 2.9}
            axes.annotate("", (each.x[0], each.y[0]), (right, up), arrowprops=line, **how)
