"""The plots of one mapping: ratio to the optimum, waits, roofline, energy."""

from __future__ import annotations

import numpy as np

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.arithmetic.exact import total
from solver.cost.result import CLOSE
from solver.hardware.words import OPERANDS
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.comparison import ranked_baselines
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.charts import Axis, colour, hover, new_figure, plot, source
from solver.views.html.plots.ratio_bars import BAR, MARGIN, ratio_bars
from solver.views.text.explain import ranked_waits


def comparison_plot(solution: Solution) -> Plot:
    """Return how many times the optimum every baseline needs."""
    objective, best = solution.objective, solution.objective_value
    own = "optimum" if solution.proved else "best"
    unit = unit_of(objective, solution.hardware.energy_table)
    shown = [(own, solution.mapping_text, solution.cost)]
    for baseline in ranked_baselines(solution):
        if baseline.cost is not None:
            shown.append((baseline.label, baseline.mapping_text, baseline.cost))
    costs = [cost for *_, cost in shown]
    return ratio_bars(
        f"{figures.heading(NAMES[objective])} beside the {own}",
        f"{NAMES[objective]}, times the {own}",
        [name for name, *_ in shown],
        [float(cost.value(objective) / best) if best else 1.0 for cost in costs],
        [figures.ratio(cost.value(objective), best) for cost in costs],
        own,
        {
            "mapping": [mapping for _, mapping, _ in shown],
            NAMES[objective]: [f"{write_value(objective, cost.value(objective))} {unit}" for cost in costs],
            "utilization": [figures.percent(cost.utilization) for cost in costs],
        },
    )


def waits_plot(solution: Solution | Evaluation) -> Plot:
    """Return the cycles that each resource would take alone, beside those that all take together."""
    cost = solution.cost
    shown = {"together": cost.cycles, **{name: alone for name, alone, _ in ranked_waits(solution)}}
    names, binding = list(reversed(shown)), (cost.bottleneck, *cost.close)
    cycles = [shown[name] for name in names]
    axis = Axis("cycles", [0, *cycles], log=False)
    figure = new_figure(axis, names, MARGIN + BAR * len(names))
    figure.x_range.start = 0
    data = source(
        name=names,
        at=axis.place(cycles),
        cycles=[figures.integer(value) for value in cycles],
        share=[figures.percent(value / cost.cycles) for value in cycles],
        colour=[
            colour("optimum" if name == "together" else "series-3" if name in binding else "muted")
            for name in names
        ],
    )
    bars = figure.hbar(y="name", right="at", height=0.7, color="colour", source=data)
    hover(figure, [bars], "name", {"cycles": "@cycles", "of all": "@share"})
    legend = (
        Key("all together", "optimum", "bar"),
        Key(f"bottleneck: {', '.join(binding)}", "series-3", "bar"),
        Key("another resource, if it were the only one", "muted", "bar"),
    )
    within = figures.percent(float(CLOSE), 0)
    note = f"Of several bottlenecks the first takes most cycles, the others are within {within} of it."
    title = "Cycles that each resource would take alone"
    return plot(title, figure, legend, note if cost.close else "")


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


def energy_plot(solution: Solution | Evaluation) -> Plot:
    """Return energy by component."""
    cost, unit = solution.cost, solution.hardware.energy_table.unit
    ranked = sorted(cost.energy_by_component.items(), key=lambda item: item[1])
    names = [name.replace("_", " ") for name, _ in ranked]
    axis = Axis(unit, [0.0, *(float(value) for _, value in ranked)], log=False)
    figure = new_figure(axis, names, MARGIN + BAR * len(names))
    figure.x_range.start = 0
    data = source(
        name=names,
        at=axis.place([float(value) for _, value in ranked]),
        energy=[f"{figures.amount(value, beside=cost.energy)} {unit}" for _, value in ranked],
        share=[figures.percent(float(value / cost.energy)) if cost.energy else "0 %" for _, value in ranked],
    )
    bars = figure.hbar(y="name", right="at", height=0.7, color=colour("optimum"), source=data)
    hover(figure, [bars], "name", {"energy": "@energy", "share": "@share"})
    return plot("Energy by component", figure)


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
