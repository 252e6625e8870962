"""The plots of a sweep: heat map, scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.questions.sweep.views import FIGURES, figure_label, heat_grid
from solver.views.charts.sweep import area_charts, row_tips, scaling_chart
from solver.views.drawing.palette import contrast
from solver.views.figures import told_apart
from solver.views.html.elements import Plot
from solver.views.html.plots.chart import chart_plot, point_at, tip_columns
from solver.views.html.plots.charts import Axis, new_figure, plot, source

CELL = 46
"""Pixels from line to line of a heat map."""
LEAST, MOST = (0xE3, 0xF2, 0xEA), (0x0B, 0x7A, 0x4C)
"""Ends of a heat map's colours, the same in both themes: the least figure has the strongest."""
INKS = ("#fffffd", "#1b1f25")
"""Colours of the figures on them; the one with more contrast is taken."""


def sweep_plots(answer: SweepAnswer, rows: Sequence[SweepRow]) -> tuple[Plot, ...]:
    """Return the plots of the rows of one network and objective; all of them have figures."""
    figure = FIGURES[str(rows[0].objective)]
    charts = [scaling_chart(rows, figure), *area_charts(answer, rows)]
    return (_heat_map(rows, figure), *map(chart_plot, charts))


def _heat_map(rows: Sequence[SweepRow], figure: str) -> Plot:
    heat = heat_grid(rows, figure)
    logs = np.log10(np.maximum(heat.values, np.finfo(float).tiny))  # nothing on the array costs nothing
    least, most = float(np.nanmin(logs)), float(np.nanmax(logs))
    cells = sorted(heat.rows)
    shares = [1 - (float(logs[at]) - least) / (most - least) if most > least else 1.0 for at in cells]
    names = [[str(value) for value in values] for values in (heat.columns, heat.lines)]
    drawn = new_figure(names[0], names[1], 90 + CELL * len(heat.lines))
    drawn.xaxis.axis_label, drawn.yaxis.axis_label = heat.across, heat.down
    scale = Axis("", [float(heat.values[at]) for at in cells])
    unit = scale.label.removeprefix(", ")
    tips = row_tips([heat.rows[at] for at in cells])
    data = source(
        **tip_columns(tips),
        column=[names[0][at[1]] for at in cells],
        line=[names[1][at[0]] for at in cells],
        fill=[_shade(share) for share in shares],
        ink=[max(INKS, key=partial(contrast, _shade(share))) for share in shares],
        shown=told_apart([float(heat.values[at]) / scale.by for at in cells]),
    )
    boxes = drawn.rect("column", "line", 0.96, 0.92, fill_color="fill", line_color=None, source=data)
    drawn.text(
        "column", "line", "shown", text_color="ink", text_align="center", text_baseline="middle",
        text_font_size="12px", source=data,
    )  # fmt: skip
    point_at(drawn, boxes, tips)
    others = f" Best over {', '.join(heat.others)}." if heat.others else ""
    note = (
        f"In {unit}. The strongest colour is the least.{others}"
        if unit
        else f"The strongest colour is the least.{others}"
    )
    return plot(f"{figure_label(rows, figure).capitalize()} by size", drawn, note=note)


def _shade(share: float) -> str:
    mixed = (round(a + share * (b - a)) for a, b in zip(LEAST, MOST, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
