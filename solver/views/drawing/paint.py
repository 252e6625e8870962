"""A picture of the array as a matplotlib figure, for PNG and PDF: painted from its SVG, on light ground.

What is read is what `solver.views.drawing.svg` writes: rectangles, circles, paths and texts with the classes
of its style sheet. One unit is a 96th of an inch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree

from solver.tables import require
from solver.views.drawing.dot import to_dot
from solver.views.drawing.graph import ArrayGraph
from solver.views.drawing.sheets import to_sheets
from solver.views.drawing.svg import STYLE
from solver.views.plots.style import image_bytes, pages_bytes

Content = TypeVar("Content")

FORMATS = ("svg", "dot", "png", "pdf")
"""Kinds of files; those of text first."""
UNITS_PER_INCH = 96
PURPOSE = "a picture in PNG or PDF"
POINT = 72 / UNITS_PER_INCH
"""Points of a unit: of line widths and of texts."""

_SVG = "{http://www.w3.org/2000/svg}"
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def painted(svg: str) -> Any:
    """Return the figure.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    root = ElementTree.fromstring(svg)
    return _Painter(root).figure()


def pictures(graph: ArrayGraph, kind: str, *, fold: bool | None = None) -> list[bytes]:
    """Return the picture of an array as files: ``svg``, ``dot``, ``png`` or ``pdf``.

    An array that is too large for a sheet (`to_sheets`) takes a file for each, in a PDF a page.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed, which PNG and PDF need.
    """
    if kind == "dot":
        return [to_dot(graph).encode()]
    sheets = to_sheets(graph, fold=fold)
    if kind == "svg":
        return [sheet.encode() for sheet in sheets]
    if kind == "pdf":
        return [pages_bytes([painted(sheet) for sheet in sheets])]
    return [image_bytes(painted(sheet), kind) for sheet in sheets]


def files_of(path: str | Path, part: str, found: Sequence[Content]) -> dict[Path, Content]:
    """Return contents by file: one by the name that is given, a second sheet as array-sheet2.svg."""
    path = Path(path)
    if len(found) == 1:
        return {path: found[0]}
    return {
        path.with_name(f"{path.stem}-{part}{place}{path.suffix}"): content
        for place, content in enumerate(found, 1)
    }


class _Painter:
    def __init__(self, root: ElementTree.Element) -> None:
        self.root = root
        _, self.top, self.width, self.height = map(float, root.get("viewBox", "0 0 1 1").split())
        self.styles = _styles(STYLE.partition("@media")[0])
        self.patches = require("matplotlib.patches", "plot", PURPOSE)
        self.paths = require("matplotlib.path", "plot", PURPOSE).Path

    def figure(self) -> Any:
        figure_class = require("matplotlib.figure", "plot", PURPOSE).Figure
        figure = figure_class(figsize=(self.width / UNITS_PER_INCH, self.height / UNITS_PER_INCH), dpi=192)
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, self.width), ylim=(self.top + self.height, self.top))
        for order, element in enumerate(self.root.iter()):
            kind = element.tag.removeprefix(_SVG)
            if kind in ("rect", "circle", "path", "text"):
                getattr(self, kind)(element, order)
        return figure

    def look(self, element: ElementTree.Element) -> dict[str, str]:
        """Return the properties of an element: of its kind, its classes, its own."""
        found = dict(self.styles.get(element.tag.removeprefix(_SVG), {}))
        # As in a browser the rules count in the order of the style sheet, not of the classes.
        wanted = {f".{name}" for name in element.get("class", "").split()}
        for selector, rule in self.styles.items():
            if selector in wanted:
                found |= rule
        for name in ("stroke", "stroke-dasharray", "stroke-dashoffset"):
            if name in element.attrib:
                found.setdefault(name, element.attrib[name])
        return found | _declarations(element.get("style", ""))

    def add(self, patch: Any, element: ElementTree.Element, order: int) -> None:
        look = self.look(element)
        fill, stroke = look.get("fill", "none"), look.get("stroke", "none")
        width = float(look.get("stroke-width", 1)) * POINT
        dashes = [float(part) * POINT for part in look.get("stroke-dasharray", "").split()]
        offset = float(look.get("stroke-dashoffset", 0)) * POINT
        colours = require("matplotlib.colors", "plot", PURPOSE)
        patch.set(
            facecolor=colours.to_rgba(fill, float(look.get("fill-opacity", 1)) if fill != "none" else 0),
            edgecolor=stroke,
            linewidth=width if stroke != "none" else 0,
            linestyle=(offset, dashes) if dashes else "solid",
            zorder=order,
        )
        self.axes.add_patch(patch)

    def rect(self, element: ElementTree.Element, order: int) -> None:
        x, y, width, height, radius = (
            float(element.get(name, 0)) for name in ("x", "y", "width", "height", "rx")
        )
        if radius:
            style = self.patches.BoxStyle.Round(pad=0, rounding_size=radius)
            patch = self.patches.FancyBboxPatch((x, y), width, height, boxstyle=style)
        else:
            patch = self.patches.Rectangle((x, y), width, height)
        self.add(patch, element, order)

    def circle(self, element: ElementTree.Element, order: int) -> None:
        x, y, radius = (float(element.get(name, 0)) for name in ("cx", "cy", "r"))
        self.add(self.patches.Circle((x, y), radius), element, order)

    def path(self, element: ElementTree.Element, order: int) -> None:
        points, codes = _outline(element.get("d", ""), self.paths)
        self.add(self.patches.PathPatch(self.paths(points, codes)), element, order)

    def text(self, element: ElementTree.Element, order: int) -> None:
        look = self.look(element)
        text = self.axes.text(
            float(element.get("x", 0)),
            float(element.get("y", 0)),
            element.text or "",
            fontsize=float(element.get("font-size", 12)) * POINT,
            color=look.get("fill", "black"),
            ha=_ANCHORS[look.get("text-anchor", "start")],
            va="baseline",
            fontweight=look.get("font-weight", "normal"),
            zorder=order,
            parse_math=False,
        )
        if "paint-order" in look:
            effects = require("matplotlib.patheffects", "plot", PURPOSE)
            width = float(look["stroke-width"]) * POINT
            text.set_path_effects([effects.withStroke(linewidth=width, foreground=look["stroke"])])


def _outline(d: str, paths: Any) -> tuple[list[tuple[float, float]], list[int]]:
    """Return the points and codes of a path's commands M, L, l, h, Q, q, C, A (half a circle) and Z."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []

    def go(code: int, *through: tuple[float, float]) -> None:
        points.extend(through)
        codes.extend([code] * len(through))

    x = y = 0.0
    for command, rest in re.findall(r"([MLlhQqCAZ])([^MLlhQqCAZ]*)", d):
        numbers = [float(part) for part in rest.split()]
        base = (x, y) if command.islower() else (0.0, 0.0)
        if command == "A":
            radius, end = numbers[0], (numbers[5], numbers[6])
            # Half a circle to the right of the line between its ends, as two curves.
            bend = radius * 4 / 3 * (2**0.5 - 1)
            side = (x + radius, (y + end[1]) / 2)
            go(paths.CURVE4, (x + bend, y), (side[0], side[1] - bend), side)
            go(paths.CURVE4, (side[0], side[1] + bend), (end[0] + bend, end[1]), end)
            x, y = end
            continue
        if command == "Z":
            go(paths.CLOSEPOLY, (x, y))
            continue
        if command == "h":
            numbers = [numbers[0], 0.0]
        through = [(base[0] + a, base[1] + b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
        go(
            {"M": paths.MOVETO, "Q": paths.CURVE3, "C": paths.CURVE4}.get(command.upper(), paths.LINETO),
            *through,
        )
        x, y = through[-1]
    return points, codes


def _styles(sheet: str) -> dict[str, dict[str, str]]:
    """Return the declarations of a style sheet by selector, in its order."""
    found: dict[str, dict[str, str]] = {}
    for selector, body in re.findall(r"([\w.-]+)\s*\{([^}]*)\}", sheet):
        found[selector] = found.get(selector, {}) | _declarations(body)
    return found


def _declarations(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(";") if ":" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}
