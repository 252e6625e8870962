"""Calls in a Python program, by our grammar and by Python's own."""

from __future__ import annotations

import ast

from solver.parsing.python import parse_program


def counted_calls(text: str) -> tuple[int, int]:
    """Return how many calls our grammar finds in a program, and how many Python does.

    Those inside of an f-string are left out: it is one word to our grammar.
    """

    def calls(node: ast.AST) -> int:
        inner = 0 if isinstance(node, ast.JoinedStr) else sum(map(calls, ast.iter_child_nodes(node)))
        return isinstance(node, ast.Call) + inner

    return sum(node.rule == "call" for node in parse_program(text).walk()), calls(ast.parse(text))
