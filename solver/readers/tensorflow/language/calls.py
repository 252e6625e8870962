"""Functions and classes of a program: defining them, binding arguments, calling."""

from __future__ import annotations

import ast
from functools import partial
from itertools import chain

from solver.readers.tensorflow.language.machine import Frame, Machine, Return
from solver.readers.tensorflow.library.attributes import class_attribute
from solver.readers.tensorflow.library.external import call_external
from solver.readers.tensorflow.library.keras_models import call_instance, call_super
from solver.readers.tensorflow.library.slim import key_of, with_defaults
from solver.readers.tensorflow.place import join
from solver.readers.tensorflow.reader import LayerObject
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

MAX_CALLS = 60
"""Calls of functions of the program inside each other."""


def make_function(m: Machine, name: str, given: ast.arguments, body: list[ast.stmt] | ast.expr) -> Function:
    """Return a function that is being defined; its defaults are evaluated now."""
    plain = [*given.posonlyargs, *given.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    parameters = [
        _parameter(m, arg, "plain", default)
        for arg, default in zip(plain, [*missing, *given.defaults], strict=True)
    ]
    if given.vararg is not None:
        parameters.append(Parameter(given.vararg.arg, "rest"))
    for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        parameters.append(_parameter(m, arg, "keyword", default))
    if given.kwarg is not None:
        parameters.append(Parameter(given.kwarg.arg, "keywords"))
    scope = m.scope
    owner = m.frames[-1].owner if m.frames[-1].is_class else None
    if owner is not None and scope.outer is not None:
        scope = scope.outer  # names of a class are not seen in its methods
    parts = chain.from_iterable(map(ast.walk, body if isinstance(body, list) else [body]))
    generator = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in parts)
    return Function(name, tuple(parameters), body, scope, owner, generator)


def _parameter(m: Machine, arg: ast.arg, style: str, default: ast.expr | None) -> Parameter:
    value = None if default is None else m.evaluate(default)
    return Parameter(arg.arg, style, value, default is not None)


def call(m: Machine, function: Value, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
    """Call a value; what it is decides how."""
    if isinstance(function, Function):
        if m.graph.arg_scopes and (key := key_of(function)):
            keywords = with_defaults(m, key, keywords)
        return _run_function(m, function, args, keywords, line)
    if isinstance(function, Method):
        return _run_function(m, function.function, [function.bound, *args], keywords, line)
    if isinstance(function, Native):
        return m.place.placed(lambda: function.run(m, args, keywords), line)
    if isinstance(function, RecordType):
        return function.make(args, keywords, line)
    if isinstance(function, Class):
        return _make_instance(m, function, args, keywords, line)
    if isinstance(function, LayerObject):
        run = partial(function.call, m)
        return m.place.placed(lambda: m.graph.taped(run, args, keywords), line)
    if isinstance(function, Instance):
        return m.place.placed(lambda: call_instance(m, function, args, keywords, line), line)
    if isinstance(function, External):
        if function.path == "super":
            return _super(m, args, line)
        return m.place.placed(lambda: call_external(m, function.path, args, keywords, line), line)
    if isinstance(function, Unknown):
        return m.graph.unfollowed(function, [args, keywords], line)
    raise m.place.error(f"the program fails: {type_name(function)} cannot be called", line)


def _run_function(
    m: Machine, function: Function, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    if function.is_generator:
        return Unknown(f"the generator {function.name}", line)
    if len(m.frames) > MAX_CALLS:
        if m.place.doubts:
            return Unknown(f"{function.name}, called inside itself", line)
        found = f"more than {MAX_CALLS} calls inside each other, the last of {function.name}"
        raise m.place.error("the program calls itself too deeply to be followed", line, found=found)
    # A loop that trains runs what is built already when it calls a function on the same tensors once more.
    calls: dict[object, object] = m.graph.objects.setdefault("calls", {})
    key = _call_key(function, args, keywords)
    if key in calls and m.graph.training and not m.graph.copies:
        why = f"line {line}: {function.name} is called again on the same tensors to train; it is counted once"
        with m.graph.again(why):
            return _run_function(m, function, args, keywords, line)
    built = len(m.graph.gathering.layers)
    value = _run_body(m, function, args, keywords, line)
    if len(m.graph.gathering.layers) > built:
        calls[key] = args, keywords  # kept alive, so that no other object gets their identity
    return value


def _call_key(function: Function, args: list[Value], keywords: dict[str, Value]) -> object:
    given = (*args, *sorted(keywords.items()))
    return id(function), tuple(each if isinstance(each, (int, float, str)) else id(each) for each in given)


def _run_body(
    m: Machine, function: Function, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    scope = Scope(outer=function.scope)
    _bind(m, function, args, keywords, scope, line)
    frame = Frame(scope, owner=function.owner)
    outer, m.scope = m.scope, scope
    m.frames.append(frame)
    value: Value = None
    try:
        if isinstance(function.body, list):
            m.run_block(function.body)
        else:
            value = m.evaluate(function.body)
    except Return as returned:
        value = returned.value
    finally:
        m.frames.pop()
        m.scope = outer
        doubt = next((d for d in m.place.doubts if d.owner is frame), None)
        m.place.doubts = [d for d in m.place.doubts if d.owner is not frame]
    if frame.maybe_returned:
        unknown = doubt.unknown if doubt else Unknown(function.name, line)
        return join([*frame.maybe_returned, value], unknown)
    return value


def _bind(
    m: Machine, function: Function, args: list[Value], keywords: dict[str, Value], scope: Scope, line: int
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
                raise m.place.error(f"{function.name} gets {name} twice", line)
            scope.names[name] = left.pop(0)
        elif name in given:
            scope.names[name] = given.pop(name)
        elif parameter.has_default:
            scope.names[name] = parameter.default
        else:
            raise m.place.error(f"{function.name} is called without {name}", line, field=name)
    if left or given:
        found = f"{len(args)} positions" if left else ", ".join(given)
        raise m.place.error(f"{function.name} is called with too many arguments", line, found=found)


def _make_instance(
    m: Machine, cls: Class, args: list[Value], keywords: dict[str, Value], line: int
) -> Instance:
    instance = Instance(cls)
    for ancestor in cls.lineage():
        if isinstance(ancestor, Class) and isinstance(start := ancestor.names.get("__init__"), Function):
            _run_function(m, start, [instance, *args], keywords, line)
        elif isinstance(ancestor, Class) and (fields := ancestor.fields()) is not None:
            _set_fields(m, instance, fields, args, keywords, line)
        elif isinstance(ancestor, RecordType):
            record = ancestor.make(args, keywords, line)
            instance.names.update(zip(record.fields, record.values, strict=True))
        elif isinstance(ancestor, External):
            m.place.placed(lambda: call_super(m, instance, "__init__", args, keywords, line), line)
        else:
            continue
        break
    return instance


def _set_fields(
    m: Machine,
    instance: Instance,
    fields: list[str],
    args: list[Value],
    keywords: dict[str, Value],
    line: int,
) -> None:
    """Do what the `__init__` of a dataclass does."""
    cls = instance.cls
    given = dict(zip(fields, args, strict=False))
    wrong = next((key for key in keywords if key not in fields or key in given), None)
    if len(args) > len(fields) or wrong is not None:
        found = f"{len(args)} positions" if wrong is None else wrong
        raise m.place.error(f"{cls.name} is made with arguments that are not its fields", line, found=found)
    given |= keywords
    for name in fields:
        value = given[name] if name in given else class_attribute(cls, name, line)
        if isinstance(value, FieldDefault):
            value = value.value if value.factory is None else m.call(value.factory, [], {}, line)
        if name not in given and value == Unknown(f"{cls.name}.{name}", line):
            raise m.place.error(f"{cls.name} is made without {name}", line, field=name)
        instance.names[name] = value
    start = cls.method("__post_init__")
    if start is not None:
        _run_function(m, start, [instance], {}, line)


def _super(m: Machine, args: list[Value], line: int) -> Value:
    if len(args) == 2 and isinstance(args[0], Class) and isinstance(args[1], Instance):
        return Super(args[0], args[1])
    frame = next((f for f in reversed(m.frames) if f.owner is not None), None)
    if frame is not None and frame.owner is not None and frame.scope.names:
        first = next(iter(frame.scope.names.values()))
        if isinstance(first, Instance):
            return Super(frame.owner, first)
    return Unknown("super() outside a method", line)
