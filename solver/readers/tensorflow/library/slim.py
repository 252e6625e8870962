"""``tf.contrib.slim`` and ``tf.contrib.layers``: layers as functions, with defaults set by ``arg_scope``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.keras_layers import (
    Build,
    conv,
    dense,
    depthwise,
    pooled,
    separable,
    transposed,
)
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.python.builtins import with_arity
from solver.readers.tensorflow.python.operators import iterate
from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import (
    Context,
    Dict,
    External,
    Function,
    Native,
    Run,
    Unknown,
    Value,
    is_sequence,
    items_of,
    listed,
)

COMMON = (
    "weights_initializer=None weights_regularizer=None biases_initializer=None biases_regularizer=None "
    "reuse=None variables_collections=None outputs_collections=None trainable=True scope=None"
)

SIZED = "inputs num_outputs kernel_size"
WINDOW = "padding='SAME' data_format=None"
FINISH = f"normalizer_fn=None normalizer_params=None {COMMON}"
RELU = f"activation_fn='relu' {FINISH}"
POOLING = "inputs kernel_size stride=2 padding='VALID' data_format=None outputs_collections=None scope=None"


def key_of(function: Value) -> str | None:
    """Return the name under which `arg_scope` keeps the defaults of a function; None if it keeps none."""
    if isinstance(function, External):
        return function.path
    return f"function {id(function.scope)} {function.name}" if isinstance(function, Function) else None


def with_defaults(reader: Reader, key: str, keywords: dict[str, Value]) -> dict[str, Value]:
    """Return the keywords of a call with the defaults of the scopes that are entered."""
    result: dict[str, Value] = {}
    for scope in reader.graph.arg_scopes:
        result |= scope.get(key, {})
    return result | keywords


def _arg_scope(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Enter a scope in which some functions have other defaults."""
    given = args[0] if args else keywords.pop("list_ops_or_scope", None)
    if isinstance(given, Unknown) or given is None:
        return Unknown("arg_scope of something unknown", reader.place.line)
    if isinstance(given, dict):
        scope = {str(key): dict(value) for key, value in given.items()}
    else:
        keys = [key_of(function) for function in (items_of(given) if is_sequence(given) else [])]
        scope = {key: dict(keywords) for key in keys if key is not None}
    return Context("", scope_value(scope))


def scope_value(scope: dict[str, dict[str, Value]]) -> Dict:
    """Return the defaults as a value that programs hand on."""
    return Dict({key: Dict(values) for key, values in scope.items()})


def _named(a: Call, fallback: str) -> str:
    scope = a.get("scope")
    return a.graph.own_or_within(scope if isinstance(scope, str) else None, fallback)


def _layer(build: Build, fallback: str, a: Call) -> Value:
    """Do what a layer of Keras does."""
    if a.short.startswith("separable") and a.get("num_outputs") is None:
        build = depthwise
    return build(a, a.tensor("inputs"), _named(a, fallback))


LAYERS: list[tuple[str, str, Build, str]] = [
    ("conv2d convolution2d convolution", f"{SIZED} stride=1 {WINDOW} rate=1 {RELU}", conv, "Conv"),
    (
        "separable_conv2d separable_convolution2d",
        f"{SIZED} depth_multiplier=1 stride=1 {WINDOW} rate=1 {RELU}",
        separable,
        "SeparableConv2d",
    ),
    (
        "conv2d_transpose convolution2d_transpose",
        f"{SIZED} stride=1 {WINDOW} {RELU}",
        transposed,
        "Conv2d_transpose",
    ),
    ("fully_connected relu", f"inputs num_outputs {RELU}", dense, "fully_connected"),
    ("relu6", f"inputs num_outputs activation_fn='relu6' {FINISH}", dense, "fully_connected"),
    ("linear", f"inputs num_outputs activation_fn=None {FINISH}", dense, "fully_connected"),
    ("max_pool2d", POOLING, partial(pooled, True, True), "MaxPool2D"),
    ("avg_pool2d", POOLING, partial(pooled, False, True), "AvgPool2D"),
]
"""Layers: names, parameters, what Keras' layer of the kind does, and the name that slim gives it."""

for _names, _parameters, _build, _fallback in LAYERS:
    op(" ".join(f"tf.slim.{name}" for name in _names.split()), _parameters)(
        partial(_layer, _build, _fallback)
    )

HOST = [
    (
        "tf.slim.batch_norm tf.slim.layer_norm tf.slim.instance_norm",
        "inputs decay=0.999 center=True scale=False epsilon=0.001 activation_fn=None param_initializers=None "
        "param_regularizers=None updates_collections=None is_training=True reuse=None scope=None "
        "data_format=None zero_debias_moving_mean=False begin_norm_axis=1 begin_params_axis=-1",
    ),
    (
        "tf.slim.dropout",
        "inputs keep_prob=0.5 noise_shape=None is_training=True scope=None activation_fn=None",
    ),
    ("tf.slim.softmax", "logits scope=None activation_fn=None"),
]
"""Functions that the host runs on the first argument: names, parameters."""


def _host(key: str, a: Call) -> Value:
    x = a.tensor(key)
    return a.activated(a.graph.host(a.short, [x], x.shape, a.get("scope")))


for _names, _parameters in HOST:
    op(_names, _parameters)(partial(_host, _parameters.split()[0]))


def _repeat(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Run a layer several times: ``repeat(inputs, n, layer, ..., scope="conv1")`` is conv1/conv1_1 ..."""
    value, times, function, *rest = args
    if not isinstance(times, int):
        return Unknown("slim.repeat of an unknown number", reader.place.line)
    return _run(reader, value, function, (rest for _ in range(times)), keywords)


def _stack(reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Run a layer with one list of arguments after the other."""
    value, function, lists = args
    items = iterate(reader.graph, lists, reader.place.line)
    if isinstance(items, Unknown):
        return items
    return _run(reader, value, function, map(listed, items), keywords)


def _run(
    reader: Reader, value: Value, function: Value, rests: Iterable[list[Value]], keywords: dict[str, Value]
) -> Value:
    """Run a layer on the result of the one before it, with the rest of its arguments, in numbered scopes."""
    scope = keywords.pop("scope", None)
    base = scope if isinstance(scope, str) else _short_name(function)
    with reader.graph.scope(base):
        for number, rest in enumerate(rests, start=1):
            reader.place.spend(reader.place.line)
            named = keywords | {"scope": f"{base}_{number}"}
            value = reader.call(function, [value, *rest], named, reader.place.line)
    return value


def _short_name(function: Value) -> str:
    return function.name if isinstance(function, (External, Function, Native)) else "repeat"


FREE: dict[str, Run] = {
    "tf.slim.arg_scope": _arg_scope,
    "tf.slim.repeat": with_arity("slim.repeat", _repeat, 3),
    "tf.slim.stack": with_arity("slim.stack", _stack, 3, 3),
}
"""Functions whose arguments are handed on, so that they have no signature."""
