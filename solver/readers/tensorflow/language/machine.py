"""What the parts of the interpreter need of each other."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import Class, Scope, Value


class Return(Exception):
    """A return statement."""

    def __init__(self, value: Value) -> None:
        self.value = value


@dataclass(eq=False)
class Frame:
    """A running function or class body: what it may have returned already, and the loops that run in it."""

    scope: Scope
    maybe_returned: list[Value] = field(default_factory=list)
    owner: Class | None = None
    is_class: bool = False
    loops: list[object] = field(default_factory=list)


class Machine(Reader, Protocol):
    """An interpreter: `scope` is where names are looked up, `frames` are the functions that run.

    `star_imports` are the modules of which the program imports all; `endless` tells of a loop without end.
    """

    scope: Scope
    frames: list[Frame]
    star_imports: list[str]
    endless: str

    def evaluate(self, node: ast.expr) -> Value:
        """Return the value of an expression."""

    def run_block(self, statements: Sequence[ast.stmt]) -> None:
        """Run statements one after the other."""

    def assign(self, target: ast.expr, value: Value) -> None:
        """Assign to a name, attribute, item or sequence of these."""
