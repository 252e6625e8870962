"""Texts made of values: ``%``, ``str.format`` and f-strings, for plain values only and of bounded length."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.values import External, Shape, Value, first_unknown

PLAIN = (bool, int, float, str, type(None))

LARGE = re.compile(r"\d{4}|\*")
"""Widths of more than three digits, or taken from an argument."""


class _Fields(string.Formatter):
    """``str.format`` without attributes: only items and the value itself."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Any) -> Any:
        if "." in field_name or "[" in field_name:
            raise ValueError("attributes and items in format fields")
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        return format_value(value, format_spec)


def format_value(value: Value, spec: str = "") -> str:
    """Return a plain value as text; raises ValueError for a width that is too large."""
    if LARGE.search(spec):
        raise ValueError("a width of more than 999")
    return format(as_plain(value), spec)


def as_plain(value: Value) -> Any:
    """Return a value that Python's own formatting can be trusted with."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Shape):
        return str(list(value.sizes))
    if isinstance(value, (list, tuple)) and len(value) <= 100:
        inner = ", ".join(_represent(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, External):
        return value.path
    return f"<{type(value).__name__.lower()}>"


def percent_format(text: str, values: Value, line: int) -> Value:
    """Return ``text % values``, or unknown if a value is."""
    if LARGE.search("".join(re.findall(r"%[-#0 +]*([\d*]*\.?[\d*]*)", text))):
        raise InputError("too large to be followed", line=line, found="a format of more than 999 characters")
    given = values if isinstance(values, tuple) else (values,)
    if unknown := first_unknown(values.values() if isinstance(values, dict) else given):
        return unknown
    if isinstance(values, dict):
        return text % {key: as_plain(value) for key, value in values.items()}
    return text % tuple(map(as_plain, given))


def brace_format(text: str, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
    """Return ``text.format(*args, **keywords)``, or unknown if a value is."""
    if unknown := first_unknown((*args, *keywords.values())):
        return unknown
    try:
        return _Fields().vformat(text, args, keywords)
    except InputError:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise InputError(f"the program fails: {error}", line=line, found=f"format of {text!r}") from None


def _represent(value: Value) -> str:
    plain = as_plain(value)
    return repr(plain) if isinstance(value, PLAIN) else str(plain)
