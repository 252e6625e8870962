"""The array as an SVG picture that stands alone: no fonts, scripts or styles from elsewhere.

Every switch and every link is an element whose ``id`` is its name in the graph, with a tooltip. Colours
follow the reader's light or dark setting; the picture has a ground of its own, so it fits on any page.
"""

from __future__ import annotations

import textwrap
from xml.etree import ElementTree

from solver.views.drawing.graph import ArrayGraph, Link, LinkKind, Node, NodeKind
from solver.views.drawing.layout import MARGIN, Geometry, geometry
from solver.views.drawing.palette import DARK_GROUND, INK, LIGHT_GROUND, vn_colour

STYLE = f"""
text {{ font-family: "DejaVu Sans", Verdana, Helvetica, Arial, sans-serif; }}
text {{ fill: #1b1f24; text-anchor: middle; }}
.ground {{ fill: {LIGHT_GROUND}; }}
.title {{ font-weight: bold; text-anchor: start; }}
.left {{ text-anchor: start; }}
.right {{ text-anchor: end; }}
.small {{ fill: #59636e; }}
.halo {{ paint-order: stroke; stroke: {LIGHT_GROUND}; stroke-width: 3; stroke-linejoin: round; }}
.box {{ fill: #eceff3; stroke: #6b7785; stroke-width: 1; }}
.wire {{ fill: none; stroke: #a3acb7; stroke-width: 1.1; }}
.link {{ stroke-dasharray: 2 3; }}
.busy {{ fill: none; stroke: #59636e; stroke-width: 1.6; }}
.vn {{ fill: none; stroke-width: 2.6; }}
.exit {{ fill: none; stroke-width: 1.7; stroke-dasharray: 6 3; }}
.band {{ fill-opacity: 0.22; stroke-width: 1.2; }}
.emits {{ stroke-width: 3.2; }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6eaf0; }}
  .ground {{ fill: {DARK_GROUND}; }}
  .small {{ fill: #a3acb7; }}
  .halo {{ stroke: {DARK_GROUND}; }}
  .box {{ fill: #2a3038; stroke: #8b96a3; }}
  .wire {{ stroke: #5a6572; }}
  .busy {{ stroke: #a3acb7; }}
}}
"""


LINE = 24
"""Pixels from line to line of the heading."""
ADDS = 0.95
"""Size of what an adder does, by its radius."""


class Picture:
    """The array in one row of multipliers, as SVG text.

    Parameters
    ----------
    graph
        The array, idle or with a mapping.
    """

    def __init__(self, graph: ArrayGraph) -> None:
        self.graph = graph
        self.geo = self.layout()
        self.places = {node.name: self.geo.place(node) for node in graph.nodes}
        self.svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})

    def layout(self) -> Geometry:
        """Return where everything stands."""
        return geometry(self.graph, lambda width: 44 + LINE * len(heading(self.graph, width - 2 * MARGIN)))

    def text(self) -> str:
        """Return the picture."""
        graph, geo = self.graph, self.geo
        ElementTree.SubElement(self.svg, "title").text = graph.description
        ElementTree.SubElement(self.svg, "style").text = STYLE
        ground = self.rect(self.svg, "ground", 0, 0, geo.width, 0)
        self.prepare()
        for number, (words, style) in enumerate(heading(graph, geo.width - 2 * geo.margin)):
            self.label(
                self.svg, geo.margin, 34 + LINE * number, words, _text_size(geo.width - 2 * geo.margin), style
            )
        bands = self.group("virtual-neurons")
        for vn, ends in enumerate(graph.vns):
            self.band(bands, vn, *ends)
        wires = self.group("links")
        for link in sorted(graph.links, key=lambda link: bool(link.vns)):
            self.link(wires, link)
        for kind in NodeKind:
            group = self.group(f"{kind}-nodes")
            for node in graph.of_kind(kind):
                self.node(group, node)
        self.vn_names()
        self.switch_names()
        height = self.legend() + 18
        ground.set("height", _n(height))
        self.svg.set("viewBox", f"0 0 {_n(geo.width)} {_n(height)}")
        self.svg.set("width", _n(geo.width))
        self.svg.set("height", _n(height))
        ElementTree.indent(self.svg, " ")
        return ElementTree.tostring(self.svg, encoding="unicode") + "\n"

    def prepare(self) -> None:
        """Note what is needed before anything is drawn."""

    def node(self, parent: ElementTree.Element, node: Node) -> None:
        """Draw a port, switch, adder or bus."""
        geo = self.geo
        x, y = self.places[node.name]
        item = ElementTree.SubElement(parent, "g", {"id": node.name})
        ElementTree.SubElement(item, "title").text = node.description
        if node.kind is NodeKind.PORT:
            width = min(40.0, geo.port)
            high = geo.box
            self.rect(item, "box", x - width / 2, y - high / 2, width, high, rx=3)
            name = node.name if width > 20 else node.name[1:]
            self.label(item, x, y + 4, name, min(11, width / (0.67 * len(name))))
        elif node.kind is NodeKind.DISTRIBUTION:
            self.circle(item, x, y, 4.5)
        elif node.kind is NodeKind.MULTIPLIER:
            side = geo.multiplier
            fill = vn_colour(node.vns[0]) if node.vns else None
            self.rect(item, "box", x - side / 2, y - side / 2, side, side, rx=4, fill=fill)
            label = node.name[1:]
            if node.note:
                label = f"Σ{label}" if len(label) < 3 or side > 20 else "Σ"
            self.label(item, x, y + 0.13 * side, label, min(12, side / 2.1), ink=fill and INK)
        elif node.kind is NodeKind.ADDER:
            self.adder(item, node, x, y)
        else:
            fill = vn_colour(node.vns[0]) if len(node.vns) == 1 else None
            self.rect(item, "box", x - geo.bus / 2, y - geo.box / 2, geo.bus, geo.box, rx=2, fill=fill)
            self.label(item, x, y + 4, node.name, min(11, geo.bus / 3), ink=fill and INK)

    def adder(self, item: ElementTree.Element, node: Node, x: float, y: float) -> None:
        """Draw an adder; one that serves two virtual neurons is split between their colours."""
        radius = self.geo.radius
        fill = vn_colour(node.vns[0]) if node.vns else None
        circle = self.circle(item, x, y, radius, fill=fill)
        if any(work.sends == "bus" for work in node.work):
            circle.set("class", "box emits")
        if len(node.work) > 1:
            half = f"M {_n(x)} {_n(y - radius)} A {_n(radius)} {_n(radius)} 0 0 1 {_n(x)} {_n(y + radius)} Z"
            ElementTree.SubElement(item, "path", {"d": half, "style": f"fill: {vn_colour(node.vns[1])}"})
        label = " ".join(work.label for work in node.work[:2])
        if label:
            size = ADDS * radius
            self.label(item, x, y + 0.34 * size, label, size, ink=INK if fill else None)

    def link(self, parent: ElementTree.Element, link: Link) -> None:
        """Draw a link: grey if nothing uses it, else in the colours of the virtual neurons."""
        (x1, y1), (x2, y2) = self.places[link.source], self.places[link.target]
        if link.kind is LinkKind.EXIT:
            for vn in link.vns:
                bend = max(30.0, 0.45 * (y2 - y1))
                points = [(x1, y1 + bend), (x2, y2 - bend), (x2, y2 - self.geo.box / 2)]
                curve = " ".join(f"{_n(x)} {_n(y)}" for x, y in points)
                d = f"M {_n(x1)} {_n(y1)} C {curve}"
                self.wire(parent, link, d, "exit", vn)
            return
        if link.kind is LinkKind.NEIGHBOUR:
            # A short bow above the multipliers.
            top = y1 - self.geo.multiplier / 2
            d = f"M {_n(x1)} {_n(top)} Q {_n((x1 + x2) / 2)} {_n(top - 9)} {_n(x2)} {_n(top)}"
        else:
            d = f"M {_n(x1)} {_n(y1)} L {_n(x2)} {_n(y2)}"
        dotted = " link" if link.kind is LinkKind.FORWARDING else ""
        if not link.vns:
            self.wire(parent, link, d, "wire" + dotted)
        elif link.kind is LinkKind.DISTRIBUTION:
            self.wire(parent, link, d, "busy")
        else:
            # Several virtual neurons on one wire are drawn as alternating dashes.
            for turn, vn in enumerate(link.vns):
                dashes = f"6 {6 * (len(link.vns) - 1)}" if len(link.vns) > 1 else ""
                self.wire(parent, link, d, "vn", vn, dashes, 6 * turn)

    def wire(
        self,
        parent: ElementTree.Element,
        link: Link,
        d: str,
        style: str,
        vn: int | None = None,
        dashes: str = "",
        offset: int = 0,
    ) -> None:
        """Draw the line of a link."""
        name = link.name if vn is None or len(link.vns) == 1 else f"{link.name}-{vn}"
        item = ElementTree.SubElement(parent, "path", {"id": name, "class": style, "d": d})
        if vn is not None:
            item.set("stroke", vn_colour(vn))
        if dashes:
            item.set("stroke-dasharray", dashes)
            item.set("stroke-dashoffset", str(-offset))
        carried = (
            "".join(f", virtual neuron {v}" for v in link.vns)
            if link.kind is not LinkKind.DISTRIBUTION
            else ""
        )
        ElementTree.SubElement(item, "title").text = f"{link.kind} {link.source} to {link.target}{carried}"

    def band(self, parent: ElementTree.Element, vn: int, first: int, last: int) -> None:
        """Mark the multipliers of a virtual neuron, with its number below them."""
        geo = self.geo
        x, width = geo.margin + first * geo.pitch + 1, (last - first + 1) * geo.pitch - 2
        y = geo.multiplier_y - geo.multiplier / 2 - 4
        item = ElementTree.SubElement(parent, "g", {"id": f"VN{vn}"})
        ElementTree.SubElement(item, "title").text = f"virtual neuron {vn}: multipliers {first} to {last}"
        band = self.rect(item, "band", x, y, width, geo.multiplier + 26, rx=5, fill=vn_colour(vn))
        band.set("stroke", vn_colour(vn))

    def vn_names(self) -> None:
        """Number the virtual neurons in their bands, over the wires."""
        geo, group = self.geo, self.group("virtual-neuron-names")
        for vn, (first, last) in enumerate(self.graph.vns):
            width = (last - first + 1) * geo.pitch
            label = f"VN {vn}" if width > 42 else str(vn)
            size = min(12, width / max(1.6, 0.72 * len(label)))
            x = geo.margin + (first + last + 1) / 2 * geo.pitch
            self.label(group, x, geo.multiplier_y + geo.multiplier / 2 + 15, label, size, "halo")

    def switch_names(self) -> None:
        """Write the name of every adder switch and its bus: between the halves of a double switch."""
        group = self.group("switch-names")
        size = 10 if self.geo.pitch >= 32 else 7.5
        offset = self.geo.radius + 4
        adders = {node.name: node for node in self.graph.of_kind(NodeKind.ADDER)}
        for node in adders.values():
            x, y = self.places[node.name]
            name, _, side = node.name.partition(".")
            if side == "L":
                x, style = (x + self.places[f"{name}.R"][0]) / 2, "small"
            elif side == "R":
                continue
            else:
                # Wires of the edge switches come from above and leave towards the middle.
                left = node.row > 0 and node.centre < self.graph.num_ms / 2
                x, style = (x - offset, "small right") if left else (x + offset, "small left")
                y += 0.45 * self.geo.radius + 4
            self.label(group, x, y - 4, name, size, f"{style} halo")
            self.label(group, x, y + size + 1, f"b{node.bus}", size, f"{style} halo")

    def legend(self) -> float:
        """Explain the signs along the lower edge; return where it ends."""
        signs = [
            ("box", "P port, number: multiplier, B collection bus"),
            ("circle", "adder, with its bus bN"),
            ("link", "forwarding link of a double switch (D)"),
        ]
        if self.graph.vns and self.geo.pitch < 30:  # Where there is room its number says VN.
            signs.append(("band", "virtual neuron"))
        if any(link.kind is LinkKind.NEIGHBOUR for link in self.graph.links):
            signs.append(("bow", "inputs handed on"))
        if self.graph.vns:
            signs += [("+2", "adds two"), ("+3", "adds three"), ("1", "passes on")]
            signs += [("ring", "complete sum"), ("exit", "leaves by its bus")]
        if any(node.note for node in self.graph.nodes):
            signs.append(("Σ", "carries the partial sum"))
        group = self.group("legend")
        x, y = self.geo.margin, self.geo.legend_y
        for sign, words in signs:
            width = 46 + 6.1 * len(words)
            if x + width > self.geo.width - 20 and x > self.geo.margin:
                x, y = self.geo.margin, y + 20
            if sign == "box":
                self.rect(group, "box", x, y - 11, 14, 14, rx=3)
            elif sign == "band":
                self.rect(group, "band", x - 4, y - 11, 22, 14, rx=3, fill=vn_colour(0))
            elif sign in ("circle", "ring"):
                self.circle(group, x + 7, y - 4, 7).set("class", "box emits" if sign == "ring" else "box")
            elif sign == "bow":
                d = f"M {_n(x - 4)} {_n(y - 1)} q 12 -12 24 0"
                ElementTree.SubElement(group, "path", {"class": "wire", "d": d})
            elif sign in ("link", "exit"):
                attributes = {"class": f"wire {sign}", "d": f"M {_n(x - 4)} {_n(y - 4)} h 24"}
                ElementTree.SubElement(group, "path", attributes)
            else:
                self.circle(group, x + 7, y - 4, 9, fill=vn_colour(0))
                self.label(group, x + 7, y, sign, 10, ink=INK)
            self.label(group, x + 26, y, words, 11, "left small")
            x += width
        return y

    def group(self, name: str) -> ElementTree.Element:
        """Begin a group."""
        return ElementTree.SubElement(self.svg, "g", {"id": name})

    def rect(
        self,
        parent: ElementTree.Element,
        style: str,
        x: float,
        y: float,
        width: float,
        height: float,
        rx: float = 0,
        fill: str | None = None,
    ) -> ElementTree.Element:
        """Draw a rectangle from its upper left corner."""
        numbers = {"x": x, "y": y, "width": width, "height": height, "rx": rx}
        attributes = {"class": style} | {
            key: _n(value) for key, value in numbers.items() if value or key != "rx"
        }
        if fill:
            attributes["style"] = f"fill: {fill}"
        return ElementTree.SubElement(parent, "rect", attributes)

    def circle(
        self, parent: ElementTree.Element, x: float, y: float, radius: float, fill: str | None = None
    ) -> ElementTree.Element:
        """Draw a switch."""
        attributes = {"class": "box", "cx": _n(x), "cy": _n(y), "r": _n(radius)}
        if fill:
            attributes["style"] = f"fill: {fill}"
        return ElementTree.SubElement(parent, "circle", attributes)

    def label(
        self,
        parent: ElementTree.Element,
        x: float,
        y: float,
        text: str,
        size: float,
        style: str = "",
        ink: str | None = None,
    ) -> None:
        """Write a line of text."""
        attributes = {"x": _n(x), "y": _n(y), "font-size": _n(size)}
        if style:
            attributes["class"] = style
        if ink:
            attributes["style"] = f"fill: {ink}"
        ElementTree.SubElement(parent, "text", attributes).text = text


def _text_size(width: float) -> float:
    return 17 if width > 970 else 14


def columns_of(width: float) -> int:
    """Return how many characters of the heading a line of some width takes."""
    return int(width / (0.62 * _text_size(width)))


def heading(graph: ArrayGraph, width: float) -> list[tuple[str, str]]:
    """Return the lines above a picture with their styles, wrapped to the width between its margins."""
    columns = columns_of(width)
    parts = [(graph.title, "title"), (graph.facts, "left"), (graph.mapping, "left")]
    return [(line, style) for text, style in parts for line in textwrap.wrap(text, columns)]


def _n(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
