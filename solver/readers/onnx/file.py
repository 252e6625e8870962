"""ONNX files: opened, checked, their open sizes set; nothing but the file itself is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solver.errors import InputError, MissingDependencyError
from solver.files import read_bytes
from solver.readers.dims import Dims, open_size

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

MAX_OPEN_SHOWN = 8
"""Open sizes that a message lists."""

MICROSOFT = "com.microsoft"

RUNTIME_OPERATORS = ("LayerNormalization", "SimplifiedLayerNormalization", "MeanVarianceNormalization")
"""Operators of onnxruntime that it writes without its own domain."""


def onnx_package() -> Any:
    """Return the `onnx` package, or say how to install it."""
    try:
        import onnx
        import onnx.inliner
        import onnx.reference
    except ImportError as error:
        raise MissingDependencyError(
            f"reading ONNX files needs the onnx package ({error}): pip install 'maeri-solver[onnx]'"
        ) from None
    return onnx


def load_onnx(path: str | Path) -> ModelProto:
    """Return the model of an ONNX file.

    Parameters
    ----------
    path
        The file. Weights that it keeps in other files are not needed and not opened.

    Returns
    -------
    ModelProto
        As it is in the file; `checked` looks into it.

    Raises
    ------
    InputError
        If the file is no ONNX model, or truncated.
    MissingDependencyError
        If `onnx` is not installed.
    """
    onnx = onnx_package()
    file = str(path)
    data = read_bytes(path)
    expected = "an ONNX model"
    try:
        model: ModelProto = onnx.load_model_from_string(data)
    except Exception:  # protobuf's DecodeError, whose module moves between its versions
        raise InputError(
            "the file is damaged, cut off, or not ONNX",
            file=file,
            found=f"{len(data):,} bytes that are no protobuf message",
            expected=expected,
        ) from None
    return model


def checked(model: ModelProto, *, file: str) -> ModelProto:
    """Return a copy of a model whose own functions are inlined.

    Raises
    ------
    InputError
        If it fails ONNX's checker; the message names `file`.
    """
    onnx = onnx_package()
    given, model = model, onnx.ModelProto()
    model.CopyFrom(given)
    expected = "an ONNX model"
    if not _is_text(model):
        raise InputError(
            "the file is damaged", file=file, found="a name that is no text in UTF-8", expected=expected
        )
    if not model.graph.node and not model.graph.output:
        raise InputError(file=file, found="no graph", expected=expected)
    _name_runtime_operators(onnx, model)
    _check(onnx, model, file)
    return onnx.inliner.inline_local_functions(model) if model.functions else model


def set_open_sizes(model: ModelProto, dims: Dims, *, file: str) -> bool:
    """Give every open size of the model's inputs its value, in place.

    Parameters
    ----------
    model
        The model.
    dims
        What the user says. The batch is the open sizes whose name says so; without any, the first axes.
    file
        Its name for messages.

    Returns
    -------
    bool
        Whether a batch of 1 was assumed.

    Raises
    ------
    InputError
        If sizes stay open, an input has no shape, a ``--dim`` names none of them, or ``--batch`` contradicts
        the model.
    """
    inputs = graph_inputs(model.graph)
    for info in inputs:
        _check_shape(info, file)
    axes = [(axis, name) for info in inputs for axis, name in _open_axes(info)]
    dims.check_names(dict.fromkeys(name for _, name in axes), file=file)
    missing: list[str] = []
    sizes = dict(dims.sizes)
    batch_names = {name for name in _batch_names(axes) if name not in sizes}
    if not batch_names:
        dims.refuse_batch(file, ", ".join(_written(info) for info in inputs[:3]) or "no inputs")
    sizes |= dict.fromkeys(batch_names, dims.batch or 1)
    for info in inputs:
        shape = info.type.tensor_type.shape
        for axis, name in _open_axes(info):
            if name in sizes:
                shape.dim[axis].dim_value = sizes[name]
            elif name not in missing:
                missing.append(name)
    if missing:
        raise open_size(missing[:MAX_OPEN_SHOWN], file=file)
    return bool(batch_names) and dims.batch is None


def graph_inputs(graph: GraphProto) -> list[ValueInfoProto]:
    """Return the inputs of a graph that are tensors and not weights with a value."""
    weights = {tensor.name for tensor in graph.initializer}
    weights |= {tensor.values.name for tensor in graph.sparse_initializer}
    return [info for info in graph.input if info.name not in weights]


def _open_axes(info: ValueInfoProto) -> Iterator[tuple[int, str]]:
    if not info.type.HasField("tensor_type"):
        return
    for axis, dim in enumerate(info.type.tensor_type.shape.dim):
        # Some exporters write 0 or -1 for a size that they do not know.
        if not dim.HasField("dim_value") or dim.dim_value < 1:
            named = re.search(r"\w", dim.dim_param)  # some exporters write ? for all that is open
            yield axis, dim.dim_param if named else f"{info.name}:{axis}"


def _batch_names(axes: list[tuple[int, str]]) -> set[str]:
    """Return the open sizes that are the batch: those called so, or else the first axes."""
    called = {name for _, name in axes if re.search("batch", name, re.IGNORECASE) or name in ("N", "B")}
    return called or {name for axis, name in axes if axis == 0}


def _check_shape(info: ValueInfoProto, file: str) -> None:
    if info.type.HasField("tensor_type") and not info.type.tensor_type.HasField("shape"):
        raise InputError(
            "an input without a shape",
            file=file,
            field=info.name,
            found="nothing",
            expected="a model exported with the shapes of its inputs",
        )


def _written(info: ValueInfoProto) -> str:
    dims = info.type.tensor_type.shape.dim
    return f"{info.name} {'x'.join(str(dim.dim_value) for dim in dims)}"


def _is_text(message: Any) -> bool:
    """Whether every text of a protobuf message is one; damaged ones are handed over as bytes."""
    for field, value in message.ListFields():
        # Not every version of protobuf says which fields are repeated.
        single = isinstance(value, str | bytes) or hasattr(value, "ListFields")
        items = [value] if single else value
        if field.type == field.TYPE_STRING and not all(isinstance(item, str) for item in items):
            return False
        if field.type == field.TYPE_MESSAGE and not all(_is_text(item) for item in items):
            return False
    return True


def _name_runtime_operators(onnx: Any, model: ModelProto) -> None:
    """Move operators that onnxruntime puts into ONNX's own domain, where no version has them, into its own.

    Its optimiser writes `LayerNormalization` before opset 17, and `SimplifiedLayerNormalization` at any.
    """
    versions = {opset.domain: opset.version for opset in model.opset_import}
    version = versions.get("", versions.get("ai.onnx", 1))
    graphs, moved = [model.graph], False
    while graphs:
        for node in graphs.pop().node:
            graphs += [a.g for a in node.attribute if a.type == a.GRAPH]
            if node.domain in ("", "ai.onnx") and node.op_type in RUNTIME_OPERATORS:
                try:
                    onnx.defs.get_schema(node.op_type, version, "")
                except onnx.defs.SchemaError:
                    node.domain, moved = MICROSOFT, True
    if moved and MICROSOFT not in versions:
        model.opset_import.add(domain=MICROSOFT, version=1)


def _check(onnx: Any, model: ModelProto, file: str) -> None:
    for info in model.graph.output:  # the checker wants their shapes, which nobody needs
        tensor = info.type.tensor_type
        if info.type.WhichOneof("value") in (None, "tensor_type") and not tensor.HasField("shape"):
            tensor.elem_type = tensor.elem_type or onnx.TensorProto.FLOAT
            tensor.shape.dim.add()
    try:
        onnx.checker.check_model(_without_external(onnx, model))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
        # The checker breaks the line before the name of the node.
        reason = " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1])
        reason = reason.rstrip(": ") or "it fails ONNX's checker"
        raise InputError(f"not a valid ONNX model: {reason}", file=file) from None


def _without_external(onnx: Any, model: ModelProto) -> ModelProto:
    """Return the model with the weights of other files as inputs: the checker would open those files."""
    external = [t for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    if not external:
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    kept = [t for t in copy.graph.initializer if t.data_location != onnx.TensorProto.EXTERNAL]
    del copy.graph.initializer[:]
    copy.graph.initializer.extend(kept)
    known = {info.name for info in copy.graph.input}
    make = onnx.helper.make_tensor_value_info
    copy.graph.input.extend(
        make(tensor.name, tensor.data_type, list(tensor.dims))
        for tensor in external
        if tensor.name not in known
    )
    return copy
