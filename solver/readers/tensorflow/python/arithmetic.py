"""Arithmetic on known values, none of which may grow too large."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.place import check_bits, check_items
from solver.readers.tensorflow.python.formatting import percent_format
from solver.readers.tensorflow.values import Dict, External, List, Set, Shape, Value, type_name

NUMBER = (bool, int, float)

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}

ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def compute(symbol: str, left: Value, right: Value, line: int) -> Value:
    """Return ``left symbol right`` for known values.

    Raises
    ------
    InputError
        If Python would raise, or the result is too large.
    """
    try:
        if isinstance(left, NUMBER) and isinstance(right, NUMBER) and symbol in ARITHMETIC:
            _check_number(symbol, left, right, line)
            result = ARITHMETIC[symbol](left, right)
            if isinstance(result, complex):
                raise ValueError("a complex number")
            return result
        return _on_sequences(symbol, left, right, line)
    except InputError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InputError(
            f"the program fails: {error}",
            line=line,
            found=f"{type_name(left)} {symbol} {type_name(right)}",
        ) from None


def compare(symbol: str, left: Value, right: Value, line: int) -> bool:
    """Return whether two known values compare so; raises as `compute` does."""
    if symbol in ("==", "!="):
        return bool(_unshaped(left) == _unshaped(right)) is (symbol == "==")
    if symbol in ("is", "is not"):
        plain = (bool, int, float, str)
        equal = isinstance(left, plain) and type(left) is type(right) and left == right
        return (left is right or equal) is (symbol == "is")
    try:
        if symbol in ("in", "not in"):
            if isinstance(right, External) and right.path == "os.environ":
                return symbol == "not in"  # nobody sets variables for a program here
            container = right.sizes if isinstance(right, Shape) else right
            if not isinstance(container, (str, list, tuple, dict, set, range)):
                raise TypeError(f"{type_name(right)} has no members")
            return (left in container) is (symbol == "in")
        return bool(ORDER[symbol](left, right))
    except TypeError as error:
        raise InputError(f"the program fails: {error}", line=line) from None


def negate(symbol: str, value: Value, line: int) -> Value:
    """Return ``symbol value`` for a known number."""
    if isinstance(value, NUMBER):
        if symbol == "~" and isinstance(value, int):
            return ~value
        if symbol in "+-":
            return -value if symbol == "-" else +value
    raise InputError("the program fails", line=line, found=f"{symbol} {type_name(value)}")


def _check_number(symbol: str, left: Any, right: Any, line: int) -> None:
    if isinstance(left, float) or isinstance(right, float):
        return
    bits = int(left).bit_length()
    if symbol == "**" and right > 0:
        check_bits(bits * int(right), line)
    if symbol == "<<" and right > 0:
        check_bits(bits + int(right), line)
    if symbol == "*":
        check_bits(bits + int(right).bit_length(), line)


def _on_sequences(symbol: str, left: Value, right: Value, line: int) -> Value:
    if symbol == "*" and isinstance(left, int) and isinstance(right, (str, list, tuple)):
        left, right = right, left
    if symbol == "*" and isinstance(left, (str, list, tuple)) and isinstance(right, int):
        check_items(len(left) * max(right, 0), line)
        return List(list(left) * right) if isinstance(left, list) else left * right
    left, right = _unshaped(left), _unshaped(right)
    for kind in (str, list, tuple):
        if symbol == "+" and isinstance(left, kind) and isinstance(right, kind):
            check_items(len(left) + len(right), line)
            joined: Any = operator.add(left, right)
            return List(joined) if kind is list else joined
    if symbol == "%" and isinstance(left, str):
        return percent_format(left, right, line)
    if isinstance(left, set) and isinstance(right, set) and symbol in ("|", "&", "-", "^"):
        return Set(ARITHMETIC[symbol](left, right))
    if isinstance(left, dict) and isinstance(right, dict) and symbol == "|":
        return Dict(left | right)
    raise TypeError("unsupported operands")


def _unshaped(value: Value) -> Value:
    return list(value.sizes) if isinstance(value, Shape) else value
