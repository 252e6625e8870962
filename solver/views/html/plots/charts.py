"""How plots look: colours, axes, hover. Bokeh is optional (`maeri-solver[report]`)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import numpy as np

from solver.views.figures import scale_of
from solver.views.html.elements import Key, Plot, Shape
from solver.views.html.require import needed
from solver.views.plots.style import DECADES_FROM

COLOURS: Mapping[str, tuple[str, str]] = {
    "optimum": ("#0b7a4b", "#41c98d"),
    "muted": ("#8a94a6", "#7b8798"),
    "text": ("#1b1f24", "#e6eaf0"),
    "label": ("#59636e", "#a3acb7"),
    "line": ("#c9d0d8", "#3d4650"),
    "grid": ("#e6e9ed", "#272d35"),
    "ground": ("#fffffe", "#171b20"),
    "series-1": ("#b4462f", "#f08a72"),
    "series-2": ("#2e6fb8", "#76aff0"),
    "series-3": ("#96690a", "#e0b04e"),
    "series-4": ("#7d46a8", "#c69be8"),
    "series-5": ("#a8346f", "#f08dbd"),
    "series-6": ("#0f7480", "#5cc4cf"),
    "series-7": ("#5f5b4e", "#b9b3a1"),
}
"""Roles, each with its colour on light and on dark ground; the script of the page swaps them."""

SERIES = tuple(role for role in COLOURS if role.startswith("series"))
MARKERS: tuple[Shape, ...] = ("square", "triangle", "diamond")
"""Told apart without colours, too; those of `elements.Key`."""

TICKS = "0,0.[000000]"
"""Ticks are round numbers; as many digits as tell them apart, and no more."""

LINEAR_TO = 10**2.2
"""Over less than this ratio Bokeh gives a logarithmic axis equidistant ticks, which leave one half bare."""

SAME = 1e-6
"""Figures that differ by less than this share are the same on an axis: points have single precision."""

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
TOOLS = "pan,box_zoom,wheel_zoom,reset"


def dark_colours() -> str:
    """Return JSON that gives for every light colour the dark one."""
    return json.dumps({light: dark for light, dark in COLOURS.values()})


def legend_colours() -> str:
    """Return the colours of the legends as CSS, for both themes."""
    light, dark = (
        ";".join(f"--key-{role}:{pair[place]}" for role, pair in COLOURS.items()) for place in (0, 1)
    )
    return f':root{{{light}}}\n:root[data-theme="dark"]{{{dark}}}'


def colour(role: str) -> str:
    """Return the colour of a role, on light ground."""
    return COLOURS[role][0]


@cache
def bokeh_script() -> str:
    """Return Bokeh's script; it holds nothing that could end a script element.

    Raises
    ------
    MissingDependencyError
        If Bokeh is not installed.
    """
    bokeh = needed("bokeh")
    path = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
    script = path.read_text(encoding="utf-8")
    return re.sub(r"</(?=script)", r"<\\/", re.sub(r"//# sourceMappingURL=\S+", "", script))


class Axis:
    """An axis of figures.

    Parameters
    ----------
    label
        What it shows.
    values
        All its figures, to find its scale.
    log
        Whether it is logarithmic; None where its figures decide: they do if they span decades.
    """

    def __init__(self, label: str, values: Sequence[float] | np.ndarray, *, log: bool | None = None) -> None:
        numbers = np.asarray(values, dtype=np.float64)
        numbers = numbers[np.isfinite(numbers)]
        least, most = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
        self.log = least > 0 and (most >= DECADES_FROM * least if log is None else log)
        by, word = scale_of(least, most)
        self.by = by
        self.label = f"{label}, {word}" if word else label
        self.least, self.most = least / by, most / by

    def place(self, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return figures in the axis' unit."""
        return np.asarray(values, dtype=np.float64) / self.by


def new_figure(x: Axis | Sequence[str], y: Axis | Sequence[str], height: int, *, small: bool = False) -> Any:
    """Return a Bokeh figure in the pages' style; an axis of names is categorical.

    A small one has no tools but the pointer, and fewer ticks.
    """
    plotting = needed("bokeh.plotting")
    models = needed("bokeh.models")
    kinds = {
        f"{name}_axis_type": "log" if isinstance(axis, Axis) and axis.log else "auto"
        for name, axis in (("x", x), ("y", y))
    }
    ranges = {f"{name}_range": _range(models, axis) for name, axis in (("x", x), ("y", y))}
    figure = plotting.figure(
        height=height, sizing_mode="stretch_width", tools=TOOLS, active_drag=None, active_scroll=None,
        toolbar_location=None if small else "above", background_fill_color=colour("ground"),
        border_fill_color=colour("ground"), outline_line_color=None, min_border_left=8, min_border_right=12,
        **kinds, **{name: given for name, given in ranges.items() if given is not None},
    )  # fmt: skip
    figure.toolbar.logo = None
    figure.toolbar.stylesheets = ["@media print { :host { display: none } }"]
    for axis, models_ in ((x, figure.xaxis), (y, figure.yaxis)):
        for drawn in models_:
            drawn.update(
                axis_line_color=colour("line"), major_tick_line_color=colour("line"),
                minor_tick_line_color=None, axis_label_text_color=colour("label"),
                major_label_text_color=colour("label"), axis_label_text_font=FONT,
                major_label_text_font=FONT, axis_label_text_font_style="normal",
                axis_label_text_font_size="12px", major_label_text_font_size="12px", axis_label_standoff=8,
            )  # fmt: skip
            if isinstance(axis, Axis):
                drawn.axis_label = axis.label
                drawn.formatter = models.NumeralTickFormatter(format=TICKS)
                drawn.ticker = _ticker(models, axis, 3 if small else 5)
    figure.grid.grid_line_color = colour("grid")
    if not isinstance(x, Axis):
        figure.xgrid.grid_line_color = None
    if not isinstance(y, Axis):
        figure.ygrid.grid_line_color = None
    return figure


def _range(models: Any, axis: Axis | Sequence[str]) -> Any:
    """Return the range of an axis, or None for what its figures need."""
    if not isinstance(axis, Axis):
        return models.FactorRange(*axis)
    # Around figures that are all the same Bokeh would magnify their rounding errors.
    same = axis.least > 0 and axis.most - axis.least <= SAME * axis.most
    return models.Range1d(0, 2 * axis.most) if same else None


def _ticker(models: Any, axis: Axis, count: int) -> Any:
    if axis.log and axis.most < LINEAR_TO * axis.least:
        mantissas = (1, 2, 5) if axis.most < 10 ** (count / 2.2) * axis.least else (1, 3)
        first, last = floor(log10(axis.least)) - 1, ceil(log10(axis.most)) + 1
        places = range(first, last + 1)
        return models.FixedTicker(
            ticks=[mantissa * 10.0**place for place in places for mantissa in mantissas]
        )
    if axis.log:
        return models.LogTicker(desired_num_ticks=count, mantissas=[1, 2, 5], num_minor_ticks=0)
    return models.BasicTicker(desired_num_ticks=count, num_minor_ticks=0)


def source(**data: Any) -> Any:
    """Return a Bokeh data source; a column named ``colour`` follows the theme."""
    return needed("bokeh.models").ColumnDataSource(data)


def hover(figure: Any, renderers: Sequence[Any], head: str, lines: Mapping[str, str], **how: Any) -> None:
    """Show a point when the pointer is on it.

    Parameters
    ----------
    renderers
        What is asked.
    head
        Column with the headline.
    lines
        Names of figures and how they are written: ``@column{0,0}`` or a column of texts. Bokeh escapes them.
    how
        Further settings of Bokeh's HoverTool.
    """
    models = needed("bokeh.models")
    cells = "".join(
        f'<span style="color:var(--label)">{html.escape(name)}</span>'
        f'<span style="text-align:right">{value}</span>'
        for name, value in lines.items()
    )
    content = (
        '<div style="margin:-5px;padding:8px 10px;background:var(--card);color:var(--text);'
        'font:12px/1.45 var(--sans);font-variant-numeric:tabular-nums;max-width:min(340px,80vw)">'
        f'<div style="font-weight:600;overflow-wrap:anywhere">@{{{head}}}</div>'
        f'<div style="display:grid;grid-template-columns:auto auto;gap:0 14px">{cells}</div></div>'
    )
    tool = models.HoverTool(
        renderers=list(renderers), tooltips=content, limit=1, visible=False, show_arrow=False, **how
    )
    figure.add_tools(tool)


def plot(title: str, figure: Any, legend: Sequence[Key] = (), note: str = "", *, wide: bool = True) -> Plot:
    """Return a figure as an element of a page."""
    bokeh = needed("bokeh")
    figure.name = title
    # What bokeh.embed.json_item gives, without its search for other documents of the figure: half the time.
    document = needed("bokeh.document").Document(title="")
    document.add_root(figure)
    item = {
        "target_id": None,
        "root_id": figure.id,
        "doc": document.to_json(deferred=False),
        "version": bokeh.__version__,
    }
    text = json.dumps(item, allow_nan=False, separators=(",", ":"))
    return Plot(title, text, figure.height, tuple(legend), note, wide)


def again(drawn: Plot) -> Plot:
    """Return a copy of a plot for the same page: its models have ids of their own there."""
    number = next(_COPIES)
    return replace(drawn, item=_ID.sub(rf'"\1":"\2-{number}"', drawn.item))


_ID = re.compile(r'"(id|root_id)":"([^"\\]+)"')
"""An id in the JSON of a plot; in texts quotes are escaped."""
_COPIES = count(1)


def marker(place: int) -> tuple[str, Shape]:
    """Return the colour role and the marker of the series at a place."""
    return SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
