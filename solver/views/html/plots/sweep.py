"""The plots of a sweep: heat map, scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.questions.sweep.views import FIGURES
from solver.views.charts.heat import HeatMap, heat_map
from solver.views.charts.sweep import area_charts, scaling_chart
from solver.views.html.elements import Plot
from solver.views.html.plots.chart import chart_plot, point_at, tip_columns
from solver.views.html.plots.charts import new_figure, plot, source

CELL = 46
"""Pixels from line to line of a heat map."""


def sweep_plots(answer: SweepAnswer, rows: Sequence[SweepRow]) -> tuple[Plot, ...]:
    """Return the plots of the rows of one network and objective; all of them have figures."""
    figure = FIGURES[str(rows[0].objective)]
    charts = [scaling_chart(rows, figure), *area_charts(answer, rows)]
    return (_heat_plot(heat_map(rows, figure)), *map(chart_plot, charts))


def _heat_plot(heat: HeatMap) -> Plot:
    drawn = new_figure(heat.columns, heat.lines, 90 + CELL * len(heat.lines))
    drawn.xaxis.axis_label, drawn.yaxis.axis_label = heat.across, heat.down
    data = source(
        **tip_columns(heat.tips),
        column=[heat.columns[column] for _, column in heat.cells],
        line=[heat.lines[line] for line, _ in heat.cells],
        fill=heat.fills,
        ink=heat.inks,
        shown=heat.shown,
    )
    boxes = drawn.rect("column", "line", 0.96, 0.92, fill_color="fill", line_color=None, source=data)
    drawn.text(
        "column", "line", "shown", text_color="ink", text_align="center", text_baseline="middle",
        text_font_size="12px", source=data,
    )  # fmt: skip
    point_at(drawn, boxes, heat.tips)
    return plot(heat.title, drawn, note=heat.note)
