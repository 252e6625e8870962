"""Arithmetic, matrix products and reductions of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.operators import einsum_product, elementwise_product, elementwise_sum, matrix_product
from solver.readers.tensorflow.common import host, normal_axis, record, sizes_of
from solver.readers.tensorflow.graph import plain_name
from solver.readers.tensorflow.operators import compare, compute
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, as_tensor
from solver.readers.tensorflow.tensor import Size, Tensor, broadcast_shapes
from solver.readers.tensorflow.values import Unknown, Value
from solver.readers.tensorflow.windows import pool_all
from solver.readers.tensorflow.words import words

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

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


def multiply_matrices(
    reader: Calls, name: str, left: Tensor, right: Tensor, *, flip: tuple[bool, bool] = (False, False)
) -> Tensor:
    """Record ``left @ right``, either of them transposed first, and return the result."""
    first, second = (
        (*shape[:-2], shape[-1], shape[-2]) if turned and len(shape) > 1 else shape
        for shape, turned in zip((sizes_of(left, name), sizes_of(right, name)), flip, strict=True)
    )
    if not first or not second:
        raise InputError(field=name, found="a scalar", expected="matrices")
    layer = matrix_product(name, first, second, weights=right.fixed)
    batch = broadcast_shapes([first[:-2], second[:-2]]) or ()
    shape = (*batch, *first[-2:-1], *(second[-1:] if len(second) > 1 else ()))
    if left.fixed and right.fixed and (left.weights or not right.weights):
        return Tensor(shape, fixed=True, weights=left.weights)
    return record(reader, layer, shape)


def named_after(reader: Calls, given: Value, weights: Tensor | None, fallback: str) -> str:
    """Return the name of a layer: its own, that of its weights, that of the scope, or the fallback."""
    own = isinstance(given, str) and given != ""
    if not own and weights is not None:
        given = plain_name(weights.name.rpartition("/")[2])
    return reader.graph.name(given, fallback)


def combine(reader: Calls, operation: str, operands: list[Tensor], name: Value = None) -> Tensor:
    """Return an elementwise operation: sums and products of activations run on the array."""
    shape = broadcast_shapes([tensor.shape for tensor in operands])
    active = [tensor for tensor in operands if not tensor.fixed]
    large = [tensor for tensor in operands if tensor.shape != ()]
    if len(active) < len(operands) or len(large) < len(operands) or operation not in ("add", "multiply"):
        label = "BiasAdd" if operation == "add" and len(active) < len(operands) else operation
        return host(reader, label, operands, shape, name)
    given = reader.graph.name(name, operation)
    if any(reader.graph.scopes) and not name:
        given += f"/{operation}"
    sizes = [sizes_of(tensor, given) for tensor in operands]
    if operation == "add":
        layer = elementwise_sum(given, sizes)
    else:
        layer = elementwise_product(given, sizes[0], sizes[1])
    return record(reader, layer, shape or ())


def operate(reader: Calls, symbol: str, operands: list[Value], name: Value = None) -> Value:
    """Return ``left symbol right`` or ``symbol value`` where an operand is a tensor."""
    for value in operands:
        if isinstance(value, Unknown):
            return value
    tensors = [as_tensor(value) for value in operands]
    known = [tensor for tensor in tensors if tensor is not None]
    if len(known) < len(tensors):
        if symbol in ("is", "is not", "in", "not in", "==", "!="):
            return symbol in ("is not", "not in", "!=")
        return Unknown(f"an operation {symbol} on a tensor", reader.line)
    values = [
        value if isinstance(value, (int, float)) else tensor.value
        for value, tensor in zip(operands, known, strict=True)
    ]
    if symbol in ("is", "is not"):
        return (operands[0] is operands[-1]) is (symbol == "is")
    if all(isinstance(value, (int, float)) for value in values):
        return _on_values(symbol, values, reader.line)
    operation = SYMBOLS[symbol]
    if operation == "matmul":
        return multiply_matrices(reader, reader.graph.name(name, operation), known[0], known[1])
    if len(known) == 1:
        return host(reader, "negative", known, known[0].shape, name) if symbol == "-" else known[0]
    return combine(reader, operation, known, name)


def _on_values(symbol: str, values: list[Value], line: int) -> Value:
    if len(values) == 1:
        return -values[0] if symbol == "-" else values[0]
    if symbol in ("==", "!=", "<", ">", "<=", ">="):
        return compare(symbol, values[0], values[1], line)
    result = compute(symbol, values[0], values[1], line)
    return Tensor((), fixed=True, value=result) if isinstance(result, int) else result


def _binary(names: str, symbol: str) -> None:
    @op(names, "x y name=None")
    def run(reader: Calls, a: Arguments) -> Value:
        return operate(reader, symbol, [a.get("x"), a.get("y")], a.get("name"))


_binary("tf.add", "+")
_binary("tf.subtract tf.sub", "-")
_binary("tf.multiply tf.mul", "*")
_binary("tf.divide tf.div tf.truediv tf.realdiv", "/")
_binary("tf.pow", "**")
_binary("tf.equal", "==")
_binary("tf.not_equal", "!=")
_binary("tf.less", "<")
_binary("tf.greater", ">")
_binary("tf.less_equal", "<=")
_binary("tf.greater_equal", ">=")
_binary("tf.floordiv", "//")
_binary("tf.mod tf.floormod", "%")


@op("tf.maximum tf.minimum tf.squared_difference tf.logical_and tf.logical_or", "x y name=None")
def elementwise(reader: Calls, a: Arguments) -> Value:
    """Work on two tensors word by word, on the host."""
    if isinstance(a.get("x"), Unknown) or isinstance(a.get("y"), Unknown):
        return next(value for value in (a.get("x"), a.get("y")) if isinstance(value, Unknown))
    return combine(reader, a.function.removeprefix("tf."), [a.tensor("x"), a.tensor("y")], a.get("name"))


@op("tf.add_n tf.accumulate_n", "inputs name=None")
def add_n(reader: Calls, a: Arguments) -> Value:
    """Add tensors."""
    value = a.get("inputs")
    if isinstance(value, Unknown) or (isinstance(value, list) and any(isinstance(v, Unknown) for v in value)):
        return Unknown("a sum of something unknown", reader.line)
    tensors = a.tensors("inputs")
    return tensors[0] if len(tensors) == 1 else combine(reader, "add", tensors, a.get("name"))


@op(
    "tf.matmul tf.batch_matmul tf.sparse_matmul",
    "a b transpose_a=False transpose_b=False adjoint_a=False adjoint_b=False a_is_sparse=False "
    "b_is_sparse=False name=None adj_x=False adj_y=False",
)
def matmul(reader: Calls, a: Arguments) -> Value:
    """Multiply matrices."""
    left, right = a.tensor("a"), a.tensor("b")
    flip = (
        any(a.flag(key) for key in ("transpose_a", "adjoint_a", "adj_x")),
        any(a.flag(key) for key in ("transpose_b", "adjoint_b", "adj_y")),
    )
    name = named_after(reader, a.get("name"), right if right.fixed else None, "matmul")
    return multiply_matrices(reader, name, left, right, flip=flip)


@op("tf.tensordot", "a b axes name=None")
def tensordot(reader: Calls, a: Arguments) -> Value:
    """Multiply over the last axes of one and the first axes of the other tensor."""
    left, right = sizes_of(a.tensor("a"), a.function), sizes_of(a.tensor("b"), a.function)
    axes = a.known("axes", "a number of axes")
    count = axes if isinstance(axes, int) else 1
    if not isinstance(axes, int):
        pairs = a.integers("axes", 0) if all(isinstance(x, int) for x in axes) else [x[0] for x in axes]
        if [pairs[0] % len(left), pairs[1] % len(right)] != [len(left) - 1, 0]:
            raise InputError(field="axes", found=str(axes), expected="the last axis and the first one")
    m, k, n = left[:-count], left[len(left) - count :], right[count:]
    flat = [Tensor((_prod(m), _prod(k)), fixed=a.tensor("a").fixed)]
    flat.append(Tensor((_prod(right[:count]), _prod(n)), fixed=a.tensor("b").fixed))
    result = multiply_matrices(reader, reader.graph.name(a.get("name"), "tensordot"), flat[0], flat[1])
    return Tensor((*m, *n), fixed=result.fixed)


@op("tf.einsum", "equation first second=None name=None")
def einsum(reader: Calls, a: Arguments) -> Value:
    """Multiply as an equation says, if it is one matrix product."""
    left, right = a.tensor("first"), a.tensor("second")
    name = reader.graph.name(a.get("name"), "einsum")
    equation = a.known("equation", "a text")
    found = einsum_product(name, str(equation), sizes_of(left, name), sizes_of(right, name))
    if found is None:
        raise InputError("an einsum that is no single matrix product", field=name, found=str(equation))
    if left.fixed and right.fixed:
        return Tensor(found[1], fixed=True)
    return record(reader, found[0], found[1])


def _reduction(kind: str) -> None:
    @op(
        f"tf.reduce_{kind}",
        "input_tensor axis=None keepdims=False name=None reduction_indices=None keep_dims=False",
    )
    def run(reader: Calls, a: Arguments) -> Value:
        value = a.get("input_tensor")
        if isinstance(value, Unknown):
            return value
        x = a.tensor("input_tensor")
        key = "axis" if a.given("axis") else "reduction_indices"
        keep = a.flag("keepdims") or a.flag("keep_dims")
        if x.shape is None:
            return host(reader, f"reduce_{kind}", [x], None, a.get("name"))
        rank = len(x.shape)
        axes = list(range(rank))
        if a.given(key):
            axes = [normal_axis(axis, rank, a.function) for axis in a.integers(key, -rank)]
        if rank == 4 and not x.fixed and kind in ("mean", "max") and sorted(axes) in ([1, 2], [2, 3]):
            last = sorted(axes) == [1, 2]
            name = reader.graph.name(a.get("name"), "global_pool")
            return pool_all(reader, name, x, largest=kind == "max", last=last, keep=keep)
        sizes: list[Size] = [1 if i in axes else size for i, size in enumerate(x.shape)]
        shape = tuple(size for i, size in enumerate(sizes) if keep or i not in axes)
        return host(reader, f"reduce_{kind}", [x], shape, a.get("name"))


for _kind in words("mean max min sum prod any all logsumexp std variance"):
    _reduction(_kind)


@op("tf.argmax tf.argmin tf.arg_max tf.arg_min", "input axis=None dimension=None name=None output_type=None")
def argmax(reader: Calls, a: Arguments) -> Value:
    """Return the index of the largest word along an axis."""
    if isinstance(a.get("input"), Unknown):
        return a.get("input")
    x = a.tensor("input")
    key = "axis" if a.given("axis") else "dimension"
    if x.shape is None:
        return host(reader, "argmax", [x], None, a.get("name"))
    axis = normal_axis(a.integers(key, -len(x.shape))[0] if a.given(key) else 0, len(x.shape), a.function)
    return host(reader, "argmax", [x], (*x.shape[:axis], *x.shape[axis + 1 :]), a.get("name"))


def _prod(sizes: tuple[int, ...]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total
