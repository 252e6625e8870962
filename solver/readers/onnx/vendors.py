"""Shapes that the ``onnx`` package does not infer: those of onnxruntime's operators (``com.microsoft``).

A few of ONNX's own operators are among them.

Optimisers replace ONNX's operators by these: fused, quantised, with the channels last. Their documentation is
onnxruntime's ``ContribOperators.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from solver.readers.onnx.file import MICROSOFT, onnx_package
from solver.readers.operators import words

if TYPE_CHECKING:
    from onnx import NodeProto, TypeProto

Shape = tuple[int, ...]
Attributes = dict[str, Any]
Shapes = Sequence[Shape | None]

SECOND = {
    "QLinearConv": 3,
    "QGemm": 3,
    "QLinearMatMul": 3,
    "NhwcFusedConv": 1,
    "FusedConv": 1,
    "FusedGemm": 1,
    "FusedMatMul": 1,
    "FusedMatMulActivation": 1,
    "TransposeMatMul": 1,
    "MatMulIntegerToFloat": 1,
    "DynamicQuantizeMatMul": 1,
    "MatMulInteger16": 1,
}
"""Operators of two tensors, and the position of the second; the first is at 0."""

PAIRS = {
    "QLinearAdd": (0, 3),
    "QLinearMul": (0, 3),
    "BiasAdd": (0, 2),
}
"""Operators that combine two tensors word by word, and where those stand."""


def vendor_types(
    node: NodeProto, attributes: Attributes, inputs: Sequence[TypeProto | None]
) -> list[TypeProto] | None:
    """Return the types of a node's outputs, or None if its shapes are for ONNX to infer.

    Parameters
    ----------
    node
        A node.
    attributes
        Its attributes as Python values.
    inputs
        The types of its inputs; None where one is not known or left out.
    """
    if node.domain in ("", "ai.onnx"):
        rule = _ONNX.get(node.op_type)
    else:
        rule = _MICROSOFT.get(node.op_type) if node.domain == MICROSOFT else None
    if rule is None or not inputs or inputs[0] is None:
        return None
    shapes = [shape_of(kind) for kind in inputs]
    try:
        found = rule(attributes, shapes)
    except (IndexError, TypeError, ValueError, KeyError):  # an input is missing or has another rank
        return None
    if found is None:
        return None
    make = onnx_package().helper.make_tensor_type_proto
    element = _element(node.op_type, inputs)
    return [
        make(kind or element, None if shape is None else list(shape))
        for shape, kind in zip(found, _KINDS.get(node.op_type, (0,) * len(found)), strict=False)
    ]


def shape_of(kind: TypeProto | None) -> Shape | None:
    """Return the shape of a tensor of a type, or None if it is not known."""
    if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    return tuple(dim.dim_value for dim in dims) if all(dim.HasField("dim_value") for dim in dims) else None


def _element(operator: str, inputs: Sequence[TypeProto | None]) -> int:
    """Return the type of the words of the first output."""
    tensor = onnx_package().TensorProto
    if operator in (
        "DequantizeLinear",
        "MatMulIntegerToFloat",
        "DynamicQuantizeMatMul",
        "EmbedLayerNormalization",
    ):
        return int(tensor.FLOAT)
    if operator == "QGemm" and (len(inputs) < 9 or inputs[8] is None):
        return int(tensor.FLOAT)
    if operator == "QLinearConcat" and inputs[1] is not None:
        return int(inputs[1].tensor_type.elem_type)
    if operator == "QuantizeLinear" and len(inputs) > 2 and inputs[2] is not None:
        return int(inputs[2].tensor_type.elem_type)
    first = inputs[0]
    assert first is not None
    return int(first.tensor_type.elem_type)


_KINDS = {"DynamicQuantizeLinear": (2, 1, 2)}
"""The types of the words of all outputs, where they are not those of the first input: 1 is float, 2 uint8."""

Rule = Callable[[Attributes, Shapes], "list[Shape | None] | None"]


def _same(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    return [shapes[0]]


def _quantised(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    return [shapes[0], (), ()]


def broadcast_shape(left: Shape | None, right: Shape | None) -> Shape | None:
    """Return the common shape of two tensors, or None if there is none."""
    if left is None or right is None:
        return None
    rank = max(len(left), len(right))
    pairs = [((1,) * (rank - len(shape)) + shape) for shape in (left, right)]
    if any(a != b and 1 not in (a, b) for a, b in zip(*pairs, strict=True)):
        return None
    return tuple(max(a, b) if 0 not in (a, b) else 0 for a, b in zip(*pairs, strict=True))


def _pair(first: int, second: int) -> Rule:
    return lambda attributes, shapes: [broadcast_shape(shapes[first], shapes[second])]


def _skip(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    """Return the normalised sum, mean and deviation (for training), and the sum itself."""
    return [shapes[0], None, None, shapes[0]]


def _embed(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    batch, length = _known(shapes[0])
    return [(batch, length, _known(shapes[2])[1]), (batch,), (batch, length, _known(shapes[2])[1])]


def _known(shape: Shape | None) -> Shape:
    if shape is None:
        raise ValueError
    return shape


def is_last(operator: str, attributes: Attributes) -> bool:
    """Whether an operator has the channels in the last axis."""
    return operator.startswith("Nhwc") or bool(attributes.get("channels_last"))


def channels_first(shape: Shape) -> Shape:
    """Return N, C, then the spatial axes of a shape with the channels last."""
    return shape[0], shape[-1], *shape[1:-1]


def channels_last(shape: Shape) -> Shape:
    """Return the shape with the channels last of one with them second."""
    return shape[0], *shape[2:], shape[1]


def conv_weights(x: Shape, weights: Shape, attributes: Attributes) -> Shape:
    """Return weights K C/G ... for an input N C ...: some kernels want their channels last."""
    fits = weights[1] * attributes.get("group", 1) == x[1]
    return channels_first(weights) if not fits and channels_first(weights)[1] == x[1] else weights


def _window(operator: str) -> Rule:
    def rule(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
        last = is_last(operator, attributes)
        x = channels_first(_known(shapes[0])) if last else _known(shapes[0])
        weights = None
        if "Pool" not in operator:
            weights = conv_weights(x, _known(shapes[SECOND[operator]]), attributes)
        result = window_shape(attributes, x, weights)
        return [channels_last(result) if last else result]

    return rule


def window_shape(attributes: Attributes, x: Shape, weights: Shape | None) -> Shape:
    """Return the output of a convolution or, without weights, of pooling; channels first throughout."""
    kernel = tuple(attributes.get("kernel_shape") or (weights or ())[2:])
    ones, count = [1] * len(kernel), len(kernel)
    strides, dilations = attributes.get("strides") or ones, attributes.get("dilations") or ones
    pads, auto = attributes.get("pads") or [0] * (2 * count), attributes.get("auto_pad", "NOTSET")
    sizes = []
    for axis, size in enumerate(x[2:]):
        if auto.startswith("SAME"):
            sizes.append(-(-size // strides[axis]))
            continue
        both = pads[axis] + pads[axis + count] if auto == "NOTSET" else 0
        free = size + both - (kernel[axis] - 1) * dilations[axis] - 1
        sizes.append(
            (-(-free // strides[axis]) if attributes.get("ceil_mode") else free // strides[axis]) + 1
        )
    return x[0], x[1] if weights is None else weights[0], *sizes


def _global_pool(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    x = _known(shapes[0])
    if attributes.get("channels_last"):
        return [(x[0], *[1] * (len(x) - 2), x[-1])]
    return [(*x[:2], *[1] * (len(x) - 2))]


def _gemm(operator: str) -> Rule:
    def rule(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
        m, _ = _known(shapes[0])[:: -1 if attributes.get("transA") else 1]
        _, n = _known(shapes[SECOND[operator]])[:: -1 if attributes.get("transB") else 1]
        return [(m, n)]

    return rule


def turned(attributes: Attributes, shape: Shape, side: str) -> Shape:
    """Return an operand of FusedMatMul (`side` A or B) as numpy's product takes it."""
    if attributes.get(f"transBatch{side}"):
        shape = (*shape[1:-1], shape[0], shape[-1])
    return (*shape[:-2], shape[-1], shape[-2]) if attributes.get(f"trans{side}") else shape


def _matmul(operator: str) -> Rule:
    def rule(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
        left = turned(attributes, _known(shapes[0]), "A")
        right = turned(attributes, _known(shapes[SECOND[operator]]), "B")
        if len(left) < 2 or len(right) < 2:
            return [None]
        batch = broadcast_shape(left[:-2], right[:-2])
        return [None if batch is None else (*batch, left[-2], right[-1])]

    return rule


def _few_bits(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    return [(*_known(shapes[0])[:-1], attributes["N"])]


def _recurrent(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    steps, batch, _ = _known(shapes[0])
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    state = (directions, batch, attributes["hidden_size"])
    return [(steps, directions, batch, attributes["hidden_size"]), state, state]


def _concat(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    parts = [_known(shape) for shape in shapes[2::3]]  # behind scale and zero point each has its own two
    axis = attributes["axis"] % len(parts[0])
    return [(*parts[0][:axis], sum(part[axis] for part in parts), *parts[0][axis + 1 :])]


def _attention(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    """Return the context of ``Attention`` and ``QAttention``, whose weights make queries, keys and values."""
    batch, length, _ = _known(shapes[0])
    sizes = attributes.get("qkv_hidden_sizes") or [math.prod(_known(shapes[1])[1:]) // 3] * 3
    heads = attributes["num_heads"]
    return [(batch, length, sizes[2]), (2, batch, heads, length, sizes[0] // heads)]


def _many_heads(attributes: Attributes, shapes: Shapes) -> list[Shape | None]:
    query, value = _known(shapes[0]), shapes[2]
    if len(query) == 5:  # packed: batch, length, heads, 3, head size
        return [(*query[:2], query[2] * query[4])]
    hidden = query[2] if value is None else value[-1] if len(value) == 3 else value[1] * value[3]
    return [(*query[:2], hidden)]


def _group_query(attributes: Attributes, shapes: Shapes) -> list[Shape | None] | None:
    query, key = _known(shapes[0]), shapes[1]
    heads, shared = attributes["num_heads"], attributes["kv_num_heads"]
    size = query[2] // heads if key is not None else query[2] // (heads + 2 * shared)
    past = shapes[3] if len(shapes) > 3 else None
    length = (
        query[1] if past is None else max(past[2], query[1]) if past[2] >= query[1] else past[2] + query[1]
    )
    cache = (query[0], shared, length, size)
    return [(*query[:2], heads * size), cache, cache]


_SAME = words("LayerNormalization SimplifiedLayerNormalization GroupNormalization MeanVarianceNormalization")
_ONNX: dict[str, Rule] = {"GroupNormalization": _same, "MeanVarianceNormalization": _same}
_ONNX |= {"DynamicQuantizeLinear": _quantised}

_MICROSOFT: dict[str, Rule] = {
    name: _same
    for name in (
        *_SAME,
        *words("Gelu FastGelu BiasGelu QuickGelu BiasSoftmax BiasDropout QLinearSigmoid QLinearLeakyRelu"),
        *words(
            "QLinearSoftmax QuantizeLinear DequantizeLinear GroupNorm RotaryEmbedding Inverse BiasAdd Trilu"
        ),
    )
}
_MICROSOFT |= {name: _pair(first, second) for name, (first, second) in PAIRS.items()}
_MICROSOFT |= {
    name: _window(name)
    for name in ("FusedConv", "NhwcFusedConv", "QLinearConv", "NhwcMaxPool", "QLinearAveragePool")
}
_MICROSOFT |= {name: _gemm(name) for name in ("QGemm", "FusedGemm")}
_MICROSOFT |= {
    name: _matmul(name)
    for name in (
        "FusedMatMul",
        "FusedMatMulActivation",
        "TransposeMatMul",
        "MatMulIntegerToFloat",
        "DynamicQuantizeMatMul",
        "MatMulInteger16",
        "QLinearMatMul",
    )
}
_MICROSOFT |= {
    "SkipLayerNormalization": _skip,
    "SkipSimplifiedLayerNormalization": _skip,
    "EmbedLayerNormalization": _embed,
    "QLinearGlobalAveragePool": _global_pool,
    "QLinearConcat": _concat,
    "MatMulNBits": _few_bits,
    "DynamicQuantizeLSTM": _recurrent,
    "Attention": _attention,
    "QAttention": _attention,
    "MultiHeadAttention": _many_heads,
    "GroupQueryAttention": _group_query,
}

HOST = frozenset(name for name, rule in _MICROSOFT.items() if rule in (_same, _skip, _embed, _concat))
"""Operators of onnxruntime that MAERI's array does not run: normalisation, activation functions, lookups."""
