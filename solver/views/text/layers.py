"""The layers of a network with their shapes and multiply-accumulates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from solver.arithmetic.numbers import sizes_text
from solver.layer import (
    Add,
    Attention,
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
from solver.views import figures
from solver.views.console import ReportConsole, whole

HOST_NAMES = 3
"""Names that are shown of the host operations of one type."""


def show_layers(console: ReportConsole, layers: Sequence[Layer]) -> None:
    """Print a table of the layers that MAERI runs, the totals by kind, and the host operations by type."""
    array = [layer for layer in layers if not isinstance(layer, HostOperation)]
    host = [layer for layer in layers if isinstance(layer, HostOperation)]
    if array:
        console.show_narrow(_layer_table(array), ("kind",))
        console.say(_totals(array))
    if host:
        console.paragraphs(host_table(host))


def layers_data(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the same facts for JSON."""
    array = [layer for layer in layers if not isinstance(layer, HostOperation)]
    names = ("input_shape", "weight_shape", "output_shape")
    return {
        "layers": [
            layer.to_dict() | {"shapes": dict(zip(names, shapes(layer), strict=True)), "macs": layer.macs}
            for layer in array
        ],
        "macs": sum(layer.macs for layer in array),
        "host_operations": [layer.to_dict() for layer in layers if isinstance(layer, HostOperation)],
    }


def _layer_table(layers: Sequence[Layer]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("layer", "kind", "input", "weights", "output"):
        table.add_column(name, overflow="fold")
    table.add_column("MACs", justify="right")
    for layer in layers:
        cells = (whole(text) for text in shapes(layer))
        table.add_row(layer.name, layer.kind, *cells, figures.integer(layer.macs))
    table.add_section()
    table.add_row("total", "", "", "", "", figures.integer(sum(layer.macs for layer in layers)), style="bold")
    return table


def _totals(layers: Sequence[Layer]) -> Text:
    counts = Counter(layer.kind for layer in layers)
    macs: Counter[str] = Counter()
    for layer in layers:
        macs[layer.kind] += layer.macs
    parts = (f"{count} {kind} ({figures.integer(macs[kind])} MACs)" for kind, count in counts.items())
    return Text(f"{figures.counted(len(layers), 'layer')}: " + ", ".join(parts))


def host_table(layers: Sequence[HostOperation]) -> Table:
    """Return a row per type of host operation."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("left to the host")
    table.add_column("count", justify="right")
    table.add_column("words", justify="right")
    table.add_column("names", overflow="fold")
    by_type: dict[str, list[HostOperation]] = {}
    for layer in layers:
        by_type.setdefault(layer.operation, []).append(layer)
    for operation, same in by_type.items():
        names = ", ".join(layer.name for layer in same[:HOST_NAMES])
        more = f", and {len(same) - HOST_NAMES} more" if len(same) > HOST_NAMES else ""
        words = sum(layer.elements for layer in same)
        table.add_row(operation, str(len(same)), figures.integer(words), names + more)
    return table


def shapes(layer: Layer) -> tuple[str, str, str]:
    """Return input, weights and output of a layer in words."""
    return next((describe(layer) for kind, describe in _SHAPES if isinstance(layer, kind)), ("", "", ""))


def _conv(layer: Conv | ConvTranspose) -> tuple[str, str, str]:
    groups = f" g{layer.groups}" if layer.groups > 1 else ""
    dilation = f" d{_pair(layer.dilation)}" if layer.dilation != (1, 1) else ""
    weights = f"{layer.filters} of {sizes_text(layer.kernel)}{_stride(layer.stride)}{dilation}{groups}"
    return _batched(layer.batch, layer.input), weights, _batched(layer.batch, layer.output)


def _pool(layer: Pool) -> tuple[str, str, str]:
    stride = _stride(layer.step) if layer.step != layer.window else ""
    window = f"{sizes_text(layer.window)}{stride}"
    return _batched(layer.batch, layer.input), window, _batched(layer.batch, layer.output)


def _product(m: int, n: int, k: int, batch: int = 1) -> tuple[str, str, str]:
    times = (batch,) if batch > 1 else ()
    return sizes_text((*times, m, k)), sizes_text((*times, k, n)), sizes_text((*times, m, n))


def _recurrent(layer: Recurrent) -> tuple[str, str, str]:
    both = " both ways" if layer.directions == 2 else ""
    sizes = (layer.batch, layer.steps)
    return (
        sizes_text((*sizes, layer.inputs)),
        f"hidden {layer.hidden}{both}",
        sizes_text((*sizes, layer.directions * layer.hidden)),
    )


def _attention(layer: Attention) -> tuple[str, str, str]:
    width = layer.heads * layer.head_size
    keys = f", {layer.attended} keys" if layer.attended != layer.queries else ""
    return (
        sizes_text((layer.batch, layer.queries, width)),
        f"{layer.heads} heads of {layer.head_size}{keys}",
        sizes_text((layer.batch, layer.queries, width)),
    )


_SHAPES: list[tuple[Any, Callable[[Any], tuple[str, str, str]]]] = [
    (Conv, _conv),
    (ConvTranspose, _conv),
    (Pool, _pool),
    (FullyConnected, lambda layer: _product(layer.batch, layer.outputs, layer.inputs)),
    (Gemm, lambda layer: _product(layer.m, layer.n, layer.k)),
    (BatchMatmul, lambda layer: _product(layer.m, layer.n, layer.k, layer.batch)),
    (Add, lambda layer: (f"{layer.operands} of {layer.elements}", "", str(layer.elements))),
    (
        Multiply,
        lambda layer: (
            f"{layer.terms * layer.elements} and {layer.terms * layer.elements * layer.broadcast}",
            "",
            str(layer.elements * layer.broadcast),
        ),
    ),
    (Recurrent, _recurrent),
    (Attention, _attention),
]


def _batched(batch: int, shape: tuple[int, int, int]) -> str:
    return sizes_text((batch, *shape) if batch > 1 else shape)


def _stride(stride: tuple[int, int]) -> str:
    return f" s{_pair(stride)}" if stride != (1, 1) else ""


def _pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else sizes_text(pair)
