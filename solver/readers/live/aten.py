"""Layers of torch's operators (ATen) as ``torch.export`` records them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, AveragePool, Layer, MaxPool, Recurrent
from solver.readers.onnx.windows import (
    conv_layer,
    global_pool_layer,
    pool_layer,
    transposed_layer,
    volume_layer,
)
from solver.readers.operators import (
    Pair,
    Shape,
    as_image,
    attention_layers,
    averaged_image,
    einsum_product,
    elementwise_product,
    elementwise_sum,
    matrix_product,
    words,
)

Found = Layer | list[Layer] | None


class Call:
    """A call of an operator.

    Attributes
    ----------
    name
        Of the layer that it makes.
    operator
        Its name without namespace, overload, and the underscore of operators that work in place.
    values
        The arguments by the names of the operator's schema.
    result
        The shape of the result, or of the first one.
    """

    def __init__(
        self,
        name: str,
        operator: str,
        values: dict[str, Any],
        shapes: dict[Any, Shape],
        fixed: Any,
        result: Shape,
    ) -> None:
        self.name, self.operator, self.values, self.result = name, operator, values, result
        self._shapes, self._fixed = shapes, fixed
        self.is_activation = False

    def shape(self, *names: str) -> Shape:
        """Return the shape of a tensor argument, which has one of some names."""
        for name in names:
            value = self.values.get(name)
            if value is not None and value in self._shapes:
                return self._shapes[value]
        raise InputError("an operator without its tensor", field=names[0], found="none", expected="a tensor")

    def shapes(self, name: str) -> list[Shape]:
        """Return the shapes of an argument that is a list of tensors."""
        return [self._shapes[value] for value in self.values[name]]

    def is_fixed(self, name: str) -> bool:
        """Whether a tensor argument is a parameter or computed of parameters alone."""
        return self.values.get(name) in self._fixed

    def is_tensor(self, name: str) -> bool:
        """Whether an argument is a tensor."""
        value = self.values.get(name)
        return not isinstance(value, (list, dict, slice)) and value in self._shapes

    def numbers(self, name: str, count: int, missing: int = 1) -> list[int]:
        """Return an argument of numbers, one for each spatial axis."""
        given = self.values.get(name)
        found = (
            [missing]
            if given is None or given == []
            else list(given)
            if isinstance(given, Sequence)
            else [given]
        )
        return [int(value) for value in (found * count if len(found) == 1 else found)]

    def flag(self, name: str) -> bool:
        """Return an argument that is true or false."""
        return bool(self.values.get(name))


def _batched(shape: Shape, axes: int) -> Shape:
    """Return a shape with a batch: torch's windows take single images as well."""
    return shape if len(shape) == axes + 2 else (1, *shape)


def _conv(a: Call) -> Found:
    w = a.shape("weight")
    axes = len(w) - 2
    x = _batched(a.shape("input", "self"), axes)
    stride, dilation = a.numbers("stride", axes), a.numbers("dilation", axes)
    padding = a.values.get("padding")
    if isinstance(padding, str):
        spans = [(k - 1) * d for k, d in zip(w[2:], dilation, strict=True)]
        before = [span // 2 if padding == "same" else 0 for span in spans]
        pads = [
            *before,
            *(span - b if padding == "same" else 0 for span, b in zip(spans, before, strict=True)),
        ]
    else:
        pads = a.numbers("padding", axes, 0) * 2
    attributes = {
        "kernel_shape": list(w[2:]),
        "strides": stride,
        "dilations": dilation,
        "pads": pads,
        "group": int(a.values.get("groups") or 1),
    }
    if not (a.flag("transposed") or "transpose" in a.operator):
        return (volume_layer if axes == 3 else conv_layer)(a.name, x, w, attributes)
    attributes["output_padding"] = a.numbers("output_padding", axes, 0)
    output = _batched(a.result, axes)
    return None if axes == 3 else transposed_layer(a.name, x, w, output, attributes)


def _axes(a: Call) -> int:
    return next(int(c) for c in a.operator if c in "123")


def _pool(a: Call) -> Found:
    axes = _axes(a)
    if axes == 3:
        return None
    kernel = a.numbers("kernel_size", axes)
    attributes = {
        "kernel_shape": kernel,
        "strides": a.numbers("stride", axes) if a.values.get("stride") else kernel,
        "dilations": a.numbers("dilation", axes),
        "pads": a.numbers("padding", axes, 0) * 2,
        "count_include_pad": a.values.get("count_include_pad", True),
    }
    kind = "MaxPool" if "max" in a.operator else "AveragePool"
    x, output = _batched(a.shape("self", "input"), axes), _batched(a.result, axes)
    return pool_layer(a.name, kind, x, output, attributes)


def _adaptive(a: Call) -> Found:
    """Return pooling to a size; where the windows are not all alike there is no layer."""
    axes = _axes(a)
    if axes == 3:
        return None
    batch, image = as_image(_batched(a.shape("self", "input"), axes))
    _, wanted = as_image(_batched(a.result, axes))
    rows, columns = wanted[1:]
    if image[1] % rows or image[2] % columns:
        raise InputError(
            "windows of different sizes",
            found=f"{image[1]}x{image[2]} words pooled to {rows}x{columns}",
            expected="an output whose sizes divide those of the input",
        )
    if (rows, columns) == image[1:]:
        return None
    kind = MaxPool if "max" in a.operator else AveragePool
    if (rows, columns) == (1, 1):
        return kind(name=a.name, batch=batch, input=image)
    window: Pair = (image[1] // rows, image[2] // columns)
    return kind(name=a.name, batch=batch, input=image, kernel=window, stride=window)


def _mean(a: Call) -> Found:
    """Return the mean over rows and columns, which is global average pooling; other means are the host's."""
    axes = a.values.get("dim")
    x = None if axes is None else averaged_image(a.shape("self", "input"), _listed(axes))
    return None if x is None else global_pool_layer(a.name, largest=False, x=x)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) else [value]


def _linear(a: Call) -> Found:
    outputs, inputs = w if len(w := a.shape("weight")) == 2 else (1, *w)
    return matrix_product(a.name, a.shape("input", "self"), (inputs, outputs), weights=a.is_fixed("weight"))


def _product(left: str, right: str) -> Callable[[Call], Found]:
    def read(a: Call) -> Found:
        return matrix_product(a.name, a.shape(left), a.shape(right), weights=a.is_fixed(right))

    return read


def _vector(a: Call) -> Found:
    return matrix_product(a.name, a.shape("self"), a.shape("vec", "tensor"), weights=False)


def _einsum(a: Call) -> Found:
    tensors = a.shapes("tensors")
    if len(tensors) != 2:
        return None
    found = einsum_product(a.name, a.values["equation"], tensors[0], tensors[1])
    return found[0] if found else None


def _attention(a: Call) -> Found:
    query, key, value = a.shape("query"), a.shape("key"), a.shape("value")
    heads = (math.prod(query[:-3]), query[-3]) if len(query) > 3 else (1, math.prod(query[:-2]))
    return attention_layers(a.name, heads, (query[-2], query[-1]), key[-2], value[-1])


def _elementwise(a: Call) -> Found:
    both = ("self", "other")
    if a.is_activation or not all(a.is_tensor(name) and not a.is_fixed(name) for name in both):
        return None
    left, right = (a.shape(name) for name in both)
    if a.operator == "mul":
        return elementwise_product(a.name, left, right)
    return elementwise_sum(a.name, [left, right])


KINDS: dict[str, tuple[type[Recurrent], int]] = {
    "lstm": (LSTM, 4),
    "gru": (GRU, 3),
    "rnn_tanh": (RNN, 1),
    "rnn_relu": (RNN, 1),
}


def _recurrent(a: Call) -> Found:
    """Return the layers of a recurrent network: one for each of torch's ``num_layers``."""
    kind, gates = KINDS[a.operator]
    if "batch_sizes" in a.values:
        raise InputError(
            "sequences of different lengths",
            found="a packed sequence",
            expected="a tensor padded to one length",
        )
    x = a.shape("input")
    x = x if len(x) == 3 else (x[0], 1, x[1])
    steps, batch = (x[1], x[0]) if a.flag("batch_first") else (x[0], x[1])
    directions = 2 if a.flag("bidirectional") else 1
    weights = [shape for shape in a.shapes("params") if len(shape) == 2]
    hidden, inputs = weights[0][0] // gates, x[2]
    if weights[1][1] != hidden:
        raise InputError("an LSTM with projections", found=f"proj_size={weights[1][1]}", expected="none")
    layers: list[Layer] = []
    count = int(a.values["num_layers"])
    for number in range(count):
        name = f"{a.name}.{number}" if count > 1 else a.name
        layers.append(_unrolled(kind, name, batch, inputs, hidden, steps, directions))
        inputs = hidden * directions
    return layers


def _unrolled(
    kind: type[Recurrent], name: str, batch: int, inputs: int, hidden: int, steps: int, directions: int = 1
) -> Layer:
    extra = {"reset_after": True} if kind is GRU else {}
    sizes: dict[str, Any] = {"batch": batch, "inputs": inputs, "hidden": hidden, "steps": steps}
    return kind(name=name, directions=directions, **sizes, **extra)


def _cell(a: Call) -> Found:
    kind, gates = KINDS[a.operator.removesuffix("_cell")]
    rows, inputs = a.shape("w_ih")
    x = a.shape("input")
    return _unrolled(kind, a.name, math.prod(x[:-1]), inputs, rows // gates, 1)


READERS: dict[str, Callable[[Call], Found]] = {
    **dict.fromkeys(words("conv1d conv2d conv3d convolution"), _conv),
    **dict.fromkeys(words("conv_transpose1d conv_transpose2d conv_transpose3d"), _conv),
    **dict.fromkeys(words("max_pool1d max_pool2d max_pool3d max_pool1d_with_indices"), _pool),
    **dict.fromkeys(words("max_pool2d_with_indices max_pool3d_with_indices"), _pool),
    **dict.fromkeys(words("avg_pool1d avg_pool2d avg_pool3d"), _pool),
    **dict.fromkeys(words("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d"), _adaptive),
    **dict.fromkeys(words("_adaptive_avg_pool2d _adaptive_avg_pool3d"), _adaptive),
    **dict.fromkeys(words("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"), _adaptive),
    "mean": _mean,
    "linear": _linear,
    "matmul": _product("self", "other"),
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "addmm": _product("mat1", "mat2"),
    "baddbmm": _product("batch1", "batch2"),
    "mv": _vector,
    "dot": _vector,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_flash_attention": _attention,
    "_scaled_dot_product_efficient_attention": _attention,
    "_scaled_dot_product_attention_math": _attention,
    **dict.fromkeys(words("add mul"), _elementwise),
    **dict.fromkeys(KINDS, _recurrent),
    **dict.fromkeys(words("lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell"), _cell),
}
"""The operators that may be layers; None where a call is not."""

UNCOUNTED = frozenset(
    words(
        "bilinear _trilinear addbmm chain_matmul tensordot cdist conv_tbc einsum conv_transpose3d "
        "convolution max_pool3d max_pool3d_with_indices avg_pool3d adaptive_avg_pool3d _adaptive_avg_pool3d "
        "adaptive_max_pool3d fractional_max_pool2d _transformer_encoder_layer_fwd "
        "_native_multi_head_attention"
    )
)
"""Operators with work for the array that have no lowering here."""
