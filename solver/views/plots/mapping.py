"""Plot of one answer: what it costs beside the baselines, and where its energy goes."""

from __future__ import annotations

from typing import Any

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.views.certificate import NAMES, unit_of
from solver.views.charts.bars import compared, energy_bars
from solver.views.plots.style import MUTED, OPTIMUM, new_figure, short_number


def mapping_plot(answer: Solution | Evaluation) -> Any:
    """Return a matplotlib figure: bars of the baselines' values, if there are some, and energy by component.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    energies = energy_bars(answer)
    rows = list(zip(energies.names, energies.values, strict=True))
    panels = [(rows, f"energy ({energies.across})")]
    if isinstance(answer, Solution) and answer.baselines:
        objective, unit = answer.objective, unit_of(answer.objective, answer.hardware.energy_table)
        rows = [(name, float(cost.value(objective))) for name, _, cost in compared(answer)]
        panels.insert(0, (rows, f"{NAMES[objective]} ({unit})"))
    height = 0.6 + 0.24 * max(len(bars) for bars, _ in panels)
    figure, axes = new_figure(4.6 * len(panels), height, len(panels), len(panels))
    for each, (bars, label) in zip(axes, panels, strict=True):
        names, values = [name for name, _ in bars], [value for _, value in bars]
        drawn = each.barh(range(len(values)), values, color=MUTED, height=0.7)
        if len(panels) > 1 and each is axes[0]:
            drawn[0].set_color(OPTIMUM)
        each.bar_label(drawn, [short_number(value) for value in values], padding=2, fontsize=7)
        each.set_yticks(range(len(names)), names, fontsize=8)
        each.invert_yaxis()
        each.margins(x=0.16)
        each.set_xlabel(label, fontsize=8)
        each.tick_params(axis="x", labelsize=7)
        each.grid(False, axis="y")
    return figure
