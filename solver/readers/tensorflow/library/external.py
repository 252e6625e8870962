"""Calls of anything outside the program: known library functions, and what is made of the others."""

from __future__ import annotations

import re
from contextlib import ExitStack

from solver.errors import InputError
from solver.readers.tensorflow.examples import forget_data
from solver.readers.tensorflow.graph.graph import TRAINING, Reuse
from solver.readers.tensorflow.library import (  # noqa: F401 - each adds its functions to the registry
    datasets,
    keras_models,
    keras_sequences,
    keras_shapes,
    nn,
    program,
    rnn,
    slim,
    variables,
)
from solver.readers.tensorflow.library.applications import (  # noqa: F401 - and these
    convnext,
    dense,
    efficient,
    inception,
    mobile,
    nasnet,
    resnet,
    vgg,
)
from solver.readers.tensorflow.library.keras_layers import KINDS, make_layer
from solver.readers.tensorflow.library.registry import OPS
from solver.readers.tensorflow.python.builtins import STANDARD
from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import (
    Context,
    Unknown,
    Value,
    tensors_in,
)

PRODUCTS = re.compile(r"(?i)conv|dense|linear|mat_?mul|einsum|dot|lstm|gru|rnn|attention|pool")
"""Names of functions that have work for the array."""

KEEP_SIZES = ("np.expand_dims", "np.array", "np.asarray", "tf.data.Dataset.from_tensor_slices")
"""Functions that know what becomes of the sizes of examples."""

FREE = slim.FREE | STANDARD
"""Functions whose arguments are handed on, so that they have no signature."""


def is_known(path: str) -> bool:
    """Whether a name stands for a function or layer that is followed."""
    module, _, name = path.rpartition(".")
    return path in FREE or path in OPS or (module == "tf.keras.layers" and name in KINDS)


def call_external(
    reader: Reader, path: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Call a function of another module.

    Library functions are in `registry`. Unknown ones of TensorFlow are host operations if they work on
    activations; nothing else is run, and what it gives is unknown.
    """
    reader.place.line = line
    if path not in KEEP_SIZES:
        args, keywords = [*map(forget_data, args)], {k: forget_data(v) for k, v in keywords.items()}
    keywords = slim.with_defaults(reader, path, keywords) if reader.graph.arg_scopes else keywords
    if path in FREE:
        return FREE[path](reader, args, keywords)
    name = path.rpartition(".")[2]
    if path.startswith("tf.keras.applications.") and name[:1].isupper() and path not in OPS:
        raise InputError(
            f"keras.applications.{name} is not in the program",
            line=line,
            found=f"a call of {name}",
            expected=f"the model in memory, solver.network(keras.applications.{name}(weights=None)), or its "
            ".keras file (model.save)",
        )
    layer = make_layer(reader, path, args, keywords)
    if layer is not None:
        return layer
    if keywords.get("reuse") is True and path in OPS and isinstance(keywords.get("name"), str):
        reader.graph.reuses.append(Reuse(reader.graph.name(keywords["name"], ""), line))
        try:
            return call_external(reader, path, args, {**keywords, "reuse": None}, line)
        finally:
            reader.graph.reuses.pop()
    if path in OPS:
        operation = OPS[path]
        return reader.graph.taped(lambda given, named: operation.call(reader, given, named), args, keywords)
    return _unknown_call(reader, path, args, keywords, line)


def _unknown_call(
    reader: Reader, path: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    result = Unknown(path, line)
    active = [tensor for tensor in tensors_in([args, keywords]) if not tensor.fixed]
    if not active or TRAINING.match(path):
        return result
    if path.startswith("tf."):
        reader.graph.host(path.removeprefix("tf."), active, None)
        gathering = reader.graph.gathering
        tell = gathering.miss if PRODUCTS.search(path) else gathering.note
        tell(f"line {line}: {path} is not known; it is listed as a host operation")
        reader.graph.unknowns.append(result)
        return result
    return reader.graph.unfollowed(result, active, line)


def enter_context(reader: Reader, context: Value, stack: ExitStack) -> Value:
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
    reuses = reader.graph.reuses
    entered = len(reuses)
    stack.callback(lambda: reuses.__delitem__(slice(entered, None)))
    if context.reuse is not None:
        reuses.append(context.reuse)
    return context.value
