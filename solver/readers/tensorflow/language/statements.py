"""Statements of a program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.examples import Data
from solver.readers.tensorflow.language.assignments import assign_name, change, delete
from solver.readers.tensorflow.language.calls import make_function
from solver.readers.tensorflow.language.expressions import SYMBOLS, arguments
from solver.readers.tensorflow.language.loops import Break, Continue, Raised, any_of, run_loop
from solver.readers.tensorflow.language.machine import Frame, Machine, Return
from solver.readers.tensorflow.language.modules import import_modules, import_names
from solver.readers.tensorflow.language.scan import behind, builds
from solver.readers.tensorflow.library.external import enter_context
from solver.readers.tensorflow.place import check_items
from solver.readers.tensorflow.python.operators import binary, iterate, truth
from solver.readers.tensorflow.reader import LayerObject
from solver.readers.tensorflow.values import (
    Class,
    External,
    Function,
    Instance,
    Native,
    Scope,
    Tensor,
    Unknown,
    Value,
    type_name,
)

Block = Sequence[ast.stmt]


def run_program(m: Machine, program: ast.Module) -> None:
    """Run a whole program."""
    try:
        _run_statements(m, program.body)
    except Return:
        raise m.place.error("return outside a function", m.place.line) from None
    except (Break, Continue):
        raise m.place.error("break or continue outside a loop", m.place.line) from None
    except Raised as raised:
        if raised.name != "SystemExit":
            raise m.place.error(f"the program raises {raised.name}({raised.text})", raised.line) from None


def _run_statements(m: Machine, statements: Block) -> None:
    """Run the statements of a program; what fails behind its last layer is a note, and loses nothing."""
    for number, node in enumerate(statements):
        try:
            m.run_block([node])
        except InputError as error:
            own = str(error.what).startswith(("the program fails", "the name "))
            line = error.line or m.place.line
            rest = [*behind(m, node, line), *statements[number + 1 :]]
            if not (
                own
                and (any(m.graph.gathering.layers) or m.graph.objects.get("models"))
                and not builds(m, rest)
            ):
                raise
            m.graph.gathering.note(
                f"line {line}: {error.what}; nothing behind it builds layers, so it is left out"
            )
            return


def run_block(m: Machine, statements: Block) -> None:
    """Run statements one after the other."""
    for node in statements:
        m.place.line = node.lineno
        m.place.spend(node.lineno)
        STATEMENTS[type(node)](m, node)


def _assert(m: Machine, node: ast.Assert) -> None:
    if truth(m.evaluate(node.test), m.place.line) is False and not m.place.doubts:
        raise Raised("AssertionError", "", node.lineno)


def _assign(m: Machine, node: ast.Assign) -> None:
    value = m.evaluate(node.value)
    for target in node.targets:
        m.assign(target, value)
        if isinstance(value, (Tensor, LayerObject)) and not value.name and isinstance(target, ast.Name):
            value.name = target.id


def _annotated(m: Machine, node: ast.AnnAssign) -> None:
    owner = m.frames[-1].owner
    if m.frames[-1].is_class and owner is not None and isinstance(node.target, ast.Name):
        owner.annotated.append(node.target.id)
    if node.value is not None:
        m.assign(node.target, m.evaluate(node.value))


def _augmented(m: Machine, node: ast.AugAssign) -> None:
    old, new = m.evaluate(node.target), m.evaluate(node.value)
    symbol = SYMBOLS[type(node.op)]
    if symbol == "+" and isinstance(old, list) and old is not new:
        items = iterate(m.graph, new, node.lineno)
        if not isinstance(items, Unknown):
            check_items(len(old) + len(items), node.lineno)
            change(m, old, lambda: old.extend(items))
            return
    inplace = isinstance(old, Data)  # the shape of an array that is changed in place stays
    m.assign(node.target, old if inplace else binary(m.graph, symbol, old, new, node.lineno))


def _return(m: Machine, node: ast.Return) -> None:
    raise Return(None if node.value is None else m.evaluate(node.value))


def _global(m: Machine, node: ast.Global) -> None:
    if m.scope.outer is not None:  # to a module its own names are global anyway
        m.scope.global_names.update(node.names)


def _leave(way: type[Exception], m: Machine, node: ast.stmt) -> None:
    raise way


def _raise(m: Machine, node: ast.Raise) -> None:
    value = None if node.exc is None else m.evaluate(node.exc)
    text = value.reason if isinstance(value, Unknown) else type_name(value)
    if isinstance(value, tuple) and len(value) == 2 and value[0] == "exception":
        text = value[1]
    name, _, argument = text.partition("(")
    raise Raised(name, argument.removesuffix(")"), node.lineno)


def _if(m: Machine, node: ast.If) -> None:
    chosen = truth(m.evaluate(node.test), m.place.line)
    if isinstance(chosen, Unknown):
        ways = (node.body, node.orelse)
        any_of(m, [lambda: m.run_block(node.body), lambda: m.run_block(node.orelse)], ways, chosen)
    else:
        m.run_block(node.body if chosen else node.orelse)


def _try(m: Machine, node: ast.Try) -> None:
    try:
        m.run_block(node.body)
        m.run_block(node.orelse)
    except Raised as raised:
        handler = next((h for h in node.handlers if _catches(m, h, raised.name)), None)
        if handler is None:
            raise
        if handler.name is not None:
            assign_name(m, handler.name, Unknown("an exception", raised.line))
        m.run_block(handler.body)
    finally:
        m.run_block(node.finalbody)


def _catches(m: Machine, handler: ast.ExceptHandler, name: str) -> bool:
    if handler.type is None:
        return True
    kinds = m.evaluate(handler.type)
    given = kinds if isinstance(kinds, tuple) else (kinds,)
    names = [kind.name if isinstance(kind, (Native, Class)) else type_name(kind) for kind in given]
    return any(found in (name, "Exception", "BaseException") for found in names)


def _with(m: Machine, node: ast.With | ast.AsyncWith) -> None:
    with ExitStack() as stack:
        for item in node.items:
            value = enter_context(m, m.evaluate(item.context_expr), stack)
            if item.optional_vars is not None:
                m.assign(item.optional_vars, value)
        m.run_block(node.body)


def _define_function(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    assign_name(m, node.name, make_function(m, node.name, node.args, node.body))
    _decorate_all(m, node)


def _define_class(m: Machine, node: ast.ClassDef) -> None:
    bases = arguments(m, node.bases, node.keywords)[0]
    cls = Class(node.name, tuple(bases), {})
    outer, m.scope = m.scope, Scope(names=cls.names, outer=m.scope)
    m.frames.append(Frame(m.scope, owner=cls, is_class=True))
    try:
        m.run_block(node.body)
    finally:
        m.frames.pop()
        m.scope = outer
    assign_name(m, node.name, cls)
    _decorate_all(m, node)


def _decorate_all(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    if node.decorator_list:
        value = m.scope.names.get(node.name)
        for decorator in reversed(node.decorator_list):
            value = _decorate(m, m.evaluate(decorator), value, decorator.lineno)
        m.scope.names[node.name] = value


def _decorate(m: Machine, decorator: Value, value: Value, line: int) -> Value:
    """Return what a decorator makes of a function or class.

    Those of other modules (``tf.function``, ``functools.wraps`` ...) are taken to keep what it computes.
    """
    made_by = decorator.path if isinstance(decorator, External) else getattr(decorator, "reason", "")
    if isinstance(value, Class) and made_by == "dataclasses.dataclass":
        value.is_dataclass = True
        return value
    if isinstance(decorator, External) and isinstance(value, Function):
        if made_by == "contextlib.contextmanager":
            return Unknown(f"the context manager {value.name}", line)
        return replace(value, kind=METHOD_KINDS.get(made_by.removeprefix("builtins."), value.kind))
    if isinstance(decorator, (Function, Class, Instance)):
        return m.call(decorator, [value], {}, line)
    return value


METHOD_KINDS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "functools.cached_property": "property",
}
"""What decorators make of methods."""

STATEMENTS: dict[type[ast.stmt], Callable[[Machine, Any], None]] = {
    ast.Expr: lambda m, node: m.evaluate(node.value),
    ast.Pass: lambda m, node: None,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: lambda m, node: m.scope.nonlocal_names.update(node.names),
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: lambda m, node: delete(m, *node.targets),
    ast.Return: _return,
    ast.Break: partial(_leave, Break),
    ast.Continue: partial(_leave, Continue),
    ast.Raise: _raise,
    ast.Import: import_modules,
    ast.ImportFrom: import_names,
    ast.If: _if,
    ast.While: run_loop,
    ast.For: run_loop,
    ast.AsyncFor: run_loop,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _define_function,
    ast.AsyncFunctionDef: _define_function,
    ast.ClassDef: _define_class,
}
"""What the statements do."""
