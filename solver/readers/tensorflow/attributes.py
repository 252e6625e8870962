"""Attributes of the values of a program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.data_sets import data_attribute
from solver.readers.tensorflow.flags import flags_value
from solver.readers.tensorflow.methods import METHODS, Run
from solver.readers.tensorflow.names import external
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.tensor import Open, Tensor
from solver.readers.tensorflow.values import (
    Class,
    Data,
    Dict,
    External,
    Function,
    Instance,
    List,
    Method,
    Native,
    Record,
    Shape,
    Super,
    Unknown,
    Value,
    type_name,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


def get_attribute(interpreter: Calls, value: Value, name: str, line: int) -> Value:
    """Return ``value.name``.

    Raises
    ------
    InputError
        If the program would fail for want of the attribute.
    """
    if isinstance(value, Data):
        return data_attribute(value, name, line)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, External):
        known = flags_value(interpreter, f"{value.path}.{name}")
        return external(f"{value.path}.{name}") if known is None else known
    if isinstance(value, Tensor):
        return _of_tensor(value, name, line)
    if isinstance(value, (Instance, Super)):
        return _of_instance(interpreter, value, name, line)
    if isinstance(value, Class):
        return _of_class(value, name, line)
    if isinstance(value, LayerObject):
        return value.attribute(interpreter, name, line)
    if isinstance(value, Shape):
        return _of_shape(value, name, line)
    if isinstance(value, Record) and name in value.fields:
        return value.values[value.fields.index(name)]
    if isinstance(value, (Function, Method)) and name in ("__name__", "__doc__"):
        function = value.function if isinstance(value, Method) else value
        return function.name if name == "__name__" else None
    if isinstance(value, int) and name == "value":  # a Dimension of TensorFlow 1
        return value
    for kind, methods in METHODS.items():
        if isinstance(value, kind) and name in methods:
            return Native(name, partial(_run_method, methods[name], value))
    if isinstance(value, (Function, Method, Native)):
        return Unknown(f"{name} of a function", line)
    raise InputError(
        f"the program fails: {type_name(value)} has no attribute {name}", file=interpreter.file, line=line
    )


def _run_method(
    run: Run, value: Value, reader: Calls, args: list[Value], keywords: dict[str, Value]
) -> Value:
    return run(reader, value, args, keywords)


def shape_value(tensor: Tensor, line: int) -> Value:
    """Return the shape of a tensor as a program sees it; sizes left open are unknown."""
    if tensor.shape is None:
        return Unknown("the shape of a tensor that is not known", line)
    return Shape(
        tuple(
            Unknown(f"the size {size.name} (--dim {size.name}=SIZE)", line)
            if isinstance(size, Open)
            else size
            for size in tensor.shape
        )
    )


def _of_tensor(tensor: Tensor, name: str, line: int) -> Value:
    if name == "shape":
        return shape_value(tensor, line)
    if name == "get_shape":
        return Native(name, lambda reader, args, keywords: shape_value(tensor, line))
    if name == "set_shape":
        return Native(name, lambda reader, args, keywords: _set_shape(tensor, args))
    if name == "name":
        return f"{tensor.name or 'tensor'}:0"
    if name == "ndim":
        return Unknown("the rank of a tensor", line) if tensor.shape is None else len(tensor.shape)
    if name in ("initialized_value", "read_value", "value"):
        return Native(name, lambda reader, args, keywords: tensor)
    if name in ("astype", "numpy"):
        return Native(name, lambda reader, args, keywords: tensor)
    if name == "reshape":
        return Native(
            name,
            lambda reader, args, keywords: reader.call(
                External("tf.reshape"), [tensor, args[0] if len(args) == 1 else tuple(args)], {}, line
            ),
        )
    return Unknown(f"{name} of a tensor", line)


def _set_shape(tensor: Tensor, args: list[Value]) -> None:
    sizes = list(args[0].sizes) if args and isinstance(args[0], Shape) else args[0] if args else None
    if isinstance(sizes, (list, tuple)) and all(size is None or isinstance(size, int) for size in sizes):
        old = tensor.shape or tuple(Open(f"{tensor.name or 'tensor'}:{a}") for a in range(len(sizes)))
        if len(old) == len(sizes):
            tensor.shape = tuple(o if s is None else s for o, s in zip(old, sizes, strict=True))


def _of_shape(shape: Shape, name: str, line: int) -> Value:
    if name in ("as_list", "is_fully_defined", "num_elements"):
        results = {
            "as_list": lambda: List(shape.sizes),
            "is_fully_defined": lambda: not any(isinstance(size, Unknown) for size in shape.sizes),
            "num_elements": lambda: _product(shape, line),
        }
        return Native(name, lambda reader, args, keywords: results[name]())
    if name in ("dims", "ndims", "rank"):
        return List(shape.sizes) if name == "dims" else len(shape.sizes)
    return Unknown(f"{name} of a shape", line)


def _product(shape: Shape, line: int) -> Value:
    total = 1
    for size in shape.sizes:
        if isinstance(size, Unknown):
            return size
        total *= size
    return total


def _of_class(cls: Class, name: str, line: int) -> Value:
    for ancestor in cls.lineage():
        if isinstance(ancestor, Class) and name in ancestor.names:
            found = ancestor.names[name]
            if isinstance(found, Function) and found.kind == "class":
                return Method(found, cls)
            return found
    if name == "__name__":
        return cls.name
    return Unknown(f"{cls.name}.{name}", line)


def _of_instance(interpreter: Calls, value: Instance | Super, name: str, line: int) -> Value:
    from solver.readers.tensorflow.keras_subclass import base_attribute

    instance = value.instance if isinstance(value, Super) else value
    lineage = instance.cls.lineage()
    if isinstance(value, Super):
        lineage = lineage[lineage.index(value.cls) + 1 :] if value.cls in lineage else lineage
    elif name in instance.names:
        return instance.names[name]
    elif name == "__class__":
        return instance.cls
    elif name == "__dict__":
        return Dict(instance.names)
    for ancestor in lineage:
        if isinstance(ancestor, Class) and name in ancestor.names:
            found = ancestor.names[name]
            if not isinstance(found, Function) or found.kind == "static":
                return found
            bound = Method(found, instance.cls if found.kind == "class" else instance)
            return interpreter.call(bound, [], {}, line) if found.kind == "property" else bound
        if isinstance(ancestor, External):
            return base_attribute(interpreter, instance, ancestor.path, name, line)
    if name == "__init__":
        return Native(name, lambda reader, args, keywords: None)
    raise InputError(
        f"the program fails: a {instance.cls.name} has no attribute {name}", file=interpreter.file, line=line
    )
