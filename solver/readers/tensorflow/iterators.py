"""Functions of the module ``itertools`` that go through what is finite."""

from __future__ import annotations

import itertools
import math
from typing import Any

from solver.readers.tensorflow.arity import Run
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.values import List, Unknown, Value

MAX_REPEAT = 64
"""Times that a product with itself is followed."""


def _items(reader: Any, values: list[Value]) -> list[list[Value]] | Unknown:
    """Return the items of every value, or what is unknown about one of them."""
    found = []
    for value in values:
        items = reader.iterate(value, reader.line)
        if isinstance(items, Unknown):
            return items
        found.append(list(items))
    return found


def _chain(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists = _items(reader, args)
    if isinstance(lists, Unknown):
        return lists
    Budget.check_items(sum(map(len, lists)), reader.line)
    return List(itertools.chain(*lists))


def _chain_items(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists = _items(reader, args)
    return lists if isinstance(lists, Unknown) else _chain(reader, lists[0], {})


def _product(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    lists, times = _items(reader, args), keywords.get("repeat", 1)
    if isinstance(lists, Unknown):
        return lists
    if not isinstance(times, int) or not 0 <= times <= MAX_REPEAT:
        return Unknown("itertools.product", reader.line)
    Budget.check_items(math.prod(map(len, lists)) ** times, reader.line)
    return List(itertools.product(*lists, repeat=times))


def _repeat(reader: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    times = args[1] if len(args) > 1 else keywords.get("times")
    if not isinstance(times, int):
        return Unknown("itertools.repeat", reader.line)
    Budget.check_items(times, reader.line)
    return List([args[0]] * times)


ITERTOOLS: dict[str, Run] = {
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_items,
    "itertools.product": _product,
    "itertools.repeat": _repeat,
}
"""The functions by their names."""
