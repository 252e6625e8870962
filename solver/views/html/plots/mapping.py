"""The plots of one mapping: roofline, energy by level."""

from __future__ import annotations

import numpy as np

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.arithmetic.exact import total
from solver.hardware.words import OPERANDS
from solver.views import figures
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.bars import BAR, MARGIN
from solver.views.html.plots.charts import Axis, colour, hover, new_figure, plot, source


def roofline_plot(solution: Solution | Evaluation) -> Plot:
    """Return attained MACs per cycle below the roofs of the array and of the DRAM."""
    assert solution.levels is not None and solution.hardware.memory is not None
    roof, bandwidth = solution.levels.roofline, solution.hardware.memory.dram_bandwidth
    # Two decades at least: over fewer, Bokeh's logarithmic ticks are equidistant numbers, which crowd.
    least = min(roof.intensity, roof.ridge) / 10
    most = max(roof.intensity, roof.ridge) * 10
    intensity = np.array([least, roof.ridge, most])
    height = np.minimum(roof.peak, intensity * bandwidth)
    x = Axis("MACs per DRAM word", intensity, log=True)
    y = Axis("MACs per cycle", [*height, roof.attained], log=True)
    figure = new_figure(x, y, 300)
    figure.line(x.place(intensity), y.place(height), color=colour("label"), line_width=2)
    limit = min(float(roof.peak), roof.intensity * bandwidth)
    figure.segment(
        x.place([roof.intensity]), y.place([roof.attained]), x.place([roof.intensity]), y.place([limit]),
        color=colour("muted"), line_dash="dotted",
    )  # fmt: skip
    data = source(
        x=x.place([roof.intensity]),
        y=y.place([roof.attained]),
        mapping=[str(solution.levels.mapping)],
        attained=[f"{roof.attained:.1f} of {roof.peak} MACs per cycle"],
        limit=[f"{limit:.1f} MACs per cycle"],
        intensity=[f"{roof.intensity:.1f} MACs per DRAM word"],
        ridge=[f"{roof.ridge:.1f} MACs per DRAM word"],
    )
    point = figure.scatter("x", "y", size=12, color=colour("optimum"), source=data)
    hover(
        figure, [point], "mapping",
        {"attained": "@attained", "roof here": "@limit", "intensity": "@intensity", "ridge": "@ridge"},
    )  # fmt: skip
    legend = (
        Key("this mapping", "optimum"),
        Key("roof: DRAM bandwidth, then the array's peak", "label", "line"),
    )
    return plot("Roofline", figure, legend)


def level_energy_plot(solution: Solution | Evaluation) -> Plot:
    """Return energy by level, split by operand."""
    assert solution.levels is not None
    energy, unit = solution.levels.energy, solution.hardware.energy_table.unit
    names = list(reversed(energy))
    whole = max(float(total(list(operands.values()))) for operands in energy.values())
    axis = Axis(unit, [0.0, whole], log=False)
    figure = new_figure(axis, names, MARGIN + 2 * BAR * len(names))
    figure.x_range.start = 0
    left = np.zeros(len(names))
    bars, legend = [], []
    for operand, role in zip(OPERANDS, ("series-2", "series-3", "series-4"), strict=True):
        values = [energy[name][operand] for name in names]
        right = left + np.array([float(value) for value in values])
        data = source(
            name=names,
            left=axis.place(left),
            right=axis.place(right),
            what=[f"{name}: {operand}" for name in names],
            energy=[f"{figures.amount(value)} {unit}" for value in values],
        )
        bars.append(
            figure.hbar(y="name", left="left", right="right", height=0.6, color=colour(role), source=data)
        )
        legend.append(Key(operand, role, "bar"))
        left = right
    hover(figure, bars, "what", {"energy": "@energy"})
    return plot("Energy by level and operand", figure, legend)
