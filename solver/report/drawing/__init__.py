"""Pictures of the array: a graph of named switches and links, laid out and written as SVG or DOT."""

from solver.report.drawing.dot import to_dot
from solver.report.drawing.graph import ArrayGraph, array_graph
from solver.report.drawing.svg import to_svg

__all__ = ["ArrayGraph", "array_graph", "to_dot", "to_svg"]
