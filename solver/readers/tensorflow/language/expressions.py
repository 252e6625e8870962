"""Expressions of a program, evaluated as far as their parts are known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.language.calls import make_function
from solver.readers.tensorflow.language.machine import Machine
from solver.readers.tensorflow.place import check_bits, check_items
from solver.readers.tensorflow.python.formatting import as_plain, format_value
from solver.readers.tensorflow.python.operators import binary, comparison, item, iterate, truth, unary
from solver.readers.tensorflow.values import (
    Container,
    Dict,
    List,
    Scope,
    Set,
    Tensor,
    Unknown,
    Value,
    first_unknown,
)


def _node_of(text: str) -> Any:
    return ast.parse(text, mode="eval").body


SYMBOLS: dict[type[ast.AST], str] = {
    **{type(_node_of(f"a {symbol} b").op): symbol for symbol in words("+ - * @ / // % ** << >> | ^ &")},
    **{type(_node_of(f"{symbol}a").op): symbol for symbol in words("+ - ~")},
    **{type(_node_of(f"a {symbol} b").ops[0]): symbol for symbol in words("== != < <= > >= is in")},
    ast.IsNot: "is not",
    ast.NotIn: "not in",
}
"""Operators as they are written."""


def evaluate(m: Machine, node: ast.expr) -> Value:
    """Return the value of an expression.

    Raises
    ------
    InputError
        If the program would fail, or the reader cannot follow it.
    """
    m.place.spend(node.lineno)
    rule = RULES.get(type(node))
    if rule is None:
        return Unknown(f"an expression that is not followed ({type(node).__name__})", node.lineno)
    return rule(m, node)


def arguments(
    m: Machine, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]
) -> tuple[list[Value], dict[str, Value], Unknown | None]:
    """Return the arguments of a call, and what is unknown about which there are."""
    given: list[Value] = []
    named: dict[str, Value] = {}
    for arg in args:
        items = _items(m, [arg])
        if isinstance(items, Unknown):
            return given, named, items
        given += items
    for keyword in keywords:
        value = m.evaluate(keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif not isinstance(value, dict) or (isinstance(value, Container) and value.unknown):
            return given, named, Unknown("** of something unknown", keyword.lineno)
        else:
            named |= {str(key): value for key, value in value.items()}
    return given, named, None


def _items(m: Machine, nodes: Iterable[ast.expr]) -> list[Value] | Unknown:
    """Return the values of some expressions, starred ones spread out."""
    result: list[Value] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            spread = iterate(m.graph, m.evaluate(node.value), m.place.line)
            if isinstance(spread, Unknown):
                return spread
            check_items(len(result) + len(spread), node.lineno)
            result += spread
        else:
            result.append(m.evaluate(node))
    return result


def _hashed(m: Machine, action: Callable[[], Value], line: int) -> Value:
    try:
        return action()
    except TypeError as error:
        raise m.place.error(f"the program fails: {error}", line) from None


def _constant(m: Machine, node: ast.Constant) -> Value:
    if isinstance(node.value, (complex, bytes)):
        return Unknown("bytes" if isinstance(node.value, bytes) else "a complex number", node.lineno)
    if isinstance(node.value, int):
        check_bits(4 * len(str(node.value)), node.lineno)
    return node.value


def _joined(m: Machine, node: ast.JoinedStr) -> Value:
    """Return an f-string, or what is unknown in it."""
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            made = _formatted(m, part)
            if isinstance(made, Unknown):
                return made
            text += made
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    return text


def _formatted(m: Machine, node: ast.FormattedValue) -> str | Unknown:
    """Return the text of ``{expression!conversion:spec}``."""
    spec = "" if node.format_spec is None else m.evaluate(node.format_spec)
    value = m.evaluate(node.value)
    if unknown := first_unknown((spec, value)):
        return unknown
    if isinstance(value, Tensor):
        return Unknown("a tensor in a text", node.lineno)
    try:
        return format_value(repr(as_plain(value)) if node.conversion == ord("r") else as_plain(value), spec)
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        found = ast.unparse(ast.JoinedStr([node]))[2:-1]
        raise InputError(f"the program fails: {error}", line=node.lineno, found=found) from None


def _sequence(kind: Callable[[Any], Value], m: Machine, node: Any) -> Value:
    items = _items(m, node.elts)
    return items if isinstance(items, Unknown) else _hashed(m, lambda: kind(items), node.lineno)


def _dict(m: Machine, node: ast.Dict) -> Value:
    result = Dict()
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        key = None if key_node is None else m.evaluate(key_node)
        value = m.evaluate(value_node)
        line = value_node.lineno
        if key_node is None:
            if not isinstance(value, dict):
                return value if isinstance(value, Unknown) else Unknown("** of no dict", line)
            result.update(value)
            continue
        if isinstance(key, Unknown):
            return key
        if isinstance(value, Tensor) and isinstance(key, str) and not value.name:
            value.name = key
        _hashed(m, partial(result.__setitem__, key, value), line)
    return result


def _conditional(m: Machine, node: ast.IfExp) -> Value:
    chosen = truth(m.evaluate(node.test), m.place.line)
    if isinstance(chosen, Unknown):
        return m.place.either([partial(m.evaluate, way) for way in (node.body, node.orelse)], chosen)
    return m.evaluate(node.body if chosen else node.orelse)


def _logic(m: Machine, node: ast.BoolOp) -> Value:
    stop = isinstance(node.op, ast.Or)
    unknown: Unknown | None = None
    value: Value = None
    for child in node.values:
        value = m.evaluate(child)
        found = truth(value, m.place.line)
        if isinstance(found, Unknown):
            unknown = unknown or found
        elif found is stop:
            # `unknown or True` is true whatever the unknown is, though not `unknown or 3` is 3.
            return value if unknown is None or isinstance(value, bool) else unknown
    return value if unknown is None else unknown


def _compare(m: Machine, node: ast.Compare) -> Value:
    left = m.evaluate(node.left)
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = m.evaluate(right_node)
        result = comparison(m.graph, SYMBOLS[type(operator)], left, right, node.lineno)
        if result is not True:
            return result
        left = right
    return True


def _binary(m: Machine, node: ast.BinOp) -> Value:
    left, right = m.evaluate(node.left), m.evaluate(node.right)
    return binary(m.graph, SYMBOLS[type(node.op)], left, right, node.lineno)


def _unary(m: Machine, node: ast.UnaryOp) -> Value:
    value = m.evaluate(node.operand)
    if isinstance(node.op, ast.Not):
        found = truth(value, m.place.line)
        return found if isinstance(found, Unknown) else not found
    return unary(m.graph, SYMBOLS[type(node.op)], value, node.lineno)


def _walrus(m: Machine, node: ast.NamedExpr) -> Value:
    value = m.evaluate(node.value)
    m.assign(node.target, value)
    return value


def _slice(m: Machine, node: ast.Slice) -> Value:
    parts = [None if part is None else m.evaluate(part) for part in (node.lower, node.upper, node.step)]
    return first_unknown(parts) or slice(*parts)


def _item(m: Machine, node: ast.Subscript) -> Value:
    return item(m.graph, m.evaluate(node.value), m.evaluate(node.slice), node.lineno)


def _await(m: Machine, node: ast.Await) -> Value:
    m.evaluate(node.value)
    return Unknown("await", node.lineno)


def _call(m: Machine, node: ast.Call) -> Value:
    function = m.evaluate(node.func)
    args, keywords, unknown = arguments(m, node.args, node.keywords)
    m.place.line = node.lineno
    return m.call(function if unknown is None else unknown, args, keywords, node.lineno)


def _comprehension(kind: Callable[[Any], Value], m: Machine, node: Any) -> Value:
    """Return a comprehension, which has a scope of its own; generator expressions are lists here."""
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    result: list[Value] = []
    outer, m.scope = m.scope, Scope(outer=m.scope)
    try:
        for unknown in _turns(m, node.generators):
            if unknown is not None:
                return unknown
            made = [m.evaluate(part) for part in parts]
            result.append(tuple(made) if len(parts) == 2 else made[0])
            check_items(len(result), node.lineno)
    finally:
        m.scope = outer
    return _hashed(m, lambda: kind(result), node.lineno)


def _turns(m: Machine, loops: list[ast.comprehension]) -> Iterator[Unknown | None]:
    """Yield once for every turn of the loops of a comprehension, or what is unknown about them."""
    if not loops:
        yield None
        return
    loop, *rest = loops
    line = loop.target.lineno
    items = iterate(m.graph, m.evaluate(loop.iter), line)
    if isinstance(items, Unknown):
        yield items
        return
    for value in items:
        m.place.spend(line)
        m.assign(loop.target, value)
        taken = _all_true(m, loop.ifs)
        if isinstance(taken, Unknown):
            yield taken
        elif taken:
            yield from _turns(m, rest)


def _all_true(m: Machine, conditions: list[ast.expr]) -> bool | Unknown:
    for condition in conditions:
        found = truth(m.evaluate(condition), m.place.line)
        if found is not True:
            return found
    return True


RULES: dict[type[ast.expr], Callable[[Machine, Any], Value]] = {
    ast.Name: lambda m, node: m.look_up(node.id, node.lineno),
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.Tuple: partial(_sequence, tuple),
    ast.List: partial(_sequence, List),
    ast.Set: partial(_sequence, Set),
    ast.Dict: _dict,
    ast.IfExp: _conditional,
    ast.BoolOp: _logic,
    ast.Compare: _compare,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Await: _await,
    ast.Yield: lambda m, node: Unknown("yield", node.lineno),
    ast.YieldFrom: lambda m, node: Unknown("yield", node.lineno),
    ast.Lambda: lambda m, node: make_function(m, "<lambda>", node.args, node.body),
    ast.NamedExpr: _walrus,
    ast.Attribute: lambda m, node: m.attribute(m.evaluate(node.value), node.attr, node.lineno),
    ast.Slice: _slice,
    ast.Subscript: _item,
    ast.Call: _call,
    ast.ListComp: partial(_comprehension, List),
    ast.GeneratorExp: partial(_comprehension, List),
    ast.SetComp: partial(_comprehension, Set),
    ast.DictComp: partial(_comprehension, Dict),
}
"""What the expressions mean."""
