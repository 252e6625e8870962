"""Layers of the operators that onnxruntime's optimisers and quantisers write (``com.microsoft``)."""

from __future__ import annotations

import math
from collections.abc import Callable

from solver.errors import InputError
from solver.layer import LSTM, FullyConnected, Gemm, Layer
from solver.readers.onnx.node import Node
from solver.readers.onnx.vendors import (
    PAIRS,
    SECOND,
    channels_first,
    conv_weights,
    is_last,
    turned,
    window_shape,
)
from solver.readers.onnx.windows import conv_layer, global_pool_layer, pool_layer
from solver.readers.operators import (
    attention_layers,
    elementwise_product,
    elementwise_sum,
    matrix_product,
)

Found = Layer | list[Layer] | None


def gemm_layer(node: Node, second: int) -> Layer:
    """Return the product of two matrices, the second at an input; weights make it fully connected."""
    m, k = node.input(0)[:: -1 if node.attributes.get("transA") else 1]
    inner, n = node.input(second)[:: -1 if node.attributes.get("transB") else 1]
    if k != inner:
        raise InputError(
            "the inner sizes of a matrix product differ", found=f"{k} and {inner}", expected="equal sizes"
        )
    if node.fixed(second):
        return FullyConnected(name=node.name, batch=m, inputs=k, outputs=n)
    if node.fixed(0):
        return FullyConnected(name=node.name, batch=n, inputs=k, outputs=m)
    return Gemm(name=node.name, m=m, n=n, k=k)


def _conv(node: Node) -> Found:
    operator = node.node.op_type
    x = node.input(0)
    if is_last(operator, node.attributes):
        x = channels_first(x)
    weights = conv_weights(x, node.input(SECOND[operator]), node.attributes)
    layer = conv_layer(node.name, x, weights, node.attributes)
    if "Fused" not in operator or not node.has_input(3):
        return layer
    # The fourth input is added to the result.
    return [layer, elementwise_sum(f"{node.name}/sum", [node.output(), node.input(3)])]


def _pool(node: Node) -> Found:
    x = node.input(0)
    if is_last(node.node.op_type, node.attributes):
        x = channels_first(x)
    kind = "MaxPool" if "Max" in node.node.op_type else "AveragePool"
    return pool_layer(node.name, kind, x, window_shape(node.attributes, x, None), node.attributes)


def _global_pool(node: Node) -> Found:
    x = node.input(0)
    if node.attributes.get("channels_last"):
        x = channels_first(x)
    return global_pool_layer(node.name, largest=False, x=x)


def _matmul(node: Node) -> Found:
    second = SECOND[node.node.op_type]
    left = turned(node.attributes, node.input(0), "A")
    right = turned(node.attributes, node.input(second), "B")
    return matrix_product(node.name, left, right, weights=node.fixed(second))


def _few_bits(node: Node) -> Found:
    """Return the product with a matrix of few bits, packed in blocks: its sizes are attributes."""
    k, n = node.attributes["K"], node.attributes["N"]
    return matrix_product(node.name, node.input(0), (k, n), weights=True)


def _recurrent(node: Node) -> Found:
    """Return the LSTM, whose weights stand here as inputs by rows."""
    steps, batch, inputs = node.input(0)
    directions = 2 if node.attributes.get("direction") == "bidirectional" else 1
    hidden = node.attributes["hidden_size"]
    return LSTM(name=node.name, batch=batch, inputs=inputs, hidden=hidden, steps=steps, directions=directions)


def _attention(node: Node) -> Found:
    """Return the projection to queries, keys and values, and the attention; packed weights are one matrix."""
    batch, length, width = node.input(0)
    heads = node.attributes["num_heads"]
    columns = math.prod(node.input(1)[1:])
    sizes = node.attributes.get("qkv_hidden_sizes") or [columns // 3] * 3
    if node.has_input(4 if node.node.op_type == "Attention" else 8):  # keys and values of earlier runs
        return None
    projection = matrix_product(
        f"{node.name}/projection", (batch, length, width), (width, columns), weights=True
    )
    query = (length, sizes[0] // heads)
    return [
        projection,
        *attention_layers(node.name, (batch, heads), query, length, sizes[2] // heads),
    ]


def _many_heads(node: Node) -> Found:
    """Return attention whose queries, keys and values are projected already."""
    heads, query = node.attributes["num_heads"], node.input(0)
    if not node.has_input(1) or any(node.has_input(position) for position in (6, 7)):
        return None  # packed in one tensor, or with keys and values of earlier runs
    key = node.input(1)
    if len(query) != 3 or len(key) not in (3, 4):
        return None
    value = node.input(2) if node.has_input(2) else key
    tokens = key[1] if len(key) == 3 else key[2]
    words = value[2] // heads if len(value) == 3 else value[3]
    return attention_layers(node.name, (query[0], heads), (query[1], query[2] // heads), tokens, words)


def _group_query(node: Node) -> Found:
    """Return attention whose heads share keys and values; those of earlier runs are attended to as well."""
    batch, length, width = node.input(0)
    heads, shared = node.attributes["num_heads"], node.attributes["kv_num_heads"]
    size = width // heads if node.has_input(1) else width // (heads + 2 * shared)
    tokens = node.output(1)[2] if len(node.node.output) > 1 and node.node.output[1] else length
    return attention_layers(node.name, (batch, heads), (length, size), tokens, size)


def _pair(combine: Callable[[str, Node, tuple[int, int]], Layer]) -> Callable[[Node], Found]:
    def read(node: Node) -> Found:
        positions = PAIRS[node.node.op_type]
        return None if any(map(node.fixed, positions)) else combine(node.name, node, positions)

    return read


FUSED: dict[str, Callable[[Node], Found]] = {
    "FusedConv": _conv,
    "NhwcFusedConv": _conv,
    "QLinearConv": _conv,
    "NhwcMaxPool": _pool,
    "QLinearAveragePool": _pool,
    "QLinearGlobalAveragePool": _global_pool,
    "QGemm": lambda node: gemm_layer(node, SECOND["QGemm"]),
    "FusedGemm": lambda node: gemm_layer(node, SECOND["FusedGemm"]),
    "FusedMatMul": _matmul,
    "FusedMatMulActivation": _matmul,
    "TransposeMatMul": _matmul,
    "MatMulIntegerToFloat": _matmul,
    "DynamicQuantizeMatMul": _matmul,
    "MatMulInteger16": _matmul,
    "QLinearMatMul": _matmul,
    "MatMulNBits": _few_bits,
    "DynamicQuantizeLSTM": _recurrent,
    "Attention": _attention,
    "QAttention": _attention,
    "MultiHeadAttention": _many_heads,
    "GroupQueryAttention": _group_query,
    "QLinearAdd": _pair(lambda name, node, at: elementwise_sum(name, [node.input(p) for p in at])),
    "QLinearMul": _pair(
        lambda name, node, at: elementwise_product(name, node.input(at[0]), node.input(at[1]))
    ),
}
"""The operators that may be layers; None where a node is not, or its earlier tokens are not known."""
