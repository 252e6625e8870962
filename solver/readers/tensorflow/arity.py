"""How many arguments functions take, for those that the reader takes apart by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.values import Value

Run = Callable[[Any, list[Value], dict[str, Value]], Value]

MANY = 10**6

ARITY: dict[str, tuple[int, int]] = {
    "len": (1, 1),
    "min": (1, MANY),
    "max": (1, MANY),
    "sum": (1, 2),
    "map": (2, MANY),
    "filter": (2, 2),
    "sorted": (1, 1),
    "enumerate": (1, 2),
    "any": (1, 1),
    "all": (1, 1),
    "dict": (0, 1),
    "bool": (0, 1),
    "isinstance": (2, 2),
    "getattr": (2, 3),
    "hasattr": (2, 2),
    "setattr": (3, 3),
    "callable": (1, 1),
    "type": (1, 3),
    "functools.partial": (1, MANY),
    "itertools.chain.from_iterable": (1, 1),
    "itertools.repeat": (1, 2),
    "slim.repeat": (3, MANY),
    "slim.stack": (3, 3),
}
"""Least and most positional arguments."""


def with_arity(name: str, run: Run) -> Run:
    """Return a function that refuses a wrong number of positional arguments."""
    least, most = ARITY.get(name, (0, MANY))

    def checked(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
        if not least <= len(args) <= most:
            expected = (
                str(least) if least == most else f"at least {least}" if most == MANY else f"{least} to {most}"
            )
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
