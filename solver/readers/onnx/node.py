"""A node of an ONNX graph with the shapes of its values at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.errors import InputError
from solver.readers.onnx.shapes import Shape, Shapes, attributes, node_name

if TYPE_CHECKING:
    from onnx import NodeProto


class UnknownShape(InputError):
    """A shape that a layer needs is not known."""


class Node:
    """A node with its shapes at hand."""

    def __init__(self, node: NodeProto, shapes: Shapes) -> None:
        self.node = node
        self.name = node_name(node)
        self.attributes: dict[str, Any] = attributes(node)
        self._shapes = shapes

    def input(self, position: int) -> Shape:
        """Return the shape of an input; raises `InputError` if it is not known."""
        name = self.node.input[position]
        shape = self._shapes.shape(name)
        if shape is None:
            raise UnknownShape(
                "a shape that the file leaves open",
                found=f"{name}, from {self._shapes.source(name)}",
                expected="a model exported with its shapes, or without that operator",
            )
        return shape

    def output(self, position: int = 0) -> Shape:
        """Return the shape of an output; raises `InputError` if it is not known."""
        shape = self._shapes.shape(self.node.output[position])
        if shape is None:
            raise UnknownShape("the shape of the output is not known", found=self.node.output[position])
        return shape

    def has_input(self, position: int) -> bool:
        """Whether an input is given."""
        return len(self.node.input) > position and bool(self.node.input[position])

    def fixed(self, position: int) -> bool:
        """Whether an input is a weight."""
        return self._shapes.fixed(self.node.input[position])

    def value(self, position: int) -> Any:
        """Return the value of an input if it is small and known."""
        return self._shapes.value(self.node.input[position]) if self.has_input(position) else None

    def is_activation(self) -> bool:
        """Whether the first two inputs together make an activation function of one tensor."""
        return self._shapes.is_activation(self.node.input[0], self.node.input[1])
