"""Keras layers: what each makes of its input. ``tf.layers`` has the same ones as functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from solver.errors import InputError
from solver.readers.padding import Padding
from solver.readers.tensorflow.graph.products import weigh
from solver.readers.tensorflow.graph.sizes import as_tensor
from solver.readers.tensorflow.graph.windows import (
    Geometry,
    Pair,
    convolve,
    convolve_apart,
    deconvolve,
    image_of,
    pool,
    pool_all,
)
from solver.readers.tensorflow.library.call import Call, Parameters, signature
from solver.readers.tensorflow.library.keras1 import modern
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    External,
    Tensor,
    Unknown,
    Value,
    is_sequence,
    items_of,
    type_name,
)

Build = Callable[[Call, Value, str], Value]
"""What a layer makes of its input under a name."""


@dataclass(frozen=True)
class Kind:
    """A kind of layer."""

    name: str
    parameters: Parameters
    build: Build


KINDS: dict[str, Kind] = {}
"""Keras layers by name."""

INPUT_KEYWORDS = ("input_shape", "input_dim", "batch_input_shape", "batch_size", "input_length")


class KerasLayer(LayerObject):
    """A layer with its arguments; every call is another run of it."""

    def __init__(self, reader: Reader, kind: Kind, args: list[Value], keywords: dict[str, Value]) -> None:
        own = {key: value for key, value in keywords.items() if key not in INPUT_KEYWORDS}
        if kind.name == "Embedding" and "input_dim" in keywords:
            own["input_dim"] = keywords["input_dim"]
        self.kind = kind
        self.keywords = keywords
        plain = "tensorflow" not in reader.imports
        args, own = modern(kind.name, kind.parameters, args, own, plain=plain)
        self.arguments = Call(reader, kind.name, kind.parameters, args, own)
        name = keywords.get("name")
        self.name = name if isinstance(name, str) else ""

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what the layer makes of its input."""
        value = args[0] if args else keywords.get("inputs", keywords.get("query"))
        if self.kind.name == "MultiHeadAttention":
            value = (value, *args[1:3], *(keywords[k] for k in ("value", "key") if k in keywords))
        name = reader.graph.own_or_within(self.name, snake(self.kind.name))
        return self.kind.build(self.arguments, value, name)

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return an argument under its name; weights and the like are not known."""
        if name == "name":
            return self.name or snake(self.kind.name)
        if name in self.kind.parameters:
            return self.arguments.get(name)
        return super().attribute(reader, name, line)


def snake(name: str) -> str:
    """Return a class name as Keras writes it: ``Conv2DTranspose`` is ``conv2d_transpose``."""
    parted = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()


def layer(names: str, parameters: str) -> Callable[[Build], Build]:
    """Return a decorator that adds a kind of layer under some names, and its ``tf.layers`` function."""

    def decorate(build: Build) -> Build:
        for name in names.split():
            KINDS[name] = Kind(name, signature(f"{parameters} name=None"), build)
            function = op(f"tf.layers.{snake(name)}", f"inputs {parameters} name=None training=None")
            function(partial(_as_function, build, snake(name)))
        return build

    return decorate


def _as_function(build: Build, kind: str, a: Call) -> Value:
    return build(a, a.get("inputs"), a.graph.own_or_within(a.get("name"), kind))


def make_layer(reader: Reader, path: str, args: list[Value], keywords: dict[str, Value]) -> KerasLayer | None:
    """Return the layer that a class makes (``tf.keras.layers.Dense``), or None if it is none."""
    module, _, name = path.rpartition(".")
    kind = KINDS.get(name) if module in ("tf.keras.layers", "tf.layers") else None
    return KerasLayer(reader, kind, args, keywords) if kind is not None else None


def tensor_of(value: Value, name: str) -> Tensor:
    """Return a layer's input as a tensor, or raise an `InputError`."""
    if is_sequence(value) and len(items_of(value)) == 1:
        value = items_of(value)[0]
    found = as_tensor(value)
    if found is None:
        unknown = isinstance(value, Unknown)
        raise InputError(
            "this layer's input cannot be followed",
            field=name,
            found=f"{value.reason}, from line {value.line}" if unknown else type_name(value),
            expected="a tensor",
        )
    return found


def _geometry(a: Call, kernel: Pair, *, plane: bool = True) -> Geometry:
    last = a.channels_last()
    stride = a.pair("strides", "stride")
    dilation = a.pair("dilation_rate", "rate") if a.given("dilation_rate", "rate") else (1, 1)
    if not plane:
        stride, dilation = (1, stride[-1]), (1, dilation[-1])
    padding: Padding
    if not plane and a.get("padding") == "causal":  # no output depends on later inputs
        padding = ((0, 0), ((kernel[1] - 1) * dilation[1], 0))
    else:
        padding = a.padding(last=last)
    return Geometry(kernel, stride, padding, dilation, last)


def _finish(a: Call, x: Tensor, name: str) -> Tensor:
    """Apply normalisation (of slim) and activation function behind a layer."""
    normalizer = a.get("normalizer_fn")
    if isinstance(normalizer, External):
        x = a.graph.host(normalizer.name, [x], x.shape, f"{name}/")
    elif normalizer is not None:
        params = a.get("normalizer_params")
        keywords = dict(params) if isinstance(params, dict) else {}
        result = a.reader.call(normalizer, [x], keywords, a.line)
        x = result if isinstance(result, Tensor) else x
    return a.activated(x, name)


WINDOW = "strides=1 padding='valid'"
PLAIN = "activation=None use_bias=True"
"""The bias goes with the products and is not listed."""


@layer(
    "Conv2D Convolution2D AtrousConvolution2D Conv1D Convolution1D AtrousConvolution1D",
    f"filters kernel_size {WINDOW} data_format=None dilation_rate=1 groups=1 {PLAIN}",
)
def conv(a: Call, value: Value, name: str) -> Value:
    """Convolve."""
    x = tensor_of(value, name)
    plane = x.shape is None or len(x.shape) != 3
    kernel = a.pair("kernel_size")
    geometry = _geometry(a, kernel if plane else (1, kernel[-1]), plane=plane)
    groups = a.integer("groups") if a.given("groups") else 1
    result = convolve(a.graph, name, x, a.integer("filters", "num_outputs"), geometry, groups)
    return _finish(a, result, name)


@layer(
    "DepthwiseConv2D",
    f"kernel_size {WINDOW} depth_multiplier=1 data_format=None dilation_rate=1 {PLAIN}",
)
def depthwise(a: Call, value: Value, name: str) -> Value:
    """Convolve every channel by itself."""
    x, geometry = tensor_of(value, name), _geometry(a, a.pair("kernel_size"))
    channels = image_of(x, name, last=geometry.last)[1][0]
    result = convolve(a.graph, name, x, channels * a.integer("depth_multiplier"), geometry, channels)
    return _finish(a, result, name)


@layer(
    "SeparableConv2D SeparableConvolution2D",
    f"filters kernel_size {WINDOW} data_format=None dilation_rate=1 depth_multiplier=1 {PLAIN}",
)
def separable(a: Call, value: Value, name: str) -> Value:
    """Convolve every channel by itself, then 1x1."""
    x, geometry = tensor_of(value, name), _geometry(a, a.pair("kernel_size"))
    channels = image_of(x, name, last=geometry.last)[1][0]
    times, filters = a.integer("depth_multiplier"), a.integer("filters", "num_outputs")
    return _finish(a, convolve_apart(a.graph, name, x, channels, times, filters, geometry), name)


@layer(
    "Conv2DTranspose Convolution2DTranspose Deconvolution2D",
    f"filters kernel_size {WINDOW} output_padding=None data_format=None dilation_rate=1 {PLAIN} "
    "output_shape=None",
)
def transposed(a: Call, value: Value, name: str) -> Value:
    """Convolve the other way round."""
    extra = a.pair("output_padding", least=0) if a.given("output_padding") else None
    geometry = _geometry(a, a.pair("kernel_size"))
    filters = a.integer("filters", "num_outputs")
    x = deconvolve(a.graph, name, tensor_of(value, name), filters, geometry, extra=extra)
    stated = items_of(a.known("output_shape", "a shape"))[1:] if a.given("output_shape") else []
    if stated and x.shape and tuple(stated) != x.shape[1:]:  # of Keras 1, which could do so
        found, expected = "x".join(map(str, stated)), "x".join(map(str, x.shape[1:]))
        raise InputError(
            "an output of another size than follows", field="output_shape", found=found, expected=expected
        )
    return _finish(a, x, name)


@layer("Dense TimeDistributedDense", f"units {PLAIN}")
def dense(a: Call, value: Value, name: str) -> Value:
    """Multiply by weights."""
    outputs = a.integer("units", "num_outputs")
    return _finish(a, weigh(a.graph, name, tensor_of(value, name), outputs), name)


def pooled(largest: bool, plane: bool, a: Call, value: Value, name: str) -> Value:
    """Pool."""
    last = a.channels_last()
    size = a.pair("pool_size", "kernel_size")
    stride = size if a.get("strides", "stride") is None else a.pair("strides", "stride")
    if not plane:
        size, stride = (1, size[-1]), (1, stride[-1])
    geometry = Geometry(size, stride, a.padding(last=last), last=last)
    return pool(a.graph, name, tensor_of(value, name), geometry, largest=largest)


for _names, _largest, _plane in (
    ("MaxPooling2D MaxPool2D", True, True),
    ("AveragePooling2D AvgPool2D", False, True),
    ("MaxPooling1D MaxPool1D", True, False),
    ("AveragePooling1D AvgPool1D", False, False),
):
    layer(_names, "pool_size=2 strides=None padding='valid' data_format=None")(
        partial(pooled, _largest, _plane)
    )


def _pooled_all(largest: bool, a: Call, value: Value, name: str) -> Value:
    last, keep = a.channels_last(), a.flag("keepdims")
    return pool_all(a.graph, name, tensor_of(value, name), largest=largest, last=last, keep=keep)


for _names, _largest in (
    ("GlobalMaxPooling2D GlobalMaxPool2D GlobalMaxPooling1D GlobalMaxPool1D", True),
    ("GlobalAveragePooling2D GlobalAvgPool2D GlobalAveragePooling1D GlobalAvgPool1D", False),
):
    layer(_names, "data_format=None keepdims=False")(partial(_pooled_all, _largest))
