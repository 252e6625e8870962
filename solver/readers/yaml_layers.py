"""Layers under their YAML keys."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import MISSING, fields
from typing import Any, ClassVar

from pydantic import create_model

from solver.errors import InputError, unknown
from solver.layer import (
    BY_FIELDS,
    AveragePool,
    Conv,
    ConvTranspose,
    HostOperation,
    Layer,
    MaxPool,
)
from solver.readers.padding import padded_sides
from solver.readers.yaml_fields import Extra, Number, Pair, Sizes, Zeros
from solver.yamlfile import Count, Flag, Name, YamlModel, validate
from solver.yamlfile.values import YamlMap, YamlScalar, describe


class LayerEntry(YamlModel):
    """What the entries of all kinds have in common."""

    kind: Name
    name: Name = ""

    @abstractmethod
    def layer(self) -> Layer:
        """Return the layer that the entry describes."""


class PlainEntry(LayerEntry):
    """An entry whose keys are the fields of its layer."""

    makes: ClassVar[type[Layer]]

    def layer(self) -> Layer:
        """Return the layer."""
        return self.makes(**{name: getattr(self, name) for name in type(self).model_fields if name != "kind"})


READ: dict[object, Any] = {"int": Count, "int | None": Count | None, "bool": Flag, "str": Name}
"""How the value of a field is read, by the field's type."""


def plain(made: type[Layer]) -> type[PlainEntry]:
    """Return the entry of a kind whose keys are the fields of its layer, sizes of at least 1."""
    keys: dict[str, Any] = {
        field.name: (READ[field.type], ... if field.default is MISSING else field.default)
        for field in fields(made)
    }
    entry = create_model(f"{made.__name__}Entry", __base__=PlainEntry, **keys)
    entry.makes = made
    return entry


class WindowEntry(LayerEntry):
    """What the layers with sliding windows have in common."""

    batch: Count = 1
    input: Sizes
    padding: Zeros = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    output: Sizes | None = None

    def checked(self, layer: Layer, output: tuple[int, int, int]) -> Layer:
        """Return the layer if its output is the one given."""
        if self.output is not None and self.output != output:
            raise InputError(
                field="output",
                found=str(list(self.output)),
                expected=f"{list(output)}, which the other keys give",
            )
        return layer

    def common(self, kernel: tuple[int, int], stride: tuple[int, int]) -> dict[str, Any]:
        """Return the fields that all these layers have, the padding in words of zeros."""
        sides = padded_sides(
            self.padding, size=self.input[1:], kernel=kernel, stride=stride, dilation=self.dilation
        )
        names = ("name", "batch", "input", "dilation")
        return {name: getattr(self, name) for name in names} | {"padding": sides}


class ConvEntry(WindowEntry):
    """A convolution; `filters` and the channels of `input` are totals over the groups."""

    kernel: Pair
    stride: Pair = (1, 1)
    filters: Count
    groups: Count = 1

    def layer(self) -> Layer:
        """Return the convolution."""
        conv = Conv(
            **self.common(self.kernel, self.stride),
            kernel=self.kernel,
            stride=self.stride,
            filters=self.filters,
            groups=self.groups,
        )
        return self.checked(conv, conv.output)


class DepthwiseEntry(WindowEntry):
    """A convolution with a group for every channel, and as many filters as channels if they are not given."""

    kernel: Pair
    stride: Pair = (1, 1)
    filters: Count | None = None

    def layer(self) -> Layer:
        """Return the convolution with its groups written out."""
        channels = self.input[0]
        conv = Conv(
            **self.common(self.kernel, self.stride),
            kernel=self.kernel,
            stride=self.stride,
            filters=self.filters or channels,
            groups=channels,
        )
        return self.checked(conv, conv.output)


class TransposedEntry(WindowEntry):
    """A transposed convolution; its padding is cut off the output."""

    kernel: Pair
    stride: Pair = (1, 1)
    filters: Count
    groups: Count = 1
    output_padding: Extra = (0, 0)

    def layer(self) -> Layer:
        """Return the transposed convolution."""
        if isinstance(self.padding, str) and self.padding == "same":
            raise InputError(field="padding", found="same", expected="the rows and columns that are cut off")
        conv = ConvTranspose(
            **self.common(self.kernel, self.stride),
            kernel=self.kernel,
            stride=self.stride,
            filters=self.filters,
            groups=self.groups,
            output_padding=self.output_padding,
        )
        return self.checked(conv, conv.output)


class PoolEntry(WindowEntry):
    """Maximum pooling; without a kernel over the whole input, without a stride over windows side by side."""

    kernel: Pair | None = None
    stride: Pair | None = None

    def layer(self) -> Layer:
        """Return the pooling."""
        pool = MaxPool(**self.common(*self.window()), kernel=self.kernel, stride=self.stride)
        return self.checked(pool, pool.output)

    def window(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return kernel and stride, those that are not given filled in."""
        kernel = self.kernel or (self.input[1], self.input[2])
        return kernel, self.stride or kernel


class AveragePoolEntry(PoolEntry):
    """Average pooling, as `PoolEntry`."""

    count_padding: Flag = True

    def layer(self) -> Layer:
        """Return the pooling."""
        common = self.common(*self.window())
        pool = AveragePool(**common, kernel=self.kernel, stride=self.stride, count_padding=self.count_padding)
        return self.checked(pool, pool.output)


class HostEntry(PlainEntry):
    """Work that is left to the host."""

    makes = HostOperation
    operation: Name
    elements: Number = 0


ENTRIES: dict[str, type[LayerEntry]] = {
    "conv": ConvEntry,
    "dwconv": DepthwiseEntry,
    "convtranspose": TransposedEntry,
    "maxpool": PoolEntry,
    "avgpool": AveragePoolEntry,
    **{kind.kind: plain(kind) for kind in BY_FIELDS},
    "host": HostEntry,
}
"""The model of each kind of layer."""


def layer_from_mapping(value: YamlMap, *, file: str | None) -> Layer:
    """Return the layer that a mapping of a file describes.

    Parameters
    ----------
    value
        A mapping with the key `kind` and those of its kind.
    file
        Name of the file for messages, if there is one.

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
    if "kind" not in value and "num_ms" in value:
        raise InputError(
            "this describes an accelerator",
            file=file,
            line=value.line_of("num_ms"),
            field="num_ms",
            found="no layer",
            expected="a layer, and the accelerator as --hardware FILE",
        )
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
