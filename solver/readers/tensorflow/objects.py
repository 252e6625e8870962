"""Objects of libraries that programs hold (layers, cells, models), and how programs change objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from solver.readers.tensorflow.values import Class, Container, External, Function, Instance, Unknown, Value

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


class LayerObject(ABC):
    """Something of a library that is called with tensors: a Keras layer or model, a recurrent cell."""

    name: str = ""

    @abstractmethod
    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what it makes of tensors; records the layers."""

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return an attribute; by default only its name is known."""
        return self.name if name == "name" else Unknown(f"{name} of a layer", line)

    def assign(self, name: str, value: Value) -> None:
        """Assign to an attribute; by default none decides about a layer."""
        return


def set_attribute(interpreter: Calls, owner: Value, name: str, value: Value) -> None:
    """Assign to an attribute; only objects of the program's own classes keep it."""
    if isinstance(value, LayerObject) and not value.name:
        value.name = name
    names = owner.names if isinstance(owner, (Instance, Class)) else None
    if names is not None:
        names[name] = interpreter.doubts[-1].unknown if interpreter.doubts else value
    elif isinstance(owner, LayerObject):
        owner.assign(name, interpreter.doubts[-1].unknown if interpreter.doubts else value)


def decorate(interpreter: Calls, decorator: Value, value: Value, line: int) -> Value:
    """Return what a decorator makes of a function or class.

    Those of other modules (``tf.function``, ``functools.wraps`` ...) are taken to keep what it computes.
    """
    made_by = decorator.path if isinstance(decorator, External) else getattr(decorator, "reason", "")
    if isinstance(value, Class) and made_by == "dataclasses.dataclass":
        value.is_dataclass = True
        return value
    if isinstance(decorator, External) and isinstance(value, Function):
        kinds = {"staticmethod": "static", "classmethod": "class", "property": "property"}
        kind = kinds.get(decorator.path.removeprefix("builtins."), value.kind)
        kind = "property" if decorator.path == "functools.cached_property" else kind
        if decorator.path == "contextlib.contextmanager":
            return Unknown(f"the context manager {value.name}", line)
        return Function(
            value.name,
            value.parameters,
            value.body,
            value.scope,
            value.line,
            value.owner,
            value.is_generator,
            kind,
        )
    if isinstance(decorator, (Function, Class, Instance)):
        return interpreter.call(decorator, [value], {}, line)
    return value


def is_uncertain(value: Value) -> Unknown | None:
    """Return what is unknown about a container's content, if anything."""
    return value.unknown if isinstance(value, Container) else None
