"""A picture as data: axes, and what is drawn over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray

Shape = Literal["dot", "line", "star", "square", "triangle", "diamond", "bar"]
Figures = Sequence[float] | IntArray | FloatArray

LABELLED = 12
"""Points up to which each has its words beside it where no pointer can ask for them."""


@dataclass(frozen=True)
class Series:
    """Figures that are drawn alike; a later series lies on top.

    Attributes
    ----------
    name
        What the legend calls it; empty if it is not in there.
    x, y
        Where its points lie; of bars the edges, one more than there are heights.
    colour
        ``optimum``, ``muted``, or the place of its colour among those of series.
    shape, size
        Marker, or the place of its marker among those of series, and its pixels; empty for none.
    join, width
        How points are joined, and the line's width; ``bars`` stand on the axis.
    alpha
        How opaque it is.
    apart
        Whether it is moved aside, with a line to where it belongs, where it would cover another one.
    tips
        What a pointer shows of each point, by title; the first is the headline.
    words
        What is written beside each point, where there is no pointer.
    """

    name: str
    x: Figures
    y: Figures
    colour: str | int = "optimum"
    shape: Shape | int | Literal[""] = "dot"
    size: float = 7
    join: Literal["", "line", "steps", "bars"] = ""
    width: float = 1.5
    alpha: float = 1.0
    apart: bool = False
    tips: Mapping[str, Sequence[str] | FloatArray] = field(default_factory=dict)
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Upright:
    """A vertical line over the whole height."""

    name: str
    at: float
    colour: str | int
    dashed: bool = True


@dataclass(frozen=True)
class Chart:
    """Series over two axes.

    Attributes
    ----------
    title, note
        What it shows, and a remark.
    across, up
        What the axes show, with units.
    series, uprights
        What is drawn.
    sizes
        The values of the axis below, where each has a place of its own.
    height
        In pixels, on a page.
    small
        Whether it stands beside others of its kind.
    """

    title: str
    across: str
    up: str
    series: Sequence[Series]
    uprights: Sequence[Upright] = ()
    sizes: Sequence[int] = ()
    height: int = 400
    small: bool = False
    note: str = ""

    @property
    def bars(self) -> bool:
        """Whether it has bars: then the axis begins at 0."""
        return any(each.join == "bars" for each in self.series)

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Return all figures of either axis."""
        low = [[0.0]] if self.bars else []
        at = [*(each.x for each in self.series), [line.at for line in self.uprights]]
        return _joined(at), _joined([*low, *(each.y for each in self.series)])


def _joined(parts: Iterable[Figures]) -> FloatArray:
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
