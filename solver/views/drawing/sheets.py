"""A drawing in sheets that fit a page of A4: a high one is cut between its strips.

What is in a sheet is what stands between two heights of the picture. A wire between strips is two ends, each
of which belongs to the sheet that it stands in.
"""

from __future__ import annotations

import re
import textwrap
from copy import deepcopy
from xml.etree import ElementTree

from solver.views.drawing.folded import FoldedPicture, picture_of
from solver.views.drawing.graph import ArrayGraph
from solver.views.drawing.svg import columns_of

PAGE, UNDER_WORDS = 277.0, 215.0
"""Millimetres of a page of A4, 190 wide, within its margins; and of what a heading and a note leave."""
SIX_POINTS = 6 * 25.4 / 72
"""Millimetres: no word is smaller."""
NEXT = 34
"""Height of the line above every sheet but the first."""


def to_sheets(graph: ArrayGraph, *, fold: bool | None = None, page: float = PAGE) -> list[str]:
    """Return the picture of an array as SVG texts, one a sheet; most arrays take one.

    Parameters
    ----------
    graph, fold
        As of `solver.views.drawing.to_svg`.
    page
        Most height of a sheet, millimetres.
    """
    drawn = picture_of(graph, fold=fold)
    text = drawn.text()
    ends = _ends(drawn, page) if isinstance(drawn, FoldedPicture) else []
    if len(ends) < 2:
        return [text]
    root = ElementTree.fromstring(text)
    sheets, inner = [], drawn.geo.width - 2 * drawn.geo.margin
    for number, (top, end) in enumerate(zip([0.0, *ends[:-1]], ends, strict=True), 1):
        place = f", sheet {number} of {len(ends)}"
        title = textwrap.shorten(graph.title, columns_of(inner) - len(place), placeholder=" …") + place
        sheets.append(_sheet(root, top, end, title if top else "", drawn.geo.margin))
    return sheets


def _ends(drawn: FoldedPicture, page: float) -> list[float]:
    """Return where sheets end, between strips or at the end: as few as a page allows, of like height."""
    most = page / SIX_POINTS * drawn.smallest
    fewest = len(_filled(drawn, most))
    shares = (_filled(drawn, most * share / 20) for share in range(1, 21))
    return next(ends for ends in shares if len(ends) <= fewest)


def _filled(drawn: FoldedPicture, most: float) -> list[float]:
    """Return where sheets end that are as full as a height allows."""
    ends: list[float] = []
    top, room, last = 0.0, most, 0.0
    for place in drawn.breaks():
        if place - top > room and last > top:
            ends.append(last)
            top, room = last, most - NEXT
        last = place
    return [*ends, last]


def _sheet(root: ElementTree.Element, top: float, end: float, title: str, margin: float) -> str:
    """Return what stands between two heights of a picture, as one of its own."""
    sheet = deepcopy(root)
    head = NEXT if title else 0
    _keep(sheet, top, end)
    width = sheet.get("width", "")
    sheet.set("viewBox", f"0 {top - head:.1f} {width} {end - top + head:.1f}")
    sheet.set("height", f"{end - top + head:.1f}")
    name = sheet.tag.removesuffix("svg")
    ground = sheet.find(f"{name}rect[@class='ground']")
    assert ground is not None
    ground.set("y", f"{top - head:.1f}")
    ground.set("height", f"{end - top + head:.1f}")
    if title:
        line = {"x": f"{margin:.1f}", "y": f"{top - 12:.1f}", "font-size": "14", "class": "title"}
        ElementTree.SubElement(sheet, f"{name}text", line).text = title
    ElementTree.register_namespace("", name.strip("{}"))
    return ElementTree.tostring(sheet, encoding="unicode") + "\n"


def _keep(parent: ElementTree.Element, top: float, end: float) -> None:
    """Leave out of an element what does not stand between two heights; parts of a path for themselves."""
    for element in list(parent):
        kind = element.tag.rpartition("}")[2]
        if kind == "g":
            _keep(element, top, end)
            if all(child.tag.endswith("}title") for child in element):
                parent.remove(element)
        elif kind == "path":
            parts = re.findall(r"M [^M]+", element.get("d", ""))
            kept = [part.strip() for part in parts if top <= float(part.split()[2]) < end]
            element.set("d", " ".join(kept))
            if not kept:
                parent.remove(element)
        elif kind in ("rect", "circle", "text") and element.get("class") != "ground":
            height = float(element.get("cy") or element.get("y") or 0)
            if not top <= height < end:
                parent.remove(element)
