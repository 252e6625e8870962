"""Functions of Python and its standard library, those that model programs use."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.examples import Examples
from solver.readers.tensorflow.place import check_bits, check_items
from solver.readers.tensorflow.python.arithmetic import compute
from solver.readers.tensorflow.python.formatting import as_plain
from solver.readers.tensorflow.python.operators import binary, iterate, iterate_all, truth
from solver.readers.tensorflow.reader import LayerObject, Reader, set_attribute
from solver.readers.tensorflow.values import (
    Class,
    Dict,
    External,
    Function,
    Instance,
    List,
    Method,
    Native,
    Record,
    RecordType,
    Run,
    Set,
    Shape,
    Tensor,
    Unknown,
    Value,
    first_unknown,
    type_name,
    uncertain,
)

ERRORS = words(
    "Exception ValueError TypeError RuntimeError NotImplementedError AssertionError KeyError "
    "IndexError ImportError ModuleNotFoundError AttributeError FileNotFoundError OSError IOError "
    "KeyboardInterrupt StopIteration SystemExit BaseException NameError ZeroDivisionError Warning "
    "DeprecationWarning"
)

NOT_RUN = words(
    "open input eval exec compile __import__ globals locals vars dir id hash iter next object bytes "
    "bytearray slice format memoryview complex issubclass breakpoint exit quit help"
)

MANY = 10**6

MAX_REPEAT = 64
"""Times that a product with itself is followed."""


def with_arity(name: str, run: Run, least: int = 0, most: int = MANY) -> Run:
    """Return a function that refuses a wrong number of positional arguments."""
    expected = str(least) if least == most else f"at least {least}" if most == MANY else f"{least} to {most}"

    def checked(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        if not least <= len(args) <= most:
            raise InputError(
                f"{name} is called with another number of arguments", found=str(len(args)), expected=expected
            )
        return run(reader, args, keywords)

    return checked


def pair_of(value: Value) -> tuple[Value, Value]:
    """Return a key and its value, or raise an `InputError`."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise InputError("the program fails", found="an item that is no pair", expected="a key and a value")
    return value[0], value[1]


def _known(run: Callable[..., Value]) -> Run:
    """Return a function of plain values that is unknown as soon as an argument is."""

    def wrapped(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        for value in (*args, *keywords.values()):
            if unknown := uncertain([value]):
                return unknown
            if isinstance(value, (External, Instance)):
                return Unknown(type_name(value), reader.place.line)
        plain = [value.value if isinstance(value, Tensor) else value for value in args]
        if any(isinstance(v, Tensor) and p is None for v, p in zip(args, plain, strict=True)):
            return Unknown("the content of a tensor", reader.place.line)
        plain = [list(value.sizes) if isinstance(value, Shape) else value for value in plain]
        return _tried(lambda: run(*plain, **keywords))

    return wrapped


def _tried(action: Callable[[], Value]) -> Value:
    try:
        return action()
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError, IndexError, KeyError) as error:
        raise InputError(f"the program fails: {error}") from None


def _items(run: Callable[..., Value]) -> Run:
    """Return a function whose arguments are gone through, unknown if one of them is."""

    def wrapped(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        lists = iterate_all(reader.graph, args)
        return lists if isinstance(lists, Unknown) else _tried(lambda: run(*lists, **keywords))

    return wrapped


def _first(run: Callable[[Reader, list[Value], list[Value], dict[str, Value]], Value]) -> Run:
    """Return a function of the reader, the items of the first argument, the others and the keywords."""

    def wrapped(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        lists = iterate_all(reader.graph, args[:1])
        if isinstance(lists, Examples) and run is _enumerate:
            (first,) = run(reader, [lists.element], args[1:], keywords)
            return Examples(lists.reason, lists.line, first)
        return lists if isinstance(lists, Unknown) else run(reader, lists[0], args[1:], keywords)

    return wrapped


def _integer(value: Value = 0, base: int = 10) -> int:
    if isinstance(value, str):
        check_bits(4 * len(value), 0)
        return int(value, base)
    return int(value)


def _length(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    (value,) = args
    if isinstance(value, Tensor) and value.shape:
        return value.shape[0]
    items = iterate(reader.graph, value, reader.place.line)
    return items if isinstance(items, Unknown) else len(items)


def _extreme(run: Callable[..., Value]) -> Run:
    def wrapped(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        lists = iterate_all(reader.graph, args) if len(args) == 1 else [args]
        if "key" in keywords:
            return Unknown("min or max with a key", reader.place.line)
        if isinstance(lists, Unknown):
            return lists
        return _known(lambda *values: run(values))(reader, lists[0], {})

    return wrapped


def _total(reader: Reader, items: list[Value], rest: list[Value], keywords: dict[str, Value]) -> Value:
    result = rest[0] if rest else 0
    for item in items:
        begins = result == 0 and isinstance(item, Tensor)
        result = item if begins else binary(reader.graph, "+", result, item, reader.place.line)
    return result


def _map(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists = iterate_all(reader.graph, args[1:])
    if isinstance(lists, Unknown):
        return lists
    return List(_apply(reader, args[0], *group) for group in zip(*lists, strict=False))


def _apply(reader: Reader, function: Value, *args: Value) -> Value:
    return reader.call(function, list(args), {}, reader.place.line)


def _filter(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists = iterate_all(reader.graph, args[1:])
    if isinstance(lists, Unknown):
        return lists
    kept = List()
    for item in lists[0]:
        keep = truth(item if args[0] is None else _apply(reader, args[0], item), reader.place.line)
        if isinstance(keep, Unknown):
            return keep
        if keep:
            kept.append(item)
    return kept


def _sorted(reader: Reader, items: list[Value], rest: list[Value], keywords: dict[str, Value]) -> Value:
    key, back = keywords.get("key"), keywords.get("reverse") is True
    keys = items if key is None else [_apply(reader, key, item) for item in items]
    order = _tried(lambda: sorted(range(len(items)), key=lambda i: keys[i], reverse=back))
    return List(items[i] for i in order)


def _enumerate(reader: Reader, items: list[Value], rest: list[Value], keywords: dict[str, Value]) -> Value:
    start = rest[0] if rest else keywords.get("start", 0)
    return List(enumerate(items, start if isinstance(start, int) else 0))


def _dict(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    if not args or isinstance(args[0], dict):
        return Dict({**args[0], **keywords} if args else keywords)
    pairs = iterate_all(reader.graph, args)
    return pairs if isinstance(pairs, Unknown) else Dict({**dict(map(pair_of, pairs[0])), **keywords})


def _is_instance(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    value, kinds = args
    if isinstance(value, Unknown):
        return value
    python = {kind.__name__: kind for kind in (int, float, str, list, tuple, dict, bool)}
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
            return Unknown(f"whether something is a {kind.path}", reader.place.line)
    return False


def _get_attribute(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    if not isinstance(args[1], str):
        return Unknown("getattr of an unknown name", reader.place.line)
    try:
        return reader.attribute(args[0], args[1], reader.place.line)
    except InputError:
        if len(args) > 2:
            return args[2]
        raise


def _has_attribute(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    owner, name = args
    if isinstance(owner, Instance):
        return name in owner.names or any(name in ancestor.names for ancestor in owner.cls.own_lineage())
    return Unknown("hasattr", reader.place.line)


def _set_attribute(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    if isinstance(args[1], str):
        set_attribute(reader.place, *args)
    return None


def _is_callable(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    return isinstance(args[0], (Function, Method, Native, Class, LayerObject, External))


def _not_run(name: str, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    return Unknown(f"{name}(), which is not run", reader.place.line)


def _raises(name: str, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    return ("exception", f"{name}({', '.join(str(as_plain(arg)) for arg in args)})")


def _pick(run: Callable[[list[Any]], bool]) -> Run:
    def picked(reader: Reader, items: list[Value], rest: list[Value], keywords: dict[str, Value]) -> Value:
        truths = [truth(item, reader.place.line) for item in items]
        return first_unknown(truths) or run(truths)

    return _first(picked)


def _type(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    return args[0].cls if isinstance(args[0], Instance) else Unknown("type()", reader.place.line)


def _chain(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists = iterate_all(reader.graph, args)
    if isinstance(lists, Unknown):
        return lists
    check_items(sum(map(len, lists)), reader.place.line)
    return List(itertools.chain(*lists))


def _product(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists, times = iterate_all(reader.graph, args), keywords.get("repeat", 1)
    if isinstance(lists, Unknown):
        return lists
    if not isinstance(times, int) or not 0 <= times <= MAX_REPEAT:
        return Unknown("itertools.product", reader.place.line)
    check_items(math.prod(map(len, lists)) ** times, reader.place.line)
    return List(itertools.product(*lists, repeat=times))


def _repeat(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    times = args[1] if len(args) > 1 else keywords.get("times")
    if not isinstance(times, int):
        return Unknown("itertools.repeat", reader.place.line)
    check_items(times, reader.place.line)
    return List([args[0]] * times)


def _partial(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Return a function with its first arguments and some keywords given."""
    function, *first = args

    def run(reader: Reader, more: list[Value], named: dict[str, Value]) -> Value:
        return reader.call(function, [*first, *more], keywords | named, reader.place.line)

    return Native("partial", run)


_RUN: dict[str, tuple[Run] | tuple[Run, int] | tuple[Run, int, int]] = {
    "range": (_known(range),),
    "xrange": (_known(range),),
    "len": (_length, 1, 1),
    "int": (_known(_integer), 0, 2),
    "float": (_known(float),),
    "bool": (lambda reader, args, _: truth(args[0], reader.place.line) if args else False, 0, 1),
    "chr": (_known(chr), 1, 1),
    "ord": (_known(ord), 1, 1),
    "str": (_known(lambda value="": str(as_plain(value))), 0, 1),
    "repr": (_known(lambda value: repr(as_plain(value))), 1, 1),
    "abs": (_known(abs),),
    "round": (_known(round),),
    "divmod": (_known(divmod),),
    "pow": (_known(lambda base, exponent: compute("**", base, exponent, 0)), 2, 2),
    "min": (_extreme(min), 1),
    "max": (_extreme(max), 1),
    "sum": (_first(_total), 1, 2),
    "list": (_items(lambda items=(): List(items)), 0, 1),
    "tuple": (_items(lambda items=(): tuple(items)), 0, 1),
    "set": (_items(lambda items=(): Set(items)), 0, 1),
    "frozenset": (_items(lambda items=(): Set(items)), 0, 1),
    "reversed": (_items(lambda items: List(reversed(items))), 1, 1),
    "zip": (_items(lambda *lists: List(zip(*lists, strict=False))),),
    "enumerate": (_first(_enumerate), 1, 2),
    "dict": (_dict, 0, 1),
    "map": (_map, 2),
    "filter": (_filter, 2, 2),
    "sorted": (_first(_sorted), 1, 1),
    "any": (_pick(any), 1, 1),
    "all": (_pick(all), 1, 1),
    "isinstance": (_is_instance, 2, 2),
    "getattr": (_get_attribute, 2, 3),
    "hasattr": (_has_attribute, 2, 2),
    "setattr": (_set_attribute, 3, 3),
    "callable": (_is_callable, 1, 1),
    "print": (lambda *_: None,),
    "type": (_type, 1, 3),
    **{name: (partial(_not_run, name),) for name in NOT_RUN},
    **{name: (partial(_raises, name),) for name in ERRORS},
}

BUILTINS: dict[str, Value] = {name: Native(name, with_arity(name, *row)) for name, row in _RUN.items()} | {
    **{name: External(name) for name in ("staticmethod", "classmethod", "property", "object")},
    "NotImplemented": Unknown("NotImplemented", 0),
}
"""The names that every program knows."""

STANDARD: dict[str, Run] = {
    **{
        f"math.{name}": _known(getattr(math, name))
        for name in words("ceil floor sqrt log log2 log10 exp fabs gcd prod trunc cos sin")
    },
    "functools.partial": with_arity("functools.partial", _partial, 1),
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": with_arity(
        "itertools.chain.from_iterable", _first(lambda reader, items, *_: _chain(reader, items, {})), 1, 1
    ),
    "itertools.product": _product,
    "itertools.repeat": with_arity("itertools.repeat", _repeat, 1, 2),
}
"""Functions of the standard library whose arguments are handed on, so that they have no signature."""
