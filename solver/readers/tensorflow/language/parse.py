"""Python programs as syntax trees, without running anything."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Iterator
from io import StringIO

from solver.errors import InputError

MAX_LENGTH = 2_000_000
"""Characters of the longest program parsed; generated files are longer, model programs never are."""

PYTHON_2 = re.compile(r"\s*(print\s+[\"'\w]|exec\s+[\"'\w]|except\s+[\w.]+\s*,|raise\s+[\w.]+\s*,)")
"""Statements that only Python 2 has."""

NOT_READ = {
    "Match": "a match statement, which is not read",
    "TypeAlias": "a type statement, which is not read",
}

INCOMPLETE = ast.PyCF_ONLY_AST | 0x4000
"""Flags to parse the beginning of a program (``PyCF_ALLOW_INCOMPLETE_INPUT``, which `codeop` uses)."""

CONTEXT = 40
"""Characters of a line that are shown before and behind a mistake."""


def parse_program(text: str) -> ast.Module:
    """Return the syntax tree of a Python 3 program.

    Parameters
    ----------
    text
        The whole program; lines end in ``\\n``.

    Raises
    ------
    InputError
        With line, column, the unexpected word, and the line with a caret below it.
    """
    if len(text) > MAX_LENGTH:
        raise InputError(found=f"{len(text):,} characters", expected=f"at most {MAX_LENGTH:,}, a program")
    tree = _parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and type(node).__name__ in NOT_READ:
            raise _refused(text, node.lineno, node.col_offset + 1, NOT_READ[type(node).__name__])
    return tree


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except TabError:  # Python 2 took a tab for eight blanks
        return _parse(re.sub(r"(?m)^[ \t]+", lambda match: match.group().expandtabs(8), text))
    except (RecursionError, MemoryError):
        raise InputError("the program is nested too deeply to be followed") from None
    except (SyntaxError, ValueError) as error:
        raise _input_error(error, text) from None


def _input_error(error: SyntaxError | ValueError, text: str) -> InputError:
    message, line = (error.msg, error.lineno) if isinstance(error, SyntaxError) else (str(error), None)
    if "too many nested parentheses" in message:
        return InputError("the program is nested too deeply to be followed", line=line)
    if "unindent" in message:
        return InputError(
            "not valid Python",
            line=line,
            found="an indentation that fits no block above",
            expected="the indentation of one of them",
        )
    if "unterminated" in message:
        return _refused(text, line or 1, getattr(error, "offset", 0) or 1)
    if "unexpected indent" in message and line is not None:
        source = text.split("\n")[line - 1]
        return _refused(text, line, len(source) - len(source.lstrip()) + 1, "an indentation")
    if message.startswith(("f-string", "Exceeds the limit")) or line is None:
        return InputError("not valid Python", line=line, found=message, expected="Python 3")
    return _refused(text, *_unexpected(text))


def _refused(text: str, line: int, column: int, found: str = "") -> InputError:
    """Return the error for a word at which a program stops to be Python; `found` is what to call it."""
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    expected = "Python 3"
    if PYTHON_2.match(source):
        found, expected = "a statement of Python 2", "Python 3 (2to3 or futurize translates it)"
    elif not source.strip():
        found, expected = "the end of the program or block", "more"
    elif not found:
        word = re.compile(r"\w+|\S|$").match(source, column - 1)
        found = (word.group() if word else "") or "the end of the line"
    before, after = (
        source[max(column - 1 - CONTEXT, 0) : column - 1],
        source[column - 1 : column - 1 + CONTEXT],
    )
    excerpt = f"{before}{after}\n{' ' * len(before.expandtabs())}^" if source.strip() else ""
    return InputError(
        "not valid Python", line=line, column=column, found=found, expected=expected, excerpt=excerpt
    )


def _unexpected(text: str) -> tuple[int, int]:
    """Return line and column of the first word behind which no program can go on, by bisection."""
    ends = list(_words(text))
    good, bad = 0, len(ends)
    while good < bad:
        middle = (good + bad) // 2
        if _may_go_on(text, ends[middle].end):
            good = middle + 1
        else:
            bad = middle
    if good < len(ends):
        row, column = ends[good].start
        return row, column + 1
    return text.count("\n") + 1, 1


def _words(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the words of a program as far as it can be taken apart."""
    idle = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            if token.type not in idle:
                yield token
    except (tokenize.TokenError, SyntaxError):
        return


def _may_go_on(text: str, end: tuple[int, int]) -> bool:
    """Whether a program may begin like a text up to a place."""
    lines = text.split("\n")[: end[0]]
    lines[-1] = f"{lines[-1][: end[1]]} \\\n" if end[1] <= len(lines[-1]) else f"{lines[-1]}\n"
    try:
        with warnings.catch_warnings(action="ignore"):
            compile("\n".join(lines), "program", "exec", INCOMPLETE)
    except SyntaxError as error:
        return "incomplete input" in str(error)
    return True
