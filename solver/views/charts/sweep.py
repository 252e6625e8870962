"""The rows of a sweep: scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.questions.sweep.views import AXES, figure_label, scaling, values_of
from solver.views import figures
from solver.views.charts.chart import Chart, Series
from solver.views.charts.design import accelerator_words, area_words

WIDE, THIN = 4.5, 1.0
"""Width of the first curve of a plot, and of the last."""


def row_tips(rows: Sequence[SweepRow]) -> dict[str, list[str]]:
    """Return what the pointer shows of rows."""
    table = rows[0].hardware.energy_table
    found = [(row, row.figures) for row in rows]
    return {
        "name": [accelerator_words(row.hardware) for row in rows],
        "cycles": [figures.integer(cost.cycles) if cost else "" for _, cost in found],
        "energy": [f"{figures.amount(cost.energy)} {table.unit}" if cost else "" for _, cost in found],
        "EDP": [figures.product(cost.edp) if cost else "" for _, cost in found],
        "area": [area_words(row.area, row.hardware) for row in rows],
        "power": ["" if row.power is None else f"{figures.amount(row.power)} per cycle" for row in rows],
        "utilization": [
            figures.percent(cost.utilization(row.hardware)) if cost else "" for row, cost in found
        ],
        "status": [row.status for row in rows],
    }


def scaling_chart(rows: Sequence[SweepRow], figure: str) -> Chart:
    """Return the figure against the number of switches, a curve for every combination of the rest."""
    label = figure_label(rows, figure)
    series = []
    for place, (words, some) in enumerate(scaling(rows).items()):
        some = sorted(some, key=lambda row: row.hardware.num_ms)
        # Curves often coincide: the first are the widest and lie below, so that each is seen.
        series.append(
            Series(
                words or label,
                [row.hardware.num_ms for row in some],
                [float(row.record()[figure]) for row in some],
                place - 1 if place else "optimum",
                place,
                max(6.0, 13.0 - 2 * place),
                join="line",
                width=max(THIN, WIDE - place),
                tips=row_tips(some),
            )
        )
    title = f"{figures.heading(label)} by the number of switches"
    sizes = values_of(rows, "num_ms")
    return Chart(title, AXES["num_ms"], label, series, sizes=sizes, height=340)


def area_charts(answer: SweepAnswer, rows: Sequence[SweepRow]) -> list[Chart]:
    """Return cycles and energy against area with their Pareto fronts; none without areas."""
    rows = [row for row in rows if row.area is not None]
    return [_area_chart(answer, rows, figure) for figure in ("cycles", "energy")] if rows else []


def _area_chart(answer: SweepAnswer, rows: Sequence[SweepRow], figure: str) -> Chart:
    front = answer.front(rows[0].network, rows[0].objective, figure)
    on_front = {id(row) for row in front}

    def at(some: Sequence[SweepRow]) -> tuple[list[float], list[float]]:
        return [float(row.area or 0) for row in some], [float(row.record()[figure]) for row in some]

    series = []
    if others := [row for row in rows if id(row) not in on_front]:
        series.append(Series("other accelerators", *at(others), "muted", alpha=0.7, tips=row_tips(others)))
    sizes = [f"{row.hardware.num_ms}/{row.hardware.dn_bw}/{row.hardware.rn_bw}" for row in front]
    series.append(Series("Pareto front", *at(front), size=8, join="steps", tips=row_tips(front), words=sizes))
    unit = rows[0].hardware.energy_table.area_unit
    return Chart(f"Area and {figure}", f"area ({unit})", figure_label(rows, figure), series, height=340)
