"""Layers under their YAML keys."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any

from solver.errors import InputError, unknown
from solver.frontends.padding import Padding, padded_sides
from solver.layer import Conv, FullyConnected, Gemm, Layer
from solver.yamlfile import (
    Count,
    Name,
    Reads,
    Unreadable,
    YamlList,
    YamlMap,
    YamlModel,
    YamlScalar,
    describe,
    read_count,
    read_counts,
    read_integer,
    validate,
)


def _read_triple(value: Any) -> tuple[int, int, int]:
    sizes = read_counts(value)
    if len(sizes) != 3:
        raise Unreadable(value)
    return (sizes[0], sizes[1], sizes[2])


def _read_pair(value: Any) -> tuple[int, int]:
    if isinstance(value, YamlScalar):
        return (read_count(value), read_count(value))
    sizes = read_counts(value)
    if len(sizes) != 2:
        raise Unreadable(value)
    return (sizes[0], sizes[1])


def _read_padding(value: Any) -> Padding:
    if isinstance(value, YamlScalar):
        if value == "same" or value == "valid":
            return "same" if value == "same" else "valid"
        return (_read_side(value), _read_side(value))
    if not isinstance(value, YamlList) or len(value) != 2:
        raise Unreadable(value)
    return (_read_side(value[0]), _read_side(value[1]))


def _read_side(value: Any) -> tuple[int, int]:
    if isinstance(value, YamlScalar):
        return (read_integer(value), read_integer(value))
    if not isinstance(value, YamlList) or len(value) != 2:
        raise Unreadable(value)
    return (read_integer(value[0]), read_integer(value[1]))


Sizes = Annotated[
    tuple[int, int, int], Reads(_read_triple, "[channels, rows, columns], integers of at least 1")
]
Pair = Annotated[
    tuple[int, int], Reads(_read_pair, "an integer of at least 1 or a pair of them, [rows, columns]")
]
Zeros = Annotated[
    Padding,
    Reads(
        _read_padding,
        "an integer of at least 0, [rows, columns], [[top, bottom], [left, right]], same or valid",
    ),
]


class LayerEntry(YamlModel):
    """What the entries of all kinds have in common."""

    kind: Name
    name: Name = ""

    @abstractmethod
    def layer(self) -> Layer:
        """Return the layer that the entry describes."""


class WindowEntry(LayerEntry):
    """What the convolutions have in common."""

    batch: Count = 1
    input: Sizes
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Zeros = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    output: Sizes | None = None

    def conv(self, *, filters: int, groups: int) -> Conv:
        """Return the convolution, its output checked against the one given."""
        sides = padded_sides(
            self.padding, size=self.input[1:], kernel=self.kernel, stride=self.stride, dilation=self.dilation
        )
        conv = Conv(
            name=self.name,
            batch=self.batch,
            input=self.input,
            filters=filters,
            kernel=self.kernel,
            stride=self.stride,
            padding=sides,
            dilation=self.dilation,
            groups=groups,
        )
        if self.output is not None and self.output != conv.output:
            raise InputError(
                field="output",
                found=str(list(self.output)),
                expected=f"{list(conv.output)}, which the other keys give",
            )
        return conv


class ConvEntry(WindowEntry):
    """A convolution; `filters` and the channels of `input` are totals over the groups."""

    filters: Count
    groups: Count = 1

    def layer(self) -> Conv:
        """Return the convolution."""
        return self.conv(filters=self.filters, groups=self.groups)


class DepthwiseEntry(WindowEntry):
    """A convolution with a group for every channel, and as many filters as channels if they are not given."""

    filters: Count | None = None

    def layer(self) -> Conv:
        """Return the convolution with its groups written out."""
        channels = self.input[0]
        return self.conv(filters=self.filters or channels, groups=channels)


class FullyConnectedEntry(LayerEntry):
    """A fully connected layer."""

    batch: Count = 1
    inputs: Count
    outputs: Count

    def layer(self) -> FullyConnected:
        """Return the layer."""
        return FullyConnected(name=self.name, batch=self.batch, inputs=self.inputs, outputs=self.outputs)


class GemmEntry(LayerEntry):
    """A matrix product (m x k) times (k x n)."""

    m: Count
    n: Count
    k: Count

    def layer(self) -> Gemm:
        """Return the layer."""
        return Gemm(name=self.name, m=self.m, n=self.n, k=self.k)


ENTRIES: dict[str, type[LayerEntry]] = {
    "conv": ConvEntry,
    "dwconv": DepthwiseEntry,
    "fc": FullyConnectedEntry,
    "gemm": GemmEntry,
}
"""The model of each kind of layer."""


def layer_from_mapping(value: YamlMap, *, file: str) -> Layer:
    """Return the layer that a mapping of a file describes.

    Parameters
    ----------
    value
        A mapping with the key `kind` and those of its kind.
    file
        Name of the file for messages.

    Returns
    -------
    Layer
        The layer, its name empty if the mapping gives none.

    Raises
    ------
    InputError
        If the kind is unknown, a key unknown or missing, a value wrong, or the sizes do not go together.
    """
    kinds = f"one of {', '.join(ENTRIES)}"
    if "kind" not in value:
        raise InputError(
            "the key is missing", file=file, line=value.line, field="kind", found="nothing", expected=kinds
        )
    kind = value["kind"]
    if not isinstance(kind, YamlScalar) or kind not in ENTRIES:
        error = unknown("kind of layer", describe(kind), ENTRIES)
        raise error.at(file=file, line=value.line_of("kind"), field="kind")
    try:
        return validate(ENTRIES[kind], value, file=file).layer()
    except InputError as error:
        raise error.at(file=file, line=value.line_of(error.field)) from None
