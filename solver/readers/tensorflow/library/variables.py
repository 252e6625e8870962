"""Inputs, weights and constants of a program, what passes through without work, scopes and data sets."""

from __future__ import annotations

from functools import partial

from solver.errors import InputError
from solver.readers.tensorflow.examples import Data
from solver.readers.tensorflow.graph.graph import Graph, Reuse
from solver.readers.tensorflow.graph.sizes import as_tensor
from solver.readers.tensorflow.library.call import Call, shape_argument
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.python.operators import truth
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    Context,
    External,
    Function,
    List,
    Method,
    Native,
    Open,
    Shape,
    Size,
    Tensor,
    Unknown,
    Value,
    giving,
    is_sequence,
    items_of,
)


def fixed_tensor(shape: Value, function: str, name: Value = None, *, weights: bool = False) -> Tensor:
    """Return weights or a constant of a shape; sizes that are not known stay open."""
    wanted = shape_argument(shape, function) if shape is not None else None
    label = name if isinstance(name, str) else ""
    sizes: tuple[Size, ...] | None = None
    if wanted is not None:
        sizes = tuple(
            size if isinstance(size, int) and size >= 0 else Open(f"{label or function}:{axis}")
            for axis, size in enumerate(wanted)
        )
    return Tensor(sizes, fixed=True, weights=weights, name=label)


@op("tf.placeholder tf.placeholder_with_default", "dtype shape=None name=None input=None")
def placeholder(a: Call) -> Value:
    """Return an input of the program."""
    name = a.get("name") if isinstance(a.get("name"), str) else f"line{a.line}"
    wanted = None if a.get("shape") is None else shape_argument(a.get("shape"), a.function)
    a.graph.inputs.append(Tensor(a.graph.placeholder(name, wanted), name=name))
    return a.graph.inputs[-1]


@op(
    "tf.Variable",
    "initial_value=None trainable=True collections=None validate_shape=True caching_device=None name=None "
    "variable_def=None dtype=None expected_shape=None import_scope=None constraint=None shape=None",
)
def variable(a: Call) -> Value:
    """Return weights with the shape of their initial value."""
    value = a.get("initial_value")
    name = a.get("name") if isinstance(a.get("name"), str) else ""
    if isinstance(value, (Function, Method)):
        value = a.reader.call(value, [], {}, a.line)
    if a.given("shape"):
        return fixed_tensor(a.get("shape"), a.function, name, weights=True)
    tensor = as_tensor(value)
    if tensor is None:
        return value if isinstance(value, Unknown) else a.unknown("the value of a variable")
    # A variable's content changes, so its value is not known.
    return Tensor(tensor.shape, fixed=True, weights=True, name=name)


@op(
    "tf.get_variable tf.slim.variable tf.slim.model_variable tf.Module.add_weight",
    "name=None shape=None dtype=None initializer=None regularizer=None trainable=True",
)
def get_variable(a: Call) -> Value:
    """Return weights of a shape, or of the shape of their initializer."""
    if a.get("shape") is None and isinstance(a.get("initializer"), Tensor):
        return Tensor(a.get("initializer").shape, fixed=True, weights=True, name=str(a.get("name")))
    return fixed_tensor(a.get("shape"), a.function, a.get("name"), weights=True)


FILLED = [
    (
        "tf.truncated_normal tf.random_normal tf.random.truncated_normal tf.random.normal tf.random.uniform "
        "tf.random_uniform tf.random.stateless_normal",
        "shape mean=0 stddev=1 dtype=None seed=None name=None minval=0 maxval=1",
        "shape",
    ),
    ("tf.zeros tf.ones np.zeros np.ones np.empty", "shape dtype=None name=None order=None", "shape"),
    ("tf.fill", "dims value=None name=None", "dims"),
    ("np.full", "shape fill_value=None dtype=None", "shape"),
    ("np.random.normal np.random.uniform", "loc=0 scale=1 size=None", "size"),
    ("np.random.random np.random.random_sample", "size=None", "size"),
]
"""Constants of a shape: names, parameters, the one that is the shape."""


def _filled(key: str, a: Call) -> Value:
    return a.get(key) if isinstance(a.get(key), Unknown) else fixed_tensor(a.get(key), a.function)


for _names, _parameters, _key in FILLED:
    op(_names, _parameters)(partial(_filled, _key))


@op("np.random.randn np.random.rand", "d0=None d1=None d2=None d3=None d4=None")
def randn(a: Call) -> Value:
    """Return random numbers."""
    sizes = [a.get(key) for key in ("d0", "d1", "d2", "d3", "d4") if a.given(key)]
    return fixed_tensor(tuple(sizes), a.function)


@op(
    "tf.constant tf.convert_to_tensor np.array np.asarray",
    "value dtype=None shape=None name=None verify_shape=False",
)
def constant(a: Call) -> Value:
    """Return a constant, or the tensor itself."""
    value = a.get("value")
    if isinstance(value, (Tensor, Data)):
        return value
    if a.given("shape"):
        return fixed_tensor(a.get("shape"), a.function, a.get("name"))
    numbers = is_sequence(value) and all(isinstance(v, int) for v in items_of(value))
    if a.function.startswith("np") and numbers:
        return List(items_of(value))
    tensor = as_tensor(value)
    return tensor if tensor is not None else a.unknown(f"{a.function} of something unknown")


@op("tf.zeros_like tf.ones_like np.zeros_like np.ones_like", "tensor dtype=None name=None optimize=True")
def zeros_like(a: Call) -> Value:
    """Return a constant of the shape of a tensor."""
    value = a.get("tensor")
    return value if isinstance(value, Unknown) else Tensor(a.tensor("tensor").shape, fixed=True)


@op("tf.range np.arange", "start limit=None delta=1 dtype=None name=None")
def range_(a: Call) -> Value:
    """Return the numbers of a range."""
    start, limit, delta = a.get("start"), a.get("limit"), a.get("delta")
    first, stop = (0, start) if limit is None else (start, limit)
    if not all(isinstance(bound, int) for bound in (first, stop, delta)):
        return Tensor(None, fixed=True)
    count = len(range(first, stop, a.integers("delta", least=-(10**9))[0]))
    return Tensor((count,), fixed=True)


PASSES = [
    ("tf.identity tf.stop_gradient tf.check_numerics", "input name=None message=None"),
    ("tf.cast tf.to_float tf.to_int32 tf.to_int64 tf.saturate_cast", "x dtype=None name=None"),
    ("tf.Print", "input_ data=None message=None first_n=None summarize=None name=None"),
]
"""What gives its first argument on: names, parameters."""


def _passed(key: str, a: Call) -> Value:
    found = as_tensor(a.get(key))
    return a.get(key) if found is None else found


for _names, _parameters in PASSES:
    op(_names, _parameters)(partial(_passed, _parameters.split()[0]))


@op("tf.where", "condition x=None y=None name=None")
def where(a: Call) -> Value:
    """Choose words from two tensors."""
    if not a.given("x"):
        return a.unknown("tf.where")
    x = a.tensor("x")
    return a.host("where", [x, a.tensor("y")], x.shape)


@op(
    "tf.variable_scope tf.name_scope tf.keras.backend.name_scope tf.variable_op_scope",
    "name_or_scope=None default_name=None values=None initializer=None regularizer=None caching_device=None "
    "partitioner=None custom_getter=None reuse=None dtype=None use_resource=None constraint=None "
    "auxiliary_name_scope=True name=None",
)
def variable_scope(a: Call) -> Value:
    """Enter a scope, whose name stands before those of its layers."""
    name, scopes = a.get("name_or_scope"), a.graph.scopes
    if isinstance(name, (list, tuple)):  # variable_op_scope([values], name, default)
        name = a.get("default_name")
    if not isinstance(name, str):
        name = next((n for n in (a.get("name"), a.get("default_name")) if isinstance(n, str)), "")
    is_text = a.function.endswith("name_scope")
    if name and is_text and scopes and scopes[-1] == name:
        name = ""  # a variable scope with its name scope inside
    whole = "/".join(scope for scope in (*scopes, name.strip("/")) if scope)
    if is_text:
        return Context(name.strip("/"), f"{whole}/")
    reuse = a.get("reuse")
    again = reuse is True or (isinstance(reuse, External) and reuse.name == "AUTO_REUSE")
    used = whole in a.graph.scopes_left and bool(whole)
    a.graph.scopes_left.add(whole)
    scope = VariableScope(a.graph, whole, used=used)
    return Context(name.strip("/"), scope, Reuse(whole, a.line) if again and used else None)


class VariableScope(LayerObject):
    """What ``with tf.variable_scope(...) as scope`` gives: its variables may be used again from here on."""

    def __init__(self, graph: Graph, name: str, *, used: bool) -> None:
        self.graph, self.name, self.used = graph, name, used

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Refuse: a scope is no function."""
        raise InputError("a variable scope is called", found=self.name)

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return ``reuse_variables``; other attributes are not known."""
        if name == "reuse_variables":
            return Native(name, lambda *_: self._again(line))
        return super().attribute(reader, name, line)

    def _again(self, line: int) -> None:
        if self.used:  # ends where the scope is left
            self.graph.reuses.append(Reuse(self.name, line))


@op("tf.cond", "pred true_fn=None false_fn=None name=None fn1=None fn2=None strict=False")
def cond(a: Call) -> Value:
    """Call one of two functions; both if it is not known which."""
    functions = [a.get("true_fn", "fn1"), a.get("false_fn", "fn2")]
    ways = [partial(a.reader.call, function, [], {}, a.line) for function in functions]
    chosen = truth(a.get("pred"), a.line)
    if isinstance(chosen, Unknown):
        return a.reader.place.either(ways, chosen)
    return ways[0 if chosen else 1]()


op(
    "tf.GradientTape tf.device tf.control_dependencies tf.init_scope tf.colocate_with",
    "a=None b=None persistent=None",
)(lambda a: Context("", a.unknown(a.function)))

EXAMPLES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "mnist": ((28, 28), ()),
    "fashion_mnist": ((28, 28), ()),
    "cifar10": ((32, 32, 3), (1,)),
    "cifar100": ((32, 32, 3), (1,)),
    "boston_housing": ((13,), ()),
}
"""Sizes of one example and of its label, from Keras' documentation; texts have no common length."""


@op(
    " ".join(f"tf.keras.datasets.{name}.load_data" for name in EXAMPLES),
    "path=None label_mode=None test_split=None",
)
def load_data(a: Call) -> Value:
    """Return the arrays for training and for testing; how many examples they have is taken as unknown.

    Only training loops depend on the number, and they are not followed example by example.
    """
    count = a.unknown(f"the number of examples of {a.function}")
    examples = EXAMPLES[a.function.split(".")[-2]]
    pair = tuple(Data(a.function, a.line, (count, *sizes)) for sizes in examples)
    return (pair, pair)


def data_attribute(data: Data, name: str) -> Value:
    """Return an attribute of an array of examples: shapes and what changes them, the rest is unknown."""
    if name == "shape":
        return Shape(data.sizes)
    if name == "ndim":
        return len(data.sizes)
    if name == "astype":
        return giving(name, data)
    if name == "reshape":
        return Native(name, lambda _, args, keywords: _reshaped(data, args))
    return data.forgotten()


@op("np.expand_dims", "a axis")
def expand_dims(a: Call) -> Value:
    """Give an array of examples another axis."""
    data, axis = a.get("a"), a.get("axis")
    if not isinstance(data, Data):
        return a.unknown(a.function)
    rank = len(data.sizes) + 1
    if not isinstance(axis, int) or axis % rank == 0:
        return data.forgotten()
    return data.with_sizes((*data.sizes[: axis % rank], 1, *data.sizes[axis % rank :]))


def _reshaped(data: Data, args: list[Value]) -> Value:
    sizes = items_of(args[0]) if len(args) == 1 and is_sequence(args[0]) else args
    if not sizes or not all(isinstance(size, int) and size > 0 for size in sizes[1:]):
        return data.forgotten()
    return data.with_sizes((data.sizes[0], *sizes[1:]))
