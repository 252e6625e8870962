"""Draws bars on a page, with Bokeh."""

from __future__ import annotations

from solver.views.charts.bars import Bars
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.chart import point_at, tip_columns
from solver.views.html.plots.charts import Axis, colour, new_figure, plot, source

BAR = 26
"""Pixels from bar to bar."""
MARGIN = 74
"""Pixels of a plot beside its bars."""
ROOM = 1.28
"""Length of the axis, in longest bars, where the figure behind each bar has its place."""


def bars_plot(bars: Bars) -> Plot:
    """Return bars as an element of a page."""
    tips = {"name": bars.names[::-1], **{what: texts[::-1] for what, texts in bars.tips.items()}}
    axis = Axis(bars.across, [0.0, *bars.values], log=False)
    figure = new_figure(axis, tips["name"], MARGIN + BAR * len(bars.names))
    figure.x_range.start = 0
    data = source(
        **tip_columns(tips),
        at=axis.place(bars.values[::-1]),
        colour=[colour(role) for role in bars.colours[::-1]],
    )
    drawn = figure.hbar(y="name", right="at", height=0.7, color="colour", source=data)
    if bars.behind:
        figure.x_range.end = axis.most * ROOM
        figure.text(
            x="at", y="name", text=bars.behind, source=data, x_offset=5, text_baseline="middle",
            text_font_size="12px", text_color=colour("text"),
        )  # fmt: skip
    point_at(figure, drawn, tips)
    return plot(bars.title, figure, [Key(words, role, "bar") for words, role in bars.legend], bars.note)
