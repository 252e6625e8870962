"""Plot of a network: what every layer costs, and how many times that the baselines need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from solver.answers.network import NetworkAnswer
from solver.views.certificate import NAMES
from solver.views.charts.layers import LayerBar, network_bars
from solver.views.plots.style import (
    BASELINE_COLOURS,
    MARKERS,
    MUTED,
    OPTIMUM,
    new_figure,
    readable_scale,
    titled,
)

PAGE = 7.0
"""Inches that a column of text has on a page."""
MOST_STRIPS = 3
"""Strips of layers, one above the other."""
IN_STRIP = 28
"""Layers of a strip that each have their name below; of more, every second, third, ... one."""
LETTERS = 40
"""Most letters of a layer's name: of a longer one the end stays, so that bars have room."""
ABREAST = 0.8
"""Width that the markers of a layer take together, in layers."""
LABEL = 8
"""Points of the letters of an axis' name."""
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
    layers = network_bars(network)
    strips = max(1, min(MOST_STRIPS, -(-len(layers) // IN_STRIP)))
    wide = -(-len(layers) // strips)
    panels = 2 + bool(network.baseline_names)
    figure, axes = new_figure(PAGE, (2.3 if strips == 1 else 1.7) * panels * strips, 1, panels * strips)
    for place in range(strips):
        _strip(axes[place * panels :][:panels], network, layers[place * wide :][:wide], wide)
    for panel in range(panels):
        first, *others = axes[panel::panels]
        readable_scale(first, "y", *others)
    if network.baseline_names:
        named: dict[str, Any] = {}
        for each in axes[panels - 1 :: panels]:
            handles, labels = each.get_legend_handles_labels()
            named |= dict(zip(labels, handles, strict=True))
        places = [named[name] for name in network.baseline_names if name in named]
        across = int(PAGE / LEGEND_INCHES)
        figure.legend(handles=places, loc="outside lower center", ncols=across, fontsize=7, frameon=False)
    proved = "proved optimal" if network.proved else "not proved"
    titled(figure, f"{network.name} on {network.hardware.name}, least {NAMES[network.objective]}, {proved}")
    return figure


def _strip(axes: Sequence[Any], network: NetworkAnswer, layers: Sequence[LayerBar], wide: int) -> None:
    """Draw some layers of a network, with room for `wide` of them."""
    unit = network.hardware.energy_table.unit
    for place, (which, label) in enumerate((("cycles", "cycles"), ("energy", f"energy\n({unit})"))):
        values = [float(getattr(layer.own, which)) for layer in layers]
        axes[place].bar(range(len(values)), values, color=OPTIMUM, width=0.75)
        axes[place].set_ylabel(label, fontsize=LABEL)
    if network.baseline_names:
        _ratios(axes[2], network, layers)
    for each in axes:
        each.set_xlim(-0.7, wide - 0.3)
        each.grid(False, axis="x")
        each.set_xticks([])
    names = [_label(layer.name) for layer in layers]
    step = -(-wide // IN_STRIP) or 1
    axes[-1].set_xticks(range(0, len(names), step), names[::step], rotation=90, fontsize=7)


def _label(name: str) -> str:
    return name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"


def _ratios(axes: Any, network: NetworkAnswer, layers: Sequence[LayerBar]) -> None:
    count = len(network.baseline_names)
    for place, name in enumerate(network.baseline_names):
        # Side by side: those that need the same would cover each other.
        aside = ABREAST * (place - (count - 1) / 2) / count
        ratios = [
            (x + aside, float(layer.baselines[name].value(network.objective) / ours))
            for x, layer in enumerate(layers)
            if name in layer.baselines and (ours := layer.own.value(network.objective))
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
    axes.set_ylabel(f"{NAMES[network.objective]}, times ours", fontsize=LABEL)
