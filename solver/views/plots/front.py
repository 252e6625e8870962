"""Plot of a latency-energy front."""

from __future__ import annotations

from typing import Any

from solver.answers.front import ParetoFront
from solver.views.plots.style import (
    BASELINE_COLOURS,
    LABELLED,
    OPTIMUM,
    label_points,
    new_figure,
    readable_scale,
    titled,
)


def front_plot(front: ParetoFront) -> Any:
    """Return a front as a matplotlib figure: proved points filled, the others open.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    figure, axes = new_figure(7.5, 5)
    cycles = [point.cost.cycles for point in front.points]
    energy = [float(point.cost.energy) for point in front.points]
    axes.step(cycles, energy, where="post", color=OPTIMUM, linewidth=1, alpha=0.6, zorder=3)
    for proved, face, label in ((True, OPTIMUM, "proved"), (False, "white", "not proved")):
        some = [i for i, point in enumerate(front.points) if point.proved is proved]
        if some:
            places = [cycles[i] for i in some], [energy[i] for i in some]
            axes.scatter(*places, s=34, color=face, edgecolors=OPTIMUM, label=label, zorder=4)
    best = min(range(len(cycles)), key=lambda i: cycles[i] * energy[i])
    colour = BASELINE_COLOURS[0]
    axes.scatter([cycles[best]], [energy[best]], s=150, marker="*", color=colour, label="least EDP", zorder=5)
    first = front.points[0]
    count = f"{len(cycles)} point{'s' * (len(cycles) > 1)}"
    claim = "complete, proved" if front.proved else "not proved complete"
    if front.corners and front.proved:
        claim = "corners, proved"
    axes.set(
        xlabel="latency (cycles)",
        ylabel=f"energy ({first.hardware.energy_table.unit})",
    )
    titled(figure, f"{first.layer.title} on {first.hardware.name}: {count}, {claim}")
    readable_scale(axes, "x")
    readable_scale(axes, "y")
    named = [(front.points[i].tile_text, cycles[i], energy[i]) for i in _labelled(front, best)]
    label_points(axes, named, size=8)
    axes.margins(0.12)
    axes.legend(loc="upper right")
    return figure


def _labelled(front: ParetoFront, best: int) -> list[int]:
    """Return the points that are labelled: those whose array tile the point before does not have."""
    tiles = [point.tile for point in front.points]
    new = [i for i, tile in enumerate(tiles) if i == 0 or tile != tiles[i - 1]]
    return new if len(new) <= LABELLED else sorted({0, best, len(tiles) - 1})
