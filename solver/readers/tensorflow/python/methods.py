"""Methods of texts, lists, dicts and tuples that programs may use, and nothing beyond them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.place import check_items
from solver.readers.tensorflow.python.formatting import brace_format
from solver.readers.tensorflow.python.operators import failure
from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import (
    Container,
    Dict,
    List,
    Native,
    Set,
    Unknown,
    Value,
    first_unknown,
)

METHODS: dict[type, tuple[str, ...]] = {
    str: words(
        "lower upper strip lstrip rstrip split rsplit replace startswith endswith join title capitalize find "
        "index count zfill ljust rjust center swapcase "
        "isdigit isalpha isupper islower splitlines partition rpartition format encode"
    ),
    list: words("append extend insert pop remove reverse sort clear index count copy"),
    dict: words("get items keys values update pop setdefault copy clear"),
    set: words("add discard union update intersection difference"),
    tuple: words("index count"),
    float: ("is_integer",),
    int: ("bit_length",),
}
"""The methods by the type of their value."""

CHANGING = words("append extend insert pop remove reverse sort clear update setdefault add discard")


def method_of(value: Value, name: str) -> Native | None:
    """Return a method of a plain value, or None if there is none that programs may use."""
    kind = next((kind for kind, names in METHODS.items() if isinstance(value, kind) and name in names), None)
    if kind is None:
        return None

    def run(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        if name == "encode":
            return Unknown("encode of a text", reader.place.line)
        if name == "format":
            result = brace_format(value, args, keywords, reader.place.line)
            check_items(len(result) if isinstance(result, str) else 0, reader.place.line)
            return result
        return _run(reader, value, name, vars(kind)[name], args, keywords)

    return Native(name, run)


def _run(
    reader: Reader,
    value: Any,
    name: str,
    function: Callable[..., Any],
    args: list[Value],
    keywords: dict[str, Value],
) -> Value:
    changing = isinstance(value, Container) and name in CHANGING
    if isinstance(value, Container) and value.unknown is not None:
        return value.unknown
    unknown = first_unknown((*args, *keywords.values()))
    # An unknown item is fine inside a list, as long as nothing is decided by it.
    if unknown is not None and name in ("append", "get", "setdefault", "insert"):
        unknown = None
    if unknown is None and changing:
        unknown = reader.place.doubt
    if unknown is not None:
        if changing:
            value.unknown = unknown
        return unknown
    if name == "sort" and (args or keywords):
        value.unknown = Unknown("a sorted list", reader.place.line)
        return None
    try:
        _check_size(name, value, args, reader.place.line)
        return _wrapped(function(value, *args, **keywords))
    except InputError:
        raise
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise InputError(f"the program fails: {failure(error)}", field=name) from None


def _check_size(name: str, value: Any, args: list[Value], line: int) -> None:
    if name == "join" and args:
        texts = [text for text in args[0] if isinstance(text, str)]
        check_items(sum(map(len, texts)) + len(value) * len(texts), line)
    elif name in ("zfill", "ljust", "rjust", "center") and args and isinstance(args[0], int):
        check_items(args[0], line)
    elif name == "replace" and len(args) >= 2 and isinstance(args[1], str):
        check_items(len(value) + (len(value) + 1) * len(args[1]), line)
    elif name in ("extend", "update") and args and hasattr(args[0], "__len__"):
        check_items(len(value) + len(args[0]), line)
    elif name in ("append", "insert", "add", "setdefault"):
        check_items(len(value) + 1, line)


def _wrapped(result: Any) -> Value:
    """Return the result of a method as a value of the program."""
    if isinstance(result, Container):
        return result
    if isinstance(result, (list, type({}.items()), type({}.keys()), type({}.values()))):
        return List(result)
    if isinstance(result, dict):
        return Dict(result)
    return Set(result) if isinstance(result, set) else result
