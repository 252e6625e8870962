"""The plots of a sweep: heat map, scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.questions.sweep.views import AXES, FIGURES, figure_label, heat_grid, scaling, values_of
from solver.views import figures
from solver.views.drawing.palette import contrast
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.charts import SERIES, Axis, colour, hover, new_figure, plot, source
from solver.views.html.tables import plain
from solver.views.text.design import sizes_words

LINES = {
    "cycles": "@cycles", "energy": "@energy", "EDP": "@edp", "area": "@area", "power": "@power",
    "utilization": "@used", "status": "@status",
}  # fmt: skip
CELL = 46
"""Pixels from line to line of a heat map."""
LEAST, MOST = (0xE3, 0xF2, 0xEA), (0x0B, 0x7A, 0x4C)
"""Ends of a heat map's colours, the same in both themes: the least figure has the strongest."""
INKS = ("#fffffd", "#1b1f25")
"""Colours of the figures on them; the one with more contrast is taken."""


def sweep_plots(answer: SweepAnswer, rows: Sequence[SweepRow]) -> tuple[Plot, ...]:
    """Return the plots of the rows of one network and objective; all of them have figures."""
    figure = FIGURES[str(rows[0].objective)]
    plots = [_heat_map(rows, figure), _scaling(rows, figure)]
    if any(row.area is not None for row in rows):
        plots += [_front(answer, rows, "cycles"), _front(answer, rows, "energy")]
    return tuple(plots)


def _data(rows: Sequence[SweepRow], **more: Any) -> Any:
    """Return what the pointer shows of rows, with further columns."""
    unit = rows[0].hardware.energy_table
    return source(
        name=[plain(sizes_words(row.hardware)) for row in rows],
        cycles=[figures.integer(row.figures.cycles) if row.figures else "" for row in rows],
        energy=[f"{figures.amount(row.figures.energy)} {unit.unit}" if row.figures else "" for row in rows],
        edp=[figures.product(row.figures.edp) if row.figures else "" for row in rows],
        area=[
            "not known" if row.area is None else f"{figures.integer(round(row.area))} {unit.area_unit}"
            for row in rows
        ],
        power=["" if row.power is None else f"{figures.amount(row.power)} per cycle" for row in rows],
        used=[figures.percent(row.figures.utilization(row.hardware)) if row.figures else "" for row in rows],
        status=[row.status for row in rows],
        **more,
    )


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
    data = _data(
        [heat.rows[at] for at in cells],
        column=[names[0][at[1]] for at in cells],
        line=[names[1][at[0]] for at in cells],
        fill=[_shade(share) for share in shares],
        ink=[max(INKS, key=partial(contrast, _shade(share))) for share in shares],
        shown=[_short(float(heat.values[at]) / scale.by) for at in cells],
    )
    boxes = drawn.rect("column", "line", 0.96, 0.92, fill_color="fill", line_color=None, source=data)
    drawn.text(
        "column", "line", "shown", text_color="ink", text_align="center", text_baseline="middle",
        text_font_size="12px", source=data,
    )  # fmt: skip
    hover(drawn, [boxes], "name", LINES)
    others = f" Best over {', '.join(heat.others)}." if heat.others else ""
    note = (
        f"In {unit}. The strongest colour is the least.{others}"
        if unit
        else f"The strongest colour is the least.{others}"
    )
    return plot(f"{figure_label(rows, figure).capitalize()} by size", drawn, note=note)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _shade(share: float) -> str:
    mixed = (round(a + share * (b - a)) for a, b in zip(LEAST, MOST, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _scaling(rows: Sequence[SweepRow], figure: str) -> Plot:
    label = figure_label(rows, figure)
    switches = [str(value) for value in values_of(rows, "num_ms")]
    y = Axis(label, [float(row.record()[figure]) for row in rows])
    drawn = new_figure(switches, y, 340)
    drawn.xaxis.axis_label = AXES["num_ms"]
    legend, points = [], []
    for place, (words, some) in enumerate(scaling(rows).items()):
        some = sorted(some, key=lambda row: row.hardware.num_ms)
        role = SERIES[place % len(SERIES)] if place else "optimum"
        data = _data(
            some,
            x=[str(row.hardware.num_ms) for row in some],
            y=y.place([float(row.record()[figure]) for row in some]),
        )
        dash = "solid" if place < len(SERIES) + 1 else "dashed"
        drawn.line("x", "y", color=colour(role), line_width=1.6, line_dash=dash, source=data)
        points.append(drawn.scatter("x", "y", size=7, color=colour(role), source=data))
        legend.append(Key(words or label, role, "line"))
    hover(drawn, points, "name", LINES)
    return plot(f"{label.capitalize()} by the number of switches", drawn, legend)


def _front(answer: SweepAnswer, rows: Sequence[SweepRow], figure: str) -> Plot:
    rows = [row for row in rows if row.area is not None]
    unit = rows[0].hardware.energy_table.area_unit
    front = answer.front(rows[0].network, rows[0].objective, figure)
    on_front = {id(row) for row in front}
    x = Axis(f"area ({unit})", [float(row.area or 0) for row in rows])
    y = Axis(figure_label(rows, figure), [float(row.record()[figure]) for row in rows])
    drawn = new_figure(x, y, 340)

    def placed(some: Sequence[SweepRow]) -> Any:
        return _data(
            some,
            x=x.place([float(row.area or 0) for row in some]),
            y=y.place([float(row.record()[figure]) for row in some]),
        )

    others = [row for row in rows if id(row) not in on_front]
    points = []
    if others:
        points.append(
            drawn.scatter("x", "y", size=7, color=colour("muted"), alpha=0.7, source=placed(others))
        )
    data = placed(front)
    drawn.step("x", "y", mode="after", color=colour("optimum"), line_width=1.5, source=data)
    points.append(drawn.scatter("x", "y", size=9, color=colour("optimum"), source=data))
    hover(drawn, points, "name", LINES)
    legend = (Key("Pareto front", "optimum", "line"), Key("other accelerators", "muted"))
    return plot(f"Area and {figure}", drawn, legend)
