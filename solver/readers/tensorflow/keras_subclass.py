"""Classes of the program that extend Keras layers and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.keras_models import IDLE, make_input, only_trains
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Class,
    External,
    Function,
    Instance,
    Native,
    Unknown,
    Value,
    is_sequence,
    items_of,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


def find_method(instance: Instance, name: str) -> Function | None:
    """Return a method that the program defines."""
    for ancestor in instance.cls.lineage():
        if isinstance(ancestor, Class) and isinstance(found := ancestor.names.get(name), Function):
            return found
    return None


def call_instance(
    reader: Calls, instance: Instance, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Call an object: its ``__call__``, or as Keras does ``build`` once and then ``call``."""
    first = args[0] if args else next(iter(keywords.values()), None)
    if is_model(instance) and (unknown := only_trains(reader, first)):
        reader.graph.unknowns.append(unknown)
        reader.graph.gathering.note(
            f"line {line}: {instance.cls.name} is called depending on {unknown.reason}, which is not known; "
            "that call is not counted"
        )
        return unknown
    own = find_method(instance, "__call__")
    if own is not None:
        return reader.run_function(own, [instance, *args], keywords, line)
    method = find_method(instance, "call")
    if method is None:
        raise InputError(
            f"a {instance.cls.name} is called, and the program does not say what it does",
            found="no method call",
            expected="def call(self, inputs)",
        )
    build = find_method(instance, "build")
    if build is not None and not instance.names.get("built") and args:
        instance.names["built"] = True
        first = args[0]
        shape = (
            reader.attribute(first, "shape", line) if isinstance(first, Tensor) else Unknown("a shape", line)
        )
        reader.run_function(build, [instance, shape], {}, line)
    names = {parameter.name for parameter in method.parameters}
    takes_all = any(parameter.style == "keywords" for parameter in method.parameters)
    given = {key: value for key, value in keywords.items() if key in names or takes_all or key != "training"}
    name = instance.names.get("name")
    with reader.graph.scope(name if isinstance(name, str) else ""):
        return reader.run_function(method, [instance, *args], given, line)


def base_attribute(reader: Calls, instance: Instance, base: str, name: str, line: int) -> Value:
    """Return an attribute that an object has from a class of another module."""
    if name == "__init__":
        return Native(
            name, lambda _, args, keywords: call_super(reader, instance, name, args, keywords, line)
        )
    if name in ("add_weight", "add_variable"):
        return Native(name, lambda _, args, keywords: _add_weight(reader, args, keywords, line))
    if name == "name":
        return instance.cls.name.lower()
    if name == "built":
        return False
    if name in IDLE:
        return Native(name, lambda _, args, keywords: Unknown(name, line))
    if name in ("build", "__call__"):
        return Native(
            name, lambda _, args, keywords: call_super(reader, instance, name, args, keywords, line)
        )
    return Unknown(f"{name} of {base}", line)


def call_super(
    reader: Calls, instance: Instance, name: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Run a method of Keras' own classes on an object of the program."""
    if name == "__init__" and isinstance(keywords.get("name"), str):
        instance.names["name"] = keywords["name"]
    if name == "__call__":
        return call_instance(reader, instance, args, keywords, line)
    if name == "build" and is_model(instance) and (args or keywords):
        shape = args[0] if args else next(iter(keywords.values()))
        if is_sequence(shape) and find_method(instance, "call") is not None:
            batch, *rest = items_of(shape)
            value = make_input(reader, "input", tuple(rest), batch)
            return call_instance(reader, instance, [value], {}, line)
    return None


def is_model(instance: Instance) -> bool:
    """Whether an object is of a class that extends ``tf.keras.Model``."""
    bases = [ancestor.path for ancestor in instance.cls.lineage() if isinstance(ancestor, External)]
    return any(path.endswith(("Model", "Sequential")) for path in bases)


def _add_weight(reader: Calls, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
    """Return weights; the name may come first or, in Keras 3, the shape."""
    if args and is_sequence(args[0]):
        args = [None, *args]
    return reader.call(External("tf.get_variable"), args, {k: v for k, v in keywords.items()}, line)
