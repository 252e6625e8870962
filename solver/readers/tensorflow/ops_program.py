"""What programs use around a model: flags, standard helpers, numbers of numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from solver.readers.tensorflow.arity import pair_of
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Dict,
    External,
    FieldDefault,
    Function,
    List,
    Native,
    RecordType,
    Set,
    Unknown,
    Value,
    is_sequence,
    items_of,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


@op("tf.app.run absl.app.run", "main=None argv=None")
def run_app(reader: Calls, a: Arguments) -> Value:
    """Call the main function of the program."""
    main = a.get("main") or reader.look_up("main", reader.line)
    takes = isinstance(main, Function) and bool(main.parameters)
    return reader.call(main, [List()] if takes else [], {}, reader.line)


@op(
    "tf.estimator.Estimator tf.contrib.learn.Estimator",
    "model_fn=None model_dir=None config=None params=None warm_start_from=None",
)
def estimator(reader: Calls, a: Arguments) -> Value:
    """Call the function that builds the model, to predict; its features are not known."""
    function = a.get("model_fn")
    if isinstance(function, Function):
        mode = External("tf.estimator.ModeKeys.PREDICT")
        features = Unknown("the features that an input_fn gives", reader.line)
        given = {"features": features, "labels": None, "mode": mode, "params": a.get("params")}
        names = [parameter.name for parameter in function.parameters]
        known = {name: value for name, value in given.items() if name in names}
        first = [features] if "features" not in names else []
        reader.call(function, first, known, reader.line)
    return Unknown(a.function, reader.line)


@op(
    "collections.namedtuple typing.NamedTuple",
    "typename field_names defaults=None rename=False verbose=False",
)
def namedtuple(reader: Calls, a: Arguments) -> Value:
    """Return a type of records."""
    given = a.known("field_names", "names")
    names = (
        given.replace(",", " ").split() if isinstance(given, str) else [str(item) for item in items_of(given)]
    )
    defaults = tuple(items_of(a.known("defaults", "a list"))) if a.given("defaults") else ()
    return RecordType(str(a.get("typename")), tuple(names), defaults)


def make_partial(reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Return a function with its first arguments and some keywords given."""
    function, *first = args

    def run(interpreter: Calls, more: list[Value], named: dict[str, Value]) -> Value:
        return interpreter.call(function, [*first, *more], keywords | named, interpreter.line)

    return Native("partial", run)


@op(
    "dataclasses.field",
    "default=None default_factory=None init=True repr=True hash=None compare=True metadata=None kw_only=None",
)
def dataclass_field(reader: Calls, a: Arguments) -> Value:
    """Return the default of a field."""
    return FieldDefault(a.get("default"), a.get("default_factory"))


@op("functools.reduce", "function sequence initial=None")
def reduce(reader: Calls, a: Arguments) -> Value:
    """Fold a sequence."""
    items = reader.iterate(a.get("sequence"), reader.line)
    if isinstance(items, Unknown):
        return items
    values = [*([a.get("initial")] if a.given("initial") else []), *items]
    if not values:
        return Unknown("reduce of nothing", reader.line)
    result = values[0]
    for value in values[1:]:
        result = reader.call(a.get("function"), [result, value], {}, reader.line)
    return result


@op("operator.mul operator.add", "a b")
def operators(reader: Calls, a: Arguments) -> Value:
    """Multiply or add."""
    symbol = "*" if a.function.endswith("mul") else "+"
    return reader.binary(symbol, a.get("a"), a.get("b"), reader.line)


@op("collections.OrderedDict", "items=None")
def ordered_dict(reader: Calls, a: Arguments) -> Value:
    """Return a dict."""
    given = a.get("items")
    if given is None or isinstance(given, dict):
        return Dict(given or {})
    pairs = reader.iterate(given, reader.line)
    return pairs if isinstance(pairs, Unknown) else Dict(pair_of(pair) for pair in pairs)


@op("copy.copy copy.deepcopy", "x memo=None")
def copy(reader: Calls, a: Arguments) -> Value:
    """Return a container with the same items."""
    value = a.get("x")
    for kind in (List, Dict, Set):
        if isinstance(value, kind):
            return value if value.unknown else kind(value)
    return value


@op("np.prod np.product tf.prod", "a axis=None dtype=None")
def product(reader: Calls, a: Arguments) -> Value:
    """Multiply known numbers."""
    items = _numbers(reader, a)
    if isinstance(items, Unknown):
        return items
    total = 1
    for number in items:
        total *= number
        if isinstance(total, int):
            Budget.check_bits(total.bit_length(), reader.line)
    return total


def _numbers(reader: Calls, a: Arguments) -> list[Value] | Unknown:
    value = a.get("a")
    if isinstance(value, Tensor) and isinstance(value.value, list):
        return value.value
    items = items_of(value) if is_sequence(value) else [value]
    numbers = [item.value if isinstance(item, Tensor) else item for item in items]
    unknown = next((n for n in numbers if isinstance(n, Unknown)), None)
    if unknown is not None or not all(isinstance(n, (int, float)) for n in numbers):
        return unknown or Unknown(f"{a.function} of something unknown", reader.line)
    return numbers


def _on_number(name: str) -> None:
    @op(f"np.{name}", "a")
    def run(reader: Calls, a: Arguments) -> Value:
        items = _numbers(reader, a)
        if isinstance(items, Unknown) or len(items) != 1:
            return items if isinstance(items, Unknown) else Unknown(f"np.{name} of a list", reader.line)
        function: Callable[[float], float] = math.fabs if name == "abs" else vars(math)[name]
        try:
            return float(function(items[0]))
        except (ValueError, OverflowError):
            return Unknown(f"np.{name}", reader.line)


for _name in ("ceil", "floor", "sqrt", "log", "log2", "exp", "abs"):
    _on_number(_name)


@op("np.int32 np.int64 np.float32 np.float64 np.int np.float", "x=0")
def number(reader: Calls, a: Arguments) -> Value:
    """Return a number as it is."""
    return a.get("x")


@op("tf.executing_eagerly", "")
def executing_eagerly(reader: Calls, a: Arguments) -> Value:
    """Tell that tensors are symbols."""
    return False


@op("tf.is_tensor tf.keras.backend.is_keras_tensor", "x")
def is_tensor(reader: Calls, a: Arguments) -> Value:
    """Tell whether a value is a tensor."""
    return isinstance(a.get("x"), Tensor)


@op("tf.keras.backend.image_data_format", "")
def image_data_format(reader: Calls, a: Arguments) -> Value:
    """Return Keras' default order of the axes."""
    return "channels_last"


@op("tf.keras.backend.int_shape", "x")
def int_shape(reader: Calls, a: Arguments) -> Value:
    """Return the shape of a tensor as a tuple."""
    shape = reader.attribute(a.get("x"), "shape", reader.line)
    return shape if isinstance(shape, Unknown) else tuple(shape.sizes)


@op("tf.slim.utils.last_dimension", "shape min_rank=1")
def last_dimension(reader: Calls, a: Arguments) -> Value:
    """Return the last size of a shape."""
    return reader.item(a.get("shape"), -1, reader.line)
