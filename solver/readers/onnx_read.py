"""Layers of ONNX models."""

from __future__ import annotations

from pathlib import Path

from solver.errors import InputError
from solver.readers.dims import Dims
from solver.readers.onnx_file import load_onnx, set_open_sizes
from solver.readers.onnx_layers import is_uncounted, layer_of, products_inside
from solver.readers.onnx_shapes import Shapes, node_name
from solver.readers.reading import Gathering, Reading


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

    Raises
    ------
    InputError
        If the file is no valid model, sizes are missing, or a shape that a layer needs cannot be inferred.
    MissingDependencyError
        If `onnx` is not installed.
    """
    file = str(path)
    model = load_onnx(path)
    gathering = Gathering()
    for note in set_open_sizes(model, dims or Dims(), file=file):
        gathering.note(note)
    shapes = Shapes(model, file=file)
    for node in shapes.nodes():
        if all(shapes.fixed(name) or shapes.value(name) is not None for name in node.output if name):
            continue
        layer = layer_of(node, shapes)
        gathering.add(layer)
        if is_uncounted(node, layer):
            gathering.miss(
                f"{layer.name}: {node.op_type} is listed as a host operation, its work not counted"
            )
        for inner in products_inside(node):
            gathering.miss(f"{inner}, inside {node.op_type} {node_name(node)}, is not counted")
    if not gathering.layers:
        raise InputError(file=file, field="graph", found="no operation on the inputs", expected="a network")
    return gathering.reading()
