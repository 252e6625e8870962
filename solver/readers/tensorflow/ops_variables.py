"""Inputs, weights and constants of a program, and what passes through without work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from solver.readers.tensorflow.common import host
from solver.readers.tensorflow.ops_arrays import shape_argument
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, as_tensor
from solver.readers.tensorflow.tensor import Open, Size, Tensor
from solver.readers.tensorflow.values import (
    Context,
    Function,
    List,
    Method,
    Unknown,
    Value,
    is_sequence,
    items_of,
)

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


def fixed_tensor(
    reader: Calls, shape: Value, function: str, name: Value = None, *, weights: bool = False
) -> Tensor:
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
def placeholder(reader: Calls, a: Arguments) -> Value:
    """Return an input of the program."""
    name = a.get("name") if isinstance(a.get("name"), str) else f"line{reader.line}"
    given = a.get("shape")
    if given is None:
        return Tensor(None, name=name)
    wanted = shape_argument(given, a.function)
    return Tensor(reader.graph.placeholder(name, wanted), name=name)


@op(
    "tf.Variable",
    "initial_value=None trainable=True collections=None validate_shape=True caching_device=None name=None "
    "variable_def=None dtype=None expected_shape=None import_scope=None constraint=None shape=None",
)
def variable(reader: Calls, a: Arguments) -> Value:
    """Return weights with the shape of their initial value."""
    value = a.get("initial_value")
    name = a.get("name") if isinstance(a.get("name"), str) else ""
    if isinstance(value, (Function, Method)):
        value = reader.call(value, [], {}, reader.line)
    if a.given("shape"):
        return fixed_tensor(reader, a.get("shape"), a.function, name, weights=True)
    tensor = as_tensor(value)
    if tensor is None:
        return value if isinstance(value, Unknown) else Unknown("the value of a variable", reader.line)
    # A variable's content changes, so its value is not known.
    return Tensor(tensor.shape, fixed=True, weights=True, name=name)


@op(
    "tf.get_variable tf.slim.variable tf.slim.model_variable tf.Module.add_weight",
    "name=None shape=None dtype=None initializer=None regularizer=None trainable=True",
)
def get_variable(reader: Calls, a: Arguments) -> Value:
    """Return weights of a shape, or of the shape of their initializer."""
    if a.get("shape") is None and isinstance(a.get("initializer"), Tensor):
        return Tensor(a.get("initializer").shape, fixed=True, weights=True, name=str(a.get("name")))
    return fixed_tensor(reader, a.get("shape"), a.function, a.get("name"), weights=True)


def _filled(names: str, parameters: str) -> None:
    @op(names, parameters)
    def run(reader: Calls, a: Arguments) -> Value:
        key = next(
            (k for k in ("shape", "dims", "size") if f"{k}=" in parameters or f"{k} " in f"{parameters} "), ""
        )
        value = a.get(key)
        return value if isinstance(value, Unknown) else fixed_tensor(reader, value, a.function)


_filled(
    "tf.truncated_normal tf.random_normal tf.random.truncated_normal tf.random.normal tf.random.uniform "
    "tf.random_uniform tf.random.stateless_normal",
    "shape mean=0 stddev=1 dtype=None seed=None name=None minval=0 maxval=1",
)
_filled("tf.zeros tf.ones np.zeros np.ones np.empty", "shape dtype=None name=None order=None")
_filled("tf.fill", "dims value=None name=None")
_filled("np.full", "shape fill_value=None dtype=None")
_filled("np.random.normal np.random.uniform", "loc=0 scale=1 size=None")
_filled("np.random.random np.random.random_sample", "size=None")


@op("np.random.randn np.random.rand", "d0=None d1=None d2=None d3=None d4=None")
def randn(reader: Calls, a: Arguments) -> Value:
    """Return random numbers."""
    sizes = [a.get(key) for key in ("d0", "d1", "d2", "d3", "d4") if a.given(key)]
    return fixed_tensor(reader, tuple(sizes), a.function)


@op(
    "tf.constant tf.convert_to_tensor np.array np.asarray",
    "value dtype=None shape=None name=None verify_shape=False",
)
def constant(reader: Calls, a: Arguments) -> Value:
    """Return a constant, or the tensor itself."""
    value = a.get("value")
    if isinstance(value, Tensor):
        return value
    if a.given("shape"):
        return fixed_tensor(reader, a.get("shape"), a.function, a.get("name"))
    if (
        a.function.startswith("np")
        and is_sequence(value)
        and all(isinstance(v, int) for v in items_of(value))
    ):
        return List(items_of(value))
    tensor = as_tensor(value)
    return tensor if tensor is not None else Unknown(f"{a.function} of something unknown", reader.line)


@op("tf.zeros_like tf.ones_like np.zeros_like np.ones_like", "tensor dtype=None name=None optimize=True")
def zeros_like(reader: Calls, a: Arguments) -> Value:
    """Return a constant of the shape of a tensor."""
    value = a.get("tensor")
    return value if isinstance(value, Unknown) else Tensor(a.tensor("tensor").shape, fixed=True)


@op("tf.range np.arange", "start limit=None delta=1 dtype=None name=None")
def range_(reader: Calls, a: Arguments) -> Value:
    """Return the numbers of a range."""
    bounds = [a.get("start"), a.get("limit")]
    if not all(bound is None or isinstance(bound, int) for bound in bounds) or not isinstance(
        a.get("delta"), int
    ):
        return Tensor(None, fixed=True)
    first, stop = (0, bounds[0]) if bounds[1] is None else (bounds[0], bounds[1])
    count = len(range(first, stop, a.integers("delta", -(10**9))[0]))
    return Tensor((count,), fixed=True)


def _passes(names: str, parameters: str) -> None:
    @op(names, parameters)
    def run(reader: Calls, a: Arguments) -> Value:
        value = a.get(parameters.split()[0])
        found = as_tensor(value)
        return value if found is None else found


_passes("tf.identity tf.stop_gradient tf.check_numerics", "input name=None message=None")
_passes("tf.cast tf.to_float tf.to_int32 tf.to_int64 tf.saturate_cast", "x dtype=None name=None")
_passes("tf.Print", "input_ data=None message=None first_n=None summarize=None name=None")


@op("tf.where", "condition x=None y=None name=None")
def where(reader: Calls, a: Arguments) -> Value:
    """Choose words from two tensors."""
    if not a.given("x"):
        return Unknown("tf.where", reader.line)
    x = a.tensor("x")
    return host(reader, "where", [x, a.tensor("y")], x.shape, a.get("name"))


@op(
    "tf.variable_scope tf.name_scope tf.keras.backend.name_scope tf.variable_op_scope",
    "name_or_scope=None default_name=None values=None initializer=None regularizer=None caching_device=None "
    "partitioner=None custom_getter=None reuse=None dtype=None use_resource=None constraint=None "
    "auxiliary_name_scope=True name=None",
)
def variable_scope(reader: Calls, a: Arguments) -> Value:
    """Enter a scope, whose name stands before those of its layers."""
    name = a.get("name_or_scope")
    if isinstance(name, (list, tuple)):  # variable_op_scope([values], name, default)
        name = a.get("default_name")
    if not isinstance(name, str):
        name = next((n for n in (a.get("name"), a.get("default_name")) if isinstance(n, str)), "")
    if name and a.function.endswith("name_scope") and reader.graph.scopes and reader.graph.scopes[-1] == name:
        name = ""  # a variable scope with its name scope inside
    whole = "/".join(scope for scope in (*reader.graph.scopes, name.strip("/")) if scope)
    is_text = a.function.endswith("name_scope")
    return Context(name.strip("/"), f"{whole}/" if is_text else Unknown("a variable scope", reader.line))


@op("tf.cond", "pred true_fn=None false_fn=None name=None fn1=None fn2=None strict=False")
def cond(reader: Calls, a: Arguments) -> Value:
    """Call one of two functions; both if it is not known which."""
    functions = [
        a.get("true_fn" if a.given("true_fn") else "fn1"),
        a.get("false_fn" if a.given("false_fn") else "fn2"),
    ]
    truth = reader.truth(a.get("pred"))
    if not isinstance(truth, Unknown):
        return reader.call(functions[0 if truth else 1], [], {}, reader.line)
    return reader.either(
        [partial(reader.call, function, [], {}, reader.line) for function in functions], truth
    )


@op(
    "tf.GradientTape tf.device tf.control_dependencies tf.init_scope tf.colocate_with",
    "a=None b=None persistent=None",
)
def no_scope(reader: Calls, a: Arguments) -> Value:
    """Enter a context that changes no names."""
    return Context("", Unknown(a.function, reader.line))
