"""Cycles and energy of many layers, beside what the baselines need."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from solver.answers.figures import Figures
from solver.cost.result import Cost
from solver.hardware import Hardware
from solver.views import figures
from solver.views.charts.layers import LayerBar
from solver.views.html.elements import Key, Plot
from solver.views.html.plots.charts import Axis, colour, hover, marker, new_figure, plot, source

FEW = 24
"""Layers up to which baselines have large marks."""
NAMED = 12
"""Layers whose names fit below a plot; of more, the axis counts them, and the pointer names them."""


ABREAST = 0.7
"""Width that the markers of a layer take together, in layers."""


def layers_plot(bars: Sequence[LayerBar], hardware: Hardware, names: Sequence[str]) -> list[Plot]:
    """Return the plots of cycles and of energy, layer by layer, with the baselines of some names."""
    unit = hardware.energy_table.unit
    return [
        _plot(bars, names, "cycles", "cycles", ""),
        _plot(bars, names, "energy", unit, unit),
    ]


def _plot(bars: Sequence[LayerBar], names: Sequence[str], which: str, label: str, unit: str) -> Plot:
    def value(found: Figures | Cost) -> float:
        return float(getattr(found, which))

    def shown(found: Figures | Cost) -> str:
        return f"{figures.amount(found.energy)} {unit}" if unit else figures.integer(found.cycles)

    own = [bar.own for bar in bars]
    largest = max(map(value, own))
    # A baseline that is far worse would flatten the layers; it is drawn at the upper end.
    every = [value(found) for bar in bars for found in bar.baselines.values()]
    top = min(max([largest, *every]), 4 * largest)
    axis = Axis(label, [0.0, top], log=False)
    places = np.arange(1, len(bars) + 1)
    figure = new_figure(Axis("layer", [1.0, 2.0], log=False), axis, 300)
    figure.y_range.start, figure.y_range.end = 0, float(axis.place([top])[0]) * 1.06
    figure.x_range.start, figure.x_range.end = 0.3, len(bars) + 0.7
    figure.xgrid.grid_line_color = None
    if len(bars) <= NAMED:
        figure.xaxis.ticker = places.tolist()
        figure.xaxis.major_label_overrides = {
            int(place): bar.name if len(bar.name) < 14 else f"{bar.name[:12]}…"
            for place, bar in zip(places, bars, strict=True)
        }
        figure.xaxis.major_label_orientation = 0.6 if len(bars) > 4 else "horizontal"
        figure.xaxis.axis_label = None
    data = source(
        x=places,
        y=axis.place([value(found) for found in own]),
        name=[bar.name for bar in bars],
        value=[shown(found) for found in own],
        mapping=[bar.mapping for bar in bars],
    )
    drawn = figure.vbar(x="x", top="y", width=0.8, color=colour("optimum"), line_color=None, source=data)
    hover(figure, [drawn], "name", {"mapping": "@mapping", which: "@value"})
    legend = [Key("best mapping", "optimum", "bar")]
    for place, name in enumerate(names):
        role, shape = marker(place)
        # Side by side: those that need the same would cover each other.
        aside = ABREAST * (place - (len(names) - 1) / 2) / len(names)
        marked = [(at, bar) for at, bar in zip(places, bars, strict=True) if name in bar.baselines]
        over = source(
            x=[float(at + aside) for at, _ in marked],
            y=axis.place([min(value(bar.baselines[name]), top) for _, bar in marked]),
            name=[f"{bar.name}: {name}" for _, bar in marked],
            value=[shown(bar.baselines[name]) for _, bar in marked],
            ratio=[
                figures.ratio(*(Decimal(getattr(each, which)) for each in (bar.baselines[name], bar.own)))
                for _, bar in marked
            ],
        )
        points = figure.scatter(
            "x",
            "y",
            size=7 if len(bars) <= FEW else 5,
            marker=shape,
            color=colour(role),
            alpha=0.85,
            line_color=None,
            source=over,
        )
        hover(figure, [points], "name", {"value": "@value", "times the best": "@ratio"})
        legend.append(Key(name, role, shape))
    note = "Baselines that need more than four times the largest layer are drawn at the upper end."
    return plot(
        f"{which.capitalize()} of each layer", figure, legend, note if every and max(every) > top else ""
    )
