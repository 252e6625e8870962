"""A figure of a sweep over two parameters: cells that are coloured by it, and say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from solver.answers.sweep import SweepRow
from solver.questions.sweep.views import figure_label, heat_grid
from solver.views.charts.sweep import row_tips
from solver.views.drawing.palette import contrast
from solver.views.figures import heading, scale_of, told_apart

LEAST, MOST = (0xE3, 0xF2, 0xEA), (0x0B, 0x7A, 0x4C)
"""Ends of the colours, the same in both themes of a page: the least figure has the strongest."""
INKS = ("#fffffd", "#1b1f25")
"""Colours of the figures on them; the one with more contrast is taken."""


@dataclass(frozen=True)
class HeatMap:
    """Cells over two axes of names; a place without a cell is bare.

    Attributes
    ----------
    title, note
        What it shows, and a remark.
    across, down
        What the axes show.
    columns, lines
        The names along them.
    cells
        Line and column of each cell.
    fills, inks, shown
        Colour of each cell, of the figure on it, and the figure.
    tips
        What a pointer shows of each cell, by title; the first is the headline.
    """

    title: str
    note: str
    across: str
    down: str
    columns: Sequence[str]
    lines: Sequence[str]
    cells: Sequence[tuple[int, int]]
    fills: Sequence[str]
    inks: Sequence[str]
    shown: Sequence[str]
    tips: Mapping[str, Sequence[str]]


def heat_map(rows: Sequence[SweepRow], figure: str) -> HeatMap:
    """Return the figure over the two parameters with most values, the best over the others."""
    heat = heat_grid(rows, figure)
    cells = sorted(heat.rows)
    values = np.array([heat.values[at] for at in cells])
    logs = np.log10(np.maximum(values, np.finfo(float).tiny))  # nothing on the array costs nothing
    span = logs.max() - logs.min()
    fills = [_shade((logs.max() - log) / span if span else 1.0) for log in logs]
    by, unit = scale_of(float(values.min()), float(values.max()))
    remarks = [
        f"In {unit}." if unit else "",
        "The strongest colour is the least.",
        f"Best over {', '.join(heat.others)}." if heat.others else "",
    ]
    return HeatMap(
        f"{heading(figure_label(rows, figure))} by size",
        " ".join(filter(None, remarks)),
        heat.across,
        heat.down,
        [str(value) for value in heat.columns],
        [str(value) for value in heat.lines],
        cells,
        fills,
        [max(INKS, key=partial(contrast, fill)) for fill in fills],
        told_apart((values / by).tolist()),
        row_tips([heat.rows[at] for at in cells]),
    )


def _shade(share: float) -> str:
    mixed = (round(a + share * (b - a)) for a, b in zip(LEAST, MOST, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
