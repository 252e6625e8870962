"""Matrix products, sums and products of tensors."""

from __future__ import annotations

from solver.errors import InputError
from solver.readers.operators import elementwise_product, elementwise_sum, matrix_product
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.sizes import sizes_of
from solver.readers.tensorflow.values import Tensor, Value, broadcast_shapes


def multiply_matrices(
    graph: Graph, name: str, left: Tensor, right: Tensor, *, flip: tuple[bool, bool] = (False, False)
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
    return graph.record(layer, shape)


def weigh(graph: Graph, name: str, tensor: Tensor, outputs: int) -> Tensor:
    """Record the product of a tensor and weights, and return the result."""
    weights = Tensor((*sizes_of(tensor, name)[-1:], outputs), fixed=True, weights=True)
    return multiply_matrices(graph, name, tensor, weights)


def combine(graph: Graph, operation: str, operands: list[Tensor], name: Value = None) -> Tensor:
    """Return an elementwise operation: sums and products of activations run on the array."""
    shape = broadcast_shapes([tensor.shape for tensor in operands])
    active = [tensor for tensor in operands if not tensor.fixed]
    large = [tensor for tensor in operands if tensor.shape != ()]
    if len(active) < len(operands) or len(large) < len(operands) or operation not in ("add", "multiply"):
        label = "BiasAdd" if operation == "add" and len(active) < len(operands) else operation
        return graph.host(label, operands, shape, name)
    given = graph.own_or_within(name, operation)
    sizes = [sizes_of(tensor, given) for tensor in operands]
    layer = (
        elementwise_sum(given, sizes)
        if operation == "add"
        else elementwise_product(given, sizes[0], sizes[1])
    )
    return graph.record(layer, shape or ())
