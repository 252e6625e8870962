"""YAML with the line of every key and value, and every mistake in a file told as one `InputError`.

Scalars stay text until a field says what it wants: the types below (`Count`, `Flag`, ...) read them. So
``n: 4`` is not a boolean key, ``010`` is not eight, and a message can show what the user wrote.
Files are described by pydantic models whose fields have these types::

    class Entry(YamlModel):
        filters: Count
        stride: Pair = (1, 1)

    entry = validate(Entry, load(path), file=str(path))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from solver.arithmetic.numbers import DECIMAL, MAX_INTEGER, parse_decimal, parse_integer
from solver.errors import InputError, unknown
from solver.files import read_text
from solver.yamlfile.values import YamlList, YamlMap, YamlScalar, YamlValue, describe, line_of


def load(path: str | Path) -> YamlValue:
    """Read a YAML (or JSON) file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    YamlValue
        Its content, every part with its line.

    Raises
    ------
    InputError
        If it cannot be read, is not YAML, is empty, or has a key twice.
    """
    return parse(read_text(path), file=str(path))


def parse(text: str, *, file: str | None = None) -> YamlValue:
    """Read YAML (or JSON) text; `file` is the name for messages. Raises as `load` does."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            return _Converter(file).value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            file=file,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
            excerpt=(mark.get_snippet() or "") if mark else "",
        ) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        found = f"the character U+{ord(text[error.position]):04X}"
        raise InputError("not valid YAML", file=file, line=line, found=found, expected="text") from None
    except RecursionError:
        raise InputError("the file is nested too deeply", file=file, line=1) from None
    raise InputError(file=file, line=1, found="nothing but comments", expected="a description")


class _Converter:
    """Turns composed nodes into values, each once: aliases may name a node many times, or even itself."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.done: dict[yaml.Node, YamlValue] = {}

    def value(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> YamlValue:
        line = node.start_mark.line + 1
        if node in above:
            raise InputError("an alias stands inside its own anchor", file=self.file, line=line)
        if not re.fullmatch("tag:yaml.org,2002:[a-z]+", node.tag):
            raise InputError(file=self.file, line=line, found=f"the tag {node.tag}", expected="no tags")
        if node not in self.done:
            above = (*above, node)
            if isinstance(node, yaml.ScalarNode):
                self.done[node] = self.scalar(node)
            elif isinstance(node, yaml.SequenceNode):
                items = YamlList(self.value(item, above) for item in node.value)
                items.line = line
                self.done[node] = items
            else:
                self.done[node] = self.mapping(node, above)
        return self.done[node]

    def scalar(self, node: yaml.ScalarNode) -> YamlScalar:
        scalar = YamlScalar.of(node)
        if re.search("[\ud800-\udfff]", scalar):  # escapes can write halves of characters
            raise InputError(file=self.file, line=scalar.line, found=ascii(str(scalar)), expected="text")
        return scalar

    def mapping(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> YamlMap:
        entries = YamlMap()
        entries.line = node.start_mark.line + 1
        lines: dict[str, int | None] = {}
        entries.key_lines = lines
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                found = "a mapping or list as key"
                raise InputError(file=self.file, line=line, found=found, expected="a word as key")
            key = str(self.scalar(key_node))
            if key in entries:
                first = f"the key once (first on line {entries.key_lines[key]})"
                raise InputError(
                    file=self.file, line=line, field=key, found=f"the key {key} twice", expected=first
                )
            entries[key] = self.value(value_node, above)
            lines[key] = line
        return entries


class Unreadable(Exception):
    """A value is not what its field wants; `found` is the part of it that is wrong.

    `expected` says what is right where the field's own words do not tell what is wrong.
    """

    def __init__(self, found: Any, expected: str = "") -> None:
        self.found = found
        self.expected = expected


@dataclass(frozen=True)
class Reads:
    """Tells pydantic how a field reads its value from the file, and people what it expects.

    Parameters
    ----------
    read
        Returns the value, or raises `Unreadable`.
    expected
        What is right, for messages.
    """

    read: Callable[[Any], Any]
    expected: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Return a schema that calls `read` and nothing else."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, value: Any) -> Any:
        try:
            return self.read(value)
        except Unreadable as error:
            found = describe(error.found)
            if error.found is not value:
                found += f" in {describe(value)}"
            context = {"found": found, "expected": error.expected or self.expected}
            raise PydanticCustomError("unreadable", "found {found}", context) from None


def one_of(choices: Iterable[str], expected: str) -> Reads:
    """Return how a field reads one of some words; `expected` names them."""
    known = tuple(choices)

    def read(value: Any) -> str:
        if isinstance(value, YamlScalar) and value in known:
            return str(value)
        raise Unreadable(value)

    return Reads(read, expected)


def read_integer(value: Any, most: int = MAX_INTEGER) -> int:
    """Read an integer of at least 0, written in plain decimal digits; raises `Unreadable`."""
    plain = isinstance(value, YamlScalar) and not value.quoted
    number = parse_integer(value) if plain else None
    too_large = plain and re.fullmatch("[1-9][0-9]{18,}", value) if number is None else number > most
    if number is None or too_large:
        raise Unreadable(value, f"at most {most:,}" if too_large else "")
    return number


def read_count(value: Any, most: int = MAX_INTEGER) -> int:
    """Read an integer of at least 1; raises `Unreadable`."""
    number = read_integer(value, most)
    if number < 1:
        raise Unreadable(value)
    return number


def read_counts(value: Any) -> tuple[int, ...]:
    """Read a list of integers of at least 1; raises `Unreadable`."""
    if not isinstance(value, YamlList):
        raise Unreadable(value)
    return tuple(read_count(item) for item in value)


def read_flag(value: Any) -> bool:
    """Read a truth value as YAML 1.1 writes them; raises `Unreadable`."""
    if isinstance(value, YamlScalar) and not value.quoted:
        if value.lower() in ("true", "yes", "on"):
            return True
        if value.lower() in ("false", "no", "off"):
            return False
    raise Unreadable(value)


def read_name(value: Any) -> str:
    """Read a text fit to be printed in a line; numbers and such count as text; raises `Unreadable`."""
    if isinstance(value, YamlScalar) and not value.is_null and value.strip() and value.isprintable():
        return str(value)
    raise Unreadable(value)


def read_decimal(value: Any) -> Decimal:
    """Read a decimal of at least 0, every digit kept; raises `Unreadable`."""
    number = parse_decimal(value) if isinstance(value, YamlScalar) and not value.quoted else None
    if number is None:
        raise Unreadable(value)
    return number


def read_any(value: Any) -> Any:
    """Return the value as it stands, for parts of a file that another model validates."""
    return value


Count = Annotated[int, Reads(read_count, "an integer of at least 1")]
Flag = Annotated[bool, Reads(read_flag, "true or false")]
Name = Annotated[str, Reads(read_name, "a name of printable characters")]
Exact = Annotated[Decimal, Reads(read_decimal, DECIMAL)]


class YamlModel(BaseModel):
    """Base of the models that describe a file: nothing unknown, nothing converted behind the user's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Model = TypeVar("Model", bound=YamlModel)


def validate(model: type[Model], value: Any, *, file: str | None = None, key: str | None = None) -> Model:
    """Check a mapping of a file against its model.

    Parameters
    ----------
    model
        What the mapping must hold.
    value
        The mapping, from `load` or `parse`.
    file
        Name of the file for messages.
    key
        Key that the mapping stands under, for messages.

    Returns
    -------
    Model
        The model, every field read.

    Raises
    ------
    InputError
        About the first mistake, the others listed below it.
    """
    if not isinstance(value, YamlMap):
        expected = f"a mapping with the keys {', '.join(model.model_fields)}"
        raise InputError(file=file, line=line_of(value), field=key, found=describe(value), expected=expected)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        mistakes = [_mistake(model, value, entry, file) for entry in error.errors()]
    first, *others = sorted(mistakes, key=lambda mistake: mistake.line or 0)
    mistake = InputError(
        first.what,
        file=file,
        line=first.line,
        field=first.field,
        found=first.found,
        expected=first.expected,
        others=tuple(others),
    )
    raise mistake.inside(key) if key and file is None else mistake  # a file has lines to point at


def _mistake(model: type[YamlModel], value: YamlMap, entry: Any, file: str | None) -> InputError:
    field = str(entry["loc"][0])
    if entry["type"] == "extra_forbidden":
        line = value.line_of(field)
        return unknown("key", field, model.model_fields, line=line).at(file=file, field=field)
    if entry["type"] == "missing":
        return InputError(
            "the key is missing",
            file=file,
            line=value.line,
            field=field,
            found="nothing",
            expected=_expected(model, field),
        )
    found, expected = entry["ctx"]["found"], entry["ctx"]["expected"]
    return InputError(file=file, line=value.line_of(field), field=field, found=found, expected=expected)


def _expected(model: type[YamlModel], field: str) -> str:
    return next(item.expected for item in model.model_fields[field].metadata if isinstance(item, Reads))
