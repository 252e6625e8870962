"""Plots of a sweep: heat maps, scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.files import usable_name
from solver.questions.sweep.views import FIGURES
from solver.views.charts import heat as charts
from solver.views.charts.sweep import area_charts, scaling_chart
from solver.views.plots.answers import ASIDE
from solver.views.plots.chart import draw
from solver.views.plots.style import new_figure, titled

KINDS = ("heatmap", "scaling", "area")
WIDE, HIGH = 0.96, 0.92
"""Width and height of a cell, in cells."""


def plot_names(networks: Iterable[str], objectives: Iterable[object]) -> tuple[str, ...]:
    """Return the names of the plots of a sweep, known before it runs."""
    objectives = list(objectives)
    return tuple(
        f"{kind}_{usable_name(network)}_{objective}"
        for network in networks
        for objective in objectives
        for kind in KINDS
    )


def sweep_plots(answer: SweepAnswer) -> dict[str, Any]:
    """Return the plots of a sweep as matplotlib figures by name, three for every network and objective.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    plots: dict[str, Any] = {}
    pairs = dict.fromkeys((row.network, row.objective) for row in answer.rows)
    for network, objective in pairs:
        rows = [row for row in answer.rows if (row.network, row.objective) == (network, objective)]
        rows = [row for row in rows if row.figures is not None]
        if not rows:
            continue
        figure = FIGURES[str(objective)]
        drawn = {
            "heatmap": heat_map(rows, figure),
            "scaling": scaling_curves(rows, figure),
            "area": area_fronts(answer, rows),
        }
        plots |= {f"{kind}_{usable_name(network)}_{objective}": plot for kind, plot in drawn.items() if plot}
    return plots


def heat_map(rows: Sequence[SweepRow], figure: str) -> Any:
    """Return the figure over the two parameters with most values, the best over the others."""
    heat = charts.heat_map(rows, figure)
    plot, axes = new_figure(1.6 + 1.05 * len(heat.columns), 1.8 + 0.62 * len(heat.lines))
    axes.grid(False)
    for (line, column), fill, ink, words in zip(heat.cells, heat.fills, heat.inks, heat.shown, strict=True):
        axes.bar(column, HIGH, WIDE, line - HIGH / 2, color=fill)
        axes.text(column, line, words, ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(heat.columns)), heat.columns)
    axes.set_yticks(range(len(heat.lines)), heat.lines)
    ends = {"xlim": (-0.6, len(heat.columns) - 0.4), "ylim": (-0.6, len(heat.lines) - 0.4)}
    axes.set(xlabel=heat.across, ylabel=heat.down, **ends)
    titled(plot, f"{rows[0].network}. {heat.title}. {heat.note}", 10)
    return plot


def scaling_curves(rows: Sequence[SweepRow], figure: str) -> Any:
    """Return the figure against the number of switches, a curve for every combination of the rest."""
    plot, axes = new_figure(8, 4.6)
    axes.set_title(rows[0].network)
    draw(axes, scaling_chart(rows, figure), legend={**ASIDE, "fontsize": 8})
    return plot


def area_fronts(answer: SweepAnswer, rows: Sequence[SweepRow]) -> Any:
    """Return cycles and energy against area with their Pareto fronts, or None without areas."""
    charts = area_charts(answer, rows)
    if not charts:
        return None
    plot, both = new_figure(11, 4.4, columns=2)
    for axes, chart in zip(both, charts, strict=True):
        draw(axes, chart)
    named = max((axes.get_legend_handles_labels() for axes in both), key=lambda found: len(found[1]))
    plot.legend(*named, loc="outside lower center", ncols=2, frameon=False, scatteryoffsets=[0.5])
    titled(plot, f"{rows[0].network}, least {rows[0].objective} (labels: num_ms/dn_bw/rn_bw)")
    return plot
