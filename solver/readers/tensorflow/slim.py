"""``tf.contrib.slim`` and ``tf.contrib.layers``: layers as functions, with defaults set by ``arg_scope``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.readers.tensorflow.common import activate, channels_last, host, sizes_of
from solver.readers.tensorflow.ops_math import multiply_matrices
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Context,
    Dict,
    External,
    Function,
    Native,
    Unknown,
    Value,
    is_sequence,
    items_of,
)
from solver.readers.tensorflow.windows import Geometry, convolve, deconvolve, image_of, padding_of, pool

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

COMMON = (
    "weights_initializer=None weights_regularizer=None biases_initializer=None biases_regularizer=None "
    "reuse=None variables_collections=None outputs_collections=None trainable=True scope=None"
)


def key_of(function: Value) -> str | None:
    """Return the name under which `arg_scope` keeps the defaults of a function; None if it keeps none."""
    if isinstance(function, External):
        return function.path
    return f"function {id(function.scope)} {function.name}" if isinstance(function, Function) else None


def with_defaults(reader: Calls, key: str, keywords: dict[str, Value]) -> dict[str, Value]:
    """Return the keywords of a call with the defaults of the scopes that are entered."""
    result: dict[str, Value] = {}
    for scope in reader.graph.arg_scopes:
        result |= scope.get(key, {})
    return result | keywords


def arg_scope(reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Enter a scope in which some functions have other defaults."""
    given = args[0] if args else keywords.pop("list_ops_or_scope", None)
    if isinstance(given, Unknown) or given is None:
        return Unknown("arg_scope of something unknown", reader.line)
    scope: dict[str, dict[str, Value]] = {}
    if isinstance(given, dict):
        scope = {str(key): dict(value) for key, value in given.items()}
    else:
        for function in items_of(given) if is_sequence(given) else []:
            key = key_of(function)
            if key is not None:
                scope[key] = dict(keywords)
    return Context("", scope_value(scope))


def scope_value(scope: dict[str, dict[str, Value]]) -> Dict:
    """Return the defaults as a value that programs hand on."""
    return Dict({key: Dict(values) for key, values in scope.items()})


def _finish(reader: Calls, a: Arguments, x: Tensor, name: str) -> Tensor:
    """Apply normalisation and activation function behind a layer."""
    normalizer = a.get("normalizer_fn")
    if normalizer is not None:
        params = a.get("normalizer_params")
        keywords = dict(params) if isinstance(params, dict) else {}
        if isinstance(normalizer, External):
            x = host(reader, normalizer.path.rpartition(".")[2], [x], x.shape, f"{name}/")
        else:
            result = reader.call(normalizer, [x], keywords, reader.line)
            x = result if isinstance(result, Tensor) else x
    return activate(reader, a.get("activation_fn"), x, name)


def _name(reader: Calls, a: Arguments, fallback: str) -> str:
    scope = a.get("scope")
    name = reader.graph.name(scope, fallback)
    return name if isinstance(scope, str) or not any(reader.graph.scopes) else f"{name}/{fallback}"


WINDOW = (
    "padding='SAME' data_format=None rate=1 activation_fn='relu' normalizer_fn=None normalizer_params=None"
)


@op(
    "tf.slim.conv2d tf.slim.convolution2d tf.slim.convolution",
    f"inputs num_outputs kernel_size stride=1 {WINDOW} {COMMON}",
)
def conv2d(reader: Calls, a: Arguments) -> Value:
    """Convolve."""
    last = channels_last(a)
    name = _name(reader, a, "Conv")
    geometry = Geometry(
        a.pair("kernel_size"), a.pair("stride"), padding_of(a, "padding", last=last), a.pair("rate"), last
    )
    x = convolve(reader, name, a.tensor("inputs"), a.integer("num_outputs"), geometry)
    return _finish(reader, a, x, name)


@op(
    "tf.slim.separable_conv2d tf.slim.separable_convolution2d",
    f"inputs num_outputs kernel_size depth_multiplier=1 stride=1 {WINDOW} {COMMON}",
)
def separable_conv2d(reader: Calls, a: Arguments) -> Value:
    """Convolve every channel by itself, then 1x1 unless `num_outputs` is None."""
    last = channels_last(a)
    name = _name(reader, a, "SeparableConv2d")
    geometry = Geometry(
        a.pair("kernel_size"), a.pair("stride"), padding_of(a, "padding", last=last), a.pair("rate"), last
    )
    x = a.tensor("inputs")
    channels = image_of(x, name, last=last)[1][0]
    wide = channels * a.integer("depth_multiplier")
    alone = a.get("num_outputs") is None
    x = convolve(reader, name if alone else f"{name}/depthwise", x, wide, geometry, channels)
    if not alone:
        x = convolve(reader, f"{name}/pointwise", x, a.integer("num_outputs"), Geometry((1, 1), last=last))
    return _finish(reader, a, x, name)


@op(
    "tf.slim.conv2d_transpose tf.slim.convolution2d_transpose",
    f"inputs num_outputs kernel_size stride=1 {WINDOW} {COMMON}",
)
def conv2d_transpose(reader: Calls, a: Arguments) -> Value:
    """Convolve the other way round."""
    last = channels_last(a)
    name = _name(reader, a, "Conv2d_transpose")
    geometry = Geometry(
        a.pair("kernel_size"), a.pair("stride"), padding_of(a, "padding", last=last), last=last
    )
    x = deconvolve(reader, name, a.tensor("inputs"), a.integer("num_outputs"), geometry)
    return _finish(reader, a, x, name)


DENSE = f"normalizer_fn=None normalizer_params=None {COMMON}"


@op("tf.slim.fully_connected tf.slim.relu", f"inputs num_outputs activation_fn='relu' {DENSE}")
@op("tf.slim.relu6", f"inputs num_outputs activation_fn='relu6' {DENSE}")
@op("tf.slim.linear", f"inputs num_outputs activation_fn=None {DENSE}")
def fully_connected(reader: Calls, a: Arguments) -> Value:
    """Multiply by weights."""
    name = _name(reader, a, "fully_connected")
    x = a.tensor("inputs")
    weights = Tensor((sizes_of(x, name)[-1], a.integer("num_outputs")), fixed=True, weights=True)
    result = multiply_matrices(reader, name, x, weights)
    return _finish(reader, a, result, name)


def _pooling(names: str, *, largest: bool) -> None:
    @op(
        names,
        "inputs kernel_size stride=2 padding='VALID' data_format=None outputs_collections=None scope=None",
    )
    def run(reader: Calls, a: Arguments) -> Value:
        last = channels_last(a)
        geometry = Geometry(
            a.pair("kernel_size"), a.pair("stride"), padding_of(a, "padding", last=last), last=last
        )
        name = _name(reader, a, "MaxPool2D" if largest else "AvgPool2D")
        return pool(reader, name, a.tensor("inputs"), geometry, largest=largest)


_pooling("tf.slim.max_pool2d", largest=True)
_pooling("tf.slim.avg_pool2d", largest=False)


def _host(names: str, parameters: str) -> None:
    @op(names, parameters)
    def run(reader: Calls, a: Arguments) -> Value:
        x = a.tensor(parameters.split()[0])
        operation = a.function.rpartition(".")[2]
        return activate(reader, a.get("activation_fn"), host(reader, operation, [x], x.shape, a.get("scope")))


_host(
    "tf.slim.batch_norm tf.slim.layer_norm tf.slim.instance_norm",
    "inputs decay=0.999 center=True scale=False epsilon=0.001 activation_fn=None param_initializers=None "
    "param_regularizers=None updates_collections=None is_training=True reuse=None scope=None "
    "data_format=None zero_debias_moving_mean=False begin_norm_axis=1 begin_params_axis=-1",
)
_host(
    "tf.slim.dropout", "inputs keep_prob=0.5 noise_shape=None is_training=True scope=None activation_fn=None"
)
_host("tf.slim.softmax", "logits scope=None activation_fn=None")


def repeat(reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Run a layer several times: ``repeat(inputs, n, layer, ..., scope="conv1")`` is conv1/conv1_1 ..."""
    value, times, function, *rest = args
    scope = keywords.pop("scope", None)
    if not isinstance(times, int):
        return Unknown("slim.repeat of an unknown number", reader.line)
    base = scope if isinstance(scope, str) else _short_name(function)
    with reader.graph.scope(base):
        for number in range(1, times + 1):
            reader.budget.spend(reader.line)
            value = reader.call(
                function, [value, *rest], keywords | {"scope": f"{base}_{number}"}, reader.line
            )
    return value


def stack(reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Run a layer with one list of arguments after the other."""
    value, function, lists = args
    scope = keywords.pop("scope", None)
    base = scope if isinstance(scope, str) else _short_name(function)
    items = reader.iterate(lists, reader.line)
    if isinstance(items, Unknown):
        return items
    with reader.graph.scope(base):
        for number, item in enumerate(items, start=1):
            rest = items_of(item) if is_sequence(item) else [item]
            value = reader.call(
                function, [value, *rest], keywords | {"scope": f"{base}_{number}"}, reader.line
            )
    return value


def _short_name(function: Value) -> str:
    if isinstance(function, External):
        return function.path.rpartition(".")[2]
    return function.name if isinstance(function, (Function, Native)) else "repeat"
