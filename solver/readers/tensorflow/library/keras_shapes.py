"""Keras layers that do no products: activations, normalisation, merging, reshaping."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from solver.errors import InputError
from solver.readers.tensorflow.graph.products import combine, multiply_matrices
from solver.readers.tensorflow.graph.sizes import as_integer, normal_axis, sizes_of
from solver.readers.tensorflow.library.arrays import joined, reshaped
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.keras_layers import layer, tensor_of
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.values import Size, Tensor, Value, is_sequence, items_of, type_name

Sizes = tuple[Size, ...] | None


def _host_layer(
    names: str, parameters: str, operation: str = ""
) -> Callable[[Callable[[Call, Tensor, str], Sizes]], None]:
    """Return a decorator that adds layers of the host; the function gives the shape of the result."""

    def decorate(shape_of: Callable[[Call, Tensor, str], Sizes]) -> None:
        @layer(names, parameters)
        def build(a: Call, value: Value, name: str) -> Value:
            x = tensor_of(value, name)
            return a.graph.host(operation or a.short, [x], shape_of(a, x, name), name)

    return decorate


SAME_SHAPE = [
    (
        "Dropout SpatialDropout1D SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout",
        "rate=0 noise_shape=None",
    ),
    (
        "BatchNormalization",
        "axis=-1 epsilon=0.001 center=True scale=True training=None virtual_batch_size=None",
    ),
    (
        "LayerNormalization UnitNormalization GroupNormalization",
        "axis=-1 epsilon=0.001 center=True scale=True groups=1",
    ),
    ("ReLU", "max_value=None negative_slope=0 threshold=0"),
    ("LeakyReLU", "alpha=0.3 negative_slope=None"),
    ("PReLU ELU ThresholdedReLU", "alpha=1 theta=1 shared_axes=None"),
    ("Softmax", "axis=-1"),
    ("Masking", "mask_value=0"),
    ("ActivityRegularization", "l1=0 l2=0"),
    ("Rescaling", "scale=1 offset=0"),
    ("Normalization", "axis=-1 mean=None variance=None invert=False"),
    (
        "RandomFlip RandomRotation RandomZoom RandomContrast RandomTranslation RandomBrightness",
        "a=None b=None fill_mode=None",
    ),
]
"""Layers whose results have the shape of their input, with their parameters."""

for _names, _parameters in SAME_SHAPE:
    _host_layer(_names, _parameters)(lambda a, x, name: x.shape)


@layer("Activation", "activation")
def activation(a: Call, value: Value, name: str) -> Value:
    """Apply an activation function."""
    x = tensor_of(value, name)
    if isinstance(a.get("activation"), str) and a.get("activation") != "linear":
        return a.graph.host(a.get("activation"), [x], x.shape, name)
    return a.activated(x)


def _as_function(
    build: Callable[[Call, Value, str], Value], layer_name: str, fallback: str, parameters: str = ""
) -> None:
    """Add the function of Keras that does what a layer does."""
    op(f"tf.keras.layers.{layer_name}", f"inputs {parameters} name=None")(
        lambda a: build(a, a.get("inputs"), a.name(fallback))
    )


def _tensors(value: Value, name: str, least: int) -> list[Tensor]:
    tensors = [tensor_of(item, name) for item in items_of(value)] if is_sequence(value) else []
    if len(tensors) < least:
        raise InputError("this layer joins several tensors", field=name, found=type_name(value))
    return tensors


def _merged(operation: str, a: Call, value: Value, name: str) -> Value:
    result, *others = tensors = _tensors(value, name, 2)
    if operation == "add":
        return combine(a.graph, operation, tensors, f"{name}/")
    for tensor in others:
        result = combine(a.graph, operation, [result, tensor], f"{name}/")
    return result


for _operation in ("add", "multiply", "subtract", "average", "maximum", "minimum"):
    _build = layer(_operation.title(), "")(partial(_merged, _operation))
    _as_function(_build, _operation, _operation)


@layer("Concatenate", "axis=-1")
def concatenate(a: Call, value: Value, name: str) -> Value:
    """Join tensors."""
    return joined(a.graph, _tensors(value, name, 1), a.integers("axis", least=-9)[0], name)


_as_function(concatenate, "concatenate", "concatenate", "axis=-1")


@_host_layer("Flatten", "data_format=None", "flatten")
def _flatten(a: Call, x: Tensor, name: str) -> Sizes:
    batch, *rest = sizes_of(x, name)
    return (batch, math.prod(rest))


@_host_layer("Reshape", "target_shape", "reshape")
def _reshape(a: Call, x: Tensor, name: str) -> Sizes:
    batch = sizes_of(x, name)[0]
    return reshaped(x, [batch, *a.integers("target_shape", least=-1)], name)


@_host_layer("Permute", "dims", "transpose")
def _permute(a: Call, x: Tensor, name: str) -> Sizes:
    sizes, order = sizes_of(x, name), a.integers("dims")
    if sorted(order) != list(range(1, len(sizes))):
        raise InputError("no order of the axes", field=name, found=str(order))
    return (sizes[0], *(sizes[axis] for axis in order))


@_host_layer("RepeatVector", "n", "tile")
def _repeat_vector(a: Call, x: Tensor, name: str) -> Sizes:
    batch, words = sizes_of(x, name, 2)
    return (batch, a.integer("n"), words)


@_host_layer("Embedding", "input_dim output_dim mask_zero=False input_length=None", "embedding")
def _embedding(a: Call, x: Tensor, name: str) -> Sizes:
    return None if x.shape is None else (*x.shape, a.integer("output_dim"))


def _bordered(parameter: str, sign: int, a: Call, x: Tensor, name: str) -> Sizes:
    """Return the shape with a border added or taken away along the axes of an image."""
    first = 1 if a.channels_last() else 2
    sizes = list(sizes_of(x, name, 3, 4))
    given = a.known(parameter, "integers")
    items = items_of(given) if is_sequence(given) else [given] * (len(sizes) - 2)
    for axis, item in enumerate([given] if len(sizes) == 3 else items):
        pair = items_of(item) if is_sequence(item) else [item, item]
        sizes[first + axis] += sign * sum(as_integer(name, parameter, n, 0) for n in pair)
    return tuple(sizes)


for _names, _parameter, _operation, _sign in (
    ("ZeroPadding2D ZeroPadding1D", "padding", "pad", 1),
    ("Cropping2D Cropping1D", "cropping", "crop", -1),
):
    _host_layer(_names, f"{_parameter}=1 data_format=None", _operation)(partial(_bordered, _parameter, _sign))


@_host_layer("UpSampling2D", "size=2 data_format=None interpolation='nearest'", "resize")
def _upsample(a: Call, x: Tensor, name: str) -> Sizes:
    first = 1 if a.channels_last() else 2
    sizes = list(sizes_of(x, name, 4))
    for axis, times in enumerate(a.pair("size"), start=first):
        sizes[axis] *= times
    return tuple(sizes)


@_host_layer("Resizing", "height width interpolation='bilinear' crop_to_aspect_ratio=False", "resize")
def _resizing(a: Call, x: Tensor, name: str) -> Sizes:
    batch, _, _, channels = sizes_of(x, name, 4)
    return (batch, a.integer("height"), a.integer("width"), channels)


@layer("Lambda", "function output_shape=None mask=None arguments=None")
def lambda_(a: Call, value: Value, name: str) -> Value:
    """Call a function of the program."""
    extra = a.get("arguments") if isinstance(a.get("arguments"), dict) else {}
    return a.reader.call(a.get("function"), [value], dict(extra), a.line)


layer("InputLayer", "input_shape=None batch_size=None shape=None input_tensor=None")(
    lambda a, value, name: value
)


@layer("Dot", "axes normalize=False")
def dot(a: Call, value: Value, name: str) -> Value:
    """Multiply two tensors over an axis of each, the batch kept."""
    left, right = (tensor_of(item, name) for item in items_of(value))
    axes = a.integers("axes", least=-3)
    ranks = (len(sizes_of(left, name)), len(sizes_of(right, name)))
    first, second = (normal_axis(axes[i if len(axes) > 1 else 0], ranks[i], name) for i in (0, 1))
    if ranks != (3, 3):
        raise InputError("a Dot of other than matrices is not followed", field=name, found=f"{ranks} axes")
    return multiply_matrices(a.graph, name, left, right, flip=(first == 1, second == 2))
