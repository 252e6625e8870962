"""String literals, f-strings included."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.formatting import as_plain, format_value
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Unknown, Value

if TYPE_CHECKING:
    from solver.readers.tensorflow.expressions import Expressions

LITERAL = re.compile(r"(?i)([a-z]*)('''|\"\"\"|'|\")(.*)\2", re.DOTALL)


def join_literals(reader: Expressions, tokens: list[str], line: int) -> Value:
    """Return the value of adjacent string literals, or unknown if a value in an f-string is."""
    parts: list[str] = []
    for token in tokens:
        match = LITERAL.fullmatch(token)
        assert match is not None, "the grammar lets nothing else through"
        prefix, quote, body = match[1].lower(), match[2], match[3]
        if "f" in prefix:
            raw = "r" if "r" in prefix else ""
            part = _fill(reader, body, raw, quote, line)
            if isinstance(part, Unknown):
                return part
            parts.append(part)
            continue
        value = _plain(token, line)
        if isinstance(value, bytes):
            return Unknown("bytes", line)
        parts.append(value)
    return "".join(parts)


def _plain(token: str, line: int) -> str | bytes:
    """Return the value of a literal; `ast` parses it and runs nothing."""
    try:
        value: str | bytes = ast.literal_eval(re.sub(r"^[uU]", "", token))
    except (SyntaxError, ValueError) as error:
        raise InputError(f"not valid Python: {error}", line=line, found=token[:40]) from None
    return value


def _fill(reader: Expressions, body: str, raw: str, quote: str, line: int) -> str | Unknown:
    """Return the text of an f-string."""
    text: list[str] = []
    position = 0
    while position < len(body):
        brace = re.compile(r"[{}]").search(body, position)
        end = brace.start() if brace else len(body)
        text.append(str(_plain(f"{raw}{quote}{body[position:end]}{quote}", line)) if end > position else "")
        if brace is None:
            break
        if body.startswith(brace.group() * 2, end):
            text.append(brace.group())
            position = end + 2
            continue
        if brace.group() == "}":
            raise InputError("not valid Python", line=line, found="a single } in an f-string")
        close = _closing(body, end, line)
        part = _field(reader, body[end + 1 : close], line)
        if isinstance(part, Unknown):
            return part
        text.append(part)
        position = close + 1
    return "".join(text)


def _closing(body: str, start: int, line: int) -> int:
    depth = 0
    for position in range(start, len(body)):
        depth += (body[position] in "{[(") - (body[position] in "}])")
        if depth == 0:
            return position
    raise InputError("not valid Python", line=line, found="an f-string without }")


def _field(reader: Expressions, field: str, line: int) -> str | Unknown:
    """Return the text of ``{expression!conversion:spec}``."""
    depth, split = 0, len(field)
    for position, character in enumerate(field):
        depth += (character in "{[(") - (character in "}])")
        if depth == 0 and character in "!:" and field[position : position + 2] != "!=":
            split = position
            break
    expression, rest = field[:split], field[split:]
    conversion, spec = "", ""
    if rest.startswith("!"):
        conversion, rest = rest[1:2], rest[2:]
    if rest.startswith(":"):
        filled = _fill(reader, rest[1:], "", "'", line)
        if isinstance(filled, Unknown):
            return filled
        spec = filled
    shown = expression.rstrip()
    prefix = ""
    if shown.endswith("=") and not shown.endswith(("==", "!=", "<=", ">=")):
        prefix, expression, conversion = expression, shown[:-1], conversion or "r"
    value = reader.evaluate(reader.parse_text(expression.strip(), line))
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Tensor):
        return Unknown("a tensor in a text", line)
    plain = repr(as_plain(value)) if conversion == "r" else as_plain(value)
    try:
        return prefix + format_value(plain, spec)
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        raise InputError(f"the program fails: {error}", line=line, found=f"{{{field}}}") from None
