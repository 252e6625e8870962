"""Plots of designs, latency-energy fronts and mapping spaces."""

from __future__ import annotations

from typing import Any

from solver.answers.design import DesignAnswer
from solver.answers.exploration import Exploration
from solver.answers.front import ParetoFront
from solver.views.certificate import NAMES
from solver.views.charts.chart import Chart
from solver.views.charts.design import accelerator_words, design_chart
from solver.views.charts.explore import histogram_charts, scatter_chart, sensitivity_charts
from solver.views.charts.front import front_chart
from solver.views.figures import counted
from solver.views.plots.chart import draw
from solver.views.plots.style import MUTED, new_figure, titled

FEW = 6
"""Values of a tile size that are all labelled."""
MOST_POINTS = 200_000
"""Points that a scatter plot draws; of more, these many at random."""
ASIDE = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
"""Where a legend beside its axes stands."""


def design_plot(answer: DesignAnswer) -> Any:
    """Return the accelerators of a design as a matplotlib figure: value or proved bound against area.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    figure, axes = new_figure(7, 4.4)
    draw(axes, design_chart(answer))
    chosen = "no accelerator" if answer.hardware is None else accelerator_words(answer.hardware)
    proved = "proved" if answer.proved else "not proved"
    titled(figure, f"{answer.network}: least {NAMES[answer.objective]} on {chosen}, {proved}")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def front_plot(front: ParetoFront) -> Any:
    """Return a front as a matplotlib figure.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    figure, axes = new_figure(7.5, 5)
    first, count = front.points[0], len(front.points)
    claim = "complete, proved" if front.proved else "not proved complete"
    if front.corners and front.proved:
        claim = "corners, proved"
    titled(figure, f"{first.layer.title} on {first.hardware.name}: {counted(count, 'point')}, {claim}")
    draw(axes, front_chart(front), size=8)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, scatteryoffsets=[0.5])
    return figure


def exploration_plots(exploration: Exploration) -> dict[str, Any]:
    """Return the plots of a space as matplotlib figures by name.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    kind = "sampled mappings" if exploration.sampled else "legal mappings"
    where = f"{exploration.layer.title} on {exploration.hardware.name}"
    title = f"{where}: {exploration.space.size:,} {kind}"
    scatter, axes = new_figure(8, 5.5)
    titled(scatter, title)
    draw(axes, scatter_chart(exploration, MOST_POINTS), legend=ASIDE)
    bars, all_axes = new_figure(10, 3.4, columns=3)
    for each, chart in zip(all_axes, histogram_charts(exploration), strict=True):
        draw(each, chart)
    all_axes[0].legend()
    for each in all_axes[1:]:
        each.set_ylabel("")
    titled(bars, title)
    sensitivity = _sensitivity(sensitivity_charts(exploration))
    titled(sensitivity, f"best {NAMES[exploration.objective]} for each tile size, relative to the optimum")
    return {"scatter": scatter, "histograms": bars, "sensitivity": sensitivity}


def _sensitivity(charts: list[Chart]) -> Any:
    count = max(1, len(charts))
    columns = min(4, count)
    figure, grid = new_figure(3 * columns, 2.6 * -(-count // columns), columns, len(charts))
    for axes, chart in zip(grid, charts, strict=False):
        draw(axes, chart)
        axes.set_ylabel("")
        axes.set_xscale("log", base=2)
        sizes = chart.series[0].x
        if len(sizes) <= FEW:
            axes.set_xticks(sizes, minor=False)
            axes.minorticks_off()
        axes.axhline(1, color=MUTED, linewidth=0.8)
        axes.set_yscale("linear")
        axes.yaxis.set_major_formatter("{x:.3g}×")
        axes.xaxis.set_major_formatter("{x:.0f}")
    for axes in grid[len(charts) :]:
        axes.set_visible(False)
    return figure
