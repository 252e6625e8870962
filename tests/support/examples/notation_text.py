"""Layers printed in the one-line notation."""

from __future__ import annotations

import json
import re
from functools import singledispatch

from solver.layer import (
    GRU,
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
    Multiply,
    Pool,
    Recurrent,
)

NONE = ((0, 0), (0, 0))


def format_layer(layer: Layer) -> str:
    """Return a layer in the one-line notation, so that `read_notation` gives it back.

    Parameters
    ----------
    layer
        A layer of any kind that a user can describe.

    Returns
    -------
    str
        One line; what is as usual (stride 1, no padding, ...) is left out.
    """
    label = layer.name if re.fullmatch(r"\w[\w./+-]*", layer.name) else _quoted(layer.name)
    return (f"{label}: " if layer.name else "") + ", ".join(_parts(layer))


@singledispatch
def _parts(layer: Layer) -> list[str]:
    raise TypeError(f"a layer of the kind {layer.kind} has no notation")


@_parts.register
def _(layer: Conv) -> list[str]:
    channels = layer.input[0]
    depthwise = layer.groups == channels > 1
    head = ("dwconv " if depthwise else "conv ") + _times(layer.input)
    if not depthwise or layer.filters != channels:
        head += f" -> {layer.filters}"
    return [
        head,
        _times(layer.kernel),
        *_pair("stride", layer.stride),
        *_padding(layer.padding),
        *_pair("dilation", layer.dilation),
        *([] if depthwise else _count("groups", layer.groups)),
        *_batch(layer.batch),
    ]


@_parts.register
def _(layer: ConvTranspose) -> list[str]:
    return [
        f"convtranspose {_times(layer.input)} -> {layer.filters}",
        _times(layer.kernel),
        *_pair("stride", layer.stride),
        *_padding(layer.padding),
        *_pair("outpad", layer.output_padding, usual=(0, 0)),
        *_pair("dilation", layer.dilation),
        *_count("groups", layer.groups),
        *_batch(layer.batch),
    ]


@_parts.register
def _(layer: Pool) -> list[str]:
    inside = isinstance(layer, AveragePool) and not layer.count_padding
    return [
        f"{layer.kind} {_times(layer.input)}",
        "global" if layer.kernel is None else _times(layer.kernel),
        *([] if layer.stride is None else [f"stride {_joined(layer.stride)}"]),
        *_padding(layer.padding),
        *_pair("dilation", layer.dilation),
        *["exclude pad"] * inside,
        *_batch(layer.batch),
    ]


@_parts.register
def _(layer: FullyConnected) -> list[str]:
    return [f"fc {layer.inputs} -> {layer.outputs}", *_batch(layer.batch)]


@_parts.register
def _(layer: Gemm) -> list[str]:
    return [f"gemm {layer.m}x{layer.k} * {layer.k}x{layer.n}"]


@_parts.register
def _(layer: BatchMatmul) -> list[str]:
    left, right = (layer.batch, layer.m, layer.k), (layer.batch, layer.k, layer.n)
    return [f"matmul {_times(left)} * {_times(right)}"]


@_parts.register
def _(layer: Recurrent) -> list[str]:
    return [
        f"{layer.kind} {layer.inputs} -> {layer.hidden}",
        *_count("steps", layer.steps),
        *["bidirectional"] * (layer.directions == 2),
        *["reset after"] * (isinstance(layer, GRU) and layer.reset_after),
        *_batch(layer.batch),
    ]


@_parts.register
def _(layer: Attention) -> list[str]:
    return [
        f"attention {layer.heads}x{layer.head_size}",
        f"queries {layer.queries}",
        *([] if layer.keys is None else [f"keys {layer.keys}"]),
        *["projections"] * layer.projections,
        *_batch(layer.batch),
    ]


@_parts.register
def _(layer: Add) -> list[str]:
    return [f"add {layer.elements}", *([f"operands {layer.operands}"] if layer.operands != 2 else [])]


@_parts.register
def _(layer: Multiply) -> list[str]:
    terms, broadcast = _count("terms", layer.terms), _count("broadcast", layer.broadcast)
    return [f"multiply {layer.elements}", *terms, *broadcast]


@_parts.register
def _(layer: HostOperation) -> list[str]:
    plain = re.fullmatch(r"[^\W\d][\w./+-]*", layer.operation)
    word = layer.operation if plain else _quoted(layer.operation)
    return [f"host {word} {layer.elements}" if layer.elements else f"host {word}"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _batch(batch: int) -> list[str]:
    return _count("batch", batch)


def _count(word: str, count: int) -> list[str]:
    return [] if count == 1 else [f"{word} {count}"]


def _pair(word: str, pair: tuple[int, int], usual: tuple[int, int] = (1, 1)) -> list[str]:
    return [] if pair == usual else [f"{word} {_joined(pair)}"]


def _padding(padding: tuple[tuple[int, int], tuple[int, int]]) -> list[str]:
    if padding == NONE:
        return []
    return ["pad " + _joined(tuple(str(a) if a == b else f"{a}+{b}" for a, b in padding))]


def _times(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _joined(pair: tuple[object, ...]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else "x".join(map(str, pair))
