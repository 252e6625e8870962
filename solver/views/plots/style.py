"""The look of every plot, and how plots become files. matplotlib is optional (`maeri-solver[plot]`)."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from typing import Any

from solver.tables import require
from solver.views.figures import scale_of

OPTIMUM = "#0b7a4b"
MUTED = "#8a94a6"
BASELINE_COLOURS: tuple[str, ...] = (
    "#c0392b", "#2471a3", "#e08e0b", "#7d3c98", "#c71585", "#6e4b1f", "#111111",
)  # fmt: skip
"""Told apart by people who see few colours, with the help of the markers; those of pages, in their order."""
MARKERS = "sDv^<>PX"

DECADES_FROM = 8.0
"""Ratio of extremes from which an axis is logarithmic."""
NARROW, WHOLE_FROM = 0.2, 1000
"""An axis over less of its own height than this, of figures from here on, has its ticks written out."""


def new_figure(width: float, height: float, columns: int = 1, count: int | None = None) -> tuple[Any, Any]:
    """Return a matplotlib figure and its axes: one, or with `columns` a list of at least `count`.

    Parameters
    ----------
    width, height
        In inches.
    columns, count
        Axes side by side, and how many there are in all; more than `columns` take several rows.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    # Not pyplot: it holds on to every figure, and looks for a screen.
    figure_class = require("matplotlib.figure", "plot", "a plot").Figure
    figure = figure_class(figsize=(width, height), layout="constrained", dpi=150)
    rows = -(-(count or columns) // columns)
    grid = list(figure.subplots(max(1, rows), columns, squeeze=False).ravel())
    for axes in grid:
        axes.grid(True, color="#e3e6ea", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, grid[0] if columns == 1 and count is None else grid


def titled(figure: Any, text: str, size: float = 11) -> None:
    """Write a title over a figure, in as many lines as its width needs."""
    # A character of the font is 0.6 of its size wide on average, at 72 points an inch.
    columns = int(72 * figure.get_figwidth() / (0.6 * size))
    figure.suptitle("\n".join(textwrap.wrap(text, columns)), fontsize=size)


def set_apart(
    axes: Any, places: Sequence[tuple[float, float]], least: float = 11
) -> list[tuple[float, float]]:
    """Return how far to move the markers of a finished plot, in points, so that none covers another.

    Parameters
    ----------
    places
        Where the markers belong, the one that stays first.
    least
        Points between the middles of two markers.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    taken: list[tuple[float, float]] = []
    moves = []
    for place in places:
        x, y = (72 / figure.dpi * float(part) for part in axes.transData.transform(place))
        ring = [(0.0, 0.0)] + [
            (radius * least * math.cos(angle), radius * least * math.sin(angle))
            for radius in (1, 2, 3)
            for angle in (math.tau * step / (8 * radius) for step in range(8 * radius))
        ]
        free = (
            move for move in ring
            if all(math.hypot(x + move[0] - a, y + move[1] - b) >= least * 0.999 for a, b in taken)
        )  # fmt: skip
        move = next(free, (0.0, 0.0))
        moves.append(move)
        taken.append((x + move[0], y + move[1]))
    return moves


def readable_scale(axes: Any, which: str, *beside: Any) -> None:
    """Scale one axis of finished axes, ``x`` or ``y``: logarithmic if its data span decades, else linear.

    Ticks are few and short: a linear axis is in thousands, millions or more, and says so; a logarithmic one
    has ticks such as 2e8. Where three digits do not tell them apart they are written out.

    Parameters
    ----------
    beside
        Axes that show the same figure: all get one scale and the same ends.
    """
    ticker = require("matplotlib.ticker", "plot", "a plot")
    every = {part: part.xaxis if which == "x" else part.yaxis for part in (axes, *beside)}
    ends = [axis.get_data_interval() for axis in every.values()]
    least, most = min(low for low, _ in ends), max(high for _, high in ends)
    by, word = scale_of(least, most)
    log = least > 0 and most >= DECADES_FROM * least
    for part, axis in every.items():
        if log:
            part.set(**{f"{which}scale": "log"})
            axis.set_major_locator(ticker.LogLocator(10, (1.0, 2.0, 5.0) if most < 50 * least else (1.0,)))
            axis.set_minor_formatter(ticker.NullFormatter())
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, place: short_number(value)))
        elif most - least < NARROW * abs(most) and most >= WHOLE_FROM:
            axis.set_major_locator(ticker.MaxNLocator(5, integer=True))
            axis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
        else:
            axis.set_major_locator(ticker.MaxNLocator(6))
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, place: tick(value / by)))
            if word:
                words = axis.get_label_text()
                axis.set_label_text(f"{words}\n{word}" if "\n" in words else f"{words}, {word}")
    if beside:
        limits = [getattr(part, f"get_{which}lim")() for part in every]
        for part in every:
            part.set(**{f"{which}lim": (min(low for low, _ in limits), max(high for _, high in limits))})


def label_points(axes: Any, points: Sequence[tuple[str, float, float]], size: float = 7) -> None:
    """Write words beside points of finished axes, in the order of the points from below.

    Where they would stand on others they go up a line.

    Parameters
    ----------
    points
        Words, x and y of each.
    size
        Of the letters, in points.
    """
    axes.figure.draw_without_rendering()
    taken: list[tuple[float, float, float]] = []
    line = 1.25 * size
    for words, x, y in sorted(points, key=lambda point: point[2]):
        left, bottom = (72 / axes.figure.dpi * float(part) for part in axes.transData.transform((x, y)))
        right, up = left + 0.65 * size * len(words), 5.0
        beside = [low for start, end, low in taken if left < end and start < right]
        while any(abs(bottom + up - low) < line for low in beside):
            up += line
        taken.append((left, right, bottom + up))
        axes.annotate(words, (x, y), (5, up), textcoords="offset points", fontsize=size)


def tick(value: float) -> str:
    """Write a tick of a linear axis: ``4,000``, ``2.5``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def short_number(value: float) -> str:
    """Write a number in at most three digits: ``1.44e7``, ``250``."""
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def image_bytes(figure: Any, kind: str = "png") -> bytes:
    """Return a figure as the bytes of a PNG, SVG or PDF file; the same figure gives the same bytes."""
    image = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    # Ids of an SVG are random otherwise.
    with require("matplotlib", "plot", "a plot").rc_context({"svg.hashsalt": "maeri-solver"}):
        figure.savefig(image, format=kind, metadata=metadata)
    return image.getvalue()


def pages_bytes(figures: Sequence[Any]) -> bytes:
    """Return figures as the pages of a PDF, each of its own size; the same figures give the same bytes."""
    file = io.BytesIO()
    pages = require("matplotlib.backends.backend_pdf", "plot", "a PDF").PdfPages
    with pages(file, metadata={"CreationDate": None}) as pdf:
        for figure in figures:
            pdf.savefig(figure)
    return file.getvalue()
