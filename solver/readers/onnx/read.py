"""Layers of ONNX models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.dims import Dims
from solver.readers.onnx.file import checked, load_onnx, set_open_sizes
from solver.readers.onnx.layers import is_for_the_array, is_uncounted, layers_of, products_inside
from solver.readers.onnx.node import UnknownShape
from solver.readers.onnx.shapes import Shapes, node_name
from solver.readers.reading import Gathering, Reading

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def read_onnx(path: str | Path, dims: Dims | None = None) -> Reading:
    """Return the layers of an ONNX model.

    Parameters
    ----------
    path
        The file. Weights are not needed; those in other files are not opened.
    dims
        The sizes that the model leaves open.

    Returns
    -------
    Reading
        One layer a node, named after it: what MAERI runs, and everything else as host operations. What
        depends on weights or shapes alone is computed once and is no layer.

        The errors tell which nodes could not be read: a shape that a layer needs cannot be inferred, or a
        layer has no form on the array.

    Raises
    ------
    InputError
        If the file is no valid model, or sizes are missing.
    MissingDependencyError
        If `onnx` is not installed.
    """
    return read_proto(load_onnx(path), dims or Dims(), file=str(path))


def read_proto(model: ModelProto, dims: Dims, *, file: str) -> Reading:
    """Return the layers of an ONNX model in memory, as `read_onnx` does; it is checked and not changed."""
    dims.refuse("--call", file=file, why="it is for programs")
    model = checked(model, file=file)
    gathering = Gathering()
    if set_open_sizes(model, dims, file=file):
        gathering.assume_batch()
    shapes = Shapes(model, file=file, values=dims.values)
    errors: list[InputError] = []
    try:
        for node in shapes.nodes():
            if not all(shapes.fixed(name) for name in node.output if name):
                _read_node(node, shapes, gathering, errors)
    except InputError as error:
        errors.append(error)
    return gathering.network(file, errors, field="graph")


def _read_node(node: NodeProto, shapes: Shapes, gathering: Gathering, errors: list[InputError]) -> None:
    try:
        given = (shapes.shape(name) for name in node.input[:2] if name)
        if is_for_the_array(node) and gathering.is_nothing(f"{node.op_type} {node_name(node)}", *given):
            return
        for layer in layers_of(node, shapes):
            gathering.add(layer)
            if is_uncounted(node, layer):
                gathering.unlowered(layer.name, node.op_type)
    except UnknownShape as error:
        # One shape that is not known makes all behind it unknown.
        if not any(isinstance(other, UnknownShape) for other in errors):
            errors.append(error)
    except InputError as error:
        errors.append(error)
    inside = products_inside(node)
    deciding = shapes.deciding_inputs(node.input[0]) if inside and node.op_type == "If" else []
    hint = f"; {' '.join(f'--value {name}=V' for name in deciding)} decides its branch" if deciding else ""
    for inner in inside:
        gathering.miss(f"{inner}, inside {node.op_type} {node_name(node)}, is not counted{hint}")
