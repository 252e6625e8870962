"""Arithmetic, matrix products and reductions of tensors, and numbers of numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from solver.errors import InputError
from solver.readers.operators import einsum_product, words
from solver.readers.tensorflow.graph.graph import plain_name
from solver.readers.tensorflow.graph.products import combine, multiply_matrices
from solver.readers.tensorflow.graph.sizes import normal_axis, sizes_of
from solver.readers.tensorflow.graph.windows import pool_all
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.place import check_bits
from solver.readers.tensorflow.python.operators import SYMBOLS, operate
from solver.readers.tensorflow.values import Size, Tensor, Unknown, Value, first_unknown, listed

OTHER_NAMES = {
    "-": "tf.sub",
    "*": "tf.mul",
    "/": "tf.div tf.truediv tf.realdiv",
    "%": "tf.floormod",
}
"""Further names of functions that do what an operator of Python does."""


def _binary(symbol: str, a: Call) -> Value:
    return operate(a.graph, symbol, [a.get("x"), a.get("y")], a.get("name"))


for _symbol in words("+ - * / // % ** == != < > <= >="):
    op(f"tf.{SYMBOLS[_symbol]} {OTHER_NAMES.get(_symbol, '')}", "x y name=None")(partial(_binary, _symbol))


def named_after(a: Call, weights: Tensor | None, fallback: str) -> str:
    """Return the name of a layer: its own, that of its weights, that of the scope, or the fallback."""
    given = a.get("name")
    if weights is not None and (not isinstance(given, str) or given == ""):
        given = plain_name(weights.name.rpartition("/")[2])
    return a.graph.name(given, fallback)


@op("tf.maximum tf.minimum tf.squared_difference tf.logical_and tf.logical_or", "x y name=None")
def elementwise(a: Call) -> Value:
    """Work on two tensors word by word, on the host."""
    if unknown := first_unknown((a.get("x"), a.get("y"))):
        return unknown
    return combine(a.graph, a.short, [a.tensor("x"), a.tensor("y")], a.get("name"))


@op("tf.add_n tf.accumulate_n", "inputs name=None")
def add_n(a: Call) -> Value:
    """Add tensors."""
    value = a.get("inputs")
    if first_unknown(value if isinstance(value, list) else [value]):
        return a.unknown("a sum of something unknown")
    tensors = a.tensors("inputs")
    return tensors[0] if len(tensors) == 1 else combine(a.graph, "add", tensors, a.get("name"))


@op(
    "tf.matmul tf.batch_matmul tf.sparse_matmul",
    "a b transpose_a=False transpose_b=False adjoint_a=False adjoint_b=False a_is_sparse=False "
    "b_is_sparse=False name=None adj_x=False adj_y=False",
)
def matmul(a: Call) -> Value:
    """Multiply matrices."""
    left, right = a.tensor("a"), a.tensor("b")
    flip = (a.flag("transpose_a", "adjoint_a", "adj_x"), a.flag("transpose_b", "adjoint_b", "adj_y"))
    name = named_after(a, right if right.fixed else None, "matmul")
    return multiply_matrices(a.graph, name, left, right, flip=flip)


@op("tf.tensordot", "a b axes name=None")
def tensordot(a: Call) -> Value:
    """Multiply over the last axes of one and the first axes of the other tensor."""
    left, right = a.sizes("a"), a.sizes("b")
    axes = a.known("axes", "a number of axes")
    count = axes if isinstance(axes, int) else 1
    if not isinstance(axes, int):
        pairs = a.integers("axes", least=0) if all(isinstance(x, int) for x in axes) else [x[0] for x in axes]
        if [pairs[0] % len(left), pairs[1] % len(right)] != [len(left) - 1, 0]:
            raise InputError(field="axes", found=str(axes), expected="the last axis and the first one")
    m, k, n = left[:-count], left[len(left) - count :], right[count:]
    first = Tensor((math.prod(m), math.prod(k)), fixed=a.tensor("a").fixed)
    second = Tensor((math.prod(right[:count]), math.prod(n)), fixed=a.tensor("b").fixed)
    result = multiply_matrices(a.graph, a.name("tensordot"), first, second)
    return Tensor((*m, *n), fixed=result.fixed)


@op("tf.einsum", "equation first second=None name=None")
def einsum(a: Call) -> Value:
    """Multiply as an equation says, if it is one matrix product."""
    left, right = a.tensor("first"), a.tensor("second")
    name, equation = a.name("einsum"), str(a.known("equation", "a text"))
    found = einsum_product(name, equation, sizes_of(left, name), sizes_of(right, name))
    if found is None:
        raise InputError("an einsum that is no single matrix product", field=name, found=equation)
    if left.fixed and right.fixed:
        return Tensor(found[1], fixed=True)
    return a.graph.record(*found)


def without_axes(a: Call, x: Tensor, axes: list[int]) -> tuple[Size, ...] | None:
    """Return the shape of a tensor reduced over some axes, which are kept with size 1 if the call says so."""
    keep = a.flag("keepdims", "keep_dims")
    sizes = [1 if axis in axes else size for axis, size in enumerate(x.shape or ())]
    return tuple(size for axis, size in enumerate(sizes) if keep or axis not in axes)


def _reduced(kind: str, a: Call) -> Value:
    if isinstance(a.get("input_tensor"), Unknown):
        return a.get("input_tensor")
    x = a.tensor("input_tensor")
    if x.shape is None:
        return a.host(f"reduce_{kind}", [x], None)
    rank = len(x.shape)
    axes = list(range(rank))
    if a.given("axis") or a.given("reduction_indices"):
        given = a.integers("axis", "reduction_indices", least=-rank)
        axes = [normal_axis(axis, rank, a.function) for axis in given]
    if rank == 4 and not x.fixed and kind in ("mean", "max") and sorted(axes) in ([1, 2], [2, 3]):
        name, keep = a.name("global_pool"), a.flag("keepdims", "keep_dims")
        return pool_all(a.graph, name, x, largest=kind == "max", last=sorted(axes) == [1, 2], keep=keep)
    return a.host(f"reduce_{kind}", [x], without_axes(a, x, axes))


for _kind in ("mean", "max", "min", "sum", "prod", "any", "all", "logsumexp", "std", "variance"):
    op(
        f"tf.reduce_{_kind}",
        "input_tensor axis=None keepdims=False name=None reduction_indices=None keep_dims=False",
    )(partial(_reduced, _kind))


@op("np.prod np.product tf.prod", "a axis=None dtype=None")
def product(a: Call) -> Value:
    """Multiply known numbers."""
    items = _numbers(a)
    if isinstance(items, Unknown):
        return items
    total = 1
    for number in items:
        total *= number
        check_bits(total.bit_length() if isinstance(total, int) else 0, a.line)
    return total


def _numbers(a: Call) -> list[Value] | Unknown:
    value = a.get("a")
    if isinstance(value, Tensor) and isinstance(value.value, list):
        return value.value
    numbers = [item.value if isinstance(item, Tensor) else item for item in listed(value)]
    if all(isinstance(number, (int, float)) for number in numbers):
        return numbers
    return first_unknown(numbers) or a.unknown(f"{a.function} of something unknown")


def _on_number(function: Callable[[float], float], a: Call) -> Value:
    items = _numbers(a)
    if isinstance(items, Unknown) or len(items) != 1:
        return items if isinstance(items, Unknown) else a.unknown(f"{a.function} of a list")
    try:
        return float(function(items[0]))
    except (ValueError, OverflowError):
        return a.unknown(a.function)


for _name in ("ceil", "floor", "sqrt", "log", "log2", "exp", "abs"):
    op(f"np.{_name}", "a")(partial(_on_number, math.fabs if _name == "abs" else vars(math)[_name]))

op("np.int32 np.int64 np.float32 np.float64 np.int np.float", "x=0")(lambda a: a.get("x"))
