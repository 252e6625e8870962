"""What names of a program stand for while it is read.

Plain values are Python's own int, float, bool, str, None, tuple, range and slice; everything else is one of
the classes below. Nothing here is an object of a real module, so no program can reach one.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""Anything that a name may stand for."""

Run = Callable[[Any, list[Value], dict[str, Value]], Value]
"""A function of the reader's own: of the reader, the arguments and the keywords."""


@dataclass(frozen=True)
class Open:
    """A size that the program leaves open and the user did not give; `name` is what ``--dim`` calls it."""

    name: str


Size = int | Open


@dataclass(eq=False)
class Tensor:
    """A tensor.

    Attributes
    ----------
    shape
        Its sizes; None if the rank is not known.
    fixed
        Whether it depends on weights and constants alone.
    weights
        Whether it depends on weights; a constant alone may also be an example input.
    name
        Of the variable or placeholder, or empty.
    value
        Its content if it is a known scalar or vector of integers, as ``tf.shape(x)``.
    """

    shape: tuple[Size, ...] | None
    fixed: bool = False
    weights: bool = False
    name: str = ""
    value: Any = None

    @property
    def elements(self) -> int:
        """Number of words; 0 if a size is not known."""
        if self.shape is None or any(isinstance(size, Open) for size in self.shape):
            return 0
        return math.prod(size for size in self.shape if isinstance(size, int))


def broadcast_shapes(shapes: Sequence[tuple[Size, ...] | None]) -> tuple[Size, ...] | None:
    """Return the shape of tensors broadcast against each other; None if it cannot be told."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known), default=0)
    result: list[Size] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in known), strict=True):
        different = {size for size in sizes if size != 1}
        if len(different) > 1:
            return None
        result.append(different.pop() if different else 1)
    return tuple(result)


@dataclass(frozen=True)
class Unknown:
    """A value that reading cannot find out; whatever is computed from it is unknown too.

    Attributes
    ----------
    reason
        Why, for messages: ``np.load``.
    line
        The line of the program that it comes from.
    """

    reason: str
    line: int


class Container:
    """What lists, dicts and sets have in common: `unknown` is set once their content is uncertain."""

    unknown: Unknown | None = None


class List(Container, list[Value]):
    """A list."""


class Dict(Container, dict[Value, Value]):
    """A dict."""


class Set(Container, set[Value]):
    """A set."""


@dataclass(frozen=True)
class External:
    """Something of a module that is not read, by its dotted name: ``tensorflow.nn.conv2d``."""

    path: str

    @property
    def name(self) -> str:
        """The last part of the dotted name."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Native:
    """A function that the reader implements."""

    name: str
    run: Run


def giving(name: str, value: Value) -> Native:
    """Return a function that gives the same value whatever its arguments."""
    return Native(name, lambda *_: value)


@dataclass(eq=False)
class Scope:
    """Names and their values; `outer` is the scope around a function."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    @property
    def top(self) -> Scope:
        """The scope of the module."""
        return self if self.outer is None else self.outer.top


@dataclass(frozen=True, eq=False)
class Function:
    """A function or lambda of the program: its statements, or the expression of a lambda."""

    name: str
    parameters: tuple[Parameter, ...]
    body: list[ast.stmt] | ast.expr
    scope: Scope
    owner: Class | None = None
    is_generator: bool = False
    kind: str = ""  # "static", "class" or "property" for decorated methods


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter; `style` is ``plain``, ``rest`` (``*a``), ``keywords`` (``**k``) or ``keyword`` (only)."""

    name: str
    style: str
    default: Value = None
    has_default: bool = False


@dataclass(eq=False)
class Class:
    """A class of the program."""

    name: str
    bases: tuple[Value, ...]
    names: dict[str, Value]
    annotated: list[str] = field(default_factory=list)
    is_dataclass: bool = False

    def fields(self) -> list[str] | None:
        """Return the fields that its objects are made with, if they are the names with annotations."""
        own = self.own_lineage()[::-1]
        if not any(cls.is_dataclass for cls in own) and External("typing.NamedTuple") not in self.lineage():
            return None
        return list(dict.fromkeys(name for cls in own for name in cls.annotated))

    def tuple_fields(self) -> list[str] | None:
        """Return the items of its objects in order if they are named tuples."""
        record = next((base for base in self.lineage() if isinstance(base, RecordType)), None)
        if record is not None:
            return list(record.fields)
        return self.fields() if External("typing.NamedTuple") in self.lineage() else None

    def lineage(self) -> list[Value]:
        """Return the class and all its bases, depth first; bases from other modules are `External`."""
        result: list[Value] = [self]
        for base in self.bases:
            for ancestor in base.lineage() if isinstance(base, Class) else [base]:
                if ancestor not in result:
                    result.append(ancestor)
        return result

    def own_lineage(self) -> list[Class]:
        """Return those of `lineage` that are classes of the program."""
        return [ancestor for ancestor in self.lineage() if isinstance(ancestor, Class)]

    def method(self, name: str) -> Function | None:
        """Return a method that the program defines."""
        found = (ancestor.names.get(name) for ancestor in self.own_lineage())
        return next((value for value in found if isinstance(value, Function)), None)


@dataclass(frozen=True, eq=False)
class FieldDefault:
    """What ``dataclasses.field`` gives: the default of a field, or what makes one for every object."""

    value: Value
    factory: Value


@dataclass(eq=False)
class Instance(Container):
    """An object of a class of the program."""

    cls: Class
    names: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Method:
    """A function bound to an object."""

    function: Function
    bound: Value


@dataclass(frozen=True, eq=False)
class Super:
    """What ``super()`` gives: the bases of a class, for an object."""

    cls: Class
    instance: Instance


@dataclass(frozen=True)
class RecordType:
    """A type that ``namedtuple`` makes."""

    name: str
    fields: tuple[str, ...]
    defaults: tuple[Value, ...] = ()

    def make(self, args: list[Value], keywords: dict[str, Value], line: int) -> Record:
        """Return a record; the last fields may have defaults, other fields that are not given are unknown."""
        values: dict[str, Value] = {name: Unknown(f"the field {name}", line) for name in self.fields}
        if self.defaults:
            values |= zip(self.fields[-len(self.defaults) :], self.defaults, strict=False)
        values |= dict(zip(self.fields, args, strict=False)) | keywords
        return Record(self.name, self.fields, tuple(values[name] for name in self.fields))


@dataclass(frozen=True)
class Record:
    """A value of a ``namedtuple`` type."""

    type_name: str
    fields: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Context:
    """What a ``with`` statement enters: a name scope, variables shared or not.

    `reuse` is the scope whose variables are used again inside, if they are.
    """

    name: str = ""
    value: Value = None
    reuse: Any = None


@dataclass(frozen=True)
class Shape:
    """A tensor's shape as TensorFlow 1 gives it: a sequence with ``as_list()``."""

    sizes: tuple[Value, ...]


def shape_value(tensor: Tensor, line: int, *, advise: bool = True) -> Shape | Unknown:
    """Return the shape of a tensor as a program sees it; sizes left open are unknown."""
    if tensor.shape is None:
        return Unknown("the shape of a tensor that is not known", line)

    def seen(size: Size) -> Value:
        if isinstance(size, int):
            return size
        return Unknown(f"the size {size.name}" + f" (--dim {size.name}=SIZE)" * advise, line)

    return Shape(tuple(map(seen, tensor.shape)))


def type_name(value: Value) -> str:
    """Return what a value is, for messages."""
    names = {List: "a list", Dict: "a dict", Set: "a set", Function: "a function", Class: "a class"}
    if value is None:
        return "None"
    if isinstance(value, bool | int | float | str):
        text = repr(value)
        return text if len(text) <= 40 else f"a {type(value).__name__}"
    if isinstance(value, External):
        return value.path
    found = next((name for kind, name in names.items() if isinstance(value, kind)), None)
    return found or f"a {type(value).__name__.lower()}"


def first_unknown(values: Iterable[Value]) -> Unknown | None:
    """Return the first value that is unknown, if any."""
    return next((value for value in values if isinstance(value, Unknown)), None)


def uncertain(values: Iterable[Value]) -> Unknown | None:
    """Return the first thing that is unknown, or that makes the content of a container uncertain."""
    for value in values:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Container) and value.unknown is not None:
            return value.unknown
    return None


def is_sequence(value: Value) -> bool:
    """Whether a value is a list, tuple or shape."""
    return isinstance(value, (list, tuple, Shape))


def items_of(value: Value) -> list[Value]:
    """Return the items of a list, tuple, shape or record."""
    if isinstance(value, Shape):
        return list(value.sizes)
    return list(value.values) if isinstance(value, Record) else list(value)


def listed(value: Value) -> list[Value]:
    """Return the items of a sequence, or a list of a single value."""
    return items_of(value) if is_sequence(value) else [value]


def tensors_in(value: Value, depth: int = 4) -> list[Tensor]:
    """Return the tensors in a value and the containers in it."""
    if isinstance(value, Tensor):
        return [value]
    if depth and isinstance(value, (list, tuple, dict)):
        items = value.values() if isinstance(value, dict) else value
        return [tensor for item in items for tensor in tensors_in(item, depth - 1)]
    return []
