"""What programs use around a model: flags, standard helpers, numbers of numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from solver.frontends.tensorflow.budget import Budget
from solver.frontends.tensorflow.objects import LayerObject
from solver.frontends.tensorflow.registry import op
from solver.frontends.tensorflow.signature import Arguments
from solver.frontends.tensorflow.tensor import Tensor
from solver.frontends.tensorflow.values import (
    Dict,
    Function,
    List,
    Native,
    Record,
    Set,
    Unknown,
    Value,
    is_sequence,
    items_of,
)
from solver.frontends.tensorflow.words import words

if TYPE_CHECKING:
    from solver.frontends.tensorflow.calls import Calls


@dataclass(eq=False)
class Flags(LayerObject):
    """Command line flags of a program, each with its default: nobody gives a program arguments here."""

    values: dict[str, Value] = field(default_factory=dict)
    parses: bool = False  # whether this is an argument parser

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Parse no arguments (``FLAGS(sys.argv)``)."""
        return self

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return the value of a flag, or a method of an argument parser."""
        if name in self.values:
            return self.values[name]
        if self.parses and name in ("add_argument", "parse_args", "parse_known_args", "set_defaults"):
            return Native(name, partial(self._method, name))
        if self.parses and name in ("add_argument_group", "add_mutually_exclusive_group"):
            return Native(name, lambda reader, args, keywords: self)
        return Unknown(f"the flag {name}", line)

    def _method(self, name: str, reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        if name == "add_argument":
            words = [word for word in args if isinstance(word, str)]
            long = next((word for word in words if word.startswith("--")), words[0] if words else "")
            key = keywords.get("dest", long.lstrip("-").replace("-", "_"))
            default: Value = None if long.startswith("-") else Unknown(f"the argument {key}", reader.line)
            if keywords.get("action") == "store_true":
                default = False
            elif keywords.get("action") == "store_false":
                default = True
            self.values[str(key)] = keywords.get("default", default)
            return None
        if name == "set_defaults":
            self.values.update(keywords)
            return None
        return (self, List()) if name == "parse_known_args" else self


FLAG_NAMES = " ".join(
    f"{module}.DEFINE_{kind}"
    for module in ("tf.app.flags", "tf.flags", "absl.flags")
    for kind in words("integer string float boolean bool enum list multi_integer multi_string")
)


def _flags(reader: Calls) -> Flags:
    flags = reader.graph.objects.setdefault("flags", Flags())
    assert isinstance(flags, Flags)
    return flags


@op(
    FLAG_NAMES,
    "name default=None help=None enum_values=None lower_bound=None upper_bound=None short_name=None",
)
def define_flag(reader: Calls, a: Arguments) -> Value:
    """Keep the default of a flag."""
    _flags(reader).values[str(a.get("name"))] = a.get("default")
    return Unknown("a flag", reader.line)


@op(
    "argparse.ArgumentParser",
    "description=None formatter_class=None prog=None usage=None epilog=None add_help=True",
)
def argument_parser(reader: Calls, a: Arguments) -> Value:
    """Return a parser that knows the defaults."""
    return Flags(parses=True)


@op("tf.app.run absl.app.run", "main=None argv=None")
def run_app(reader: Calls, a: Arguments) -> Value:
    """Call the main function of the program."""
    main = a.get("main") or reader.look_up("main", reader.line)
    takes = isinstance(main, Function) and bool(main.parameters)
    return reader.call(main, [List()] if takes else [], {}, reader.line)


@op(
    "collections.namedtuple typing.NamedTuple",
    "typename field_names defaults=None rename=False verbose=False",
)
def namedtuple(reader: Calls, a: Arguments) -> Value:
    """Return a type of records."""
    name, given = a.text("typename"), a.known("field_names", "names")
    names = (
        given.replace(",", " ").split() if isinstance(given, str) else [str(item) for item in items_of(given)]
    )

    def make(interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        values = dict(zip(names, args, strict=False)) | keywords
        return Record(name, tuple(names), tuple(values.get(field) for field in names))

    return Native(name, make)


def make_partial(args: list[Value], keywords: dict[str, Value]) -> Value:
    """Return a function with its first arguments and some keywords given."""
    function, *first = args

    def run(interpreter: Calls, more: list[Value], named: dict[str, Value]) -> Value:
        return interpreter.call(function, [*first, *more], keywords | named, interpreter.line)

    return Native("partial", run)


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
    return pairs if isinstance(pairs, Unknown) else Dict((items_of(p)[0], items_of(p)[1]) for p in pairs)


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


def flags_value(reader: Calls, path: str) -> Value | None:
    """Return what ``tf.app.flags.FLAGS`` stands for; None for any other name."""
    if path in ("tf.app.flags.FLAGS", "tf.flags.FLAGS", "absl.flags.FLAGS"):
        return _flags(reader)
    return None


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
