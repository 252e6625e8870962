"""Plots of a sweep: heat maps, scaling curves, and fronts of area against latency and energy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from solver.plots.style import BASELINE_COLOURS, MUTED, OPTIMUM, new_figure, readable_scale, short_number
from solver.sweep import SweepAnswer, SweepRow

KINDS = ("heatmap", "scaling", "area")
AXES = {
    "num_ms": "multiplier switches",
    "dn_bw": "dn_bw",
    "rn_bw": "rn_bw",
    "buffer_bytes": "prefetch buffer (bytes)",
    "dram_bandwidth": "DRAM words per cycle",
    "accumulation_buffer": "accumulation buffer",
}
FIGURES = {"latency": "cycles", "energy": "energy", "edp": "edp"}


def plot_names(networks: Iterable[str], objectives: Iterable[object]) -> tuple[str, ...]:
    """Return the names of the plots of a sweep, known before it runs."""
    objectives = list(objectives)
    return tuple(
        f"{kind}_{_word(network)}_{objective}"
        for network in networks
        for objective in objectives
        for kind in KINDS
    )


def sweep_plots(answer: SweepAnswer) -> dict[str, Any]:
    """Return the plots of a sweep as matplotlib figures by name, three for every network and objective.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    plots: dict[str, Any] = {}
    pairs = dict.fromkeys((row.network, row.objective) for row in answer.rows)
    for network, objective in pairs:
        rows = [row for row in answer.rows if (row.network, row.objective) == (network, objective)]
        rows = [row for row in rows if row.figures is not None]
        if not rows:
            continue
        figure = FIGURES[str(objective)]
        drawn = {
            "heatmap": heat_map(rows, figure),
            "scaling": scaling_curves(rows, figure),
            "area": area_fronts(answer, rows),
        }
        plots |= {f"{kind}_{_word(network)}_{objective}": plot for kind, plot in drawn.items() if plot}
    return plots


def heat_map(rows: Sequence[SweepRow], figure: str) -> Any:
    """Return the figure over the two parameters with most values, the best over the others."""
    axes_names = _varying(rows)
    across = axes_names[0] if axes_names else "num_ms"
    down = next((name for name in axes_names[1:] if not _tied(rows, across, name)), "dn_bw")
    columns, lines = _values(rows, across), _values(rows, down)
    grid = np.full((len(lines), len(columns)), np.nan)
    for row in rows:
        record = row.record()
        at = lines.index(record[down]), columns.index(record[across])
        grid[at] = np.nanmin([grid[at], float(record[figure])])
    plot, axes = new_figure(2.2 + 1.05 * len(columns), 1.8 + 0.62 * len(lines))
    axes.grid(False)
    image = axes.imshow(np.log10(grid), cmap="viridis_r", aspect="auto", origin="lower")
    middle = np.nanmean(np.log10(grid))
    for (i, j), value in np.ndenumerate(grid):
        if not np.isnan(value):
            colour = "black" if np.log10(value) < middle else "white"
            axes.text(j, i, short_number(value), ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(columns)), [str(value) for value in columns])
    axes.set_yticks(range(len(lines)), [str(value) for value in lines])
    others = [AXES[name] for name in axes_names if name not in (across, down) and not _tied(rows, down, name)]
    note = f", best over {', '.join(others)}" if others else ""
    axes.set(xlabel=_label(rows, across), ylabel=_label(rows, down))
    axes.set_title(f"{rows[0].network}: {_figure_label(rows, figure)}{note}", fontsize=10)
    bar = plot.colorbar(image, ax=axes, pad=0.02)
    bar.set_label(f"log10 {figure}")
    return plot


def scaling_curves(rows: Sequence[SweepRow], figure: str) -> Any:
    """Return the figure against the number of switches, a curve for every combination of the rest."""
    plot, axes = new_figure(8, 4.6)
    rest = [name for name in _varying(rows) if name != "num_ms"]
    rest = [name for i, name in enumerate(rest) if not any(_tied(rows, other, name) for other in rest[:i])]
    curves: dict[tuple[Any, ...], list[tuple[int, float]]] = {}
    for row in rows:
        record = row.record()
        key = tuple(record[name] for name in rest)
        curves.setdefault(key, []).append((row.hardware.num_ms, float(record[figure])))
    palette = (OPTIMUM, *BASELINE_COLOURS)
    for place, (key, points) in enumerate(sorted(curves.items())):
        label = ", ".join(f"{_label(rows, n)} {v}" for n, v in zip(rest, key, strict=True)) or figure
        style = "-" if place < len(palette) else "--"
        colour = palette[place % len(palette)]
        axes.plot(*zip(*sorted(points), strict=True), f"o{style}", color=colour, markersize=4, label=label)
    axes.set_xscale("log", base=2)
    switches = _values(rows, "num_ms")
    axes.set_xticks(switches, [str(value) for value in switches])
    axes.minorticks_off()
    axes.set(xlabel=AXES["num_ms"], ylabel=_figure_label(rows, figure), title=rows[0].network)
    readable_scale(axes, "y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize=8)
    return plot


def area_fronts(answer: SweepAnswer, rows: Sequence[SweepRow]) -> Any:
    """Return cycles and energy against area with their Pareto fronts, or None without areas."""
    rows = [row for row in rows if row.area is not None]
    if not rows:
        return None
    plot, (left, right) = new_figure(11, 4.4, columns=2)
    unit = rows[0].hardware.energy_table.area_unit
    for axes, figure in ((left, "cycles"), (right, "energy")):
        x = [float(row.area or 0) for row in rows]
        axes.scatter(x, [float(row.record()[figure]) for row in rows], s=18, color=MUTED, label="points")
        front = answer.front(rows[0].network, rows[0].objective, figure)
        x = [float(row.area or 0) for row in front]
        y = [float(row.record()[figure]) for row in front]
        axes.plot(x, y, "-o", color=OPTIMUM, markersize=5, linewidth=1.2, label="Pareto front")
        for row, at_x, at_y in zip(front, x, y, strict=True):
            text = f"{row.hardware.num_ms}/{row.hardware.dn_bw}/{row.hardware.rn_bw}"
            axes.annotate(text, (at_x, at_y), (5, 5), textcoords="offset points", fontsize=7)
        axes.set(xlabel=f"area ({unit})", ylabel=_figure_label(rows, figure))
        readable_scale(axes, "x")
        readable_scale(axes, "y")
    left.legend()
    plot.suptitle(f"{rows[0].network}, least {rows[0].objective} (labels: num_ms/dn_bw/rn_bw)")
    return plot


def _varying(rows: Sequence[SweepRow]) -> list[str]:
    """Return the parameters with several values, those with most first, the switches before all."""
    names = [name for name in AXES if len(_values(rows, name)) > 1]
    return sorted(names, key=lambda name: (name != "num_ms", -len(_values(rows, name))))


def _values(rows: Sequence[SweepRow], name: str) -> list[Any]:
    return sorted({row.record()[name] for row in rows} - {None})


def _tied(rows: Sequence[SweepRow], one: str, other: str) -> bool:
    """Return whether two parameters always have the same value."""
    records = [row.record() for row in rows]
    return one != other and all(record[one] == record[other] for record in records)


def _label(rows: Sequence[SweepRow], name: str) -> str:
    if name in ("dn_bw", "rn_bw") and _tied(rows, "dn_bw", "rn_bw"):
        return "dn_bw = rn_bw"
    return AXES[name]


def _figure_label(rows: Sequence[SweepRow], figure: str) -> str:
    unit = rows[0].hardware.energy_table.unit
    return {"cycles": "cycles", "energy": f"energy ({unit})", "edp": f"EDP ({unit} × cycles)"}[figure]


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)
