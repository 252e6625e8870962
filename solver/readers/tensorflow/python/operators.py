"""Operators, items, truth and iteration of any values: unknown ones, tensors, and known ones."""

from __future__ import annotations

from collections.abc import Callable

from solver.errors import InputError
from solver.readers.tensorflow.examples import Data, forget_data
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.products import combine, multiply_matrices
from solver.readers.tensorflow.graph.sizes import as_tensor
from solver.readers.tensorflow.place import check_items
from solver.readers.tensorflow.python.arithmetic import compare, compute, negate
from solver.readers.tensorflow.reader import LayerObject
from solver.readers.tensorflow.values import (
    External,
    Instance,
    List,
    Open,
    Record,
    Shape,
    Size,
    Tensor,
    Unknown,
    Value,
    first_unknown,
    items_of,
    type_name,
    uncertain,
)

SYMBOLS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "~": "invert",
    "&": "and",
    "|": "or",
    "^": "xor",
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    ">": "greater",
    "<=": "less_equal",
    ">=": "greater_equal",
}
"""What Python's operators are called as operations."""


def truth(value: Value, line: int) -> bool | Unknown:
    """Return whether a value is true, if that is known."""
    if unknown := uncertain([value]):
        return unknown
    if isinstance(value, Tensor):
        return bool(value.value) if isinstance(value.value, int) else Unknown("the content of a tensor", line)
    if isinstance(value, Record):
        return bool(value.values)
    if isinstance(value, Shape):
        return bool(value.sizes)
    if isinstance(value, (bool, int, float, str, list, tuple, dict, set, range)):
        return bool(value)
    return value is not None


def iterate(graph: Graph, value: Value, line: int) -> list[Value] | Unknown | range:
    """Return the items that a loop over a value goes through, if they are known."""
    if unknown := uncertain([value]):
        return unknown.forgotten() if isinstance(unknown, Data) else unknown
    if isinstance(value, range):
        return value
    if isinstance(value, (str, list, tuple, Record, Shape, dict)):
        return items_of(value)
    if isinstance(value, set):
        # The order of a set is not defined: sorted if it can be, so that names stay the same.
        return sorted(value, key=lambda item: (str(type(item)), str(item)))
    if isinstance(value, Tensor):
        if value.shape and isinstance(value.shape[0], int):
            check_items(value.shape[0], line)
            return [item(graph, value, index, line) for index in range(value.shape[0])]
        return Unknown("the items of a tensor of unknown length", line)
    if isinstance(value, External):
        return Unknown(value.path, line)
    if isinstance(value, Instance):
        names = value.cls.tuple_fields()
        if names is None:
            return Unknown(f"the items of a {value.cls.name}", line)
        return [value.names[name] for name in names]
    if isinstance(value, LayerObject):
        return value.items(line)
    raise graph.place.error(f"the program fails: {type_name(value)} has no items", line)


def iterate_all(graph: Graph, values: list[Value]) -> list[list[Value]] | Unknown:
    """Return the items of every value, or what is unknown about one of them."""
    found = []
    for value in values:
        items = iterate(graph, value, graph.place.line)
        if isinstance(items, Unknown):
            return items
        check_items(len(items), graph.place.line)
        found.append(list(items))
    return found


def binary(graph: Graph, symbol: str, left: Value, right: Value, line: int) -> Value:
    """Return ``left symbol right``."""
    if symbol == "%" and isinstance(left, str):
        unknown = None if isinstance(right, Unknown) else uncertain([right])
    else:
        unknown = uncertain([left, right])
    if unknown is not None:
        scaled = unknown is left and isinstance(right, (int, float))
        return unknown if scaled else forget_data(unknown)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _on_tensors(graph, symbol, [left, right], line)
    for value in (left, right):
        if isinstance(value, (External, Instance)):
            return Unknown(type_name(value), line)
    return compute(symbol, left, right, line)


def comparison(graph: Graph, symbol: str, left: Value, right: Value, line: int) -> Value:
    """Return ``left symbol right`` for an operator that compares."""
    if symbol in ("is", "is not") and (left is None or right is None):
        return first_unknown((left, right)) or ((left is right) is (symbol == "is"))
    if unknown := uncertain((left, right)):
        return unknown
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _on_tensors(graph, symbol, [left, right], line)
    externals = [value for value in (left, right) if isinstance(value, External)]
    if len(externals) == 1 and symbol not in ("in", "not in", "is", "is not"):
        return Unknown(externals[0].path, line)
    return compare(symbol, left, right, line)


def unary(graph: Graph, symbol: str, value: Value, line: int) -> Value:
    """Return ``symbol value``."""
    if isinstance(value, Tensor):
        return _on_tensors(graph, symbol, [value], line)
    if isinstance(value, (External, Instance)):
        return Unknown(type_name(value), line)
    return value if isinstance(value, Unknown) else negate(symbol, value, line)


def item(graph: Graph, value: Value, index: Value, line: int) -> Value:
    """Return ``value[index]``."""
    if isinstance(value, Data):
        return value.item(index)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Tensor):
        return _taped(graph, lambda args: tensor_item(graph, args[0], args[1]), [value, index], line)
    if isinstance(value, (External, Instance)):
        return Unknown(f"an item of {type_name(value)}", line)
    parts = (index, *(index if isinstance(index, tuple) else ()))
    if unknown := first_unknown(parts) or uncertain([value]):
        return unknown
    known = index.value if isinstance(index, Tensor) else index
    sequence = value.sizes if isinstance(value, Shape) else value
    sequence = sequence.values if isinstance(sequence, Record) else sequence
    try:
        result = sequence[known]
    except InputError:
        raise
    except (TypeError, IndexError, KeyError, ValueError) as error:
        raise graph.place.error(f"the program fails: {failure(error)}", line) from None
    if isinstance(result, list) and not isinstance(result, List):
        return List(result)
    return Shape(result) if isinstance(value, Shape) and isinstance(result, tuple) else result


def failure(error: Exception) -> str:
    """Return what Python says of a failure, for messages."""
    return f"no item {error}" if isinstance(error, KeyError) else str(error)


def _taped(graph: Graph, action: Callable[[list[Value]], Value], operands: list[Value], line: int) -> Value:
    """Run an operation on tensors as a call of a library function is run."""
    graph.place.line = line
    return graph.place.placed(lambda: graph.taped(lambda args, _: action(args), operands, {}), line)


def _on_tensors(graph: Graph, symbol: str, operands: list[Value], line: int) -> Value:
    return _taped(graph, lambda args: operate(graph, symbol, args), operands, line)


def operate(graph: Graph, symbol: str, operands: list[Value], name: Value = None) -> Value:
    """Return ``left symbol right`` or ``symbol value`` where an operand is a tensor."""
    if unknown := first_unknown(operands):
        return unknown
    tensors = [as_tensor(value) for value in operands]
    known = [tensor for tensor in tensors if tensor is not None]
    if len(known) < len(tensors):
        if symbol in ("is", "is not", "in", "not in", "==", "!="):
            return symbol in ("is not", "not in", "!=")
        return Unknown(f"an operation {symbol} on a tensor", graph.place.line)
    values = [
        value if isinstance(value, (int, float)) else tensor.value
        for value, tensor in zip(operands, known, strict=True)
    ]
    if symbol in ("is", "is not"):
        return (operands[0] is operands[-1]) is (symbol == "is")
    if all(isinstance(value, (int, float)) for value in values):
        return _on_values(symbol, values, graph.place.line)
    if symbol not in SYMBOLS:
        return Unknown(f"an operation {symbol} on a tensor", graph.place.line)
    operation = SYMBOLS[symbol]
    if operation == "matmul":
        return multiply_matrices(graph, graph.name(name, operation), known[0], known[1])
    if len(known) == 1:
        return graph.host("negative", known, known[0].shape, name) if symbol == "-" else known[0]
    return combine(graph, operation, known, name)


def _on_values(symbol: str, values: list[Value], line: int) -> Value:
    if len(values) == 1:
        return -values[0] if symbol == "-" else values[0]
    if symbol in ("==", "!=", "<", ">", "<=", ">="):
        return compare(symbol, values[0], values[1], line)
    result = compute(symbol, values[0], values[1], line)
    return Tensor((), fixed=True, value=result) if isinstance(result, int) else result


def tensor_item(graph: Graph, x: Tensor, index: Value) -> Value:
    """Return ``x[index]``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if isinstance(x.value, (list, tuple)) and len(parts) == 1:
        number = parts[0].value if isinstance(parts[0], Tensor) else parts[0]
        if isinstance(number, int) and -len(x.value) <= number < len(x.value):
            return x.value[number]
        if isinstance(number, slice):
            cut = list(x.value[number])
            return Tensor((len(cut),), fixed=True, value=cut)
    return graph.host("slice", [x], None if x.shape is None else _cut_shape(x.shape, parts))


def _cut_shape(shape: tuple[Size, ...], parts: list[Value]) -> tuple[Size, ...] | None:
    """Return the shape of a tensor with indices applied; None for a mask, or something that is not read."""
    if Ellipsis in [part for part in parts if not isinstance(part, Tensor)]:
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        axes = len([part for part in parts if part is not None and part is not Ellipsis])
        parts[at : at + 1] = [slice(None)] * (len(shape) - axes)
    cut: list[Size] = []
    left = list(shape)
    for part in parts:
        if part is None:
            cut.append(1)
        elif not left:
            raise InputError("an item of a tensor with fewer axes", found=f"{len(parts)} indices")
        elif isinstance(part, slice):
            cut.append(_sliced(left.pop(0), part))
        elif isinstance(part, int) or (isinstance(part, Tensor) and part.shape == ()):
            left.pop(0)
        else:
            return None
    return (*cut, *left)


def _sliced(size: Size, part: slice) -> Size:
    bounds = [b.value if isinstance(b, Tensor) else b for b in (part.start, part.stop, part.step)]
    if bounds == [None, None, None]:
        return size
    if isinstance(size, Open) or any(b is not None and not isinstance(b, int) for b in bounds):
        return Open("slice")
    return len(range(*slice(*bounds).indices(size)))
