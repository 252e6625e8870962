"""Plots of a mapping space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from solver.answers.exploration import Exploration, Landmark
from solver.tables import require
from solver.views.certificate import NAMES
from solver.views.plots.style import (
    BASELINE_COLOURS,
    MARKERS,
    MUTED,
    OPTIMUM,
    new_figure,
    readable_scale,
    set_apart,
    titled,
)
from solver.views.space_picture import baselines_by_point, drawn, histograms, sensitivities

FEW = 6
"""Values of a tile size that are all labelled."""
MOST_POINTS = 200_000
"""Points that a scatter plot draws; of more, these many at random."""


def exploration_plots(exploration: Exploration) -> dict[str, Any]:
    """Return the plots of a space as matplotlib figures by name.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    return {
        "scatter": _scatter(exploration),
        "histograms": _histograms(exploration),
        "sensitivity": _sensitivity(exploration),
    }


def _title(exploration: Exploration) -> str:
    name = exploration.layer.title
    kind = "sampled mappings" if exploration.sampled else "legal mappings"
    return f"{name} on {exploration.hardware.name}: {exploration.space.size:,} {kind}"


def _scatter(exploration: Exploration) -> Any:
    figure, axes = new_figure(8, 5.5)
    landscape, some = exploration.landscape, drawn(exploration, MOST_POINTS)
    cycles, energy = landscape.cycles[some], landscape.energy[some]
    # Thousands of points: drawn as pixels, so that a vector file stays small.
    axes.scatter(cycles, energy, s=4, c=MUTED, alpha=0.35, linewidths=0, rasterized=True, label="mappings")
    front = exploration.front
    points = [[each.cycles for each in front], [float(each.energy) for each in front]]
    look = {"drawstyle": "steps-post", "color": OPTIMUM, "markersize": 4, "linewidth": 1, "zorder": 4}
    axes.plot(*points, "-o", label="Pareto front", **look)
    places = baselines_by_point(exploration)
    marks = [
        axes.scatter(
            [at[0]],
            [at[1]],
            s=55,
            marker=MARKERS[place % len(MARKERS)],
            color=BASELINE_COLOURS[place % len(BASELINE_COLOURS)],
            edgecolors="white",
            linewidths=0.8,
            label=f"{', '.join(each.label for each in there)} ({there[0].ratio:.3g}×)",
            zorder=5,
        )
        for place, (at, there) in enumerate(places)
    ]
    _mark(axes, exploration.optimum)
    titled(figure, _title(exploration))
    axes.set(xlabel="cycles")
    axes.set_ylabel(f"energy ({exploration.hardware.energy_table.unit})")
    readable_scale(axes, "x")
    readable_scale(axes, "y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)
    optimum = exploration.optimum.cycles, float(exploration.optimum.energy)
    _move_apart(axes, marks, [optimum, *(at for at, _ in places)])
    return figure


def _move_apart(axes: Any, marks: Sequence[Any], places: Sequence[tuple[float, float]]) -> None:
    """Move markers that others would cover, with a line to where they belong; the optimum is first."""
    transforms = require("matplotlib.transforms", "plot", "a plot")
    scale = axes.figure.dpi_scale_trans
    moves = set_apart(axes, places)[1:]
    for mark, at, (right, up) in zip(marks, places[1:], moves, strict=True):
        if (right, up) != (0, 0):
            move = transforms.ScaledTranslation(right / 72, up / 72, scale)
            mark.set_offset_transform(axes.transData + move)
            line = {"arrowstyle": "-", "color": mark.get_facecolor()[0], "linewidth": 0.9, "shrinkB": 0}
            how = {"textcoords": "offset points", "annotation_clip": False, "zorder": 4.5}
            axes.annotate("", at, (right, up), arrowprops=line, **how)


def _mark(axes: Any, optimum: Landmark) -> None:
    axes.scatter(
        [optimum.cycles],
        [float(optimum.energy)],
        s=170,
        marker="*",
        color=OPTIMUM,
        edgecolors="white",
        linewidths=0.8,
        label=f"{optimum.name}: {optimum.mapping.split(' | ')[0]}",
        zorder=6,
    )


def _histograms(exploration: Exploration) -> Any:
    figure, all_axes = new_figure(10, 3.4, columns=3)
    for axes, each in zip(all_axes, histograms(exploration), strict=True):
        edges = np.array(each.shown.edges)
        axes.bar(edges[:-1], each.shown.counts, np.diff(edges), align="edge", color=MUTED, linewidth=0)
        axes.axvline(each.optimum, color=OPTIMUM, linewidth=1.8, label=exploration.optimum.name)
        for place, name, value in each.marks:
            colour = BASELINE_COLOURS[place % len(BASELINE_COLOURS)]
            axes.axvline(value, color=colour, linewidth=1.4, linestyle="--", label=name)
        axes.set(xlabel=each.label)
        readable_scale(axes, "x")
    all_axes[0].set_ylabel("mappings")
    all_axes[0].legend()
    titled(figure, _title(exploration))
    return figure


def _sensitivity(exploration: Exploration) -> Any:
    groups = sensitivities(exploration)
    columns = min(4, max(1, len(groups)))
    figure, grid = new_figure(3 * columns, 2.6 * -(-max(1, len(groups)) // columns), columns, len(groups))
    for axes, (dim, rows) in zip(grid, groups, strict=False):
        axes.plot([r.value for r in rows], [r.ratio for r in rows], ".-", color=OPTIMUM, linewidth=1)
        axes.set(xlabel=dim)
        axes.set_xscale("log", base=2)
        if len(rows) <= FEW:
            axes.set_xticks([row.value for row in rows], minor=False)
            axes.minorticks_off()
        axes.axhline(1, color=MUTED, linewidth=0.8)
        axes.yaxis.set_major_formatter("{x:.3g}×")
        axes.xaxis.set_major_formatter("{x:.0f}")
    for axes in grid[len(groups) :]:
        axes.set_visible(False)
    titled(figure, f"best {NAMES[exploration.objective]} for each tile size, relative to the optimum")
    return figure
