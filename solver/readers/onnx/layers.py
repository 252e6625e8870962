"""Nodes of an ONNX graph as layers; what MAERI does not run becomes a host operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from solver.arithmetic.numbers import sizes_text
from solver.errors import InputError, placed
from solver.layer import GRU, LSTM, RNN, HostOperation, Layer, Recurrent
from solver.readers.onnx.fused import FUSED, gemm_layer
from solver.readers.onnx.node import Node
from solver.readers.onnx.shapes import Shapes, node_name, subgraphs
from solver.readers.onnx.vendors import HOST, MICROSOFT
from solver.readers.onnx.windows import (
    conv_layer,
    global_pool_layer,
    pool_layer,
    transposed_layer,
    volume_layer,
)
from solver.readers.operators import (
    attention_layers,
    averaged_image,
    einsum_product,
    elementwise_product,
    elementwise_sum,
    matrix_product,
)

if TYPE_CHECKING:
    from onnx import NodeProto

SECOND = {"QLinearConv": 3, "QLinearMatMul": 3}
"""Operators of two tensors whose second is not at 1; the first is at 0."""

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
"""Matrices that the weights of a recurrent operator hold, one above the other."""

UNCOUNTED = ("DeformConv", "Einsum", "Attention", "MaxPool", "AveragePool", "ConvTranspose")
"""Operators that are layers unless their shapes have no lowering, such as volumes."""

VENDORS = ("", "ai.onnx")
"""Domains of ONNX's own operators."""


def layers_of(node: NodeProto, shapes: Shapes) -> list[Layer]:
    """Return what a node computes.

    Parameters
    ----------
    node
        A node, no weight computation.
    shapes
        The shapes of the graph's values, those of this node included.

    Returns
    -------
    list of Layer
        Layers, or a `HostOperation` under the operator's name.

    Raises
    ------
    InputError
        If a shape that the layer needs is not known, or sizes do not go together.
    """
    readers = _READERS if node.domain in VENDORS else FUSED if node.domain == MICROSOFT else {}
    reader = readers.get(node.op_type)
    with placed(f"{node.op_type} {node_name(node)}", file=shapes.file):
        found = reader(Node(node, shapes)) if reader else None
    if found is not None:
        return found if isinstance(found, list) else [found]
    shape = next((shapes.shape(name) for name in node.output if name), None)
    operation = f"{node.domain}.{node.op_type}" if node.domain not in VENDORS else node.op_type
    elements = 0 if shape is None else math.prod(shape)
    return [HostOperation(name=node_name(node), operation=operation, elements=elements)]


def is_for_the_array(node: NodeProto) -> bool:
    """Whether a node's operator may be a layer."""
    return node.op_type in (_READERS if node.domain in VENDORS else FUSED)


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
    if not isinstance(layer, HostOperation):
        return False
    if node.domain == MICROSOFT:
        return node.op_type not in HOST and node.op_type not in FUSED
    return node.op_type in UNCOUNTED or node.domain not in VENDORS


def _conv(node: Node) -> Layer:
    x, w = node.input(0), node.input(SECOND.get(node.node.op_type, 1))
    return (volume_layer if len(x) == 5 else conv_layer)(node.name, x, w, node.attributes)


def _transposed(node: Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return transposed_layer(node.name, x, node.input(1), node.output(), node.attributes)


def _pool(node: Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return pool_layer(node.name, node.node.op_type, x, node.output(), node.attributes)


def _global_pool(node: Node) -> Layer | None:
    x = node.input(0)
    if len(x) not in (3, 4):
        return None
    return global_pool_layer(node.name, largest=node.node.op_type == "GlobalMaxPool", x=x)


def _mean(node: Node) -> Layer | None:
    """Return the mean over rows and columns, which is global average pooling; other means are the host's."""
    axes = node.attributes.get("axes", node.value(1))
    x = None if axes is None else averaged_image(node.input(0), axes)
    return None if x is None else global_pool_layer(node.name, largest=False, x=x)


def _matmul(node: Node) -> Layer:
    second = SECOND.get(node.node.op_type, 1)
    return matrix_product(node.name, node.input(0), node.input(second), weights=node.fixed(second))


def _einsum(node: Node) -> Layer | None:
    if len(node.node.input) != 2:
        return None
    found = einsum_product(node.name, node.attributes["equation"], node.input(0), node.input(1))
    return found[0] if found else None


def _sum(node: Node) -> Layer | None:
    """Return the sum of activations; biases and parts of an activation function are the host's."""
    inputs = range(len(node.node.input))
    if len(inputs) < 2 or any(node.fixed(position) for position in inputs) or node.is_activation():
        return None
    return elementwise_sum(node.name, [node.input(position) for position in inputs])


def _product(node: Node) -> Layer | None:
    """Return the product of two activations; scaling by weights and activation functions are the host's."""
    if node.fixed(0) or node.fixed(1) or node.is_activation():
        return None
    return elementwise_product(node.name, node.input(0), node.input(1))


def _recurrent(node: Node) -> Layer:
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
                found=sizes_text(node.input(position)),
                expected=f"{sizes_text(wanted)} for {inputs} inputs, {hidden} in the state and {directions} "
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


def _attention(node: Node) -> Layer | list[Layer] | None:
    query, key, value = (node.input(position) for position in range(3))
    if node.has_input(4) or node.has_input(5):  # keys and values of earlier runs
        return None
    heads = node.attributes.get("q_num_heads") or query[1]
    shared = node.attributes.get("kv_num_heads") or key[1]
    if len(query) == 3:
        query = (query[0], heads, query[1], query[2] // heads)
        key, value = ((x[0], shared, x[1], x[2] // shared) for x in (key, value))
    heads_of = (query[0], query[1])
    return attention_layers(node.name, heads_of, (query[2], query[3]), key[2], value[3])


_READERS: dict[str, Callable[[Node], Layer | list[Layer] | None]] = {
    "Conv": _conv,
    "ConvInteger": _conv,
    "QLinearConv": _conv,
    "ConvTranspose": _transposed,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "ReduceMean": _mean,
    "Gemm": lambda node: gemm_layer(node, 1),
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
