"""Assignments to names, attributes, items and several of these at once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.language.machine import Machine
from solver.readers.tensorflow.python.operators import iterate
from solver.readers.tensorflow.reader import set_attribute
from solver.readers.tensorflow.values import Container, External, List, Tensor, Unknown, Value, type_name


def assign(m: Machine, target: ast.expr, value: Value) -> None:
    """Assign to a name, attribute, item or sequence of these."""
    if isinstance(target, ast.Name):
        assign_name(m, target.id, value)
    elif isinstance(target, ast.Attribute):
        set_attribute(m.place, m.evaluate(target.value), target.attr, value)
    elif isinstance(target, ast.Subscript):
        _assign_item(m, target, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(m, target, value)
    else:
        found = type(target).__name__.lower()
        raise m.place.error("an assignment that is not followed", target.lineno, found=found)


def assign_name(m: Machine, name: str, value: Value) -> None:
    """Give a name of the scope it belongs to a value."""
    scope = m.scope
    if name in scope.global_names:
        scope = scope.top
    elif name in scope.nonlocal_names:
        while scope.outer is not None and (scope is m.scope or name not in scope.names):
            scope = scope.outer
    scope.names[name] = value if scope is m.scope else m.place.settled(value)


def change(m: Machine, owner: Value, action: Callable[[], Any]) -> None:
    """Change a container; under doubt, its content is unknown from then on."""
    if m.place.doubts and isinstance(owner, Container):
        owner.unknown = m.place.doubt
    else:
        action()


def _assign_item(m: Machine, target: ast.Subscript, value: Value) -> None:
    owner, index = m.evaluate(target.value), m.evaluate(target.slice)
    if isinstance(index, Unknown) and isinstance(owner, Container):
        owner.unknown = index
    elif isinstance(owner, (list, dict)):
        try:
            change(m, owner, partial(owner.__setitem__, index, value))
        except InputError:
            raise
        except (TypeError, IndexError, ValueError) as error:
            raise m.place.error(f"the program fails: {error}", target.lineno) from None
    elif not isinstance(owner, (Unknown, External, Tensor, Container)):
        raise m.place.error(f"the program fails: {type_name(owner)} has no items to set", target.lineno)


def _unpack(m: Machine, target: ast.Tuple | ast.List, value: Value) -> None:
    items = iterate(m.graph, value, target.lineno)
    targets = [part.value if isinstance(part, ast.Starred) else part for part in target.elts]
    if isinstance(items, Unknown):
        for part in targets:
            m.assign(part, items)
        return
    stars = [position for position, part in enumerate(target.elts) if isinstance(part, ast.Starred)]
    if stars and len(items) >= len(targets) - 1:
        before, after = stars[0], len(items) - (len(targets) - stars[0] - 1)
        items = [*items[:before], List(items[before:after]), *items[after:]]
    if len(items) != len(targets):
        found = f"{len(items)} values for {len(targets)} names"
        raise m.place.error("the program fails", target.lineno, found=found)
    for part, item in zip(targets, items, strict=True):
        m.assign(part, item)


def delete(m: Machine, *targets: ast.expr) -> None:
    """Delete names and items."""
    for target in targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            delete(m, *target.elts)
        elif isinstance(target, ast.Name):
            m.scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            owner, index = m.evaluate(target.value), m.evaluate(target.slice)
            if not isinstance(owner, (list, dict)):
                continue
            try:
                change(m, owner, partial(owner.__delitem__, index))
            except (TypeError, IndexError, KeyError) as error:
                raise m.place.error(f"the program fails: {error!r}", target.lineno) from None


def assigned_names(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the names of the current scope that statements may assign, in order."""
    return list(dict.fromkeys(name for node in nodes for name in _names(node)))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif not isinstance(node, ast.Lambda):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _names(child)
