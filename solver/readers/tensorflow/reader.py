"""What library functions and objects need of the interpreter that reads a program, and no more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.place import Place
from solver.readers.tensorflow.values import Class, Instance, Unknown, Value


class Reader(Protocol):
    """An interpreter of a program.

    `place` is where it is, `graph` what the program has built so far, and `imports` are the modules that it
    names, each with its line.
    """

    place: Place
    graph: Graph
    imports: dict[str, int]

    def call(self, function: Value, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
        """Call a value; what it is decides how."""

    def attribute(self, value: Value, name: str, line: int) -> Value:
        """Return an attribute of a value."""

    def look_up(self, name: str, line: int) -> Value:
        """Return what a name stands for."""


class LayerObject(ABC):
    """Something of a library that is called with tensors: a Keras layer or model, a recurrent cell."""

    name: str = ""

    @abstractmethod
    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what it makes of tensors; records the layers."""

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return an attribute; by default only its name is known."""
        return self.name if name == "name" else Unknown(f"{name} of a layer", line)

    def items(self, line: int) -> Unknown:
        """Return what is known of what a loop over it gets; by default nothing."""
        return Unknown(f"the items of {self.name or 'a layer'}", line)

    def assign(self, name: str, value: Value) -> None:
        """Assign to an attribute; by default none decides about a layer."""
        return


def set_attribute(place: Place, owner: Value, name: str, value: Value) -> None:
    """Assign to an attribute; only objects of the program's own classes keep it."""
    if isinstance(value, LayerObject) and not value.name:
        value.name = name
    if isinstance(owner, (Instance, Class)):
        owner.names[name] = place.settled(value)
    elif isinstance(owner, LayerObject):
        owner.assign(name, place.settled(value))
