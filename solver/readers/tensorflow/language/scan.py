"""What statements are about, told from their text alone: training a network, or building one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from solver.readers.operators import words
from solver.readers.tensorflow.language.machine import Machine
from solver.readers.tensorflow.values import Function, Scope

STEPS = words("minimize apply_gradients compute_gradients train_on_batch gradient fit fit_generator backward")
"""Methods that a training loop calls."""

BUILDS = re.compile(
    r"(?i)\w*(conv|dense|linear|lstm|gru|rnn|pool|attention|mat_?mul|embedding)\w*|layers|add|sequential|model"
)
"""Names with which programs build networks."""

MAX_DEPTH = 4
"""Functions of the program that are looked into, one calling the next."""


def trains(m: Machine, body: Iterable[ast.stmt]) -> bool:
    """Whether the body of a loop runs steps of a training, such as ``sess.run`` or a gradient tape."""
    return any(_is_step(node) for node in _nodes(m, body))


def builds(m: Machine, statements: Iterable[ast.stmt]) -> bool:
    """Whether statements may add layers, as far as names tell; functions that they call count, too."""
    for node in _nodes(m, statements):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if BUILDS.fullmatch(name):
            return True
    return False


def behind(m: Machine, statement: ast.stmt, line: int) -> list[ast.stmt]:
    """Return what would still run of a statement whose part at some line fails; that part is among it.

    What a loop that trains has run once adds nothing when it runs again.
    """
    blocks = [getattr(statement, name, None) or [] for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(statement, "handlers", [])]
    loop = isinstance(statement, ast.For | ast.AsyncFor | ast.While)
    again = loop and not trains(m, blocks[0])
    inside = statement.lineno <= line <= (statement.end_lineno or 0)
    own = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    if again or own or not inside or not any(blocks):
        return [statement]
    later = [inner for block in blocks for inner in block if (inner.end_lineno or 0) >= line]
    return [part for inner in later for part in behind(m, inner, line)]


def _is_step(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "GradientTape"
    if not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    if name == "run":
        owner = ast.unparse(node.func.value).lower()
        return "sess" in owner or any(keyword.arg == "feed_dict" for keyword in node.keywords)
    return name in STEPS or name == "GradientTape"


def _nodes(m: Machine, statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Return every node of some statements, and of the functions of the program that they call by name."""
    seen: set[int] = set()
    waiting = [(statement, 0) for statement in statements]
    while waiting:
        statement, depth = waiting.pop()
        for node in ast.walk(statement):
            yield node
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            function = _function(m.scope, called) if called is not None and depth < MAX_DEPTH else None
            if function is not None and id(function) not in seen:
                seen.add(id(function))
                body = function.body if isinstance(function.body, list) else [function.body]
                waiting += [(inner, depth + 1) for inner in body]


def _function(scope: Scope | None, name: str) -> Function | None:
    while scope is not None:
        if name in scope.names:
            found = scope.names[name]
            return found if isinstance(found, Function) else None
        scope = scope.outer
    return None
