"""Plot of a network: what every layer costs, and how many times that the baselines need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from solver.answers.layer import LayerAnswer
from solver.answers.network import NetworkAnswer
from solver.views.certificate import NAMES
from solver.views.plots.style import (
    BASELINE_COLOURS,
    MARKERS,
    MUTED,
    OPTIMUM,
    new_figure,
    readable_scale,
    titled,
)

LABELLED = 60
"""Layers up to which each has its name below; of more, every second, third, ... one."""
INCHES = 0.25
"""Width of a layer."""
LETTERS = 40
"""Most letters of a layer's name: of a longer one the end stays, so that bars have room."""
ABREAST = 0.8
"""Width that the markers of a layer take together, in layers."""
LEGEND_INCHES = 1.4
"""Width of a baseline's name."""


def network_plot(network: NetworkAnswer) -> Any:
    """Return a matplotlib figure: cycles and energy of every mapped layer, and the baselines' ratios to them.

    Layers on the host and layers without a mapping are left out.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    layers = [layer for layer in network.mapped if not layer.on_host]
    names = [_label(layer.layer.title) for layer in layers]
    panels = 2 + bool(network.baseline_names)
    figure, axes = new_figure(max(7.0, min(16.0, 2 + INCHES * len(layers))), 2.3 * panels, 1, panels)
    unit = network.hardware.energy_table.unit
    for place, label in ((0, "cycles"), (1, f"energy ({unit})")):
        costs = [layer.figures for layer in layers if layer.figures is not None]
        values = [float((cost.cycles, cost.energy)[place]) for cost in costs]
        axes[place].bar(range(len(values)), values, color=OPTIMUM, width=0.75)
        axes[place].set_ylabel(label)
        readable_scale(axes[place], "y")
    if network.baseline_names:
        _ratios(axes[2], network, layers)
        across = int(figure.get_figwidth() / LEGEND_INCHES)
        figure.legend(loc="outside lower center", ncols=across, fontsize=7, frameon=False)
    for each in axes:
        each.set_xlim(-0.7, len(layers) - 0.3)
        each.grid(False, axis="x")
        each.set_xticks([])
    step = -(-len(names) // LABELLED) or 1
    axes[-1].set_xticks(range(0, len(names), step), names[::step], rotation=90, fontsize=7)
    proved = "proved optimal" if network.proved else "not proved"
    titled(figure, f"{network.name} on {network.hardware.name}, least {NAMES[network.objective]}, {proved}")
    return figure


def _label(name: str) -> str:
    return name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"


def _ratios(axes: Any, network: NetworkAnswer, layers: Sequence[LayerAnswer]) -> None:
    count = len(network.baseline_names)
    for place, name in enumerate(network.baseline_names):
        # Side by side: those that need the same would cover each other.
        aside = ABREAST * (place - (count - 1) / 2) / count
        ratios = [
            (x + aside, float(theirs.value(network.objective) / ours.value(network.objective)))
            for x, layer in enumerate(layers)
            if (theirs := layer.baseline(name)) and (ours := layer.figures) and ours.value(network.objective)
        ]
        if ratios:
            axes.scatter(
                *zip(*ratios, strict=True),
                s=22,
                marker=MARKERS[place % len(MARKERS)],
                facecolors="none",
                edgecolors=BASELINE_COLOURS[place % len(BASELINE_COLOURS)],
                label=name,
            )
    axes.axhline(1, color=MUTED, linewidth=0.8)
    axes.set_ylabel(f"{NAMES[network.objective]}, times ours")
    readable_scale(axes, "y")
