"""Python's own functions, those that model programs use."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.arity import Run, pair_of, with_arity
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.formatting import as_plain
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Class,
    Container,
    Dict,
    External,
    Function,
    Instance,
    List,
    Method,
    Native,
    Record,
    RecordType,
    Set,
    Shape,
    Unknown,
    Value,
    type_name,
)
from solver.readers.tensorflow.words import words

ERRORS = words(
    "Exception ValueError TypeError RuntimeError NotImplementedError AssertionError KeyError "
    "IndexError ImportError ModuleNotFoundError AttributeError FileNotFoundError OSError IOError "
    "KeyboardInterrupt StopIteration SystemExit BaseException NameError ZeroDivisionError Warning "
    "DeprecationWarning"
)


def _known(run: Callable[..., Value]) -> Run:
    """Return a function of plain values that is unknown as soon as an argument is."""

    def wrapped(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        for value in (*args, *keywords.values()):
            if isinstance(value, Unknown):
                return value
            if isinstance(value, Container) and value.unknown is not None:
                return value.unknown
            if isinstance(value, (External, Instance)):
                return Unknown(type_name(value), reader.line)
        plain = [value.value if isinstance(value, Tensor) else value for value in args]
        if any(isinstance(v, Tensor) and p is None for v, p in zip(args, plain, strict=True)):
            return Unknown("the content of a tensor", reader.line)
        plain = [list(value.sizes) if isinstance(value, Shape) else value for value in plain]
        try:
            return run(*plain, **keywords)
        except InputError:
            raise
        except (TypeError, ValueError, OverflowError, IndexError, KeyError) as error:
            raise InputError(f"the program fails: {error}") from None

    return wrapped


def _items(reader: Any, value: Value) -> list[Value] | Unknown:
    items = reader.iterate(value, reader.line)
    if isinstance(items, Unknown):
        return items
    Budget.check_items(len(items), reader.line)
    return list(items)


def _sequences(run: Callable[..., Value]) -> Run:
    """Return a function whose arguments are gone through, unknown if one of them is."""

    def wrapped(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        lists = [_items(reader, value) for value in args]
        unknown = next((items for items in lists if isinstance(items, Unknown)), None)
        try:
            return unknown or run(*lists, **keywords)
        except InputError:
            raise
        except (TypeError, ValueError) as error:
            raise InputError(f"the program fails: {error}") from None

    return wrapped


def _range(*args: int) -> range:
    return range(*args)


def _text(value: Value = "") -> str:
    return str(as_plain(value))


def _integer(value: Value = 0, base: int = 10) -> int:
    if isinstance(value, str):
        Budget.check_bits(4 * len(value), 0)
        return int(value, base)
    return int(value)


def _power(base: Value, exponent: Value) -> Value:
    from solver.readers.tensorflow.operators import compute

    return compute("**", base, exponent, 0)


def _length(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    (value,) = args
    if isinstance(value, Tensor) and value.shape:
        return value.shape[0]
    if isinstance(value, range):
        return len(value)
    items = reader.iterate(value, reader.line)
    return items if isinstance(items, Unknown) else len(items)


def _extreme(run: Callable[..., Value]) -> Run:
    def wrapped(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        items = _items(reader, args[0]) if len(args) == 1 else args
        if "key" in keywords:
            return Unknown("min or max with a key", reader.line)
        if isinstance(items, Unknown):
            return items
        return _known(lambda *values: run(values))(reader, items, {})

    return wrapped


def _zip(*lists: list[Value]) -> List:
    return List(zip(*lists, strict=False))


def _total(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    items = _items(reader, args[0])
    if isinstance(items, Unknown):
        return items
    result: Value = args[1] if len(args) > 1 else 0
    for item in items:
        result = (
            item
            if result == 0 and isinstance(item, Tensor)
            else reader.binary("+", result, item, reader.line)
        )
    return result


def _map(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    function, *sources = args
    lists = [_items(reader, source) for source in sources]
    unknown = next((items for items in lists if isinstance(items, Unknown)), None)
    if unknown is not None:
        return unknown
    return List(reader.call(function, list(group), {}, reader.line) for group in zip(*lists, strict=False))


def _filter(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    items = _items(reader, args[1])
    if isinstance(items, Unknown):
        return items
    kept = List()
    for item in items:
        truth = reader.truth(item if args[0] is None else reader.call(args[0], [item], {}, reader.line))
        if isinstance(truth, Unknown):
            return truth
        if truth:
            kept.append(item)
    return kept


def _sorted(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    items = _items(reader, args[0])
    if isinstance(items, Unknown):
        return items
    keys = items
    if keywords.get("key") is not None:
        keys = [reader.call(keywords["key"], [item], {}, reader.line) for item in items]
    try:
        order = sorted(range(len(items)), key=lambda i: keys[i], reverse=keywords.get("reverse") is True)
    except TypeError as error:
        raise InputError(f"the program fails: {error}") from None
    return List(items[i] for i in order)


def _enumerate(items: list[Value], start: int = 0) -> List:
    return List(enumerate(items, start))


def _enumerated(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    start = args[1] if len(args) > 1 else keywords.get("start", 0)
    items = _items(reader, args[0])
    return items if isinstance(items, Unknown) else _enumerate(items, start if isinstance(start, int) else 0)


def _dict(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    result = Dict()
    if args:
        if isinstance(args[0], dict):
            result.update(args[0])
        else:
            pairs = _items(reader, args[0])
            if isinstance(pairs, Unknown):
                return pairs
            for pair in pairs:
                key, value = pair_of(pair)
                result[key] = value
    result.update(keywords)
    return result


def _is_instance(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    value, kinds = args
    if isinstance(value, Unknown):
        return value
    python = {
        "int": int,
        "float": float,
        "str": str,
        "list": list,
        "tuple": tuple,
        "dict": dict,
        "bool": bool,
    }
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if isinstance(kind, Native) and kind.name in python:
            if isinstance(value, python[kind.name]):
                return True
        elif isinstance(kind, Class):
            if isinstance(value, Instance) and kind in value.cls.lineage():
                return True
        elif isinstance(kind, RecordType):
            if isinstance(value, Record) and (value.type_name, value.fields) == (kind.name, kind.fields):
                return True
        elif isinstance(kind, External) and isinstance(value, (Tensor, LayerObject)):
            return Unknown(f"whether something is a {kind.path}", reader.line)
    return False


def _get_attribute(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    owner, name = args[:2]
    if not isinstance(name, str):
        return Unknown("getattr of an unknown name", reader.line)
    try:
        return reader.attribute(owner, name, reader.line)
    except InputError:
        if len(args) > 2:
            return args[2]
        raise


def _has_attribute(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    owner, name = args
    if isinstance(owner, Instance):
        return name in owner.names or any(
            isinstance(ancestor, Class) and name in ancestor.names for ancestor in owner.cls.lineage()
        )
    return Unknown("hasattr", reader.line)


def _set_attribute(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    from solver.readers.tensorflow.objects import set_attribute

    if len(args) == 3 and isinstance(args[1], str):
        set_attribute(reader, args[0], args[1], args[2])
    return None


def _is_callable(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    return isinstance(args[0], (Function, Method, Native, Class, LayerObject, External))


def _nothing(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    return None


def _refused(name: str) -> Run:
    def run(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        return Unknown(f"{name}(), which is not run", reader.line)

    return run


def _raises(name: str) -> Run:
    def run(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        return ("exception", f"{name}({', '.join(str(as_plain(arg)) for arg in args)})")

    return run


def _pick(run: Callable[[list[Any]], bool]) -> Run:
    def wrapped(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        items = _items(reader, args[0])
        if isinstance(items, Unknown):
            return items
        truths = [reader.truth(item) for item in items]
        unknown = next((truth for truth in truths if isinstance(truth, Unknown)), None)
        return unknown if unknown is not None else run(truths)

    return wrapped


def _type(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    return args[0].cls if isinstance(args[0], Instance) else Unknown("type()", reader.line)


_RUN: dict[str, Run] = {
    "range": _known(_range),
    "xrange": _known(_range),
    "len": _length,
    "int": _known(_integer),
    "float": _known(float),
    "bool": lambda reader, args, keywords: reader.truth(args[0]) if args else False,
    "str": _known(_text),
    "repr": _known(lambda value: repr(as_plain(value))),
    "abs": _known(abs),
    "round": _known(round),
    "divmod": _known(divmod),
    "pow": _known(_power),
    "min": _extreme(min),
    "max": _extreme(max),
    "sum": _total,
    "list": _sequences(lambda items=(): List(items)),
    "tuple": _sequences(lambda items=(): tuple(items)),
    "set": _sequences(lambda items=(): Set(items)),
    "frozenset": _sequences(lambda items=(): Set(items)),
    "reversed": _sequences(lambda items: List(reversed(items))),
    "zip": _sequences(_zip),
    "enumerate": _enumerated,
    "dict": _dict,
    "map": _map,
    "filter": _filter,
    "sorted": _sorted,
    "any": _pick(any),
    "all": _pick(all),
    "isinstance": _is_instance,
    "getattr": _get_attribute,
    "hasattr": _has_attribute,
    "setattr": _set_attribute,
    "callable": _is_callable,
    "print": _nothing,
    "type": _type,
    **{name: _refused(name) for name in
       words(
        "open input eval exec compile __import__ globals locals vars dir id hash iter next object bytes "
        "bytearray chr ord slice format memoryview complex issubclass breakpoint exit quit help"
    )},
    **{name: _raises(name) for name in ERRORS},
}  # fmt: skip

BUILTINS: dict[str, Value] = {name: Native(name, with_arity(name, run)) for name, run in _RUN.items()} | {
    "staticmethod": External("staticmethod"),
    "classmethod": External("classmethod"),
    "property": External("property"),
    "object": External("object"),
    "NotImplemented": Unknown("NotImplemented", 0),
}
"""The names that every program knows."""

MATH: dict[str, Run] = {
    f"math.{name}": _known(getattr(math, name))
    for name in (
        "ceil",
        "floor",
        "sqrt",
        "log",
        "log2",
        "log10",
        "exp",
        "fabs",
        "gcd",
        "prod",
        "trunc",
        "cos",
        "sin",
    )
}
"""Functions of the module ``math``."""
