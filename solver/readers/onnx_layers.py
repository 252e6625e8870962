"""Nodes of an ONNX graph as layers; what MAERI does not run becomes a host operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, Attention, FullyConnected, Gemm, HostOperation, Layer, Recurrent
from solver.readers.onnx_shapes import Shape, Shapes, attributes, node_name, subgraphs
from solver.readers.onnx_windows import conv_layer, global_pool_layer, pool_layer, transposed_layer
from solver.readers.operators import einsum_product, elementwise_product, elementwise_sum, matrix_product

if TYPE_CHECKING:
    from onnx import NodeProto

WEIGHTED = {
    "Conv": 1,
    "ConvInteger": 1,
    "QLinearConv": 3,
    "MatMul": 1,
    "MatMulInteger": 1,
    "QLinearMatMul": 3,
}
"""Operators of two tensors, and the position of the second among the inputs; the first is at 0."""

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
"""Matrices that the weights of a recurrent operator hold, one above the other."""

UNCOUNTED = (*WEIGHTED, "ConvTranspose", "DeformConv", "Einsum", "Attention", "MaxPool", "AveragePool")
"""Operators that are layers unless their shapes have no lowering, such as volumes."""

VENDORS = ("", "ai.onnx")
"""Domains of ONNX's own operators."""


def layer_of(node: NodeProto, shapes: Shapes) -> Layer:
    """Return what a node computes.

    Parameters
    ----------
    node
        A node, no weight computation.
    shapes
        The shapes of the graph's values, those of this node included.

    Returns
    -------
    Layer
        A layer, or a `HostOperation` under the operator's name.

    Raises
    ------
    InputError
        If a shape that the layer needs is not known, or sizes do not go together.
    """
    reader = _READERS.get(node.op_type) if node.domain in VENDORS else None
    try:
        layer = reader(_Node(node, shapes)) if reader else None
    except InputError as error:
        raise error.inside(f"{node.op_type} {node_name(node)}").at(file=shapes.file) from None
    if layer is not None:
        return layer
    shape = next((shapes.shape(name) for name in node.output if name), None)
    operation = f"{node.domain}.{node.op_type}" if node.domain not in VENDORS else node.op_type
    elements = 0 if shape is None else math.prod(shape)
    return HostOperation(name=node_name(node), operation=operation, elements=elements)


def products_inside(node: NodeProto) -> list[str]:
    """Return the operators of the graphs inside a node that would be layers for the array."""
    found = []
    for graph in subgraphs(node):
        for inner in graph.node:
            found += products_inside(inner)
            if inner.op_type in _READERS and inner.op_type not in ("Add", "Mul", "Sum", "ReduceMean"):
                found.append(f"{inner.op_type} {node_name(inner)}")
    return found


def is_uncounted(node: NodeProto, layer: Layer) -> bool:
    """Whether a host operation is one for the array, listed only because it has no lowering."""
    return isinstance(layer, HostOperation) and (node.op_type in UNCOUNTED or node.domain not in VENDORS)


class _Node:
    """A node with its shapes at hand."""

    def __init__(self, node: NodeProto, shapes: Shapes) -> None:
        self.node = node
        self.name = node_name(node)
        self.attributes: dict[str, Any] = attributes(node)
        self._shapes = shapes

    def input(self, position: int) -> Shape:
        name = self.node.input[position]
        shape = self._shapes.shape(name)
        if shape is None:
            raise InputError(
                "a shape that the file leaves open",
                found=f"{name}, from {self._shapes.source(name)}",
                expected="a model exported with its shapes, or without that operator",
            )
        return shape

    def output(self) -> Shape:
        shape = self._shapes.shape(self.node.output[0])
        if shape is None:
            raise InputError("the shape of the output is not known", found=self.node.output[0])
        return shape

    def has_input(self, position: int) -> bool:
        return len(self.node.input) > position and bool(self.node.input[position])

    def fixed(self, position: int) -> bool:
        return self._shapes.fixed(self.node.input[position])

    def value(self, position: int) -> Any:
        return self._shapes.value(self.node.input[position]) if self.has_input(position) else None

    @property
    def second(self) -> int:
        return WEIGHTED[self.node.op_type]


def _conv(node: _Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return conv_layer(node.name, x, node.input(node.second), node.attributes)


def _transposed(node: _Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return transposed_layer(node.name, x, node.input(1), node.output(), node.attributes)


def _pool(node: _Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return pool_layer(node.name, node.node.op_type, x, node.output(), node.attributes)


def _global_pool(node: _Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return global_pool_layer(node.name, largest=node.node.op_type == "GlobalMaxPool", x=x)


def _mean(node: _Node) -> Layer | None:
    """Return the mean over rows and columns, which is global average pooling; other means are the host's."""
    x = node.input(0)
    axes = node.attributes.get("axes", node.value(1))
    if len(x) != 4 or axes is None or sorted(int(axis) % 4 for axis in axes) != [2, 3]:
        return None
    return global_pool_layer(node.name, largest=False, x=x)


def _gemm(node: _Node) -> Layer:
    m, k = node.input(0)[:: -1 if node.attributes.get("transA") else 1]
    inner, n = node.input(1)[:: -1 if node.attributes.get("transB") else 1]
    if k != inner:
        raise InputError(
            "the inner sizes of a matrix product differ", found=f"{k} and {inner}", expected="equal sizes"
        )
    if node.fixed(1):
        return FullyConnected(name=node.name, batch=m, inputs=k, outputs=n)
    if node.fixed(0):
        return FullyConnected(name=node.name, batch=n, inputs=k, outputs=m)
    return Gemm(name=node.name, m=m, n=n, k=k)


def _matmul(node: _Node) -> Layer:
    left, right = node.input(0), node.input(node.second)
    return matrix_product(node.name, left, right, weights=node.fixed(node.second))


def _einsum(node: _Node) -> Layer | None:
    if len(node.node.input) != 2:
        return None
    found = einsum_product(node.name, node.attributes["equation"], node.input(0), node.input(1))
    return found[0] if found else None


def _sum(node: _Node) -> Layer | None:
    """Return the sum of activations; a bias is added by the host."""
    inputs = range(len(node.node.input))
    if len(inputs) < 2 or any(node.fixed(position) for position in inputs):
        return None
    return elementwise_sum(node.name, [node.input(position) for position in inputs])


def _product(node: _Node) -> Layer | None:
    """Return the product of two activations; scaling by weights is the host's."""
    if node.fixed(0) or node.fixed(1):
        return None
    return elementwise_product(node.name, node.input(0), node.input(1))


def _recurrent(node: _Node) -> Layer:
    first, second, inputs = node.input(0)
    steps, batch = (second, first) if node.attributes.get("layout") else (first, second)
    kinds: dict[str, type[Recurrent]] = {"LSTM": LSTM, "GRU": GRU, "RNN": RNN}
    hidden = node.attributes.get("hidden_size") or node.input(2)[-1]
    directions = 2 if node.attributes.get("direction") == "bidirectional" else 1
    rows = GATES[node.node.op_type] * hidden
    for position, wanted in ((1, (directions, rows, inputs)), (2, (directions, rows, hidden))):
        if node.input(position) != wanted:
            raise InputError(
                "the weights do not fit",
                field=("W", "R")[position - 1],
                found=_written(node.input(position)),
                expected=f"{_written(wanted)} for {inputs} inputs, {hidden} in the state and {directions} "
                f"direction{'s' * (directions - 1)}",
            )
    extra = (
        {"reset_after": bool(node.attributes.get("linear_before_reset"))}
        if node.node.op_type == "GRU"
        else {}
    )
    return kinds[node.node.op_type](
        name=node.name,
        batch=batch,
        inputs=inputs,
        hidden=hidden,
        steps=steps,
        directions=directions,
        **extra,
    )


def _written(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _attention(node: _Node) -> Layer | None:
    query, key, value = (node.input(position) for position in range(3))
    if node.has_input(4) or node.has_input(5):  # keys and values of earlier runs
        return None
    heads = node.attributes.get("q_num_heads") or query[1]
    if len(query) == 3:
        query, key, value = ((x[0], heads, x[1], x[2] // heads) for x in (query, key, value))
    if query[-1] != value[-1]:
        return None
    return Attention(
        name=node.name,
        batch=query[0],
        heads=heads,
        head_size=query[-1],
        queries=query[-2],
        keys=key[-2] if key[-2] != query[-2] else None,
    )


_READERS: dict[str, Callable[[_Node], Layer | None]] = {
    "Conv": _conv,
    "ConvInteger": _conv,
    "QLinearConv": _conv,
    "ConvTranspose": _transposed,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "ReduceMean": _mean,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _matmul,
    "Einsum": _einsum,
    "Add": _sum,
    "Sum": _sum,
    "Mul": _product,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "Attention": _attention,
}
"""The operators that may be layers; None where a node is not."""
