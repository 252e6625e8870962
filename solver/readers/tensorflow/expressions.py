"""Expressions of a program, evaluated as far as their parts are known."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from solver.errors import InputError
from solver.parsing.python import Node
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.data_sets import data_item, forget_data
from solver.readers.tensorflow.operators import compare, compute, negate
from solver.readers.tensorflow.strings import join_literals
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Container,
    Data,
    Dict,
    External,
    Instance,
    List,
    Record,
    Scope,
    Set,
    Shape,
    Unknown,
    Value,
    items_of,
    type_name,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.values import Function


class Expressions:
    """Evaluates expressions in the scope `scope`; calls, attributes and tensors are left to subclasses."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.budget = Budget()
        self.scope = Scope()
        self.line = 1
        self._expressions: dict[str, Callable[[Node], Value]] = {
            name.removeprefix("_eval_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_eval_")
        }

    @abstractmethod
    def call(self, function: Value, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
        """Call a value."""

    @abstractmethod
    def attribute(self, value: Value, name: str, line: int) -> Value:
        """Return an attribute of a value."""

    @abstractmethod
    def tensor_operation(self, symbol: str, operands: list[Value], line: int) -> Value:
        """Return an operation of which an operand is a tensor."""

    @abstractmethod
    def tensor_item(self, value: Tensor, index: Value, line: int) -> Value:
        """Return an item or slice of a tensor."""

    @abstractmethod
    def assign(self, target: Node, value: Value) -> None:
        """Assign to a name, attribute, item or sequence of these."""

    @abstractmethod
    def make_function(self, name: str, parameters: Node | None, body: Node) -> Function:
        """Return a function that is being defined."""

    @abstractmethod
    def parse_text(self, text: str, line: int) -> Node:
        """Return the tree of an expression inside an f-string."""

    def evaluate(self, node: Node) -> Value:
        """Return the value of an expression.

        Raises
        ------
        InputError
            If the program would fail, or the reader cannot follow it.
        """
        line = node.line or self.line
        self.budget.spend(line)
        rule = self._expressions.get(node.rule)
        if rule is None:
            return Unknown(f"an expression that is not followed ({node.rule})", line)
        return rule(node)

    def truth(self, value: Value) -> bool | Unknown:
        """Return whether a value is true, if that is known."""
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Tensor):
            known = value.value
            if isinstance(known, (bool, int)):
                return bool(known)
            return Unknown("the content of a tensor", self.line)
        if isinstance(value, Container) and value.unknown is not None:
            return value.unknown
        if isinstance(value, Record):
            return bool(value.values)
        if isinstance(value, Shape):
            return bool(value.sizes)
        return (
            bool(value)
            if isinstance(value, (bool, int, float, str, list, tuple, dict, set, range))
            else (value is not None)
        )

    def iterate(self, value: Value, line: int) -> list[Value] | Unknown | range:
        """Return the items that a loop over a value goes through, if they are known."""
        if isinstance(value, Unknown):
            return forget_data(value)
        if isinstance(value, Container) and value.unknown is not None:
            return value.unknown
        if isinstance(value, range):
            return value
        if isinstance(value, (str, list, tuple, Record, Shape, dict)):
            return items_of(value)
        if isinstance(value, set):
            # The order of a set is not defined: sorted if it can be, so that names stay the same.
            return sorted(value, key=lambda item: (str(type(item)), str(item)))
        if isinstance(value, Tensor):
            if value.shape and isinstance(value.shape[0], int):
                Budget.check_items(value.shape[0], line)
                return [self.tensor_item(value, index, line) for index in range(value.shape[0])]
            return Unknown("the items of a tensor of unknown length", line)
        if isinstance(value, External):
            return Unknown(value.path, line)
        if isinstance(value, Instance):
            names = value.cls.tuple_fields()
            if names is None:
                return Unknown(f"the items of a {value.cls.name}", line)
            return [value.names[name] for name in names]
        raise self.error(f"the program fails: {type_name(value)} has no items", line)

    def error(self, what: str, line: int, **more: Any) -> InputError:
        """Return an error at a line of the program."""
        return InputError(what, file=self.file, line=line, **more)

    def _eval_var(self, node: Node) -> Value:
        return self.look_up(str(node.children[0]), node.line)

    @abstractmethod
    def look_up(self, name: str, line: int) -> Value:
        """Return what a name stands for."""

    def _eval_number(self, node: Node) -> Value:
        text = str(node.children[0]).replace("_", "")
        if text[-1] in "jJ":
            return Unknown("a complex number", node.line)
        Budget.check_bits(4 * len(text), node.line)
        return int(text, 0) if _is_integer(text) else float(text)

    def _eval_string(self, node: Node) -> Value:
        return join_literals(self, [str(token) for token in node.children], node.line)

    def _eval_none(self, node: Node) -> Value:
        return None

    def _eval_true(self, node: Node) -> Value:
        return True

    def _eval_false(self, node: Node) -> Value:
        return False

    def _eval_ellipsis(self, node: Node) -> Value:
        return Ellipsis

    def items(self, nodes: list[Any]) -> list[Value] | Unknown:
        """Return the values of some expressions, starred ones spread out."""
        result: list[Value] = []
        for node in nodes:
            if node.rule in ("starred", "spread"):
                spread = self.iterate(self.evaluate(node.children[0]), self.line)
                if isinstance(spread, Unknown):
                    return spread
                self.budget.check_items(len(result) + len(spread), node.line)
                result += spread
            else:
                result.append(self.evaluate(node))
        return result

    def _eval_tuple(self, node: Node) -> Value:
        items = self.items(node.children)
        return items if isinstance(items, Unknown) else tuple(items)

    def _eval_list(self, node: Node) -> Value:
        items = self.items(node.children)
        return items if isinstance(items, Unknown) else List(items)

    def _eval_set(self, node: Node) -> Value:
        items = self.items(node.children)
        return items if isinstance(items, Unknown) else self._hashed(lambda: Set(items), node.line)

    def _eval_dict(self, node: Node) -> Value:
        result = Dict()
        for entry in node.children:
            if entry.rule == "unpacked":
                other = self.evaluate(entry.children[0])
                if not isinstance(other, dict):
                    return other if isinstance(other, Unknown) else Unknown("** of no dict", entry.line)
                result.update(other)
                continue
            key, value = (self.evaluate(child) for child in entry.children)
            if isinstance(key, Unknown):
                return key
            if isinstance(value, Tensor) and isinstance(key, str) and not value.name:
                value.name = key
            self._hashed(partial(result.__setitem__, key, value), entry.line)
        return result

    def _hashed(self, action: Callable[[], Value], line: int) -> Value:
        try:
            return action()
        except TypeError as error:
            raise self.error(f"the program fails: {error}", line) from None

    def _eval_conditional(self, node: Node) -> Value:
        yes, condition, no = node.children
        truth = self.truth(self.evaluate(condition))
        if isinstance(truth, Unknown):
            return self.either([lambda: self.evaluate(yes), lambda: self.evaluate(no)], truth)
        return self.evaluate(yes if truth else no)

    @abstractmethod
    def either(self, ways: list[Callable[[], Value]], unknown: Unknown) -> Value:
        """Return what is common to the results of several ways, one of which is taken."""

    def _eval_or(self, node: Node) -> Value:
        return self._logic(node, stop=True)

    def _eval_and(self, node: Node) -> Value:
        return self._logic(node, stop=False)

    def _logic(self, node: Node, *, stop: bool) -> Value:
        unknown: Unknown | None = None
        value: Value = None
        for child in node.children:
            value = self.evaluate(child)
            truth = self.truth(value)
            if isinstance(truth, Unknown):
                unknown = unknown or truth
            elif truth is stop:
                # `unknown or True` is true whatever the unknown is, though not `unknown or 3` is 3.
                return value if unknown is None or isinstance(value, bool) else unknown
        return value if unknown is None else unknown

    def _eval_not(self, node: Node) -> Value:
        truth = self.truth(self.evaluate(node.children[0]))
        return truth if isinstance(truth, Unknown) else not truth

    def _eval_comparison(self, node: Node) -> Value:
        left = self.evaluate(node.children[0])
        for position in range(1, len(node.children), 2):
            symbol = " ".join(str(token) for token in node.children[position].children)
            right = self.evaluate(node.children[position + 1])
            result = self._compare(symbol, left, right, node.line)
            if result is not True:
                return result
            left = right
        return True

    def _compare(self, symbol: str, left: Value, right: Value, line: int) -> Value:
        if symbol in ("is", "is not") and (left is None or right is None):
            unknown = next((v for v in (left, right) if isinstance(v, Unknown)), None)
            return unknown or ((left is right) is (symbol == "is"))
        for value in (left, right):
            if isinstance(value, Unknown):
                return value
            if isinstance(value, Container) and value.unknown is not None:
                return value.unknown
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.tensor_operation(symbol, [left, right], line)
        externals = [value for value in (left, right) if isinstance(value, External)]
        if len(externals) == 1 and symbol not in ("in", "not in", "is", "is not"):
            return Unknown(externals[0].path, line)
        return compare(symbol, left, right, line)

    def _eval_binary(self, node: Node) -> Value:
        left_node, symbol, right_node = node.children
        return self.binary(str(symbol), self.evaluate(left_node), self.evaluate(right_node), node.line)

    def binary(self, symbol: str, left: Value, right: Value, line: int) -> Value:
        """Return ``left symbol right``."""
        for value in (left, right):
            if isinstance(value, Unknown) and not (symbol == "%" and isinstance(left, str)):
                scaled = isinstance(left, Data) and isinstance(right, (int, float))
                return value if scaled else forget_data(value)
            if isinstance(value, Container) and value.unknown is not None:
                return value.unknown
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.tensor_operation(symbol, [left, right], line)
        for value in (left, right):
            if isinstance(value, (External, Instance)):
                return Unknown(type_name(value), line)
        return compute(symbol, left, right, line)

    def _eval_unary(self, node: Node) -> Value:
        symbol, value = str(node.children[0]), self.evaluate(node.children[1])
        if isinstance(value, Tensor):
            return self.tensor_operation(symbol, [value], node.line)
        if isinstance(value, (Unknown, External, Instance)):
            return value if isinstance(value, Unknown) else Unknown(type_name(value), node.line)
        return negate(symbol, value, node.line)

    def _eval_await(self, node: Node) -> Value:
        self.evaluate(node.children[0])
        return Unknown("await", node.line)

    def _eval_yield_expr(self, node: Node) -> Value:
        return Unknown("yield", node.line)

    def _eval_lambda(self, node: Node) -> Value:
        return self.make_function("<lambda>", node.children[0], node.children[1])

    def _eval_walrus(self, node: Node) -> Value:
        value = self.evaluate(node.children[1])
        self.assign(Node("var", [node.children[0]], node.line), value)
        return value

    def _eval_attribute(self, node: Node) -> Value:
        return self.attribute(self.evaluate(node.children[0]), str(node.children[1]), node.line)

    def _eval_slice(self, node: Node) -> Value:
        parts = [None if child is None else self.evaluate(child) for child in node.children]
        unknown = next((part for part in parts if isinstance(part, Unknown)), None)
        return unknown or slice(*parts)

    def _eval_getitem(self, node: Node) -> Value:
        value, index = (self.evaluate(child) for child in node.children)
        return self.item(value, index, node.line)

    def item(self, value: Value, index: Value, line: int) -> Value:
        """Return ``value[index]``."""
        if isinstance(value, Data):
            return data_item(value, index)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Tensor):
            return self.tensor_item(value, index, line)
        if isinstance(value, (External, Instance)):
            return Unknown(f"an item of {type_name(value)}", line)
        for part in (index, *(index if isinstance(index, tuple) else ())):
            if isinstance(part, Unknown):
                return part
        if isinstance(value, Container) and value.unknown is not None:
            return value.unknown
        known = index.value if isinstance(index, Tensor) else index
        sequence = value.sizes if isinstance(value, Shape) else value
        sequence = sequence.values if isinstance(sequence, Record) else sequence
        try:
            result = sequence[known]
        except InputError:
            raise
        except (TypeError, IndexError, KeyError, ValueError) as error:
            reason = f"no item {error}" if isinstance(error, KeyError) else str(error)
            raise self.error(f"the program fails: {reason}", line) from None
        if isinstance(result, list) and not isinstance(result, List):
            return List(result)
        return Shape(result) if isinstance(value, Shape) and isinstance(result, tuple) else result

    def _eval_call(self, node: Node) -> Value:
        function = self.evaluate(node.children[0])
        args, keywords, unknown = self.arguments(node.children[1])
        self.line = node.line
        if unknown is not None:
            return self.call(unknown, args, keywords, node.line)
        return self.call(function, args, keywords, node.line)

    def arguments(self, node: Node | None) -> tuple[list[Value], dict[str, Value], Unknown | None]:
        """Return the arguments of a call, and what is unknown about which there are."""
        args: list[Value] = []
        keywords: dict[str, Value] = {}
        for child in node.children if node is not None else []:
            if child.rule == "keyword":
                if child.children[0].rule != "var":
                    raise self.error("not valid Python", child.line, found="a keyword that is no name")
                keywords[str(child.children[0].children[0])] = self.evaluate(child.children[1])
            elif child.rule == "keyword_spread":
                spread = self.evaluate(child.children[0])
                if not isinstance(spread, dict) or (isinstance(spread, Container) and spread.unknown):
                    return args, keywords, Unknown("** of something unknown", child.line)
                keywords |= {str(key): value for key, value in spread.items()}
            else:
                items = self.items([child])
                if isinstance(items, Unknown):
                    return args, keywords, items
                args += items
        return args, keywords, None


def _is_integer(text: str) -> bool:
    return text[:2].lower() in ("0x", "0o", "0b") or text.isdigit()
