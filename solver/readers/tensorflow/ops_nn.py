"""``tf.nn``: convolutions, pooling, activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.common import channels_last, host, normal_axis, sizes_of
from solver.readers.tensorflow.ops_math import multiply_matrices, named_after
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Unknown, Value
from solver.readers.tensorflow.windows import (
    Geometry,
    Pair,
    convolve,
    deconvolve,
    image_of,
    padding_of,
    pool,
    spatial,
)
from solver.readers.tensorflow.words import words

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


def layer_name(reader: Calls, a: Arguments, weights: Tensor | None, fallback: str) -> str:
    """Return the name of a layer: its own, that of the scope, or that of its weights."""
    return named_after(reader, a.get("name"), weights, fallback)


def _geometry(a: Arguments, kernel: Pair, *, strides: str, dilations: str = "") -> Geometry:
    last = channels_last(a)
    stride = spatial(a.integers(strides), last=last) if a.given(strides) else (1, 1)
    dilation = spatial(a.integers(dilations), last=last) if dilations and a.given(dilations) else (1, 1)
    return Geometry(kernel, stride, padding_of(a, "padding", last=last), dilation, last)


@op(
    "tf.nn.conv2d tf.nn.convolution tf.nn.conv1d",
    "input filter=None strides=None padding=None use_cudnn_on_gpu=True data_format=None dilations=None "
    "name=None filters=None value=None",
)
def conv2d(reader: Calls, a: Arguments) -> Value:
    """Convolve; the filter is rows, columns, channels of a group, filters."""
    x = a.tensor("input")
    weights = a.tensor("filter" if a.given("filter") else "filters")
    *kernel, channels, filters = sizes_of(weights, a.function, 3, 4)
    name = layer_name(reader, a, weights, "conv2d")
    rows, columns = kernel if len(kernel) == 2 else (1, kernel[0])
    geometry = _geometry(a, (rows, columns), strides="strides", dilations="dilations")
    if len(kernel) == 1:
        stride, dilation = (1, geometry.stride[1]), (1, geometry.dilation[1])
        geometry = Geometry((1, columns), stride, geometry.padding, dilation, geometry.last)
    _, image = image_of(x, a.function, last=geometry.last)
    if image[0] % channels:
        raise InputError(
            "the filter does not fit the input",
            field=name,
            found=f"{channels} channels in the filter",
            expected=f"{image[0]}, as the input has, or a divisor (groups)",
        )
    return convolve(reader, name, x, filters, geometry, groups=image[0] // channels)


@op("tf.nn.atrous_conv2d", "value filters rate padding name=None")
def atrous_conv2d(reader: Calls, a: Arguments) -> Value:
    """Convolve with dilation."""
    weights = a.tensor("filters")
    rows, columns, _, filters = sizes_of(weights, a.function, 4)
    rate = a.pair("rate")
    geometry = Geometry((rows, columns), (1, 1), padding_of(a, "padding", last=True), rate)
    return convolve(reader, layer_name(reader, a, weights, "conv2d"), a.tensor("value"), filters, geometry)


@op(
    "tf.nn.depthwise_conv2d tf.nn.depthwise_conv2d_native",
    "input filter=None strides=None padding=None rate=None name=None data_format=None dilations=None "
    "filters=None",
)
def depthwise(reader: Calls, a: Arguments) -> Value:
    """Convolve every channel by itself; the filter is rows, columns, channels, multiplier."""
    weights = a.tensor("filter" if a.given("filter") else "filters")
    rows, columns, channels, multiplier = sizes_of(weights, a.function, 4)
    dilations = "rate" if a.given("rate") else "dilations"
    geometry = _geometry(a, (rows, columns), strides="strides", dilations=dilations)
    name = layer_name(reader, a, weights, "depthwise_conv2d")
    return convolve(reader, name, a.tensor("input"), channels * multiplier, geometry, groups=channels)


@op(
    "tf.nn.separable_conv2d",
    "input depthwise_filter pointwise_filter strides padding rate=None name=None data_format=None "
    "dilations=None",
)
def separable(reader: Calls, a: Arguments) -> Value:
    """Convolve every channel by itself, then 1x1."""
    first, second = a.tensor("depthwise_filter"), a.tensor("pointwise_filter")
    rows, columns, channels, multiplier = sizes_of(first, a.function, 4)
    dilations = "rate" if a.given("rate") else "dilations"
    geometry = _geometry(a, (rows, columns), strides="strides", dilations=dilations)
    name = layer_name(reader, a, first, "separable_conv2d")
    x = convolve(
        reader, f"{name}/depthwise", a.tensor("input"), channels * multiplier, geometry, groups=channels
    )
    filters = sizes_of(second, a.function, 4)[3]
    return convolve(reader, f"{name}/pointwise", x, filters, Geometry((1, 1), last=geometry.last))


@op(
    "tf.nn.conv2d_transpose",
    "value=None filter=None output_shape=None strides=None padding='SAME' data_format=None name=None "
    "input=None filters=None dilations=None",
)
def conv2d_transpose(reader: Calls, a: Arguments) -> Value:
    """Convolve the other way round; the filter is rows, columns, filters, channels."""
    x = a.tensor("value" if a.given("value") else "input")
    weights = a.tensor("filter" if a.given("filter") else "filters")
    rows, columns, filters, _ = sizes_of(weights, a.function, 4)
    geometry = _geometry(a, (rows, columns), strides="strides", dilations="dilations")
    output = None
    if a.given("output_shape"):
        output = spatial(a.integers("output_shape"), last=geometry.last)
    name = layer_name(reader, a, weights, "conv2d_transpose")
    return deconvolve(reader, name, x, filters, geometry, output)


def _pooling(reader: Calls, a: Arguments, *, largest: bool) -> Value:
    x = a.tensor("value" if a.given("value") else "input")
    last = channels_last(a)
    kernel = spatial(a.integers("ksize"), last=last)
    geometry = Geometry(
        kernel, spatial(a.integers("strides"), last=last), padding_of(a, "padding", last=last), last=last
    )
    name = reader.graph.name(a.get("name"), "max_pool" if largest else "avg_pool")
    return pool(reader, name, x, geometry, largest=largest)


POOLING = "value=None ksize=None strides=None padding=None data_format=None name=None input=None"


@op("tf.nn.max_pool tf.nn.max_pool2d tf.nn.max_pool_v2", POOLING)
def max_pool(reader: Calls, a: Arguments) -> Value:
    """Take the maximum of every window."""
    return _pooling(reader, a, largest=True)


@op("tf.nn.avg_pool tf.nn.avg_pool2d tf.nn.avg_pool_v2", POOLING)
def avg_pool(reader: Calls, a: Arguments) -> Value:
    """Average every window."""
    return _pooling(reader, a, largest=False)


@op("tf.nn.relu_layer tf.nn.xw_plus_b", "x weights biases name=None")
def relu_layer(reader: Calls, a: Arguments) -> Value:
    """Multiply by weights; bias and activation function are the host's."""
    weights = a.tensor("weights")
    name = layer_name(reader, a, weights, "fc")
    result = multiply_matrices(reader, name, a.tensor("x"), weights)
    result = host(reader, "BiasAdd", [result], result.shape, f"{name}/")
    if a.function == "tf.nn.relu_layer":
        result = host(reader, "relu", [result], result.shape, f"{name}/")
    return result


@op("tf.nn.bias_add", "value bias data_format=None name=None")
def bias_add(reader: Calls, a: Arguments) -> Value:
    """Add a bias."""
    return _same_shape(reader, a, "value", "BiasAdd")


def _same_shape(reader: Calls, a: Arguments, first: str, operation: str) -> Value:
    value = a.get(first)
    if isinstance(value, Unknown):
        return value
    x = a.tensor(first)
    return host(reader, operation, [x], x.shape, a.get("name"))


@op(
    "tf.nn.lrn tf.nn.local_response_normalization",
    "input depth_radius=5 bias=1 alpha=1 beta=0.5 name=None",
)
def lrn(reader: Calls, a: Arguments) -> Value:
    """Normalise over neighbouring channels."""
    return _same_shape(reader, a, "input", "lrn")


@op("tf.nn.dropout", "x keep_prob=None noise_shape=None seed=None name=None rate=None")
def dropout(reader: Calls, a: Arguments) -> Value:
    """Drop words while training."""
    return _same_shape(reader, a, "x", "dropout")


@op(
    "tf.nn.batch_normalization tf.nn.batch_norm_with_global_normalization",
    "x mean=None variance=None offset=None scale=None variance_epsilon=None name=None",
)
def batch_normalization(reader: Calls, a: Arguments) -> Value:
    """Normalise."""
    return _same_shape(reader, a, "x", "BatchNormalization")


@op(
    "tf.nn.fused_batch_norm",
    "x scale offset mean=None variance=None epsilon=0.001 data_format='NHWC' is_training=True name=None",
)
def fused_batch_norm(reader: Calls, a: Arguments) -> Value:
    """Normalise; also return the statistics."""
    x = _same_shape(reader, a, "x", "BatchNormalization")
    return (x, Tensor(None, fixed=True), Tensor(None, fixed=True))


@op("tf.nn.moments", "x axes shift=None name=None keep_dims=False keepdims=False")
def moments(reader: Calls, a: Arguments) -> Value:
    """Return mean and variance, which only normalisation uses."""
    x, shape = a.tensor("x"), None
    if x.shape is not None:
        rank, keep = len(x.shape), a.flag("keep_dims") or a.flag("keepdims")
        axes = [normal_axis(axis, rank, a.function) for axis in a.integers("axes", -rank)]
        sizes = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
        shape = tuple(size for axis, size in enumerate(sizes) if keep or axis not in axes)
    return (Tensor(shape, fixed=x.fixed), Tensor(shape, fixed=x.fixed))


@op("tf.nn.embedding_lookup tf.gather", "params ids axis=0 name=None indices=None")
def embedding_lookup(reader: Calls, a: Arguments) -> Value:
    """Take rows of a table."""
    table, ids = a.tensor("params"), a.tensor("indices" if a.given("indices") else "ids")
    if table.shape is None or ids.shape is None or a.get("axis") != 0:
        return host(reader, "gather", [table, ids], None, a.get("name"))
    return host(reader, "gather", [table, ids], (*ids.shape, *table.shape[1:]), a.get("name"))


def _unary(operation: str) -> None:
    @op(
        f"tf.nn.{operation} tf.{operation} tf.keras.activations.{operation}",
        "x name=None axis=None alpha=None",
    )
    def run(reader: Calls, a: Arguments) -> Value:
        return _same_shape(reader, a, "x", operation)


for _name in words(
    "relu relu6 elu selu leaky_relu gelu swish silu softplus softsign sigmoid tanh softmax "
    "log_softmax hard_sigmoid hard_swish mish exp log sqrt rsqrt square abs sign floor ceil round erf "
    "negative log1p reciprocal sin cos is_nan logical_not"
):
    _unary(_name)


def _alias(operations: str, parameters: str) -> None:
    @op(operations, parameters)
    def run(reader: Calls, a: Arguments) -> Value:
        return _same_shape(reader, a, parameters.split()[0], a.function.rpartition(".")[2])


@op("tf.nn.crelu", "features name=None axis=-1")
def crelu(reader: Calls, a: Arguments) -> Value:
    """Apply relu to x and -x, joined along an axis."""
    x, axis = a.tensor("features"), a.integers("axis", -9)[0]
    sizes = list(sizes_of(x, a.function))
    sizes[normal_axis(axis, len(sizes), a.function)] *= 2
    return host(reader, "crelu", [x], tuple(sizes), a.get("name"))


_alias("tf.nn.softmax tf.nn.log_softmax", "logits axis=None name=None dim=None")
_alias("tf.nn.relu tf.nn.relu6 tf.nn.elu tf.nn.selu", "features name=None")
_alias("tf.nn.leaky_relu", "features alpha=0.2 name=None")
_alias("tf.nn.l2_normalize tf.l2_normalize", "x axis=None epsilon=0 name=None dim=None")
_alias("tf.clip_by_value", "t clip_value_min=None clip_value_max=None name=None")
