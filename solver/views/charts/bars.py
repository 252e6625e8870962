"""Named figures as bars: a mapping beside others, where its energy goes, what its cycles wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.cost.result import CLOSE, Cost
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.comparison import ranked_baselines
from solver.views.text.explain import ranked_waits


@dataclass(frozen=True)
class Bars:
    """Bars from zero, the first at the top.

    Attributes
    ----------
    title
        What is shown.
    across
        What the axis shows.
    names, values, colours
        What each bar is, its length, and its role (``optimum``, ``muted``, ``series-3``).
    tips
        What a pointer shows of each bar beside its name, by title.
    behind
        The tip that stands behind each bar, if one does.
    legend
        What colours mean, as words and role.
    note
        A remark.
    """

    title: str
    across: str
    names: Sequence[str]
    values: Sequence[float]
    colours: Sequence[str]
    tips: Mapping[str, Sequence[str]]
    behind: str = ""
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""


def ratio_bars(
    title: str, across: str, rows: Sequence[tuple[str, Decimal]], tips: Mapping[str, Sequence[str]]
) -> Bars:
    """Return how many times the first of some named values each of them is."""
    best = rows[0][1]
    ratios = {"ratio": [figures.ratio(value, best) for _, value in rows]}
    lengths = [float(value / best) if best else 1.0 for _, value in rows]
    colours = ["optimum", *["muted"] * (len(rows) - 1)]
    return Bars(title, across, [name for name, _ in rows], lengths, colours, {**tips, **ratios}, "ratio")


def compared(solution: Solution) -> list[tuple[str, str, Cost]]:
    """Return name, mapping and cost of a mapping and of the baselines that have one, best first."""
    found = [("optimum" if solution.proved else "best", solution.mapping_text, solution.cost)]
    for baseline in ranked_baselines(solution):
        if baseline.cost is not None:
            found.append((baseline.label, baseline.mapping_text, baseline.cost))
    return found


def comparison_bars(solution: Solution) -> Bars:
    """Return how many times the optimum every baseline needs."""
    objective, shown = solution.objective, compared(solution)
    own = shown[0][0]
    unit = unit_of(objective, solution.hardware.energy_table)
    values = [cost.value(objective) for *_, cost in shown]
    return ratio_bars(
        f"{figures.heading(NAMES[objective])} beside the {own}",
        f"{NAMES[objective]}, times the {own}",
        [(name, value) for (name, *_), value in zip(shown, values, strict=True)],
        {
            "mapping": [mapping for _, mapping, _ in shown],
            NAMES[objective]: [f"{write_value(objective, value)} {unit}" for value in values],
            "utilization": [figures.percent(cost.utilization) for *_, cost in shown],
        },
    )


def wait_bars(solution: Solution | Evaluation) -> Bars:
    """Return the cycles that each resource would take alone, beside those that all take together."""
    cost = solution.cost
    shown = {"together": cost.cycles, **{name: alone for name, alone, _ in ranked_waits(solution)}}
    binding = (cost.bottleneck, *cost.close)
    within = figures.percent(float(CLOSE), 0)
    note = f"Of several bottlenecks the first takes most cycles, the others are within {within} of it."
    return Bars(
        "Cycles that each resource would take alone",
        "cycles",
        list(shown),
        list(shown.values()),
        ["optimum", *("series-3" if name in binding else "muted" for name in shown if name != "together")],
        {
            "cycles": [figures.integer(value) for value in shown.values()],
            "of all": [figures.percent(value / cost.cycles) for value in shown.values()],
        },
        legend=[
            ("all together", "optimum"),
            (f"bottleneck: {', '.join(binding)}", "series-3"),
            ("another resource, if it were the only one", "muted"),
        ],
        note=note if cost.close else "",
    )


def energy_bars(solution: Solution | Evaluation) -> Bars:
    """Return energy by component."""
    cost, unit = solution.cost, solution.hardware.energy_table.unit
    ranked = sorted(cost.energy_by_component.items(), key=lambda item: -item[1])
    return Bars(
        "Energy by component",
        unit,
        [name.replace("_", " ") for name, _ in ranked],
        [float(value) for _, value in ranked],
        ["optimum"] * len(ranked),
        {
            "energy": [f"{figures.amount(value, beside=cost.energy)} {unit}" for _, value in ranked],
            "share": [
                figures.percent(float(value / cost.energy)) if cost.energy else "0 %" for _, value in ranked
            ],
        },
    )
