"""What programs use around a model: command line flags, standard helpers, questions about Keras."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from solver.readers.operators import words
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.registry import add_rows, op
from solver.readers.tensorflow.python.builtins import pair_of
from solver.readers.tensorflow.python.operators import binary, item, iterate
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    Dict,
    External,
    FieldDefault,
    Function,
    List,
    Native,
    RecordType,
    Set,
    Tensor,
    Unknown,
    Value,
    giving,
    items_of,
)


@dataclass(eq=False)
class Flags(LayerObject):
    """Command line flags of a program, each with its default: nobody gives a program arguments here."""

    values: dict[str, Value] = field(default_factory=dict)
    parses: bool = False  # whether this is an argument parser

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Parse no arguments (``FLAGS(sys.argv)``)."""
        return self

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return the value of a flag, or a method of an argument parser."""
        methods = {
            "add_argument": Native(name, self._add),
            "set_defaults": Native(name, lambda _, args, keywords: self.values.update(keywords)),
            "parse_args": giving(name, self),
            "parse_known_args": giving(name, (self, List())),
            "add_argument_group": giving(name, self),
            "add_mutually_exclusive_group": giving(name, self),
        }
        if name not in self.values and self.parses and name in methods:
            return methods[name]
        return self.values.get(name, Unknown(f"the flag {name}", line))

    def assign(self, name: str, value: Value) -> None:
        """Change a flag, or add one (``args.vocab_size = 65``)."""
        self.values[name] = value

    def _add(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> None:
        words = [word for word in args if isinstance(word, str)]
        long = next((word for word in words if word.startswith("--")), words[0] if words else "")
        key = keywords.get("dest", long.lstrip("-").replace("-", "_"))
        line = reader.place.line
        default: Value = None if long.startswith("-") else Unknown(f"the argument {key}", line)
        if keywords.get("action") in ("store_true", "store_false"):
            default = keywords["action"] == "store_false"
        default = keywords.get("default", default)
        if isinstance(default, str) and keywords.get("type") is not None:  # argparse converts texts alone
            default = reader.call(keywords["type"], [default], {}, line)
        self.values[str(key)] = default


FLAG_MODULES = ("tf.app.flags", "tf.flags", "absl.flags")


def flags_value(reader: Reader, path: str) -> Flags | None:
    """Return what ``tf.app.flags.FLAGS`` stands for; None for any other name."""
    known = path in [f"{module}.FLAGS" for module in FLAG_MODULES]
    return _flags_of(reader) if known else None


def _flags_of(reader: Reader) -> Flags:
    flags = reader.graph.objects.setdefault("flags", Flags())
    assert isinstance(flags, Flags)
    return flags


@op(
    " ".join(
        f"{module}.DEFINE_{kind}"
        for module in FLAG_MODULES
        for kind in words("integer string float boolean bool enum list multi_integer multi_string")
    ),
    "name default=None help=None enum_values=None lower_bound=None upper_bound=None short_name=None",
)
def define_flag(a: Call) -> Value:
    """Keep the default of a flag."""
    _flags_of(a.reader).values[str(a.get("name"))] = a.get("default")
    return a.unknown("a flag")


@op("tf.app.run absl.app.run", "main=None argv=None")
def run_app(a: Call) -> Value:
    """Call the main function of the program."""
    main = a.get("main") or a.reader.look_up("main", a.line)
    takes = isinstance(main, Function) and bool(main.parameters)
    return a.reader.call(main, [List()] if takes else [], {}, a.line)


@op(
    "tf.estimator.Estimator tf.contrib.learn.Estimator",
    "model_fn=None model_dir=None config=None params=None warm_start_from=None",
)
def estimator(a: Call) -> Value:
    """Call the function that builds the model, to predict; its features are not known."""
    function = a.get("model_fn")
    if isinstance(function, Function):
        mode = External("tf.estimator.ModeKeys.PREDICT")
        features = a.unknown("the features that an input_fn gives")
        given = {"features": features, "labels": None, "mode": mode, "params": a.get("params")}
        names = [parameter.name for parameter in function.parameters]
        known = {name: value for name, value in given.items() if name in names}
        a.reader.call(function, [features] if "features" not in names else [], known, a.line)
    return a.unknown(a.function)


@op(
    "collections.namedtuple typing.NamedTuple",
    "typename field_names defaults=None rename=False verbose=False",
)
def namedtuple(a: Call) -> Value:
    """Return a type of records."""
    given = a.known("field_names", "names")
    names = given.replace(",", " ").split() if isinstance(given, str) else map(str, items_of(given))
    defaults = tuple(items_of(a.known("defaults", "a list"))) if a.given("defaults") else ()
    return RecordType(str(a.get("typename")), tuple(names), defaults)


@op("functools.reduce", "function sequence initial=None")
def reduce(a: Call) -> Value:
    """Fold a sequence."""
    items = iterate(a.graph, a.get("sequence"), a.line)
    if isinstance(items, Unknown):
        return items
    values = [*([a.get("initial")] if a.given("initial") else []), *items]
    if not values:
        return a.unknown("reduce of nothing")
    result = values[0]
    for value in values[1:]:
        result = a.reader.call(a.get("function"), [result, value], {}, a.line)
    return result


@op("collections.OrderedDict", "items=None")
def ordered_dict(a: Call) -> Value:
    """Return a dict."""
    given = a.get("items")
    if given is None or isinstance(given, dict):
        return Dict(given or {})
    pairs = iterate(a.graph, given, a.line)
    return pairs if isinstance(pairs, Unknown) else Dict(map(pair_of, pairs))


@op("copy.copy copy.deepcopy", "x memo=None")
def copy(a: Call) -> Value:
    """Return a container with the same items."""
    value = a.get("x")
    for kind in (List, Dict, Set):
        if isinstance(value, kind):
            return value if value.unknown else kind(value)
    return value


@op("tf.keras.backend.int_shape", "x")
def int_shape(a: Call) -> Value:
    """Return the shape of a tensor as a tuple."""
    shape = a.reader.attribute(a.get("x"), "shape", a.line)
    return shape if isinstance(shape, Unknown) else tuple(shape.sizes)


@op(
    "tf.keras.backend.set_image_dim_ordering tf.keras.backend.set_image_data_format",
    "value=None dim_ordering=None data_format=None",
)
def set_ordering(a: Call) -> Value:
    """Keep which axis layers take for the channels if they are not told."""
    given = next((a.get(key) for key in ("value", "dim_ordering", "data_format") if a.given(key)), None)
    a.graph.objects["channels first"] = given in ("th", "channels_first")
    return None


def _ordering(first: str, last: str, a: Call) -> Value:
    return first if a.graph.objects.get("channels first") else last


add_rows(
    {
        "argparse.ArgumentParser": (
            "description=None formatter_class=None prog=None usage=None epilog=None add_help=True",
            lambda a: Flags(parses=True),
        ),
        "dataclasses.field": (
            "default=None default_factory=None init=True repr=True hash=None compare=True metadata=None "
            "kw_only=None",
            lambda a: FieldDefault(a.get("default"), a.get("default_factory")),
        ),
        "operator.mul": ("a b", lambda a: binary(a.graph, "*", a.get("a"), a.get("b"), a.line)),
        "operator.add": ("a b", lambda a: binary(a.graph, "+", a.get("a"), a.get("b"), a.line)),
        "tf.executing_eagerly": ("", lambda a: False),  # tensors are symbols
        "tf.keras.backend.image_data_format": ("", partial(_ordering, "channels_first", "channels_last")),
        "tf.keras.backend.image_dim_ordering": ("", partial(_ordering, "th", "tf")),  # of Keras 1
        "tf.keras.backend.backend": ("", lambda a: "tensorflow"),
        "tf.test.is_built_with_cuda tf.test.is_gpu_available tf.test.is_built_with_gpu_support": (
            "cuda_only=False min_cuda_compute_capability=None",
            lambda a: False,
        ),
        "tf.is_tensor tf.keras.backend.is_keras_tensor": ("x", lambda a: isinstance(a.get("x"), Tensor)),
        "tf.slim.utils.last_dimension": (
            "shape min_rank=1",
            lambda a: item(a.graph, a.get("shape"), -1, a.line),
        ),
    }
)
