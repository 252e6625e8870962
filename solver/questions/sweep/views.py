"""The rows of a sweep arranged for pictures: heat maps, scaling curves, and what their axes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.answers.sweep import SweepRow
from solver.arithmetic.arrays import FloatArray

AXES = {
    "num_ms": "multiplier switches",
    "dn_bw": "dn_bw",
    "rn_bw": "rn_bw",
    "buffer_bytes": "prefetch buffer (bytes)",
    "dram_bandwidth": "DRAM words per cycle",
    "accumulation_buffer": "accumulation buffer",
}
BANDWIDTHS = ("dn_bw", "rn_bw")
FIGURES = {"latency": "cycles", "energy": "energy", "edp": "edp"}


@dataclass(frozen=True)
class HeatGrid:
    """A figure over two parameters, the least over the others.

    Attributes
    ----------
    across, down
        What the parameters are called.
    columns, lines
        Their values.
    values
        The figure, a line per value of `down`; nan where there is none.
    rows
        The row of the sweep behind every figure, by line and column.
    others
        Parameters over which the best is taken, in words.
    """

    across: str
    down: str
    columns: list[Any]
    lines: list[Any]
    values: FloatArray
    rows: dict[tuple[int, int], SweepRow]
    others: tuple[str, ...]


def heat_grid(rows: Sequence[SweepRow], figure: str) -> HeatGrid:
    """Return the figure over the two parameters with most values, the best over the others."""
    names = varying(rows)
    across = names[0] if names else "num_ms"
    down = next((name for name in names[1:] if not tied(rows, across, name)), "dn_bw")
    columns, lines = values_of(rows, across), values_of(rows, down)
    grid = np.full((len(lines), len(columns)), np.nan)
    found: dict[tuple[int, int], SweepRow] = {}
    for row in rows:
        record = row.record()
        at = lines.index(record[down]), columns.index(record[across])
        value = float(record[figure])
        if at not in found or value < grid[at]:
            grid[at], found[at] = value, row
    others = (AXES[name] for name in names if name not in (across, down) and not tied(rows, down, name))
    return HeatGrid(label_of(rows, across), label_of(rows, down), columns, lines, grid, found, tuple(others))


def scaling(rows: Sequence[SweepRow]) -> dict[str, list[SweepRow]]:
    """Return the rows of every combination of the parameters besides num_ms, by its words.

    Bandwidths are shares of the switches, as they grow with an array that is scaled, unless curves of the
    same words per cycle join more points.
    """
    ways = [_curves(rows, shares=True), _curves(rows, shares=False)]
    return min(ways, key=len)


def _curves(rows: Sequence[SweepRow], *, shares: bool) -> dict[str, list[SweepRow]]:
    rest = [name for name in AXES if name != "num_ms"]

    def value(row: SweepRow, name: str) -> Any:
        found = row.record()[name]
        return row.hardware.num_ms // found if shares and name in BANDWIDTHS else found

    rest = [name for name in rest if len({value(row, name) for row in rows}) > 1]
    rest = [name for i, name in enumerate(rest) if not any(tied(rows, other, name) for other in rest[:i])]

    def words(key: tuple[Any, ...]) -> str:
        signs = {name: " = num_ms / " if shares and name in BANDWIDTHS else " " for name in rest}
        return ", ".join(
            f"{label_of(rows, name)}{signs[name]}{found}" for name, found in zip(rest, key, strict=True)
        )

    curves: dict[tuple[Any, ...], list[SweepRow]] = {}
    for row in rows:
        curves.setdefault(tuple(value(row, name) for name in rest), []).append(row)
    return {words(key): curves[key] for key in sorted(curves)}


def varying(rows: Sequence[SweepRow]) -> list[str]:
    """Return the parameters with several values, those with most first, the switches before all."""
    names = [name for name in AXES if len(values_of(rows, name)) > 1]
    return sorted(names, key=lambda name: (name != "num_ms", -len(values_of(rows, name))))


def values_of(rows: Sequence[SweepRow], name: str) -> list[Any]:
    """Return the values of a parameter, least first; None is no value."""
    return sorted({row.record()[name] for row in rows} - {None})


def tied(rows: Sequence[SweepRow], one: str, other: str) -> bool:
    """Return whether two parameters always have the same value."""
    records = [row.record() for row in rows]
    return one != other and all(record[one] == record[other] for record in records)


def label_of(rows: Sequence[SweepRow], name: str) -> str:
    """Return what a parameter is called on an axis."""
    if name in ("dn_bw", "rn_bw") and tied(rows, "dn_bw", "rn_bw"):
        return "dn_bw = rn_bw"
    return AXES[name]


def figure_label(rows: Sequence[SweepRow], figure: str) -> str:
    """Return what a figure is called on an axis, with its unit."""
    unit = rows[0].hardware.energy_table.unit
    return {"cycles": "cycles", "energy": f"energy ({unit})", "edp": f"EDP ({unit} × cycles)"}[figure]
