"""What people have in memory instead of in a file: which kind it is, and who reads it.

Nothing is imported here to find out: a model of torch can only be passed by who has imported torch.
"""

from __future__ import annotations

import json
from typing import Any

from solver.errors import InputError
from solver.readers.dims import Dims
from solver.readers.reading import Reading

KERAS_EXPORT = (
    "a sequential or functional model; export others: model.export('model.onnx', format='onnx') with "
    "Keras 3, or python -m tf2onnx.convert --saved-model FOLDER --output model.onnx"
)


def is_live(value: Any) -> bool:
    """Whether a value is a model of a library that is read here."""
    return kind_of(value) is not None


def live_name(model: Any) -> str:
    """Return what to call a model: its own name, or that of its class or function."""
    own = getattr(model, "name", None)
    function = getattr(model, "__name__", None)
    named = own if isinstance(own, str) and own else function if isinstance(function, str) else None
    return named or type(model).__name__


def kind_of(value: Any) -> str | None:
    """Return ``keras``, ``exported``, ``torch``, ``onnx`` or ``function``, or None for anything else."""
    for cls in type(value).__mro__:
        module, _, name = f"{cls.__module__}.{cls.__qualname__}".rpartition(".")
        root = module.partition(".")[0]
        if name == "Model" and (root in ("keras", "tf_keras") or "keras" in module.split(".")):
            return "keras"
        if root == "torch" and name == "ExportedProgram":
            return "exported"
        if root == "torch" and name == "Module" and module.startswith("torch.nn."):
            return "torch"
        if root == "onnx" and name == "ModelProto":
            return "onnx"
    if callable(value) and not isinstance(value, type):
        return "function"
    return None


def read_live(model: Any, dims: Dims, example_inputs: Any = None) -> Reading:
    """Return the layers of a model in memory.

    Parameters
    ----------
    model
        A module or exported program of torch, a Keras model, a `ModelProto` of onnx, or a function of JAX.
    dims
        The sizes that it leaves open.
    example_inputs
        Arguments of one call, which torch and JAX need: a tensor, a sequence, or a mapping of keywords.

    Raises
    ------
    InputError
        If the model's own library cannot tell its operations, or sizes are missing.
    """
    kind = kind_of(model)
    if kind is None:
        raise InputError(field="model", found=f"the type {type(model).__name__}", expected="a model")
    if example_inputs is not None and kind in ("exported", "onnx"):
        raise InputError(
            field="example_inputs", found=f"some for {live_name(model)}", expected="none: it has its shapes"
        )
    if kind == "keras":
        return _keras(model, dims, example_inputs)
    if kind == "onnx":
        from solver.readers.onnx.read import read_proto

        return read_proto(model, dims, file=model.graph.name or "ModelProto")
    if kind == "function":
        from solver.readers.live.jax_graph import read_function

        return read_function(model, dims, example_inputs, file=live_name(model))
    from solver.readers.live.torch_graph import export_model, read_program

    if kind == "exported":
        return read_program(model, dims, file="ExportedProgram")
    return read_program(export_model(model, example_inputs), dims, file=live_name(model))


def _keras(model: Any, dims: Dims, example_inputs: Any) -> Reading:
    from solver.readers.tensorflow import read_config

    name = live_name(model)
    try:
        config = json.loads(model.to_json())
    except Exception as error:  # whatever the user's own layers raise
        raise InputError(
            f"the configuration of {name} cannot be had: {error}", expected=KERAS_EXPORT
        ) from None
    inner = config.get("config", {})
    if config.get("class_name") != "Sequential" and "input_layers" not in inner:
        raise InputError(
            "a Keras model whose calls only its own code knows",
            found=f"the class {name}",
            expected=KERAS_EXPORT,
        )
    shape = getattr(example_inputs, "shape", None)
    return read_config(
        config, dims, file=name, input_shape=None if shape is None else [int(n) for n in shape]
    )
