"""Python programs as syntax trees, without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError, PythonIndenter

from solver.errors import InputError

MAX_LENGTH = 2_000_000
"""Characters of the longest program parsed; generated files are longer, model programs never are."""

PYTHON_2 = re.compile(r"\s*(print\s+[\"'\w]|exec\s+[\"'\w]|except\s+[\w.]+\s*,|raise\s+[\w.]+\s*,)")
"""Statements that only Python 2 has."""


@dataclass(slots=True, eq=False)
class Node:
    """A node of the syntax tree of a program.

    Attributes
    ----------
    rule
        The rule of `python.lark` that it is.
    children
        Nodes, words as text, and None for what is left out.
    line
        The line on which it starts.
    """

    rule: str
    children: list[Any]
    line: int

    def walk(self) -> Iterator[Node]:
        """Yield the node and all nodes below it, in no particular order."""
        left = [self]
        while left:
            node = left.pop()
            yield node
            left += [child for child in node.children if isinstance(child, Node)]


def parse_program(text: str) -> Node:
    """Return the syntax tree of a Python 3 program.

    Parameters
    ----------
    text
        The whole program; lines end in ``\\n``.

    Returns
    -------
    Node
        A ``file_input`` of `python.lark`.

    Raises
    ------
    InputError
        With line, column, the unexpected word, and the line with a caret below it.
    """
    if len(text) > MAX_LENGTH:
        raise InputError(found=f"{len(text):,} characters", expected=f"at most {MAX_LENGTH:,}, a program")
    return _parse("file_input", text + "\n")


def parse_expression(text: str) -> Node:
    """Return the syntax tree of one Python expression; raises as `parse_program` does."""
    expression = _parse("eval_input", text + "\n").children[0]
    assert isinstance(expression, Node)
    return expression


class _Indenter(PythonIndenter):
    """Lark's, but a wrong indentation is told with its line."""

    def handle_NL(self, token: Token) -> Iterator[Token]:
        """Turn the indentation behind a line end into tokens."""
        try:
            yield from super().handle_NL(token)
        except DedentError:
            raise InputError(
                "not valid Python",
                line=token.end_line,
                found="an indentation that fits no block above",
                expected="the indentation of one of them",
            ) from None


@cache
def _parser() -> Lark:
    return Lark(
        (files("grammar") / "python.lark").read_text(encoding="utf-8"),
        parser="lalr",
        postlex=_Indenter(),
        start=["file_input", "eval_input"],
        propagate_positions=True,
        maybe_placeholders=True,
    )


def _parse(start: str, text: str) -> Node:
    try:
        tree = _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise _input_error(error, text) from None
    made: dict[int, Node] = {}
    for subtree in tree.iter_subtrees():  # from the leaves to the root
        children = [
            made[id(child)] if isinstance(child, Tree) else None if child is None else str(child)
            for child in subtree.children
        ]
        made[id(subtree)] = Node(str(subtree.data), children, getattr(subtree.meta, "line", 0))
    return made[id(tree)]


def _input_error(error: UnexpectedInput, text: str) -> InputError:
    ended = isinstance(error, UnexpectedToken) and error.token.type in ("$END", "_DEDENT")
    line, column = max(error.line, 1), max(error.column, 1)
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    if PYTHON_2.match(source):
        found, expected = "a statement of Python 2", "Python 3 (2to3 or futurize translates it)"
    elif ended and not source.strip():
        found, expected = "the end of the program or block", "more"
    else:
        word = re.compile(r"\w+|\S|\s+").match(text, error.pos_in_stream or 0)
        found = word.group() if word and word.group().strip() else "the end of the line"
        if isinstance(error, UnexpectedToken) and error.token.type == "_INDENT":
            found = "an indentation"
        elif re.match(r"\s*match\b.*:\s*$", source):
            found = "a match statement, which is not read"
        expected = "Python 3"
    return InputError(
        "not valid Python",
        line=line,
        column=column,
        found=found,
        expected=expected,
        excerpt=error.get_context(text).rstrip("\n") if source.strip() else "",
    )
