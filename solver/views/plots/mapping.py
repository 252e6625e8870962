"""Plot of one answer: what it costs beside the baselines, and where its energy goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.views.certificate import NAMES, unit_of
from solver.views.comparison import ranked_baselines
from solver.views.plots.style import MUTED, OPTIMUM, new_figure, short_number


def mapping_plot(answer: Solution | Evaluation) -> Any:
    """Return a matplotlib figure: bars of the baselines' values, if there are some, and energy by component.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    panels = [(_energies(answer), f"energy ({answer.hardware.energy_table.unit})")]
    if isinstance(answer, Solution) and answer.baselines:
        unit = unit_of(answer.objective, answer.hardware.energy_table)
        panels.insert(0, (_values(answer), f"{NAMES[answer.objective]} ({unit})"))
    height = 0.6 + 0.24 * max(len(bars) for bars, _ in panels)
    figure, axes = new_figure(4.6 * len(panels), height, len(panels), len(panels))
    for each, (bars, label) in zip(axes, panels, strict=True):
        names, values = [name for name, _ in bars], [float(value) for _, value in bars]
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


def _values(answer: Solution) -> list[tuple[str, Decimal]]:
    """Return the best mapping and the baselines that have one, best first."""
    found = [
        (baseline.label, baseline.cost.value(answer.objective))
        for baseline in ranked_baselines(answer)
        if baseline.cost is not None
    ]
    return [("optimum" if answer.proved else "best", answer.objective_value), *found]


def _energies(answer: Solution | Evaluation) -> list[tuple[str, Decimal]]:
    return sorted(answer.cost.energy_by_component.items(), key=lambda item: -item[1])
