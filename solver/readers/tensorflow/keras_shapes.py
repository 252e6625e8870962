"""Keras layers that do no products: activations, normalisation, merging, reshaping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.common import activate, channels_last, host, normal_axis, sizes_of
from solver.readers.tensorflow.keras_layers import layer, tensor_of
from solver.readers.tensorflow.ops_arrays import joined, reshaped
from solver.readers.tensorflow.ops_math import combine, multiply_matrices
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, as_integer
from solver.readers.tensorflow.tensor import Size
from solver.readers.tensorflow.values import Value, is_sequence, items_of, type_name

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


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
            return combine(reader, operation, tensors, f"{name}/")
        for tensor in tensors[1:]:
            result = combine(reader, operation, [result, tensor], f"{name}/")
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
