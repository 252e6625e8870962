"""Bars of multiples: how many times the best each of several things costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solver.views.html.elements import Plot
from solver.views.html.plots.charts import Axis, colour, hover, new_figure, plot, source

BAR = 26
"""Pixels from bar to bar."""
MARGIN = 74
"""Pixels of a plot beside its bars."""
ROOM = 1.28
"""Length of the axis, in longest bars: the figure behind each bar has its place."""


def ratio_bars(
    title: str,
    label: str,
    names: Sequence[str],
    ratios: Sequence[float],
    shown: Sequence[str],
    own: str,
    lines: Mapping[str, Sequence[str]],
) -> Plot:
    """Return the bars, the first name at the top.

    Parameters
    ----------
    title, label
        Of the plot, and of the axis.
    names, ratios, shown
        What each bar is, its length, and how that is written behind it.
    own
        The name whose bar has the accent.
    lines
        What the pointer shows of each, by title.
    """
    order = range(len(names) - 1, -1, -1)
    axis = Axis(label, [0.0, *ratios], log=False)
    figure = new_figure(axis, [names[i] for i in order], MARGIN + BAR * len(names))
    figure.x_range.start, figure.x_range.end = 0, max([1.0, *ratios]) * ROOM
    keys = {what: f"line_{place}" for place, what in enumerate(lines)}
    if "mapping" in lines:
        keys["mapping"] = "mapping"
    data = source(
        name=[names[i] for i in order],
        ratio=[ratios[i] for i in order],
        shown=[shown[i] for i in order],
        colour=[colour("optimum" if names[i] == own else "muted") for i in order],
        **{keys[what]: [texts[i] for i in order] for what, texts in lines.items()},
    )
    bars = figure.hbar(y="name", right="ratio", height=0.7, color="colour", source=data)
    figure.text(
        x="ratio", y="name", text="shown", source=data, x_offset=5, text_baseline="middle",
        text_font_size="12px", text_color=colour("text"),
    )  # fmt: skip
    hover(figure, [bars], "name", {what: f"@{key}" for what, key in keys.items()} | {"ratio": "@shown"})
    return plot(title, figure)
