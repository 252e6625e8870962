"""Draws a chart on a page, with Bokeh."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.views.charts.chart import Chart, Series, Shape
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.charts import MARKERS, SERIES, Axis, colour, hover, new_figure, plot, source

MANY = 1000
"""Points from which a series is kept in single precision, so that a page stays small."""


def chart_plot(chart: Chart) -> Plot:
    """Return a chart as an element of a page.

    Raises
    ------
    MissingDependencyError
        If Bokeh is not installed.
    """
    at, heights = chart.ends()
    names = [str(size) for size in chart.sizes]
    x, y = Axis(chart.across, at), Axis(chart.up, heights, log=False if chart.bars else None)
    figure = new_figure(names or x, y, chart.height, small=chart.small)
    if names:
        figure.xaxis.axis_label = chart.across
    if chart.bars:
        figure.y_range.start = 0
    for each in chart.series:
        _draw(figure, each, x, y, named=bool(names))
    top = y.most
    for line in chart.uprights:
        role, dash = _role(line.colour), "dashed" if line.dashed else "solid"
        place = x.place([line.at])
        if chart.bars:
            figure.segment(place, [0], place, [top], color=colour(role), line_width=2, line_dash=dash)
        else:
            figure.vspan(x=place, color=colour(role), line_dash=dash)
    legend = [Key(each.name, _role(each.colour), _key(each)) for each in chart.series if each.name]
    legend += [Key(line.name, _role(line.colour), "line") for line in chart.uprights]
    return plot(chart.title, figure, legend, chart.note, wide=not chart.small or chart.bars)


def _draw(figure: Any, each: Series, x: Axis, y: Axis, *, named: bool) -> None:
    ink = colour(_role(each.colour))
    tips = tip_columns(each.tips)
    if each.join == "bars":
        edges = x.place(each.x)
        data = source(left=edges[:-1], right=edges[1:], top=y.place(each.y), **tips)
        drawn = figure.quad(
            left="left", right="right", top="top", bottom=0, color=ink, line_color=colour("ground"),
            line_width=0.5, source=data,
        )  # fmt: skip
    else:
        kind = np.float32 if len(each.x) > MANY else np.float64
        at = [str(value) for value in each.x] if named else x.place(each.x).astype(kind)
        data = source(x=at, y=y.place(each.y).astype(kind), **tips)
        if each.join == "steps":
            figure.step(
                "x", "y", mode="after", color=ink, alpha=each.alpha, line_width=each.width, source=data
            )
        elif each.join:
            figure.line("x", "y", color=ink, alpha=each.alpha, line_width=each.width, source=data)
        if each.shape == "":
            return
        shape = _shape(each)
        drawn = figure.scatter(
            "x", "y", size=each.size, marker="circle" if shape == "dot" else shape, color=ink,
            alpha=each.alpha, line_color=colour("ground") if each.apart else None, source=data,
        )  # fmt: skip
    if tips:
        point_at(figure, drawn, each.tips)


def tip_columns(tips: Mapping[str, Any]) -> dict[str, Any]:
    """Return tips as columns of a data source, in their order."""
    return {re.sub(r"\W+", "_", name): shown for name, shown in tips.items()}


def point_at(figure: Any, drawn: Any, tips: Mapping[str, Any]) -> None:
    """Show tips, whose `tip_columns` the data of what is drawn have, when the pointer is on it."""
    head, *columns = tip_columns(tips)
    forms = ("{0,0.[00]}" if isinstance(shown, np.ndarray) else "" for shown in [*tips.values()][1:])
    cells = (f"@{{{column}}}{form}" for column, form in zip(columns, forms, strict=True))
    hover(figure, [drawn], head, dict(zip([*tips][1:], cells, strict=True)))


def _role(given: str | int) -> str:
    return SERIES[given % len(SERIES)] if isinstance(given, int) else given


def _shape(each: Series) -> Shape:
    if isinstance(each.shape, int):
        return MARKERS[each.shape % len(MARKERS)]
    return each.shape or "line"


def _key(each: Series) -> Shape:
    return "bar" if each.join == "bars" else "line" if each.join else _shape(each)
