"""``tf.nn``: convolutions, pooling, activation functions."""

from __future__ import annotations

from functools import partial

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.graph.products import multiply_matrices
from solver.readers.tensorflow.graph.sizes import normal_axis, sizes_of
from solver.readers.tensorflow.graph.windows import (
    Geometry,
    Pair,
    convolve,
    convolve_apart,
    deconvolve,
    image_of,
    pool,
)
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.math import named_after, without_axes
from solver.readers.tensorflow.library.registry import op, same_shape
from solver.readers.tensorflow.values import Tensor, Unknown, Value


def _spatial(values: list[int], *, last: bool) -> Pair:
    """Return (rows, columns) of one, two, three or four numbers; three and four are in the tensor's order."""
    if len(values) > 2:
        values = values[1:-1] if last else values[2:]
    return values[0], values[-1]


def _geometry(a: Call, kernel: Pair, *dilations: str) -> Geometry:
    last = a.channels_last()
    stride = _spatial(a.integers("strides"), last=last) if a.given("strides") else (1, 1)
    given = any(a.given(key) for key in dilations)
    dilation = _spatial(a.integers(*dilations), last=last) if given else (1, 1)
    return Geometry(kernel, stride, a.padding(last=last), dilation, last)


@op(
    "tf.nn.conv2d tf.nn.convolution tf.nn.conv1d",
    "input filter=None strides=None padding=None use_cudnn_on_gpu=True data_format=None dilations=None "
    "name=None filters=None value=None",
)
def conv2d(a: Call) -> Value:
    """Convolve; the filter is rows, columns, channels of a group, filters."""
    x, weights = a.tensor("input"), a.tensor("filter", "filters")
    *kernel, channels, filters = sizes_of(weights, a.function, 3, 4)
    name = named_after(a, weights, "conv2d")
    rows, columns = kernel if len(kernel) == 2 else (1, kernel[0])
    geometry = _geometry(a, (rows, columns), "dilations")
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
    return convolve(a.graph, name, x, filters, geometry, groups=image[0] // channels)


@op("tf.nn.atrous_conv2d", "value filters rate padding name=None")
def atrous_conv2d(a: Call) -> Value:
    """Convolve with dilation."""
    weights = a.tensor("filters")
    rows, columns, _, filters = sizes_of(weights, a.function, 4)
    rate = a.pair("rate")
    geometry = Geometry((rows, columns), (1, 1), a.padding(last=True), rate)
    return convolve(a.graph, named_after(a, weights, "conv2d"), a.tensor("value"), filters, geometry)


@op(
    "tf.nn.depthwise_conv2d tf.nn.depthwise_conv2d_native",
    "input filter=None strides=None padding=None rate=None name=None data_format=None dilations=None "
    "filters=None",
)
def depthwise(a: Call) -> Value:
    """Convolve every channel by itself; the filter is rows, columns, channels, multiplier."""
    weights = a.tensor("filter", "filters")
    rows, columns, channels, multiplier = sizes_of(weights, a.function, 4)
    geometry = _geometry(a, (rows, columns), "rate", "dilations")
    name = named_after(a, weights, "depthwise_conv2d")
    return convolve(a.graph, name, a.tensor("input"), channels * multiplier, geometry, groups=channels)


@op(
    "tf.nn.separable_conv2d",
    "input depthwise_filter pointwise_filter strides padding rate=None name=None data_format=None "
    "dilations=None",
)
def separable(a: Call) -> Value:
    """Convolve every channel by itself, then 1x1."""
    first, second = a.tensor("depthwise_filter"), a.tensor("pointwise_filter")
    rows, columns, channels, multiplier = sizes_of(first, a.function, 4)
    geometry = _geometry(a, (rows, columns), "rate", "dilations")
    name = named_after(a, first, "separable_conv2d")
    filters = sizes_of(second, a.function, 4)[3]
    return convolve_apart(a.graph, name, a.tensor("input"), channels, multiplier, filters, geometry)


@op(
    "tf.nn.conv2d_transpose",
    "value=None filter=None output_shape=None strides=None padding='SAME' data_format=None name=None "
    "input=None filters=None dilations=None",
)
def conv2d_transpose(a: Call) -> Value:
    """Convolve the other way round; the filter is rows, columns, filters, channels."""
    x, weights = a.tensor("value", "input"), a.tensor("filter", "filters")
    rows, columns, filters, _ = sizes_of(weights, a.function, 4)
    geometry = _geometry(a, (rows, columns), "dilations")
    output = None
    if a.given("output_shape"):
        output = _spatial(a.integers("output_shape"), last=geometry.last)
    return deconvolve(a.graph, named_after(a, weights, "conv2d_transpose"), x, filters, geometry, output)


def _pooled(kind: str, a: Call) -> Value:
    x, last = a.tensor("value", "input"), a.channels_last()
    kernel, stride = (_spatial(a.integers(key), last=last) for key in ("ksize", "strides"))
    geometry = Geometry(kernel, stride, a.padding(last=last), last=last)
    return pool(a.graph, a.name(f"{kind}_pool"), x, geometry, largest=kind == "max")


for _kind in ("max", "avg"):
    op(
        f"tf.nn.{_kind}_pool tf.nn.{_kind}_pool2d tf.nn.{_kind}_pool_v2",
        "value=None ksize=None strides=None padding=None data_format=None name=None input=None",
    )(partial(_pooled, _kind))


@op("tf.nn.relu_layer tf.nn.xw_plus_b", "x weights biases name=None")
def relu_layer(a: Call) -> Value:
    """Multiply by weights; bias and activation function are the host's."""
    weights = a.tensor("weights")
    name = named_after(a, weights, "fc")
    result = multiply_matrices(a.graph, name, a.tensor("x"), weights)
    for operation in ("BiasAdd", "relu") if a.short == "relu_layer" else ("BiasAdd",):
        result = a.graph.host(operation, [result], result.shape, f"{name}/")
    return result


UNARY = words(
    "relu relu6 elu selu leaky_relu gelu swish silu softplus softsign sigmoid tanh softmax "
    "log_softmax hard_sigmoid hard_swish mish exp log sqrt rsqrt square abs sign floor ceil round erf "
    "negative log1p reciprocal sin cos is_nan logical_not"
)

same_shape(
    (f"tf.nn.{name} tf.{name} tf.keras.activations.{name}", "x name=None axis=None alpha=None", name)
    for name in UNARY
)
same_shape(
    [
        ("tf.nn.softmax tf.nn.log_softmax", "logits axis=None name=None dim=None", ""),
        ("tf.nn.relu tf.nn.relu6 tf.nn.elu tf.nn.selu", "features name=None", ""),
        ("tf.nn.leaky_relu", "features alpha=0.2 name=None", ""),
        ("tf.nn.l2_normalize tf.l2_normalize", "x axis=None epsilon=0 name=None dim=None", ""),
        ("tf.clip_by_value", "t clip_value_min=None clip_value_max=None name=None", ""),
        ("tf.nn.bias_add", "value bias data_format=None name=None", "BiasAdd"),
        ("tf.nn.dropout", "x keep_prob=None noise_shape=None seed=None name=None rate=None", "dropout"),
        (
            "tf.nn.lrn tf.nn.local_response_normalization",
            "input depth_radius=5 bias=1 alpha=1 beta=0.5 name=None",
            "lrn",
        ),
        (
            "tf.nn.batch_normalization tf.nn.batch_norm_with_global_normalization",
            "x mean=None variance=None offset=None scale=None variance_epsilon=None name=None",
            "BatchNormalization",
        ),
    ]
)


@op(
    "tf.nn.fused_batch_norm",
    "x scale offset mean=None variance=None epsilon=0.001 data_format='NHWC' is_training=True name=None",
)
def fused_batch_norm(a: Call) -> Value:
    """Normalise; also return the statistics."""
    x = a.get("x")
    if not isinstance(x, Unknown):
        x = a.host("BatchNormalization", [a.tensor("x")], a.tensor("x").shape)
    return (x, Tensor(None, fixed=True), Tensor(None, fixed=True))


@op("tf.nn.moments", "x axes shift=None name=None keep_dims=False keepdims=False")
def moments(a: Call) -> Value:
    """Return mean and variance, which only normalisation uses."""
    x, shape = a.tensor("x"), None
    if x.shape is not None:
        rank = len(x.shape)
        axes = [normal_axis(axis, rank, a.function) for axis in a.integers("axes", least=-rank)]
        shape = without_axes(a, x, axes)
    return (Tensor(shape, fixed=x.fixed), Tensor(shape, fixed=x.fixed))
