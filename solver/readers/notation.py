"""Layers in the one-line notation."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from solver.errors import InputError
from solver.layer import (
    GRU,
    LSTM,
    RNN,
    Add,
    Attention,
    AveragePool,
    BatchMatmul,
    Conv,
    ConvTranspose,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    MaxPool,
    Multiply,
)
from solver.parsing.notation import parse_lines
from solver.parsing.parsing import token_error
from solver.readers.notation_line import Line
from solver.readers.padding import padded_sides


def read_notation(text: str) -> list[Layer]:
    """Return the layers of a text in the one-line notation.

    Parameters
    ----------
    text
        One layer a line, such as ``conv1: conv 3x224x224 -> 64, 7x7, s2, p3``.

    Returns
    -------
    list of Layer
        In the order written; names that are not given are empty.

    Raises
    ------
    InputError
        With line, column, and a caret below the wrong word.
    """
    return [_layer(Line(text, description)) for description in parse_lines(text)]


def _layer(line: Line) -> Layer:
    kind, fields = _KINDS[line.kind](line)
    try:
        return kind(name=line.name, **fields)
    except InputError as error:
        raise line.placed(error) from None


Fields = dict[str, Any]


def _conv(line: Line) -> tuple[type[Layer], Fields]:
    depthwise = line.kind == "DWCONV"
    image, kernel = line.image(), line.kernel()
    _, *output = line.operands
    if depthwise and "GROUPS" in line.options:
        word = line.options["GROUPS"].word
        raise line.wrong(word, "groups", "no groups: dwconv has one a channel")
    stride, dilation = line.pair_option("STRIDE"), line.pair_option("DILATION")
    return Conv, {
        "batch": line.count_option("BATCH"),
        "input": image,
        "filters": line.count(output[0], "filters") if output else image[0],
        "kernel": kernel,
        "stride": stride,
        "padding": padded_sides(
            line.padding(), size=image[1:], kernel=kernel, stride=stride, dilation=dilation
        ),
        "dilation": dilation,
        "groups": image[0] if depthwise else line.count_option("GROUPS"),
    }


def _transposed(line: Line) -> tuple[type[Layer], Fields]:
    padding = line.padding()
    if padding == "same":
        words = line.options["PAD"].values[0]
        raise line.wrong(words[0], "padding", "the rows and columns that are cut off the output")
    image, kernel = line.image(), line.kernel()
    return ConvTranspose, {
        "batch": line.count_option("BATCH"),
        "input": image,
        "filters": line.count(line.operands[1], "filters"),
        "kernel": kernel,
        "stride": line.pair_option("STRIDE"),
        "padding": padded_sides(padding, size=image[1:], kernel=kernel, stride=(1, 1)),
        "output_padding": line.output_padding(),
        "dilation": line.pair_option("DILATION"),
        "groups": line.count_option("GROUPS"),
    }


def _pool(line: Line) -> tuple[type[Layer], Fields]:
    image = line.image()
    kernel = None if "GLOBAL" in line.options else line.kernel()
    window = kernel or image[1:]
    stride = line.pair_option("STRIDE") if "STRIDE" in line.options else None
    dilation = line.pair_option("DILATION")
    fields: Fields = {
        "batch": line.count_option("BATCH"),
        "input": image,
        "kernel": kernel,
        "stride": stride,
        "padding": padded_sides(
            line.padding(), size=image[1:], kernel=window, stride=stride or window, dilation=dilation
        ),
        "dilation": dilation,
    }
    if line.kind == "MAXPOOL":
        return MaxPool, fields
    return AveragePool, fields | {"count_padding": "EXCLUDE" not in line.options}


def _fully_connected(line: Line) -> tuple[type[Layer], Fields]:
    inputs, outputs = line.operands
    return FullyConnected, {
        "batch": line.count_option("BATCH"),
        "inputs": line.count(inputs, "inputs"),
        "outputs": line.count(outputs, "outputs"),
    }


def _product(line: Line) -> tuple[type[Layer], Fields]:
    batched = line.kind == "MATMUL"
    shape, length = ("products x rows x columns", 3) if batched else ("rows x columns", 2)
    left, right = line.operands
    *products, m, k = line.counts(left, "left matrix", shape, length)
    *others, inner, n = line.counts(right, "right matrix", shape, length)
    if products != others:
        raise line.wrong(right[0], "batch", f"{products[0]} products, as on the left")
    if inner != k:
        expected = f"{k} rows, as many as the left matrix has columns"
        raise token_error(line.text, right[-2], field="k", expected=expected)
    if batched:
        return BatchMatmul, {"batch": products[0], "m": m, "n": n, "k": k}
    return Gemm, {"m": m, "n": n, "k": k}


def _recurrent(line: Line) -> tuple[type[Layer], Fields]:
    inputs, hidden = line.operands
    fields: Fields = {
        "batch": line.count_option("BATCH"),
        "inputs": line.count(inputs, "inputs"),
        "hidden": line.count(hidden, "hidden units"),
        "steps": line.count_option("STEPS"),
        "directions": 2 if "BIDIRECTIONAL" in line.options else 1,
    }
    if line.kind == "GRU":
        return GRU, fields | {"reset_after": "RESET" in line.options}
    return LSTM if line.kind == "LSTM" else RNN, fields


def _attention(line: Line) -> tuple[type[Layer], Fields]:
    heads, size = line.counts(line.operands[0], "heads", "heads x head size", 2)
    if "QUERIES" not in line.options:
        raise line.wrong(line.line.kind, "queries", "queries and their number", "nothing")
    return Attention, {
        "batch": line.count_option("BATCH"),
        "heads": heads,
        "head_size": size,
        "queries": line.count_option("QUERIES"),
        "keys": line.count_option("KEYS") if "KEYS" in line.options else None,
        "projections": "PROJECTIONS" in line.options,
    }


def _elementwise(line: Line) -> tuple[type[Layer], Fields]:
    elements = prod(line.counts(line.operands[0], "elements", "a number of elements, or a shape", None))
    if line.kind == "ADD":
        operands = line.count_option("OPERANDS") if "OPERANDS" in line.options else 2
        return Add, {"elements": elements, "operands": operands}
    terms, broadcast = line.count_option("TERMS"), line.count_option("BROADCAST")
    return Multiply, {"elements": elements, "terms": terms, "broadcast": broadcast}


def _host(line: Line) -> tuple[type[Layer], Fields]:
    shape = line.operands[0] if line.operands else ()
    elements = prod(line.counts(shape, "elements", "a number of elements, or a shape", None)) if shape else 0
    return HostOperation, {"operation": line.operation(), "elements": elements}


_KINDS: dict[str, Callable[[Line], tuple[type[Layer], Fields]]] = {
    "CONV": _conv,
    "DWCONV": _conv,
    "CONVTRANSPOSE": _transposed,
    "MAXPOOL": _pool,
    "AVGPOOL": _pool,
    "FC": _fully_connected,
    "GEMM": _product,
    "MATMUL": _product,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "ATTENTION": _attention,
    "ADD": _elementwise,
    "MULTIPLY": _elementwise,
    "HOST": _host,
}

NOTATIONS = frozenset(kind.lower() for kind in _KINDS)
"""Words that a layer in one line may begin with."""
