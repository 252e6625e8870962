"""Calls of anything outside the program: known library functions, and what is made of the others."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from solver.readers.tensorflow import (  # noqa: F401 - each adds its functions to the registry
    keras_layers,
    keras_models,
    keras_sequences,
    keras_shapes,
    ops_nn,
    ops_program,
    ops_variables,
    rnn,
    slim,
)
from solver.readers.tensorflow.arity import Run, with_arity
from solver.readers.tensorflow.builtins import MATH
from solver.readers.tensorflow.common import host
from solver.readers.tensorflow.data_sets import forget_data
from solver.readers.tensorflow.graph import TRAINING
from solver.readers.tensorflow.iterators import ITERTOOLS
from solver.readers.tensorflow.keras_layers import KINDS, make_layer
from solver.readers.tensorflow.ops_math import operate
from solver.readers.tensorflow.ops_program import make_partial
from solver.readers.tensorflow.ops_sizes import item
from solver.readers.tensorflow.registry import OPS
from solver.readers.tensorflow.slim import arg_scope, repeat, stack, with_defaults
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Context, Unknown, Value, tensors_in

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


FREE: dict[str, Run] = {
    "tf.slim.arg_scope": arg_scope,
    "tf.slim.repeat": with_arity("slim.repeat", repeat),
    "tf.slim.stack": with_arity("slim.stack", stack),
    "functools.partial": with_arity("functools.partial", make_partial),
    **{name: with_arity(name, run) for name, run in ITERTOOLS.items()},
}
"""Functions whose arguments are handed on, so that they have no signature."""


def is_known(path: str) -> bool:
    """Whether a name stands for a function or layer that is followed."""
    module, _, name = path.rpartition(".")
    return path in FREE or path in MATH or path in OPS or (module == "tf.keras.layers" and name in KINDS)


def call_external(
    reader: Calls, path: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Call a function of another module.

    Library functions are in `registry`. Unknown ones of TensorFlow are host operations if they work on
    activations; nothing else is run, and what it gives is unknown.
    """
    reader.line = line
    if path != "np.expand_dims":
        args, keywords = [*map(forget_data, args)], {k: forget_data(v) for k, v in keywords.items()}
    keywords = with_defaults(reader, path, keywords) if reader.graph.arg_scopes else keywords
    if path in FREE:
        return FREE[path](reader, args, keywords)
    if path in MATH:
        return MATH[path](reader, args, keywords)
    layer = make_layer(path, args, keywords)
    if layer is not None:
        return layer
    if path in OPS:
        operation = OPS[path]
        return reader.graph.taped(lambda given, named: operation.call(reader, given, named), args, keywords)
    return _unknown_call(reader, path, args, keywords, line)


def _unknown_call(
    reader: Calls, path: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    result = Unknown(path, line)
    active = [tensor for tensor in tensors_in([args, keywords]) if not tensor.fixed]
    if not active or TRAINING.match(path):
        return result
    if path.startswith("tf."):
        host(reader, path.removeprefix("tf."), active, None)
        reader.graph.gathering.note(f"line {line}: {path} is not known; it is listed as a host operation")
        reader.graph.unknowns.append(result)
        return result
    return reader.graph.unfollowed(result, active, line)


def call_operator(reader: Calls, symbol: str, operands: list[Value], line: int) -> Value:
    """Run an operator of Python on tensors."""
    reader.line = line
    return reader.graph.taped(lambda args, keywords: operate(reader, symbol, args), operands, {})


def call_item(reader: Calls, value: Tensor, index: Value, line: int) -> Value:
    """Return an item of a tensor."""
    reader.line = line
    return reader.graph.taped(lambda args, keywords: item(reader, args[0], args[1]), [value, index], {})


def enter_context(reader: Calls, context: Value, stack: ExitStack) -> Value:
    """Enter what a ``with`` statement names; `stack` leaves it again."""
    if not isinstance(context, Context):
        return context
    if isinstance(context.value, dict):
        scopes = reader.graph.arg_scopes
        merged = {key: dict(values) for key, values in (scopes[-1] if scopes else {}).items()}
        for key, values in context.value.items():
            merged[key] = merged.get(key, {}) | dict(values)
        scopes.append(merged)
        stack.callback(scopes.pop)
        return slim.scope_value(merged)
    stack.enter_context(reader.graph.scope(context.name))
    return context.value
