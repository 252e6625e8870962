"""Where everything stands in a picture: ports on top, the root of the adder tree at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.views.drawing.graph import ArrayGraph, Node, NodeKind

MARGIN = 64
"""Pixels around the array."""
DISTRIBUTION_STEP = 30
"""Pixels from level to level of the distribution trees."""
BELOW_PORTS, BELOW_MULTIPLIERS, BELOW_TREE, BELOW_BUSES = 22, 96, 110, 44
"""Pixels from one part of the picture to the next, room for labels and wires."""


@dataclass(frozen=True)
class Geometry:
    """Sizes and places in a picture, pixels.

    Attributes
    ----------
    pitch
        From leaf to leaf.
    width
        Of the picture.
    radius
        Of an adder.
    multiplier
        Side of a multiplier.
    bus
        Width of a bus.
    heading
        Height of the text above the ports.
    adder_step
        From level to level of the adder tree.
    box
        Height of ports and buses.
    margin
        On either side of the array.
    """

    graph: ArrayGraph
    pitch: float
    width: float
    radius: float
    multiplier: float
    bus: float
    heading: float
    adder_step: float
    box: float = 20
    margin: float = MARGIN

    @property
    def port(self) -> float:
        """Room for a port's box."""
        return self.pitch * self.graph.num_ms / self.graph.ports - 3

    @property
    def multiplier_y(self) -> float:
        """Middle of the row of multipliers."""
        levels = (self.graph.num_ms // self.graph.ports).bit_length()
        return self.heading + DISTRIBUTION_STEP * levels + BELOW_PORTS

    @property
    def root_y(self) -> float:
        """Middle of the root of the adder tree."""
        levels = self.graph.num_ms.bit_length() - 1
        return self.multiplier_y + BELOW_MULTIPLIERS + self.adder_step * (levels - 1)

    @property
    def bus_y(self) -> float:
        """Middle of the row of buses."""
        return self.root_y + BELOW_TREE

    @property
    def legend_y(self) -> float:
        """Base line of the legend's first row."""
        return self.bus_y + BELOW_BUSES

    def place(self, node: Node) -> tuple[float, float]:
        """Return the middle of a node."""
        if node.kind is NodeKind.BUS:
            step = (self.width - 2 * self.margin) / self.graph.buses
            return self.margin + (node.centre + 0.5) * step, self.bus_y
        x = self.margin + (node.centre + 0.5) * self.pitch
        if node.kind is NodeKind.PORT:
            return x, self.heading
        if node.kind is NodeKind.DISTRIBUTION:
            return x, self.heading + DISTRIBUTION_STEP * (node.row + 1)
        if node.kind is NodeKind.MULTIPLIER:
            return x, self.multiplier_y
        return x, self.root_y - self.adder_step * node.row


def geometry(graph: ArrayGraph, heading: Callable[[float], float]) -> Geometry:
    """Return the places for a graph: roomy for small arrays, dense for large ones.

    Parameters
    ----------
    heading
        Height of the text above the ports in a picture of some width.
    """
    pitch = next(
        p for most, p in ((16, 58), (32, 44), (64, 32), (128, 24), (10**6, 20)) if graph.num_ms <= most
    )
    width = 2 * MARGIN + graph.num_ms * pitch
    return Geometry(
        graph=graph,
        pitch=pitch,
        width=width,
        radius=min(16, 0.42 * pitch + 1),
        multiplier=min(34, pitch - 3),
        bus=min(38, (width - 2 * MARGIN) / graph.buses - 2),
        heading=heading(width),
        # Wide trees need more height for their long wires.
        adder_step=66 + 10 * max(0, graph.num_ms.bit_length() - 5),
    )
