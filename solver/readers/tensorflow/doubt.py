"""What is done under a condition, or for a number of turns, that reading cannot find out.

Such code is read without deciding: both branches of a condition, the body of a loop twice. It may not build
layers (that is an error), and what it assigns is known afterwards only where every way leads to the same
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from solver.parsing.python import Node
from solver.readers.tensorflow.tensor import Tensor, same_shape
from solver.readers.tensorflow.values import Unknown, Value


@dataclass(frozen=True)
class Doubt:
    """Why it is not known whether some code runs; `owner` is the frame or loop that ends the doubt."""

    unknown: Unknown
    owner: Any


def join(values: list[Value], unknown: Unknown) -> Value:
    """Return what a name stands for that has one of some values, nobody knows which."""
    first = values[0]
    for other in values[1:]:
        if other is first:
            continue
        if isinstance(first, Tensor) and isinstance(other, Tensor) and same_shape(first, other):
            continue
        plain = (bool, int, float, str, tuple, type(None))
        if isinstance(first, plain) and type(first) is type(other) and first == other:
            continue
        return unknown
    return first


def assigned_names(trees: list[Node]) -> list[str]:
    """Return the names of the current scope that statements may assign, in order."""
    names: dict[str, None] = {}
    for tree in trees:
        names.update(dict.fromkeys(_names(tree)))
    return list(names)


def _names(tree: Any) -> Iterator[str]:
    if not isinstance(tree, Node):
        return
    if tree.rule in ("assign", "augmented", "annotated"):
        for target in tree.children[:-1] if tree.rule == "assign" else tree.children[:1]:
            yield from _targets(target)
    elif tree.rule in ("for_stmt", "comp_for"):
        yield from _targets(tree.children[0])
    elif tree.rule == "with_item":
        yield from _targets(tree.children[1])
    elif tree.rule in ("funcdef", "classdef"):
        yield str(tree.children[0])
        return
    elif tree.rule in ("walrus", "except_clause"):
        yield from (str(c) for c in tree.children if isinstance(c, str))
    elif tree.rule in ("imported", "imported_module"):
        yield str(tree.children[-1] or tree.children[0]).split(".")[0]
    if tree.rule != "lambda":
        for child in tree.children:
            yield from _names(child)


def _targets(tree: Any) -> Iterator[str]:
    if not isinstance(tree, Node):
        return
    if tree.rule == "var":
        yield str(tree.children[0])
    elif tree.rule in ("tuple", "list", "starred"):
        for child in tree.children:
            yield from _targets(child)
