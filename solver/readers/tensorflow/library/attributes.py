"""Attributes of the values of a program."""

from __future__ import annotations

import math

from solver.readers.tensorflow.examples import Data
from solver.readers.tensorflow.library.keras_models import base_attribute
from solver.readers.tensorflow.library.names import external
from solver.readers.tensorflow.library.program import flags_value
from solver.readers.tensorflow.library.variables import data_attribute
from solver.readers.tensorflow.python.methods import method_of
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    Class,
    Dict,
    External,
    Function,
    Instance,
    List,
    Method,
    Native,
    Open,
    Record,
    Shape,
    Super,
    Tensor,
    Unknown,
    Value,
    first_unknown,
    giving,
    shape_value,
    type_name,
)


def get_attribute(reader: Reader, value: Value, name: str, line: int) -> Value:
    """Return ``value.name``.

    Raises
    ------
    InputError
        If the program would fail for want of the attribute.
    """
    if isinstance(value, Data):
        return data_attribute(value, name)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, External):
        path = f"{value.path}.{name}"
        return flags_value(reader, path) or external(path)
    if isinstance(value, Tensor):
        return _of_tensor(value, name, line)
    if isinstance(value, (Instance, Super)):
        return _of_instance(reader, value, name, line)
    if isinstance(value, Class):
        return class_attribute(value, name, line)
    if isinstance(value, LayerObject):
        return value.attribute(reader, name, line)
    if isinstance(value, Shape):
        return _of_shape(value, name, line)
    if isinstance(value, Record) and name in value.fields:
        return value.values[value.fields.index(name)]
    if isinstance(value, (Function, Method)) and name in ("__name__", "__doc__"):
        function = value.function if isinstance(value, Method) else value
        return function.name if name == "__name__" else None
    if isinstance(value, int) and name == "value":  # a Dimension of TensorFlow 1
        return value
    if method := method_of(value, name):
        return method
    if isinstance(value, (Function, Method, Native)):
        return Unknown(f"{name} of a function", line)
    raise reader.place.error(f"the program fails: {type_name(value)} has no attribute {name}", line)


def _of_tensor(tensor: Tensor, name: str, line: int) -> Value:
    if name == "shape":
        return shape_value(tensor, line)
    if name == "get_shape":
        return Native(name, lambda *_: shape_value(tensor, line))
    if name == "set_shape":
        return Native(name, lambda _, args, keywords: _set_shape(tensor, args))
    if name == "name":
        return f"{tensor.name or 'tensor'}:0"
    if name == "ndim":
        return Unknown("the rank of a tensor", line) if tensor.shape is None else len(tensor.shape)
    if name in ("initialized_value", "read_value", "value", "astype", "numpy"):
        return giving(name, tensor)
    if name == "reshape":
        return Native(name, lambda reader, args, keywords: _reshape(reader, tensor, args, line))
    return Unknown(f"{name} of a tensor", line)


def _reshape(reader: Reader, tensor: Tensor, args: list[Value], line: int) -> Value:
    shape = args[0] if len(args) == 1 else tuple(args)
    return reader.call(External("tf.reshape"), [tensor, shape], {}, line)


def _set_shape(tensor: Tensor, args: list[Value]) -> None:
    sizes = list(args[0].sizes) if args and isinstance(args[0], Shape) else args[0] if args else None
    if isinstance(sizes, (list, tuple)) and all(size is None or isinstance(size, int) for size in sizes):
        old = tensor.shape or tuple(Open(f"{tensor.name or 'tensor'}:{a}") for a in range(len(sizes)))
        if len(old) == len(sizes):
            tensor.shape = tuple(o if s is None else s for o, s in zip(old, sizes, strict=True))


def _of_shape(shape: Shape, name: str, line: int) -> Value:
    unknown = first_unknown(shape.sizes)
    if name == "as_list":
        return Native(name, lambda *_: List(shape.sizes))
    if name == "is_fully_defined":
        return giving(name, unknown is None)
    if name == "num_elements":
        return giving(name, unknown or math.prod(shape.sizes))
    if name in ("dims", "ndims", "rank"):
        return List(shape.sizes) if name == "dims" else len(shape.sizes)
    return Unknown(f"{name} of a shape", line)


def class_attribute(cls: Class, name: str, line: int) -> Value:
    """Return an attribute of a class of the program."""
    for ancestor in cls.own_lineage():
        if name in ancestor.names:
            found = ancestor.names[name]
            return Method(found, cls) if isinstance(found, Function) and found.kind == "class" else found
    return cls.name if name == "__name__" else Unknown(f"{cls.name}.{name}", line)


def _of_instance(reader: Reader, value: Instance | Super, name: str, line: int) -> Value:
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
            return reader.call(bound, [], {}, line) if found.kind == "property" else bound
        if isinstance(ancestor, External):
            return base_attribute(reader, instance, ancestor.path, name, line)
    if name == "__init__":
        return giving(name, None)
    raise reader.place.error(f"the program fails: a {instance.cls.name} has no attribute {name}", line)
