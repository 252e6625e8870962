"""Types of the fields of layer entries: sizes, pairs, padding."""

from __future__ import annotations

from typing import Annotated, Any

from solver.readers.padding import Padding
from solver.yamlfile import Reads, Unreadable, read_count, read_counts, read_integer
from solver.yamlfile.values import YamlList, YamlScalar


def _read_triple(value: Any) -> tuple[int, int, int]:
    sizes = read_counts(value)
    if len(sizes) != 3:
        raise Unreadable(value)
    return (sizes[0], sizes[1], sizes[2])


def _read_pair(value: Any) -> tuple[int, int]:
    if isinstance(value, YamlScalar):
        return (read_count(value), read_count(value))
    sizes = read_counts(value)
    if len(sizes) != 2:
        raise Unreadable(value)
    return (sizes[0], sizes[1])


def _read_padding(value: Any) -> Padding:
    if isinstance(value, YamlScalar):
        if value == "same" or value == "valid":
            return "same" if value == "same" else "valid"
        return (_read_side(value), _read_side(value))
    if not isinstance(value, YamlList) or len(value) != 2:
        raise Unreadable(value)
    return (_read_side(value[0]), _read_side(value[1]))


def _read_side(value: Any) -> tuple[int, int]:
    if isinstance(value, YamlScalar):
        return (read_integer(value), read_integer(value))
    if not isinstance(value, YamlList) or len(value) != 2:
        raise Unreadable(value)
    return (read_integer(value[0]), read_integer(value[1]))


Sizes = Annotated[
    tuple[int, int, int], Reads(_read_triple, "[channels, rows, columns], integers of at least 1")
]
Pair = Annotated[
    tuple[int, int], Reads(_read_pair, "an integer of at least 1 or a pair of them, [rows, columns]")
]
Zeros = Annotated[
    Padding,
    Reads(
        _read_padding,
        "an integer of at least 0, [rows, columns], [[top, bottom], [left, right]], same or valid",
    ),
]
Extra = Annotated[
    tuple[int, int],
    Reads(_read_side, "an integer of at least 0 or a pair of them, [rows, columns]"),
]
Number = Annotated[int, Reads(read_integer, "an integer of at least 0")]
