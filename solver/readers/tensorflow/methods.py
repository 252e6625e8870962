"""Methods of texts, lists, dicts and tuples that programs may use, and nothing beyond them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.formatting import brace_format
from solver.readers.tensorflow.values import Container, Dict, List, Set, Unknown, Value
from solver.readers.tensorflow.words import words

Run = Callable[[Any, Any, list[Value], dict[str, Value]], Value]

TEXT = words(
    "lower upper strip lstrip rstrip split rsplit replace startswith endswith join title capitalize "
    "find index count isdigit isalpha isupper islower splitlines partition rpartition"
)
LISTS = words("append extend insert pop remove reverse sort clear index count copy")
DICTS = words("get items keys values update pop setdefault copy clear")
CHANGING = {*words("append extend insert pop remove reverse sort clear update setdefault add discard")}

_STR: dict[str, Callable[..., Any]] = {name: vars(str)[name] for name in TEXT}
_LIST: dict[str, Callable[..., Any]] = {name: vars(list)[name] for name in LISTS}
_DICT: dict[str, Callable[..., Any]] = {name: vars(dict)[name] for name in DICTS}
_SET: dict[str, Callable[..., Any]] = {
    name: vars(set)[name] for name in ["add", "discard", "union", "update", "intersection", "difference"]
}
_TUPLE: dict[str, Callable[..., Any]] = {"index": tuple.index, "count": tuple.count}


def _method(name: str, function: Callable[..., Any]) -> Run:
    def run(reader: Any, value: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        if isinstance(value, Container) and value.unknown is not None:
            return value.unknown
        unknown = next((a for a in (*args, *keywords.values()) if isinstance(a, Unknown)), None)
        # An unknown item is fine inside a list, as long as nothing is decided by it.
        if unknown is not None and name not in ("append", "get", "setdefault", "insert"):
            if isinstance(value, Container) and name in CHANGING:
                value.unknown = unknown
            return unknown
        if isinstance(value, Container) and name in CHANGING and reader.doubts:
            value.unknown = reader.doubts[-1].unknown
            return value.unknown
        if name == "sort" and (args or keywords):
            value.unknown = Unknown("a sorted list", reader.line)
            return None
        try:
            _check_size(name, value, args, reader.line)
            return _wrapped(function(value, *args, **keywords))
        except InputError:
            raise
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
            reason = f"no item {error}" if isinstance(error, KeyError) else str(error)
            raise InputError(f"the program fails: {reason}", field=name) from None

    return run


def _check_size(name: str, value: Any, args: list[Value], line: int) -> None:
    if name == "join" and args:
        texts = [text for text in args[0] if isinstance(text, str)]
        Budget.check_items(sum(map(len, texts)) + len(value) * len(texts), line)
    elif name == "replace" and len(args) >= 2 and isinstance(args[1], str):
        Budget.check_items(len(value) + (len(value) + 1) * len(args[1]), line)
    elif name in ("extend", "update") and args and hasattr(args[0], "__len__"):
        Budget.check_items(len(value) + len(args[0]), line)
    elif name in ("append", "insert", "add", "setdefault"):
        Budget.check_items(len(value) + 1, line)


def _wrapped(result: Any) -> Value:
    """Return the result of a method as a value of the program."""
    if isinstance(result, Container):
        return result
    if isinstance(result, (list, type({}.items()), type({}.keys()), type({}.values()))):
        return List(result)
    if isinstance(result, dict):
        return Dict(result)
    return Set(result) if isinstance(result, set) else result


def _format(reader: Any, value: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    result = brace_format(value, args, keywords, reader.line)
    if isinstance(result, str):
        Budget.check_items(len(result), reader.line)
    return result


def _unknown(name: str) -> Run:
    return lambda reader, value, args, keywords: Unknown(f"{name} of a text", reader.line)


METHODS: dict[type, dict[str, Run]] = {
    str: {name: _method(name, function) for name, function in _STR.items()}
    | {"format": _format, "encode": _unknown("encode")},
    list: {name: _method(name, function) for name, function in _LIST.items()},
    dict: {name: _method(name, function) for name, function in _DICT.items()},
    set: {name: _method(name, function) for name, function in _SET.items()},
    tuple: {name: _method(name, function) for name, function in _TUPLE.items()},
    float: {"is_integer": _method("is_integer", float.is_integer)},
    int: {"bit_length": _method("bit_length", int.bit_length)},
}
"""The methods by the type of their value."""
