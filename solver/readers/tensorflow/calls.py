"""Functions and classes of a program: defining them, binding arguments, calling."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.parsing.python import Node
from solver.readers.tensorflow.attributes import get_attribute
from solver.readers.tensorflow.budget import MAX_CALLS
from solver.readers.tensorflow.builtins import BUILTINS
from solver.readers.tensorflow.comprehensions import Comprehensions
from solver.readers.tensorflow.doubt import Doubt, join
from solver.readers.tensorflow.graph import Graph
from solver.readers.tensorflow.keras_subclass import call_instance, call_super, find_method
from solver.readers.tensorflow.library import call_external, call_item, call_operator, is_known
from solver.readers.tensorflow.names import LIBRARIES, external
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.slim import key_of, with_defaults
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Class,
    Dict,
    External,
    FieldDefault,
    Function,
    Instance,
    Method,
    Native,
    Parameter,
    RecordType,
    Scope,
    Super,
    Unknown,
    Value,
    type_name,
)


class Return(Exception):
    """A return statement."""

    def __init__(self, value: Value) -> None:
        self.value = value


@dataclass(eq=False)
class Frame:
    """A running function: where it was called, and what it may have returned already."""

    name: str
    line: int
    scope: Scope
    maybe_returned: list[Value] = field(default_factory=list)
    owner: Class | None = None
    is_class: bool = False
    loops: list[object] = field(default_factory=list)


class Calls(Comprehensions):
    """Adds names, functions, classes and doubt to expressions."""

    def __init__(self, file: str, graph: Graph) -> None:
        super().__init__(file)
        self.graph = graph
        self.frames: list[Frame] = [Frame("<module>", 0, self.scope)]
        self.doubts: list[Doubt] = []
        self.star_imports: list[str] = []
        self.imports: dict[str, int] = {}

    @abstractmethod
    def run_block(self, suite: Node) -> None:
        """Run the statements of a suite."""

    def look_up(self, name: str, line: int) -> Value:
        """Return what a name stands for."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.names and name not in scope.global_names:
                return scope.names[name]
            scope = scope.outer if name not in scope.global_names else self.scope.top
        if name in BUILTINS:
            return BUILTINS[name]
        if name in ("__name__", "__file__"):
            return "__main__" if name == "__name__" else self.file
        if name == "super":
            return External("super")
        if self.star_imports:
            for module in reversed(self.star_imports):
                found = external(f"{module}.{name}")
                if not isinstance(found, External) or is_known(found.path):
                    return found
                if not LIBRARIES.match(found.path):  # it may have the name, too
                    break
            return Unknown(f"{name} (perhaps from {self.star_imports[-1]})", line)
        raise self.error(f"the name {name} is not defined", line, field=name)

    def attribute(self, value: Value, name: str, line: int) -> Value:
        """Return an attribute of a value."""
        return get_attribute(self, value, name, line)

    def make_function(self, name: str, parameters: Node | None, body: Node) -> Function:
        """Return a function that is being defined; its defaults are evaluated now."""
        made: list[Parameter] = []
        style = "plain"
        for node in parameters.children if parameters is not None else []:
            if node.rule == "only_keywords":
                style = "keyword"
            elif node.rule == "only_positions":
                continue
            elif node.rule in ("rest", "keywords"):
                made.append(Parameter(str(node.children[0]), str(node.rule), None, False))
                style = "keyword"
            else:
                default: Any = node.children[-1]  # behind the annotation, if there can be one
                value = None if default is None else self.evaluate(default)
                made.append(Parameter(str(node.children[0]), style, value, default is not None))
        scope = self.scope
        owner = self.frames[-1].owner if self.frames[-1].is_class else None
        if owner is not None and scope.outer is not None:
            scope = scope.outer  # names of a class are not seen in its methods
        generator = any(part.rule == "yield_expr" for part in body.walk())
        return Function(name, tuple(made), body, scope, body.line, owner, generator)

    def call(self, function: Value, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
        """Call a value; what it is decides how."""
        if isinstance(function, Function):
            if self.graph.arg_scopes and (key := key_of(function)):
                keywords = with_defaults(self, key, keywords)
            return self.run_function(function, args, keywords, line)
        if isinstance(function, Method):
            return self.run_function(function.function, [function.bound, *args], keywords, line)
        if isinstance(function, Native):
            return self._placed(lambda: function.run(self, args, keywords), line)
        if isinstance(function, RecordType):
            return function.make(args, keywords, line)
        if isinstance(function, Class):
            return self._make_instance(function, args, keywords, line)
        if isinstance(function, LayerObject):
            return self._placed(lambda: self.graph.taped(partial(function.call, self), args, keywords), line)
        if isinstance(function, Instance):
            return self._placed(lambda: call_instance(self, function, args, keywords, line), line)
        if isinstance(function, External):
            if function.path == "super":
                return self._super(args, line)
            return self._placed(lambda: call_external(self, function.path, args, keywords, line), line)
        if isinstance(function, Unknown):
            return self.graph.unfollowed(function, [args, keywords], line)
        raise self.error(f"the program fails: {type_name(function)} cannot be called", line)

    def _placed(self, action: Callable[[], Value], line: int) -> Value:
        """Run an action of the reader's own, its errors placed at the line of the call."""
        try:
            return action()
        except InputError as error:
            raise error.at(file=self.file, line=line) from None

    def run_function(
        self, function: Function, args: list[Value], keywords: dict[str, Value], line: int
    ) -> Value:
        """Run a function of the program."""
        if function.is_generator:
            return Unknown(f"the generator {function.name}", line)
        if len(self.frames) > MAX_CALLS:
            if self.doubts:
                return Unknown(f"{function.name}, called inside itself", line)
            raise self.error(
                "the program calls itself too deeply to be followed",
                line,
                found=f"more than {MAX_CALLS} calls inside each other, the last of {function.name}",
            )
        scope = Scope(outer=function.scope)
        self._bind(function, args, keywords, scope, line)
        frame = Frame(function.name, line, scope, owner=function.owner)
        outer, self.scope = self.scope, scope
        self.frames.append(frame)
        try:
            if function.body.rule == "suite":
                self.run_block(function.body)
                value = None
            else:
                value = self.evaluate(function.body)
        except Return as returned:
            value = returned.value
        finally:
            self.frames.pop()
            self.scope = outer
            doubt = next((d for d in self.doubts if d.owner is frame), None)
            self.doubts = [d for d in self.doubts if d.owner is not frame]
        if frame.maybe_returned:
            unknown = doubt.unknown if doubt else Unknown(function.name, line)
            return join([*frame.maybe_returned, value], unknown)
        return value

    def _bind(
        self, function: Function, args: list[Value], keywords: dict[str, Value], scope: Scope, line: int
    ) -> None:
        left, given = list(args), dict(keywords)
        for parameter in function.parameters:
            name = parameter.name
            if parameter.style == "rest":
                scope.names[name], left = tuple(left), []
            elif parameter.style == "keywords":
                scope.names[name], given = Dict(given), {}
            elif parameter.style == "plain" and left:
                if name in given:
                    raise self.error(f"{function.name} gets {name} twice", line)
                scope.names[name] = left.pop(0)
            elif name in given:
                scope.names[name] = given.pop(name)
            elif parameter.has_default:
                scope.names[name] = parameter.default
            else:
                raise self.error(f"{function.name} is called without {name}", line, field=name)
        if left or given:
            found = f"{len(args)} positions" if left else ", ".join(given)
            raise self.error(f"{function.name} is called with too many arguments", line, found=found)

    def _make_instance(self, cls: Class, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
        instance = Instance(cls)
        for ancestor in cls.lineage():
            if isinstance(ancestor, Class) and isinstance(start := ancestor.names.get("__init__"), Function):
                self.run_function(start, [instance, *args], keywords, line)
                return instance
            if isinstance(ancestor, Class) and (fields := ancestor.fields()) is not None:
                self._set_fields(instance, fields, args, keywords, line)
                return instance
            if isinstance(ancestor, RecordType):
                record = ancestor.make(args, keywords, line)
                instance.names.update(zip(record.fields, record.values, strict=True))
                return instance
            if isinstance(ancestor, External):
                self._placed(lambda: call_super(self, instance, "__init__", args, keywords, line), line)
                return instance
        return instance

    def _set_fields(
        self, instance: Instance, fields: list[str], args: list[Value], keywords: dict[str, Value], line: int
    ) -> None:
        """Do what the `__init__` of a dataclass does."""
        cls = instance.cls
        given = dict(zip(fields, args, strict=False))
        wrong = next((key for key in keywords if key not in fields or key in given), None)
        if len(args) > len(fields) or wrong is not None:
            found = f"{len(args)} positions" if wrong is None else wrong
            raise self.error(f"{cls.name} is made with arguments that are not its fields", line, found=found)
        given |= keywords
        for name in fields:
            value = given[name] if name in given else get_attribute(self, cls, name, line)
            if isinstance(value, FieldDefault):
                value = value.value if value.factory is None else self.call(value.factory, [], {}, line)
            if name not in given and value == Unknown(f"{cls.name}.{name}", line):
                raise self.error(f"{cls.name} is made without {name}", line, field=name)
            instance.names[name] = value
        start = find_method(instance, "__post_init__")
        if start is not None:
            self.run_function(start, [instance], {}, line)

    def _super(self, args: list[Value], line: int) -> Value:
        if len(args) == 2 and isinstance(args[0], Class) and isinstance(args[1], Instance):
            return Super(args[0], args[1])
        frame = next((f for f in reversed(self.frames) if f.owner is not None), None)
        if frame is not None and frame.scope.names:
            first = next(iter(frame.scope.names.values()))
            if isinstance(first, Instance) and frame.owner is not None:
                return Super(frame.owner, first)
        return Unknown("super() outside a method", line)

    def either(self, ways: list[Callable[[], Value]], unknown: Unknown) -> Value:
        """Return what is common to the results of several ways, one of which is taken."""
        results: list[Value] = []
        for way in ways:
            self.doubts.append(doubt := Doubt(unknown, object()))
            try:
                results.append(way())
            finally:
                self.doubts.remove(doubt)
        return join(results, unknown)

    def tensor_operation(self, symbol: str, operands: list[Value], line: int) -> Value:
        """Return an operation of which an operand is a tensor."""
        return self._placed(lambda: call_operator(self, symbol, operands, line), line)

    def tensor_item(self, value: Tensor, index: Value, line: int) -> Value:
        """Return an item or slice of a tensor."""
        return self._placed(lambda: call_item(self, value, index, line), line)
