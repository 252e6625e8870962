"""Keras layers: what each makes of its input. ``tf.layers`` has the same ones as functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.padding import Padding
from solver.readers.tensorflow.common import activate, channels_last, sizes_of
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.ops_math import multiply_matrices
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, Signature, as_tensor, signature
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Unknown, Value, is_sequence, items_of, type_name
from solver.readers.tensorflow.windows import (
    Geometry,
    Pair,
    convolve,
    deconvolve,
    image_of,
    padding_of,
    pool,
    pool_all,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

Build = Callable[["Calls", Arguments, Value, str], Value]


@dataclass(frozen=True)
class Kind:
    """A kind of layer: its name, parameters, and what it makes of its input under a name."""

    name: str
    parameters: Signature
    build: Build


KINDS: dict[str, Kind] = {}
"""Keras layers by name."""

INPUT_KEYWORDS = ("input_shape", "input_dim", "batch_input_shape", "batch_size", "input_length")


class KerasLayer(LayerObject):
    """A layer with its arguments; every call is another run of it."""

    def __init__(self, kind: Kind, args: list[Value], keywords: dict[str, Value]) -> None:
        own = {key: value for key, value in keywords.items() if key not in INPUT_KEYWORDS}
        if kind.name == "Embedding" and "input_dim" in keywords:
            own["input_dim"] = keywords["input_dim"]
        if kind.name == "Convolution2D" and len(args) > 2 and isinstance(args[1], int):
            raise InputError(
                "this is how Keras 1 writes a kernel",
                field="kernel_size",
                found=f"Convolution2D with {args[1]} and {args[2]} by themselves",
                expected=f"Conv2D with ({args[1]}, {args[2]})",
            )
        self.kind = kind
        self.keywords = keywords
        self.arguments = Arguments(kind.name, kind.parameters, args, own)
        name = keywords.get("name")
        self.name = name if isinstance(name, str) else ""

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what the layer makes of its input."""
        value = args[0] if args else keywords.get("inputs", keywords.get("query"))
        name = interpreter.graph.name(self.name, snake(self.kind.name))
        if any(interpreter.graph.scopes) and not self.name:
            name += f"/{snake(self.kind.name)}"
        if self.kind.name == "MultiHeadAttention":
            value = (value, *args[1:3], *(keywords[k] for k in ("value", "key") if k in keywords))
        return self.kind.build(interpreter, self.arguments, value, name)

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return an argument under its name; weights and the like are not known."""
        if name == "name":
            return self.name or snake(self.kind.name)
        if any(name == key for key, _ in self.kind.parameters.parameters):
            return self.arguments.get(name)
        return super().attribute(interpreter, name, line)


def snake(name: str) -> str:
    """Return a class name as Keras writes it: ``Conv2DTranspose`` is ``conv2d_transpose``."""
    parted = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()


def layer(names: str, parameters: str) -> Callable[[Build], Build]:
    """Return a decorator that adds a kind of layer under some names, and its ``tf.layers`` function."""

    def decorate(build: Build) -> Build:
        for name in names.split():
            _add(Kind(name, signature(f"{parameters} name=None"), build), parameters)
        return build

    return decorate


def _add(kind: Kind, parameters: str) -> None:
    KINDS[kind.name] = kind
    function = snake(kind.name)

    @op(f"tf.layers.{function}", f"inputs {parameters} name=None training=None")
    def run(reader: Calls, a: Arguments) -> Value:
        name = reader.graph.name(a.get("name"), function)
        if any(reader.graph.scopes) and not a.given("name"):
            name += f"/{function}"
        return kind.build(reader, a, a.get("inputs"), name)


def make_layer(path: str, args: list[Value], keywords: dict[str, Value]) -> KerasLayer | None:
    """Return the layer that a class makes (``tf.keras.layers.Dense``), or None if it is none."""
    module, _, name = path.rpartition(".")
    kind = KINDS.get(name) if module in ("tf.keras.layers", "tf.layers") else None
    return KerasLayer(kind, args, keywords) if kind is not None else None


def tensor_of(value: Value, name: str) -> Tensor:
    """Return a layer's input as a tensor, or raise an `InputError`."""
    if is_sequence(value) and len(items_of(value)) == 1:
        value = items_of(value)[0]
    found = as_tensor(value)
    if found is None:
        raise InputError(
            "this layer's input cannot be followed",
            field=name,
            found=f"{value.reason}, from line {value.line}"
            if isinstance(value, Unknown)
            else type_name(value),
            expected="a tensor",
        )
    return found


def _geometry(a: Arguments, kernel: Pair, *, plane: bool = True) -> Geometry:
    last = channels_last(a)
    stride, dilation = a.pair("strides"), a.pair("dilation_rate")
    if not plane:
        stride, dilation = (1, stride[-1]), (1, dilation[-1])
    padding: Padding
    if not plane and a.get("padding") == "causal":  # no output depends on later inputs
        padding = ((0, 0), ((kernel[1] - 1) * dilation[1], 0))
    else:
        padding = padding_of(a, "padding", last=last)
    return Geometry(kernel, stride, padding, dilation, last)


CONV = (
    "filters kernel_size strides=1 padding='valid' data_format=None dilation_rate=1 groups=1 activation=None "
    "use_bias=True"
)


def _finish(reader: Calls, a: Arguments, x: Tensor, name: str) -> Tensor:
    """Apply what stands behind the products: bias (not listed, it goes with them) and activation."""
    return activate(reader, a.get("activation"), x, name)


@layer("Conv2D Convolution2D Conv1D Convolution1D", CONV)
def conv(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Convolve."""
    x = tensor_of(value, name)
    if x.shape is not None and len(x.shape) == 3:
        geometry = _geometry(a, (1, a.pair("kernel_size")[-1]), plane=False)
    else:
        geometry = _geometry(a, a.pair("kernel_size"))
    return _finish(
        reader, a, convolve(reader, name, x, a.integer("filters"), geometry, a.integer("groups")), name
    )


@layer(
    "DepthwiseConv2D",
    "kernel_size strides=1 padding='valid' depth_multiplier=1 data_format=None dilation_rate=1 "
    "activation=None use_bias=True",
)
def depthwise(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Convolve every channel by itself."""
    x, geometry = tensor_of(value, name), _geometry(a, a.pair("kernel_size"))
    channels = image_of(x, name, last=geometry.last)[1][0]
    result = convolve(reader, name, x, channels * a.integer("depth_multiplier"), geometry, channels)
    return _finish(reader, a, result, name)


@layer(
    "SeparableConv2D SeparableConvolution2D",
    "filters kernel_size strides=1 padding='valid' data_format=None dilation_rate=1 depth_multiplier=1 "
    "activation=None use_bias=True",
)
def separable(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Convolve every channel by itself, then 1x1."""
    x, geometry = tensor_of(value, name), _geometry(a, a.pair("kernel_size"))
    channels = image_of(x, name, last=geometry.last)[1][0]
    wide = channels * a.integer("depth_multiplier")
    x = convolve(reader, f"{name}/depthwise", x, wide, geometry, channels)
    x = convolve(reader, f"{name}/pointwise", x, a.integer("filters"), Geometry((1, 1), last=geometry.last))
    return _finish(reader, a, x, name)


@layer(
    "Conv2DTranspose Convolution2DTranspose",
    "filters kernel_size strides=1 padding='valid' output_padding=None data_format=None dilation_rate=1 "
    "activation=None use_bias=True",
)
def transposed(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Convolve the other way round."""
    extra = a.pair("output_padding", 0) if a.given("output_padding") else None
    geometry = _geometry(a, a.pair("kernel_size"))
    x = deconvolve(reader, name, tensor_of(value, name), a.integer("filters"), geometry, extra=extra)
    return _finish(reader, a, x, name)


@layer("Dense", "units activation=None use_bias=True")
def dense(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Multiply by weights."""
    x = tensor_of(value, name)
    words = sizes_of(x, name)[-1:]
    weights = Tensor((*words, a.integer("units")), fixed=True, weights=True)
    return _finish(reader, a, multiply_matrices(reader, name, x, weights), name)


def _pooling(names: str, *, largest: bool, plane: bool) -> None:
    @layer(names, "pool_size=2 strides=None padding='valid' data_format=None")
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        last = channels_last(a)
        size = a.pair("pool_size")
        stride = a.pair("strides") if a.given("strides") else size
        if not plane:
            size, stride = (1, size[-1]), (1, stride[-1])
        geometry = Geometry(size, stride, padding_of(a, "padding", last=last), last=last)
        return pool(reader, name, tensor_of(value, name), geometry, largest=largest)


_pooling("MaxPooling2D MaxPool2D", largest=True, plane=True)
_pooling("AveragePooling2D AvgPool2D", largest=False, plane=True)
_pooling("MaxPooling1D MaxPool1D", largest=True, plane=False)
_pooling("AveragePooling1D AvgPool1D", largest=False, plane=False)


def _global_pooling(names: str, *, largest: bool) -> None:
    @layer(names, "data_format=None keepdims=False")
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        x = tensor_of(value, name)
        return pool_all(reader, name, x, largest=largest, last=channels_last(a), keep=a.flag("keepdims"))


_global_pooling("GlobalMaxPooling2D GlobalMaxPool2D GlobalMaxPooling1D GlobalMaxPool1D", largest=True)
_global_pooling(
    "GlobalAveragePooling2D GlobalAvgPool2D GlobalAveragePooling1D GlobalAvgPool1D", largest=False
)
