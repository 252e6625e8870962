"""What names of a program stand for while it is read.

Plain values are Python's own int, float, bool, str, None, tuple, range and slice; everything else is one of
the classes below. Nothing here is an object of a real module, so no program can reach one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.parsing.python import Node
    from solver.readers.tensorflow.tensor import Tensor

Value = Any
"""Anything that a name may stand for."""


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


@dataclass(frozen=True)
class Data(Unknown):
    """An array of examples: unknown but for its sizes, the first of which is the number of examples."""

    sizes: tuple[Value, ...]

    def with_sizes(self, sizes: tuple[Value, ...]) -> Data:
        """Return the same examples in another shape."""
        return Data(self.reason, self.line, sizes)

    def forgotten(self) -> Unknown:
        """Return something unknown for the same reason, its sizes too."""
        return Unknown(self.reason, self.line)


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


@dataclass(frozen=True)
class Native:
    """A function that the reader implements: called with the interpreter, the arguments and the keywords."""

    name: str
    run: Callable[[Any, list[Value], dict[str, Value]], Value]


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
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


@dataclass(frozen=True, eq=False)
class Function:
    """A function or lambda of the program."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Node
    scope: Scope
    line: int
    owner: Class | None = None
    is_generator: bool = False
    kind: str = ""  # "static", "class" or "property" for decorated methods


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter; `style` is ``plain``, ``rest`` (``*a``), ``keywords`` (``**k``) or ``keyword`` (only)."""

    name: str
    style: str
    default: Value
    has_default: bool


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
        own = [ancestor for ancestor in reversed(self.lineage()) if isinstance(ancestor, Class)]
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
    """What a ``with`` statement enters: a name scope, variables shared or not."""

    name: str = ""
    value: Value = None


@dataclass(frozen=True)
class Shape:
    """A tensor's shape as TensorFlow 1 gives it: a sequence with ``as_list()``."""

    sizes: tuple[Value, ...]


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
    for kind, name in names.items():
        if isinstance(value, kind):
            return name
    return f"a {type(value).__name__.lower()}"


def is_sequence(value: Value) -> bool:
    """Whether a value is a list, tuple or shape."""
    return isinstance(value, (list, tuple, Shape))


def items_of(value: Value) -> list[Value]:
    """Return the items of a list, tuple, shape or record."""
    if isinstance(value, Shape):
        return list(value.sizes)
    if isinstance(value, Record):
        return list(value.values)
    return list(value)


def tensors_in(value: Value, depth: int = 4) -> list[Tensor]:
    """Return the tensors in a value and the containers in it."""
    from solver.readers.tensorflow.tensor import Tensor

    if isinstance(value, Tensor):
        return [value]
    if depth and isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(item, depth - 1)]
    if depth and isinstance(value, dict):
        return [tensor for item in value.values() for tensor in tensors_in(item, depth - 1)]
    return []
