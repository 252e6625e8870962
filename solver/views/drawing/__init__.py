"""Pictures of the array: a graph of named switches and links, laid out and written as SVG or DOT."""

from solver.views.drawing.dot import to_dot
from solver.views.drawing.folded import to_svg
from solver.views.drawing.graph import ArrayGraph, array_graph
from solver.views.drawing.sheets import to_sheets

__all__ = ["ArrayGraph", "array_graph", "to_dot", "to_sheets", "to_svg"]
