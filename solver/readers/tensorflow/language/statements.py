"""Statements of a program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.language.assignments import assign_name, assigned_names, change, delete
from solver.readers.tensorflow.language.calls import make_function
from solver.readers.tensorflow.language.expressions import SYMBOLS, arguments
from solver.readers.tensorflow.language.machine import Frame, Machine, Return
from solver.readers.tensorflow.language.modules import import_modules, import_names
from solver.readers.tensorflow.language.scan import builds, trains
from solver.readers.tensorflow.library.external import enter_context
from solver.readers.tensorflow.place import Doubt, check_items, join
from solver.readers.tensorflow.python.operators import binary, iterate, truth
from solver.readers.tensorflow.reader import LayerObject
from solver.readers.tensorflow.values import (
    Class,
    Data,
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

LEAVING = (ast.Break, ast.Return, ast.Raise, ast.Assert, ast.Yield, ast.YieldFrom, ast.Call)
"""What may end a loop whose condition always holds; a call may raise."""

MAX_TURNS = 1024
"""Turns of a loop that are followed one by one; networks are unrolled over fewer."""

MAX_LOOP_STEPS = 100_000
"""Steps after which a loop that has built nothing is taken for one that trains."""

Block = Sequence[ast.stmt]


class Break(Exception):
    """A break statement."""


class Continue(Exception):
    """A continue statement."""


class Raised(Exception):
    """A raise statement of the program."""

    def __init__(self, name: str, text: str, line: int) -> None:
        self.name, self.text, self.line = name, text, line


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
            rest = statements[number:]
            if not (
                own
                and (any(m.graph.gathering.layers) or m.graph.objects.get("models"))
                and not builds(m, rest)
            ):
                raise
            line = error.line or m.place.line
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
        _any_of(m, [lambda: m.run_block(node.body), lambda: m.run_block(node.orelse)], ways, chosen)
    else:
        m.run_block(node.body if chosen else node.orelse)


def _any_of(
    m: Machine, ways: list[Callable[[], None]], trees: Sequence[Sequence[ast.AST]], unknown: Unknown
) -> None:
    """Run several ways, one of which is taken, and keep what is common to what they assign."""
    names = assigned_names(node for tree in trees for node in tree)
    scope = m.scope
    before = {name: scope.names[name] for name in names if name in scope.names}
    results: list[dict[str, Value]] = []
    for way in ways:
        for name in names:
            scope.names.pop(name, None)
        scope.names.update(before)
        if _doubtful(m, way, unknown):
            results.append({name: scope.names[name] for name in names if name in scope.names})
    for name in names:
        scope.names.pop(name, None)
        found = [result[name] for result in results if name in result]
        if found:
            scope.names[name] = join(found, unknown)
    if not results:
        scope.names.update(before)


def _doubtful(m: Machine, way: Callable[[], None], unknown: Unknown) -> bool:
    """Run code that may not run; return whether its end is reached (else what it assigned is void)."""
    frame, doubt = m.frames[-1], Doubt(unknown, object())
    m.place.doubts.append(doubt)
    try:
        way()
        return True
    except Return as returned:
        frame.maybe_returned.append(returned.value)
        m.place.doubts.append(Doubt(unknown, frame))
        return False
    except (Break, Continue):
        m.place.doubts.append(Doubt(unknown, frame.loops[-1] if frame.loops else frame))
        return True
    except Raised:
        return False
    finally:
        m.place.doubts.remove(doubt)


def _loop(m: Machine, node: ast.While | ast.For | ast.AsyncFor) -> None:
    """Run a loop turn by turn, or without counting if it is endless, too long or not known."""
    if isinstance(node, ast.While) and _never_ends(node):
        m.endless = f"line {node.lineno}: this loop never ends, so what follows it is never reached"
        m.graph.gathering.note(m.endless)
        raise Raised("SystemExit", "", node.lineno)
    items = None if isinstance(node, ast.While) else iterate(m.graph, m.evaluate(node.iter), node.lineno)
    frame, loop = m.frames[-1], object()
    frame.loops.append(loop)
    start, layers, count = m.place.steps, len(m.graph.gathering.layers), 0
    try:
        while True:
            more: Value = items
            if isinstance(node, ast.While):
                more = truth(m.evaluate(node.test), m.place.line)
            elif items is not None and not isinstance(items, Unknown):
                more = count < len(items)
            if more is False:
                break
            idle = len(m.graph.gathering.layers) == layers
            busy = m.place.steps - start > MAX_LOOP_STEPS and idle
            long = isinstance(items, (list, range)) and len(items) > MAX_TURNS
            long = long and not trains(m, node.body)
            if not isinstance(more, Unknown) and (busy or (count == 0 and long)):
                more = Unknown("the number of turns of a long loop", node.lineno)
            if count == 1 and trains(m, node.body):
                why = f"line {node.lineno}: this loop trains; what its turns build is counted once"
                with m.graph.again(why):
                    _run_uncounted(m, node, Unknown("the turn of a loop that trains", node.lineno))
                return
            if isinstance(more, Unknown):
                _run_uncounted(m, node, more)
                return
            if not isinstance(node, ast.While) and isinstance(items, (list, range)):
                m.assign(node.target, items[count])
            count += 1
            try:
                with m.graph.training_if(trains(m, node.body)):
                    m.run_block(node.body)
            except Continue:
                continue
        m.run_block(node.orelse)
    except Break:
        return
    finally:
        frame.loops.pop()
        m.place.doubts = [doubt for doubt in m.place.doubts if doubt.owner is not loop]


def _never_ends(node: ast.While) -> bool:
    """Return whether the condition always holds and nothing in the body can leave the loop."""
    always = isinstance(node.test, ast.Constant) and node.test.value is True
    inner = [each for statement in node.body for each in ast.walk(statement)]
    return always and not any(isinstance(each, LEAVING) for each in inner)


def _run_uncounted(m: Machine, node: ast.While | ast.For | ast.AsyncFor, unknown: Unknown) -> None:
    """Run the body of a loop of unknown length: once as it is, once with all that a turn may change."""
    target = None if isinstance(node, ast.While) else node.target

    def body() -> None:
        if target is not None:
            m.assign(target, unknown)
        m.run_block(node.body)

    for _ in range(2):
        _any_of(m, [body, lambda: None], (node.body, [] if target is None else [target]), unknown)


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
    ast.While: _loop,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _define_function,
    ast.AsyncFunctionDef: _define_function,
    ast.ClassDef: _define_class,
}
"""What the statements do."""
