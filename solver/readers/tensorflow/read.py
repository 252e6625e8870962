"""Layers of TensorFlow and Keras programs."""

from __future__ import annotations

import ast
from pathlib import Path

from solver.errors import InputError, placed
from solver.files import read_text
from solver.layer import HostOperation
from solver.readers.dims import Dims
from solver.readers.notebook import notebook_program
from solver.readers.reading import Reading
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.taken_back import drop_copies, drop_losses
from solver.readers.tensorflow.language.interpreter import Interpreter
from solver.readers.tensorflow.language.parse import parse_program
from solver.readers.tensorflow.values import Function, Unknown

MAX_SHOWN = 3

OTHER_LIBRARIES = ("torch", "jax", "flax", "mxnet", "paddle", "chainer", "caffe")


def read_program(path: str | Path, dims: Dims | None = None) -> Reading:
    """Return the layers that a TensorFlow or Keras program builds, without running it.

    Parameters
    ----------
    path
        The program, or a notebook. No files are read but modules that lie beside it; nothing is executed.
    dims
        The sizes that its inputs leave open: the first axis is the batch, others are ``name:axis``.

    Returns
    -------
    Reading
        The layers under the names of the program. If it cannot be followed to its end, the layers before that
        line, and the error.

    Raises
    ------
    InputError
        If it is no Python, or builds no layer at all.
    """
    file, dims = str(path), dims or Dims()
    dims.refuse("--value", file=file, why="it is for inputs of ONNX models")
    text = read_text(path)
    if file.lower().endswith(".ipynb"):
        text = notebook_program(text, file)
    with placed(file=file):
        tree = parse_program(text)
    interpreter = Interpreter(file, dims)
    graph = interpreter.graph
    try:
        interpreter.run_program(tree)
        if dims.call is not None:
            _call(interpreter, dims.call)
        for finish in graph.finishers:
            finish()
        _drop(graph)
        check_dims(graph, dims, file)
    except InputError as error:
        _drop(graph)
        return graph.gathering.reading(error.at(file=file, line=interpreter.place.line))
    except RecursionError:
        deep = InputError(
            "the program is nested too deeply to be followed", file=file, line=interpreter.place.line
        )
        return graph.gathering.reading(deep)
    reading = graph.gathering.reading()
    if all(isinstance(layer, HostOperation) for layer in reading.layers):
        raise _nothing_built(graph, interpreter, file)
    return reading


def _drop(graph: Graph) -> None:
    drop_copies(graph)
    drop_losses(graph)


def _call(interpreter: Interpreter, text: str) -> None:
    """Evaluate the call that builds the model, in the names of the program."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        expected = "one expression, such as net((224, 224, 3))"
        raise InputError(file=interpreter.place.file, field="--call", found=text, expected=expected) from None
    built = len(interpreter.graph.gathering.layers)
    result = interpreter.evaluate(tree.body)
    for finish in interpreter.graph.finishers:
        finish()
    if len(interpreter.graph.gathering.layers) == built and isinstance(result, Unknown):
        found = f"{text}, which gives something that is not followed: {result.reason}"
        raise InputError(file=interpreter.place.file, field="--call", found=found, expected="a model")


def check_dims(graph: Graph, dims: Dims, file: str) -> None:
    """Raise an `InputError` if the user gives a size that the program does not leave open."""
    dims.check_names(dict.fromkeys(graph.open_names), file=file)
    if not graph.batch_is_open:
        dims.refuse_batch(file, str(dims.batch), "program")


def _nothing_built(graph: Graph, interpreter: Interpreter, file: str) -> InputError:
    """Return the error for a program without layers, saying what may be the reason."""
    unknowns = [f"{unknown.reason} (line {unknown.line})" for unknown in dict.fromkeys(graph.unknowns)]
    functions = [name for name, value in interpreter.scope.names.items() if isinstance(value, Function)]
    other = next((root for root in OTHER_LIBRARIES if root in interpreter.imports), None)
    if other is not None:
        return InputError(
            "not a TensorFlow program",
            file=file,
            line=interpreter.imports[other],
            found=f"import {other}",
            expected="a program of TensorFlow or Keras, or the model exported to ONNX",
        )
    expected = "a program that applies layers to a tf.placeholder or tf.keras.Input of known shape"
    if unknowns:
        found = f"what is not followed: {', '.join(unknowns[:MAX_SHOWN])}"
    elif interpreter.endless:
        found = interpreter.endless
    elif interpreter.star_imports:
        found = f"names that may be of {interpreter.star_imports[-1]}, which is not read"
    elif functions:
        found = f"functions that nothing calls with an input, such as {functions[-1]}"
        expected = f"--call '{functions[-1]}(...)' with the shape or input that it takes"
    else:
        found = "no layers"
    return InputError(
        "the program builds no layers",
        file=file,
        line=graph.unknowns[0].line if unknowns else 1,
        found=found,
        expected=expected,
    )
