"""Plot of a design: every accelerator within the area, and what the network costs on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from solver.answers.design import DesignAnswer
from solver.hardware import Hardware
from solver.views.candidates import CHOSEN, EXCLUDED, OPEN, SOLVED, WORDS, candidates_of
from solver.views.certificate import NAMES
from solver.views.console import GLUE
from solver.views.plots.style import (
    BASELINE_COLOURS,
    LABELLED,
    MUTED,
    OPTIMUM,
    label_points,
    new_figure,
    readable_scale,
    titled,
)
from solver.views.text.design import sizes_words

MARKS = {
    EXCLUDED: ("o", 16, MUTED),
    OPEN: ("^", 26, BASELINE_COLOURS[1]),
    SOLVED: ("s", 26, BASELINE_COLOURS[3]),
    CHOSEN: ("*", 150, OPTIMUM),
}
"""Marker, its size and its colour."""


def design_plot(answer: DesignAnswer) -> Any:
    """Return the accelerators of a design as a matplotlib figure: value or proved bound against area.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    shown = candidates_of(answer)
    figure, axes = new_figure(7, 4.4)
    for fate, some in shown.by_fate():
        marker, size, colour = MARKS[fate]
        places = [shown.at[i] for i in some], [shown.values[i] for i in some]
        axes.scatter(*places, s=size, marker=marker, color=colour, label=WORDS[fate], zorder=3)
    if shown.limit is not None:
        axes.axvline(shown.limit, color=BASELINE_COLOURS[0], linestyle="--", label="largest area allowed")
    axes.set(xlabel=shown.across, ylabel=shown.up)
    readable_scale(axes, "x")
    readable_scale(axes, "y")
    if len(shown.points) <= LABELLED:
        axes.margins(0.15)
        names = _differences([point.hardware for point in shown.points])
        label_points(axes, list(zip(names, shown.at, shown.values, strict=True)))
    proved = "proved" if answer.proved else "not proved"
    titled(figure, f"{answer.network}: least {NAMES[answer.objective]} on {_chosen(answer)}, {proved}")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _chosen(answer: DesignAnswer) -> str:
    return "no accelerator" if answer.hardware is None else _words(answer.hardware)


def _words(hardware: Hardware) -> str:
    return sizes_words(hardware).replace(GLUE, " ")


def _differences(accelerators: Sequence[Hardware]) -> list[str]:
    """Return the sizes of each that not all of them have."""
    sizes = [_words(hardware).split(", ") for hardware in accelerators]
    same = set(sizes[0]).intersection(*sizes) if len(sizes) > 1 else set()
    return [", ".join(each for each in some if each not in same) for some in sizes]
