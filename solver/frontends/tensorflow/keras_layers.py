"""Keras layers: what each makes of its input. ``tf.layers`` has the same ones as functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.frontends.tensorflow.common import activate, channels_last, host, normal_axis, sizes_of
from solver.frontends.tensorflow.objects import LayerObject
from solver.frontends.tensorflow.ops_arrays import joined, reshaped
from solver.frontends.tensorflow.ops_math import combine, multiply_matrices
from solver.frontends.tensorflow.registry import op
from solver.frontends.tensorflow.signature import Arguments, Signature, as_integer, as_tensor, signature
from solver.frontends.tensorflow.tensor import Size, Tensor
from solver.frontends.tensorflow.values import (
    Unknown,
    Value,
    is_sequence,
    items_of,
    type_name,
)
from solver.frontends.tensorflow.windows import (
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
    from solver.frontends.tensorflow.calls import Calls

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
        self.kind = kind
        self.keywords = keywords
        self.arguments = Arguments(kind.name, kind.parameters, args, own)
        name = keywords.get("name")
        self.name = name if isinstance(name, str) else ""

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what the layer makes of its input."""
        value = args[0] if args else keywords.get("inputs")
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
    """Return a class name as Keras writes it: ``MaxPooling2D`` is ``max_pooling2d``."""
    result = ""
    for position, character in enumerate(name):
        if character.isupper() and position and (name[position - 1].islower()):
            result += "_"
        result += character.lower()
    return result


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
    padding = padding_of(a, "padding", last=last)
    stride, dilation = a.pair("strides"), a.pair("dilation_rate")
    if not plane:
        stride, dilation = (1, stride[-1]), (1, dilation[-1])
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
    weights = Tensor((*words, a.integer("units")), fixed=True)
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


def _host(names: str, parameters: str = "a=None b=None c=None d=None") -> None:
    @layer(names, parameters)
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        x = tensor_of(value, name)
        return host(reader, a.function.rpartition(".")[2], [x], x.shape, name)


_host(
    "Dropout SpatialDropout1D SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout",
    "rate=0 noise_shape=None",
)
_host(
    "BatchNormalization",
    "axis=-1 epsilon=0.001 center=True scale=True training=None virtual_batch_size=None",
)
_host(
    "LayerNormalization UnitNormalization GroupNormalization",
    "axis=-1 epsilon=0.001 center=True scale=True groups=1",
)
_host("ReLU", "max_value=None negative_slope=0 threshold=0")
_host("LeakyReLU", "alpha=0.3 negative_slope=None")
_host("PReLU ELU ThresholdedReLU", "alpha=1 theta=1 shared_axes=None")
_host("Softmax", "axis=-1")
_host("Masking", "mask_value=0")
_host("ActivityRegularization", "l1=0 l2=0")
_host("Rescaling", "scale=1 offset=0")
_host("Normalization", "axis=-1 mean=None variance=None invert=False")
_host(
    "RandomFlip RandomRotation RandomZoom RandomContrast RandomTranslation RandomBrightness",
    "a=None b=None fill_mode=None",
)


@layer("Activation", "activation")
def activation_(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Apply an activation function."""
    x = tensor_of(value, name)
    if isinstance(a.get("activation"), str) and a.get("activation") != "linear":
        return host(reader, a.get("activation"), [x], x.shape, name)
    return activate(reader, a.get("activation"), x)


def _merge(names: str, operation: str) -> None:
    @layer(names, "")
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        tensors = [tensor_of(item, name) for item in items_of(value)] if is_sequence(value) else []
        if len(tensors) < 2:
            raise InputError("this layer joins several tensors", field=name, found=type_name(value))
        result = tensors[0]
        if operation == "add":
            return combine(reader, operation, tensors, name.rpartition("/")[2])
        for tensor in tensors[1:]:
            result = combine(reader, operation, [result, tensor], name.rpartition("/")[2])
        return result

    for name in names.split():

        @op(f"tf.keras.layers.{name.lower()}", "inputs name=None")
        def run(reader: Calls, a: Arguments) -> Value:
            return build(reader, a, a.get("inputs"), reader.graph.name(a.get("name"), operation))


_merge("Add", "add")
_merge("Multiply", "multiply")
_merge("Subtract", "subtract")
_merge("Average", "average")
_merge("Maximum", "maximum")
_merge("Minimum", "minimum")


@layer("Concatenate", "axis=-1")
def concatenate(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Join tensors."""
    tensors = [tensor_of(item, name) for item in items_of(value)] if is_sequence(value) else []
    if not tensors:
        raise InputError("this layer joins several tensors", field=name, found=type_name(value))
    return joined(reader, tensors, a.integers("axis", -9)[0], name)


@op("tf.keras.layers.concatenate", "inputs axis=-1 name=None")
def concatenate_function(reader: Calls, a: Arguments) -> Value:
    """Join tensors."""
    return concatenate(reader, a, a.get("inputs"), reader.graph.name(a.get("name"), "concatenate"))


@layer("Flatten", "data_format=None")
def flatten(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Keep the batch, join the other axes."""
    x = tensor_of(value, name)
    batch, *rest = sizes_of(x, name)
    total = 1
    for size in rest:
        total *= size
    return host(reader, "flatten", [x], (batch, total), name)


@layer("Reshape", "target_shape")
def reshape(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Give another shape behind the batch."""
    x = tensor_of(value, name)
    batch = sizes_of(x, name)[0]
    wanted = a.integers("target_shape", -1)
    return host(reader, "reshape", [x], reshaped(x, [batch, *wanted], name), name)


@layer("Permute", "dims")
def permute(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Change the order of the axes behind the batch."""
    x = tensor_of(value, name)
    sizes, order = sizes_of(x, name), a.integers("dims")
    if sorted(order) != list(range(1, len(sizes))):
        raise InputError("no order of the axes", field=name, found=str(order))
    return host(reader, "transpose", [x], (sizes[0], *(sizes[axis] for axis in order)), name)


@layer("RepeatVector", "n")
def repeat_vector(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Repeat a vector along a new axis."""
    x = tensor_of(value, name)
    batch, words = sizes_of(x, name, 2)
    return host(reader, "tile", [x], (batch, a.integer("n"), words), name)


@layer("Embedding", "input_dim output_dim mask_zero=False input_length=None")
def embedding(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Take rows of a table."""
    x = tensor_of(value, name)
    shape: tuple[Size, ...] | None = None if x.shape is None else (*x.shape, a.integer("output_dim"))
    return host(reader, "embedding", [x], shape, name)


def _borders(names: str, parameter: str, sign: int) -> None:
    @layer(names, f"{parameter}=1 data_format=None")
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        x, last = tensor_of(value, name), channels_last(a)
        sizes = list(sizes_of(x, name, 3, 4))
        given = a.known(parameter, "integers")
        items = items_of(given) if is_sequence(given) else [given] * (len(sizes) - 2)
        if len(sizes) == 3:
            items = [given]
        first = 1 if last else 2
        for axis, item in enumerate(items):
            pair = items_of(item) if is_sequence(item) else [item, item]
            sizes[first + axis] += sign * sum(as_integer(name, parameter, n, 0) for n in pair)
        return host(reader, "pad" if sign > 0 else "crop", [x], tuple(sizes), name)


_borders("ZeroPadding2D ZeroPadding1D", "padding", 1)
_borders("Cropping2D Cropping1D", "cropping", -1)


@layer("UpSampling2D", "size=2 data_format=None interpolation='nearest'")
def upsample(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Repeat rows and columns."""
    x, last = tensor_of(value, name), channels_last(a)
    sizes = list(sizes_of(x, name, 4))
    for axis, times in enumerate(a.pair("size")):
        sizes[axis + (1 if last else 2)] *= times
    return host(reader, "resize", [x], tuple(sizes), name)


@layer("Resizing", "height width interpolation='bilinear' crop_to_aspect_ratio=False")
def resizing(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Scale images."""
    x = tensor_of(value, name)
    batch, _, _, channels = sizes_of(x, name, 4)
    return host(reader, "resize", [x], (batch, a.integer("height"), a.integer("width"), channels), name)


@layer("Lambda", "function output_shape=None mask=None arguments=None")
def lambda_(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Call a function of the program."""
    extra = a.get("arguments") if isinstance(a.get("arguments"), dict) else {}
    return reader.call(a.get("function"), [value], dict(extra), reader.line)


@layer("InputLayer", "input_shape=None batch_size=None shape=None input_tensor=None")
def input_layer(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Pass on."""
    return value


@layer("Dot", "axes normalize=False")
def dot(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Multiply two tensors over an axis of each, the batch kept."""
    left, right = (tensor_of(item, name) for item in items_of(value))
    axes = a.integers("axes", -3)
    ranks = (len(sizes_of(left, name)), len(sizes_of(right, name)))
    first, second = (normal_axis(axes[i if len(axes) > 1 else 0], ranks[i], name) for i in (0, 1))
    if ranks != (3, 3):
        raise InputError("a Dot of other than matrices is not followed", field=name, found=f"{ranks} axes")
    return multiply_matrices(reader, name, left, right, flip=(first == 1, second == 2))
