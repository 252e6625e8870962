"""JSON files of a documented form: written for people too, read with the place of a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from solver.arithmetic.numbers import MAX_INTEGER
from solver.errors import InputError
from solver.files import read_text

_COMPACT = 100
"""Characters up to which a part is written on one line."""

Form = TypeVar("Form", bound=BaseModel)


def read_document(path: str | Path, form: type[Form]) -> Form:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    form
        The form that it should have.

    Raises
    ------
    InputError
        If the file cannot be read or has another form, with the place.
    """
    file = str(path)
    data = read_json(path)
    try:
        return form.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors()
        first = mistakes[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "union_tag_invalid":  # its message would hold all of a text of any length
            tags = first["ctx"]
            expected = f"one of {tags['expected_tags']}"
            raise InputError(file=file, field=place, found=tags["tag"], expected=expected) from None
        more = f" (and {len(mistakes) - 1} more mistakes)" if len(mistakes) > 1 else ""
        raise InputError(f"{first['msg']}{more}", file=file, field=place or "document") from None


def read_json(path: str | Path) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, is nested too deeply, or has a number beyond 64 bits.
    """
    file, text = str(path), read_text(path)
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=file, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise InputError("not JSON that can be read: nested too deeply", file=file) from None
    except InputError as error:
        line = text[: text.index(str(error.found))].count("\n") + 1
        raise error.at(file=file, line=line) from None


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if len(digits) > 19 or int(digits) > MAX_INTEGER:
        raise InputError(found=text, expected=f"at most {MAX_INTEGER:,}")
    return int(text)


def _constant(text: str) -> float:
    raise InputError(found=text, expected="a number")


def pretty_json(value: Any, indent: str = "") -> str:
    """Return JSON with what is short on one line.

    Parameters
    ----------
    value
        What JSON can hold.
    indent
        Blanks before each line but the first.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + len(indent) <= _COMPACT or not isinstance(value, dict | list):
        return flat
    deeper = indent + " "
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {pretty_json(item, deeper)}" for key, item in value.items()]
        begin, end = "{", "}"
    else:
        rows = [pretty_json(item, deeper) for item in value]
        begin, end = "[", "]"
    return f"{begin}\n{deeper}" + f",\n{deeper}".join(rows) + f"\n{indent}{end}"
