"""A large array folded into strips, one below the other, so that it can be read on a page.

A strip has the multipliers of a few neighbouring leaves, the switches above and below that belong to them
alone, and the ports. What is wider than a strip stands above the strips (distribution) or below them (adders,
buses). A wire from one to the other is cut: both ends are drawn, with the name of what is at the other end.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from solver.views.drawing.graph import ArrayGraph, Link, LinkKind, Node, NodeKind
from solver.views.drawing.layout import Geometry
from solver.views.drawing.palette import vn_colour
from solver.views.drawing.svg import ADDS, LINE, Picture, heading

FOLDED_FROM, DENSE_FROM = 64, 128
"""Multipliers from which an array is folded, and from which its strips are dense."""
DISTRIBUTION_STEP, WIDE_STEP = 11, 32
"""Pixels from level to level of distribution, and of adders below the strips."""
ABOVE_TREE, BETWEEN, BELOW_TREE, BUS_STEP = 40, 13, 30, 20
"""Pixels from multipliers to the first adders, from strip to strip, from the root to the buses, and between
rows of buses."""
BUSES = 16
"""Buses of a row."""
STUB = 12
"""Length of a cut wire's ends."""


@dataclass(frozen=True)
class Strips:
    """How strips are drawn: as wide as a page of A4, 190 mm, with no word below 6 points on it.

    Attributes
    ----------
    multipliers
        Of a strip.
    pitch, margin, radius, multiplier, adder_step
        See `Geometry`.
    name
        Size of the names of switches.
    """

    multipliers: int
    pitch: float
    margin: float
    radius: float
    multiplier: float
    adder_step: float
    name: float


ROOMY = Strips(16, pitch=34, margin=64, radius=10, multiplier=24, adder_step=16, name=11)
DENSE = Strips(32, pitch=20, margin=36, radius=8.6, multiplier=17.5, adder_step=16, name=8)


def strips_of(num_ms: int) -> Strips:
    """Return how the strips of an array are drawn."""
    return DENSE if num_ms >= DENSE_FROM else ROOMY


@dataclass(frozen=True, kw_only=True)
class FoldedGeometry(Geometry):
    """Places in the folded picture; `multiplier_y` is that of the first strip."""

    name: float

    @property
    def in_strip(self) -> int:
        """Multipliers of a strip."""
        return strips_of(self.graph.num_ms).multipliers

    @property
    def strips(self) -> int:
        """How many there are."""
        return self.graph.num_ms // self.in_strip

    @property
    def port(self) -> float:
        """Room for a port's box."""
        return min(40.0, super().port)

    def span(self, node: Node) -> int:
        """Return how many leaves belong to a node; buses belong to all."""
        width = self.graph.num_ms // self.graph.ports
        spans = {NodeKind.PORT: width, NodeKind.MULTIPLIER: 1, NodeKind.BUS: self.graph.num_ms}
        if node.kind in spans:
            return spans[node.kind]
        return (width if node.kind is NodeKind.DISTRIBUTION else self.graph.num_ms) >> node.row

    def strip(self, node: Node) -> int | None:
        """Return the strip of a node, None if it is wider than one."""
        return int(node.centre) // self.in_strip if self.span(node) <= self.in_strip else None

    @property
    def _wide(self) -> int:
        """Levels of distribution above the strips, ports included."""
        width = self.graph.num_ms // self.graph.ports
        return 0 if width <= self.in_strip else 1 + (width // self.in_strip).bit_length() - 1

    @property
    def _inside(self) -> int:
        """Levels of distribution in a strip, ports included."""
        width = min(self.in_strip, self.graph.num_ms // self.graph.ports)
        return width.bit_length() - 1 + (self._wide == 0)

    @property
    def strip_height(self) -> float:
        """From strip to strip."""
        tree = self.adder_step * (self.in_strip.bit_length() - 2)
        ends = 3 * STUB if self._wide else STUB
        return DISTRIBUTION_STEP * self._inside + self.multiplier + ABOVE_TREE + tree + BETWEEN + ends

    @property
    def first_strip(self) -> float:
        """Where the strips begin."""
        return self.heading + self._wide * 2 * DISTRIBUTION_STEP + (3 * STUB if self._wide else 0)

    def multiplier_at(self, strip: int) -> float:
        """Return the middle of a strip's row of multipliers."""
        top = self.first_strip + strip * self.strip_height + (STUB if self._wide else 0)
        return top + DISTRIBUTION_STEP * self._inside + self.multiplier / 2 + 4

    @property
    def below(self) -> float:
        """Where the adders begin that are wider than a strip."""
        # Of two strips the roots stand right above the root of both.
        room = 2 * STUB if self.strips == 2 else STUB
        return self.first_strip + self.strips * self.strip_height + room

    @property
    def root_y(self) -> float:
        """Middle of the root of the adder tree."""
        return self.below + WIDE_STEP * (self.strips.bit_length() - 2)

    @property
    def bus_rows(self) -> int:
        """Rows of buses."""
        return -(-self.graph.buses // BUSES)

    @property
    def legend_y(self) -> float:
        """Base line of the legend's first row."""
        return self.root_y + BELOW_TREE + BUS_STEP * self.bus_rows + 8

    def x(self, centre: float, strip: int | None) -> float:
        """Return where the middle of some leaves is."""
        inner = self.width - 2 * self.margin
        if strip is None:
            return self.margin + (centre + 0.5) / self.graph.num_ms * inner
        return self.margin + (centre - strip * self.in_strip + 0.5) * self.pitch

    def place(self, node: Node) -> tuple[float, float]:
        """Return the middle of a node."""
        if node.kind is NodeKind.BUS:
            row, column = divmod(int(node.centre), BUSES)
            step = (self.width - 2 * self.margin) / min(BUSES, self.graph.buses)
            return self.margin + (column + 0.5) * step, self.root_y + BELOW_TREE + BUS_STEP * row
        strip = self.strip(node)
        x = self.x(node.centre, strip)
        if node.kind is NodeKind.ADDER:
            if strip is None:
                return x, self.root_y - WIDE_STEP * node.row
            levels = self.graph.num_ms.bit_length() - 1
            return x, self.multiplier_at(strip) + ABOVE_TREE + self.adder_step * (levels - 1 - node.row)
        if node.kind is NodeKind.MULTIPLIER:
            assert strip is not None
            return x, self.multiplier_at(strip)
        # A port is one level above the switches of its tree.
        level = 0 if node.kind is NodeKind.PORT else node.row + 1
        if strip is None:
            return x, self.heading + 2 * DISTRIBUTION_STEP * level
        above = self._inside - (level - self._wide)
        return x, self.multiplier_at(strip) - self.multiplier / 2 - 4 - DISTRIBUTION_STEP * above


class FoldedPicture(Picture):
    """The array in strips, as SVG text."""

    geo: FoldedGeometry

    def layout(self) -> FoldedGeometry:
        """Return where everything stands."""
        strips = strips_of(self.graph.num_ms)
        inner = strips.multipliers * strips.pitch
        return FoldedGeometry(
            graph=self.graph,
            pitch=strips.pitch,
            width=inner + 2 * strips.margin,
            radius=strips.radius,
            multiplier=strips.multiplier,
            bus=min(38, inner / min(BUSES, self.graph.buses) - 4),
            heading=42 + LINE * len(heading(self.graph, inner)),
            adder_step=strips.adder_step,
            box=15,
            margin=strips.margin,
            name=strips.name,
        )

    @property
    def smallest(self) -> float:
        """Size of the smallest words: names, and what adders do."""
        return min(self.geo.name, ADDS * self.geo.radius)

    def breaks(self) -> list[float]:
        """Return heights that nothing crosses: over strips, the adders below, rows of buses; then the end."""
        geo = self.geo
        tops = [geo.first_strip + strip * geo.strip_height for strip in range(1, geo.strips + 1)]
        tops += [geo.root_y + BELOW_TREE + BUS_STEP * row for row in range(geo.bus_rows)]
        return [*(top - geo.box / 2 - 1 for top in tops), float(self.svg.get("height", 0))]

    def nodes_by_name(self) -> dict[str, Node]:
        """Return the nodes under their names."""
        return {node.name: node for node in self.graph.nodes}

    def link(self, parent: ElementTree.Element, link: Link) -> None:
        """Draw a link; one between strips, or from a strip to what is wider, as two ends."""
        ends = [self.by_name[name] for name in (link.source, link.target)]
        strips = [self.geo.strip(node) for node in ends]
        if strips[0] == strips[1]:
            super().link(parent, link)
        elif link.kind is LinkKind.EXIT:
            x, y = self.places[link.source]
            for vn in link.vns:
                # Its bus is named beside the adder.
                d = f"M {x:.1f} {y:.1f} l {STUB} {STUB + 4}"
                self.wire(parent, link, d, "exit", vn)
        elif link.kind in (LinkKind.NEIGHBOUR, LinkKind.FORWARDING):
            self._sideways(parent, link, ends)
        else:
            self._down(parent, link, ends)

    def _sideways(self, parent: ElementTree.Element, link: Link, ends: list[Node]) -> None:
        """Draw the ends of a link from the last switch of a strip to the first of the next, or back."""
        later = max(ends, key=lambda node: node.centre)
        parts = []
        for node in ends:
            x, y = self.places[node.name]
            y -= self.geo.multiplier / 2 if node.kind is NodeKind.MULTIPLIER else 0
            parts.append(f"M {x:.1f} {y:.1f} l {-STUB - 6 if node is later else STUB + 6} -6")
        self._cut(parent, link, " ".join(parts), "wire link" if link.kind is LinkKind.FORWARDING else "wire")

    def _down(self, parent: ElementTree.Element, link: Link, ends: list[Node]) -> None:
        """Draw the ends of a link to a strip or from one, with the name at the other end."""
        (x1, y1), (x2, y2) = (self.places[node.name] for node in ends)
        lean = 8 if ends[0].centre > ends[1].centre else -8
        # A switch that sends to two strips has an end for each; what it sends to one goes straight down.
        out = 0 if link.kind is LinkKind.SUM else -lean
        d = f"M {x1:.1f} {y1:.1f} l {out} {STUB + 6} M {x2:.1f} {y2:.1f} l {lean} {-STUB - 6}"
        self._cut(parent, link, d, "wire")
        below = "right small halo" if out < 0 else "left small halo"
        self.label(self.ends, x1 + 4 + 1.6 * out, y1 + STUB + 2, f"to {link.target}", self.geo.name, below)
        side = "left small halo" if lean > 0 else "right small halo"
        self.label(self.ends, x2 + 2 * lean, y2 - STUB - 6, link.source, self.geo.name, side)

    def _cut(self, parent: ElementTree.Element, link: Link, d: str, idle: str) -> None:
        if not link.vns:
            self.wire(parent, link, d, idle)
        elif link.kind is LinkKind.DISTRIBUTION:
            self.wire(parent, link, d, "busy")
        else:
            for vn in link.vns:
                self.wire(parent, link, d, "vn", vn)

    def prepare(self) -> None:
        """Note what links need to know of nodes, and the strips' numbers of multipliers."""
        self.by_name = self.nodes_by_name()
        self.ends = ElementTree.Element("g", {"id": "wire-ends"})
        for strip in range(self.geo.strips):
            y = self.geo.multiplier_at(strip) + 4
            first = strip * self.geo.in_strip
            size = min(10, self.geo.name)
            self.label(self.ends, 3, y - 6, str(first), size, "left small")
            self.label(self.ends, 3, y + 6, f"to {first + self.geo.in_strip - 1}", size, "left small")

    def band(self, parent: ElementTree.Element, vn: int, first: int, last: int) -> None:
        """Mark the multipliers of a virtual neuron, in every strip that has some of them."""
        geo = self.geo
        item = ElementTree.SubElement(parent, "g", {"id": f"VN{vn}"})
        ElementTree.SubElement(item, "title").text = f"virtual neuron {vn}: multipliers {first} to {last}"
        for strip, begin, end in _segments(first, last, self.geo.in_strip):
            x, width = geo.x(begin, strip) - geo.pitch / 2 + 1, (end - begin + 1) * geo.pitch - 2
            y = geo.multiplier_at(strip) - geo.multiplier / 2 - 3
            band = self.rect(item, "band", x, y, width, geo.multiplier + 18, rx=4, fill=vn_colour(vn))
            band.set("stroke", vn_colour(vn))

    def vn_names(self) -> None:
        """Number the virtual neurons in their bands."""
        group = self.group("virtual-neuron-names")
        longest = len(f"VN {len(self.graph.vns) - 1}")
        fits = 0.61 * self.geo.name * longest < self.geo.pitch
        for vn, (first, last) in enumerate(self.graph.vns):
            for strip, begin, end in _segments(first, last, self.geo.in_strip):
                y = self.geo.multiplier_at(strip) + self.geo.multiplier / 2 + 11
                # Above an adder there is room between its two wires.
                pair = (begin + end) // 4 * 2
                inside = begin <= pair and pair + 1 <= end
                x = self.geo.x(pair + 0.5 if inside else (begin + end) / 2, strip)
                label = f"VN {vn}" if fits and inside else str(vn)
                self.label(group, x, y, label, self.geo.name, "halo")
        self.svg.append(self.ends)

    def switch_names(self) -> None:
        """Write the name and the bus of every adder beside it, of a double switch between its halves."""
        group = self.group("switch-names")
        for node in self.graph.of_kind(NodeKind.ADDER):
            x, y = self.places[node.name]
            name, _, side = node.name.partition(".")
            reach = self.geo.radius + 3
            other = {"L": "R", "R": "L"}.get(side)
            if other and self.geo.strip(node) == self.geo.strip(self.by_name[f"{name}.{other}"]):
                if side == "L":
                    right, _ = self.places[f"{name}.R"]
                    room = right - x - 2 * self.geo.radius
                    self._switch_name(group, node, (x + right) / 2, y - 3, room, "small halo")
                continue
            inside = node.centre % self.geo.in_strip
            before = side == "R" or (
                not side and (self.geo.strip(node) is None or inside < self.geo.in_strip / 2)
            )
            x += -reach if before else reach
            room = x if before else self.geo.width - x
            style = "small right halo" if before else "small left halo"
            self._switch_name(group, node, x, y + 3, room, style)

    def _switch_name(
        self, group: ElementTree.Element, node: Node, x: float, y: float, room: float, style: str
    ) -> None:
        """Write an adder's name and bus in one line, or where that has no room in two."""
        name, size = node.name.partition(".")[0], self.geo.name
        words = f"{name} b{node.bus}"
        if 0.62 * size * len(words) <= room:
            self.label(group, x, y, words, size, style)
            return
        # Both above a link, else one above and one below the middle.
        last = y if style == "small halo" else y + size / 2
        self.label(group, x, last - size - 1, name, size, style)
        self.label(group, x, last, f"b{node.bus}", size, style)


def _segments(first: int, last: int, size: int) -> list[tuple[int, int, int]]:
    """Return (strip, first, last) of leaves in a row, with strips of a size."""
    strips = range(first // size, last // size + 1)
    return [(s, max(first, s * size), min(last, s * size + size - 1)) for s in strips]


def picture_of(graph: ArrayGraph, *, fold: bool | None = None) -> Picture:
    """Return the picture of an array; for `fold` see `to_svg`."""
    folds = graph.num_ms >= FOLDED_FROM if fold is None else fold
    return (
        FoldedPicture(graph)
        if folds and graph.num_ms > strips_of(graph.num_ms).multipliers
        else Picture(graph)
    )


def to_svg(graph: ArrayGraph, *, fold: bool | None = None) -> str:
    """Return the picture of an array as SVG text.

    Parameters
    ----------
    graph
        The array, idle or with a mapping.
    fold
        Whether it is folded into strips; None folds from 64 multipliers on.
    """
    return picture_of(graph, fold=fold).text()
