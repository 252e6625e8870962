"""What files and pages show of one chart is the same."""

from __future__ import annotations

import json

import pytest

import solver
from solver.answers.front import ParetoFront
from solver.views.charts.chart import Chart, Series, Upright
from solver.views.charts.explore import histogram_charts, scatter_chart, sensitivity_charts
from solver.views.charts.front import front_chart
from solver.views.html.plots.chart import chart_plot
from solver.views.plots.chart import draw
from solver.views.plots.style import new_figure

LAYER = "conv 4x6x6 -> 8, 3x3"


@pytest.fixture(scope="module")
def charts() -> list[Chart]:
    exploration = solver.explore(LAYER, {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    front = solver.pareto(LAYER, "maeri-64")
    assert isinstance(front, ParetoFront)
    return [
        scatter_chart(exploration, 10_000),
        *histogram_charts(exploration),
        *sensitivity_charts(exploration),
        front_chart(front),
    ]


def test_both_have_one_legend_one_axis_and_all_points(charts: list[Chart]) -> None:
    for chart in charts:
        _, axes = new_figure(6, 4)
        draw(axes, chart)
        page = chart_plot(chart)
        assert sorted(axes.get_legend_handles_labels()[1]) == sorted(key.label for key in page.legend)
        assert axes.get_xlabel().startswith(chart.across) and axes.get_ylabel().startswith(chart.up)
        assert json.dumps(chart.across)[1:-1] in page.item
        drawn = sum(len(each.get_offsets()) for each in axes.collections)
        drawn += sum(len(line.get_xdata()) for line in axes.lines[: len(axes.lines) - len(chart.uprights)])
        drawn += len(axes.patches)
        assert drawn == sum(len(each.y) for each in chart.series)


def test_names_of_tips_need_not_be_names_of_columns() -> None:
    tips = {"what": ["<b>a</b>"], "energy (µJ @{x})": ["1"]}
    chart = Chart("A", "x", "y", [Series("one", [1.0], [2.0], tips=tips)], [Upright("limit", 3.0, 0)])
    page = json.dumps(json.loads(chart_plot(chart).item), ensure_ascii=False)
    assert "@{energy_µJ_x_}" in page and '"energy_µJ_x_"' in page
    assert [key.label for key in chart_plot(chart).legend] == ["one", "limit"]


def test_sizes_have_a_place_of_their_own_in_both() -> None:
    chart = Chart("A", "x", "y", [Series("one", [16, 64], [2.0, 3.0], join="steps")], sizes=[16, 32, 64])
    _, axes = new_figure(4, 3)
    draw(axes, chart)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["16", "32", "64"]
    assert '"factors":["16","32","64"]' in chart_plot(chart).item
