"""The array in the DOT language of Graphviz, with the names of the graph.

Rows are pinned with ``rank=same`` and double switches are clusters. `dot -Tsvg` lays it out as a tree.
"""

from __future__ import annotations

from itertools import groupby

from solver.views.drawing.graph import ArrayGraph, Link, LinkKind, Node, NodeKind
from solver.views.drawing.palette import INK, vn_colour


def to_dot(graph: ArrayGraph) -> str:
    """Return an array as DOT text.

    Parameters
    ----------
    graph
        The array, idle or with a mapping.
    """
    lines = [
        "digraph array {",
        f"  label={_quoted(graph.description)};",
        "  labelloc=t; rankdir=TB; splines=line; nodesep=0.15; ranksep=0.5;",
        '  graph [fontname="DejaVu Sans"]; node [fontname="DejaVu Sans", fontsize=10, style=filled,'
        ' fillcolor="#eceff3", color="#6b7785"];',
        '  edge [color="#8b96a3", arrowsize=0.5];',
    ]
    for (_, _), row in groupby(graph.nodes, key=lambda node: (node.kind, node.row)):
        lines += ["  { rank=same;", *(f"    {_node(node)}" for node in row), "  }"]
    lines += [f"  {_link(link)}" for link in graph.links]
    return "\n".join([*lines, "}"]) + "\n"


_SHAPES = {
    NodeKind.PORT: "box",
    NodeKind.DISTRIBUTION: "point",
    NodeKind.MULTIPLIER: "box",
    NodeKind.ADDER: "circle",
    NodeKind.BUS: "box",
}


def _node(node: Node) -> str:
    label = node.name
    if node.work:
        label += "\n" + " ".join(work.label for work in node.work)
    elif node.kind is NodeKind.MULTIPLIER and node.vns:
        label += f"\nVN {node.vns[0]}"
    attributes = {"label": label, "shape": _SHAPES[node.kind], "tooltip": node.description}
    coloured = node.kind is not NodeKind.PORT and node.kind is not NodeKind.DISTRIBUTION
    if coloured and node.vns and (node.kind is not NodeKind.BUS or len(node.vns) == 1):
        # An adder that serves two virtual neurons shows both colours side by side.
        colours = [vn_colour(vn) for vn in node.vns]
        attributes["fillcolor"] = ":".join(colours[:2])
        attributes["fontcolor"] = INK
    if any(work.sends == "bus" for work in node.work):
        attributes["penwidth"] = "3"
    return f"{_quoted(node.name)} [{_list(attributes)}];"


def _link(link: Link) -> str:
    attributes = {"id": link.name}
    if link.kind in (LinkKind.NEIGHBOUR, LinkKind.FORWARDING):
        attributes |= {"constraint": "false", "style": "dotted"}
    if link.kind is LinkKind.FORWARDING:
        attributes["dir"] = "both"
    if link.kind is LinkKind.EXIT:
        attributes["style"] = "dashed" if link.vns else "invis"
    if link.vns and link.kind is not LinkKind.DISTRIBUTION:
        attributes |= {"color": ":".join(vn_colour(vn) for vn in link.vns), "penwidth": "2"}
    return f"{_quoted(link.source)} -> {_quoted(link.target)} [{_list(attributes)}];"


def _list(attributes: dict[str, str]) -> str:
    return ", ".join(f"{key}={_quoted(value)}" for key, value in attributes.items())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
