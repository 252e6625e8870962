"""What a YAML file holds, every part with its line; what Python programs give, in the same form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import index
from pathlib import PurePath
from typing import Any, SupportsIndex

import yaml

from solver.errors import InputError


class YamlScalar(str):
    """A scalar as written.

    Attributes
    ----------
    line
        Line of the file on which it starts.
    text_line
        Line of its first character of content (the next one for block scalars).
    quoted
        Whether it was written as text on purpose: in quotes or as a block scalar.
    """

    line: int | None
    text_line: int
    quoted: bool

    @classmethod
    def of(cls, node: yaml.ScalarNode) -> YamlScalar:
        """Wrap a node of the composed document."""
        scalar = cls(node.value)
        scalar.line = line = node.start_mark.line + 1
        scalar.text_line = line + (node.style in ("|", ">"))
        scalar.quoted = node.style is not None
        return scalar

    @property
    def is_null(self) -> bool:
        """Whether YAML reads it as nothing."""
        return not self.quoted and self in ("", "~", "null", "Null", "NULL")


class YamlMap(dict[str, Any]):
    """A mapping; `line` is where it starts and `key_lines` where each key stands."""

    line: int | None
    key_lines: Mapping[str, int | None]

    def line_of(self, field: str | None) -> int | None:
        """Return the line of a field, or of the mapping if the field is not in it."""
        return self.key_lines.get(field or "", self.line)


class YamlList(list[Any]):
    """A list; `line` is where it starts."""

    line: int | None


YamlValue = YamlScalar | YamlMap | YamlList


def from_python(value: Any) -> YamlValue:
    """Return what a Python program gives (mappings, lists, numbers, texts) as if it stood in a file.

    Raises
    ------
    InputError
        If a part of it is nothing that a file could hold.
    """
    if isinstance(value, Mapping):
        entries = YamlMap({str(key): from_python(item) for key, item in value.items()})
        entries.line, entries.key_lines = None, {}
        return entries
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        items = YamlList(from_python(item) for item in value)
        items.line = None
        return items
    if isinstance(value, bool) or value is None:
        text = "null" if value is None else str(value).lower()
    elif isinstance(value, str | PurePath):
        text = str(value)
    elif isinstance(value, SupportsIndex):
        number = index(value)
        text = str(number) if number.bit_length() < 1000 else hex(number)  # str refuses very long ones
    elif isinstance(value, float | Decimal):
        text = str(value)
    else:
        raise InputError(
            found=f"the type {type(value).__name__}", expected="a number, a text, a list or a mapping"
        )
    scalar = YamlScalar(text)
    scalar.line, scalar.text_line, scalar.quoted = None, 1, isinstance(value, str)
    return scalar


def line_of(value: Any) -> int | None:
    """Return the line on which a value of a file starts."""
    return value.line if isinstance(value, (YamlScalar, YamlMap, YamlList)) else None


def describe(value: Any, depth: int = 3) -> str:
    """Return a value of a file as its user wrote it, or nearly so; lists deeper than `depth` are cut."""
    if isinstance(value, YamlList):
        return "[" + ", ".join(describe(item, depth - 1) for item in value) + "]" if depth else "[...]"
    if isinstance(value, YamlMap):
        return "a mapping" + (f" with the keys {', '.join(value)}" if value else " without keys")
    if isinstance(value, YamlScalar):
        if value.is_null:
            return "nothing"
        return f'the text "{value}"' if value.quoted else str(value)
    return repr(value)
