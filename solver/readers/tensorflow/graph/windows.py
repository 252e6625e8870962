"""Convolutions and pooling of a program, with either order of the axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from solver.layer import AveragePool, Conv, ConvTranspose, MaxPool
from solver.readers.padding import Padding, padded_sides
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.sizes import sizes_of
from solver.readers.tensorflow.values import Tensor

Pair = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """How a window slides.

    Parameters
    ----------
    kernel, stride, dilation
        (rows, columns).
    padding
        As `padded_sides` takes it.
    last
        Whether channels are the last axis.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = "valid"
    dilation: Pair = (1, 1)
    last: bool = True

    def over(self, name: str, batch: int, image: tuple[int, int, int]) -> dict[str, Any]:
        """Return the fields of a layer that slides so over a batch of (channels, rows, columns)."""
        window = {"kernel": self.kernel, "stride": self.stride, "dilation": self.dilation}
        sides = padded_sides(self.padding, size=image[1:], **window)
        return {"name": name, "batch": batch, "input": image, "padding": sides, **window}


def image_of(tensor: Tensor, function: str, *, last: bool) -> tuple[int, tuple[int, int, int]]:
    """Return batch and (channels, rows, columns) of a tensor with one or two spatial axes."""
    batch, *rest = sizes_of(tensor, function, 3, 4)
    channels, *space = [rest[-1], *rest[:-1]] if last else rest
    rows, columns = space if len(space) == 2 else (1, space[0])
    return batch, (channels, rows, columns)


def shape_of(tensor: Tensor, output: tuple[int, int, int], batch: int, *, last: bool) -> tuple[int, ...]:
    """Return the shape of a result with as many axes as the input has."""
    channels, rows, columns = output
    space = (rows, columns) if tensor.shape is None or len(tensor.shape) == 4 else (columns,)
    return (batch, *space, channels) if last else (batch, channels, *space)


def convolve(
    graph: Graph, name: str, tensor: Tensor, filters: int, geometry: Geometry, groups: int = 1
) -> Tensor:
    """Record a convolution and return its result."""
    batch, image = image_of(tensor, name, last=geometry.last)
    conv = Conv(**geometry.over(name, batch, image), filters=filters, groups=groups)
    return graph.record(conv, shape_of(tensor, conv.output, batch, last=geometry.last))


def convolve_apart(
    graph: Graph, name: str, tensor: Tensor, channels: int, multiplier: int, filters: int, geometry: Geometry
) -> Tensor:
    """Record a separable convolution: every channel by itself, then 1x1; return its result."""
    x = convolve(graph, f"{name}/depthwise", tensor, channels * multiplier, geometry, groups=channels)
    return convolve(graph, f"{name}/pointwise", x, filters, Geometry((1, 1), last=geometry.last))


def deconvolve(
    graph: Graph,
    name: str,
    tensor: Tensor,
    filters: int,
    geometry: Geometry,
    output: Pair | None = None,
    extra: Pair | None = None,
) -> Tensor:
    """Record a transposed convolution and return its result.

    Parameters
    ----------
    output
        Rows and columns of the result; None is what Keras makes of the padding and `extra`.
    extra
        Keras' ``output_padding``.
    """
    batch, image = image_of(tensor, name, last=geometry.last)
    sides, added = [], []
    for a in (0, 1):
        reach = (geometry.kernel[a] - 1) * geometry.dilation[a] + 1
        size, stride = image[1 + a], geometry.stride[a]
        whole = (size - 1) * stride + reach
        if output is not None:
            wanted = output[a]
        elif extra is not None:
            wanted = whole - (2 * (reach // 2) if geometry.padding == "same" else 0) + extra[a]
        else:
            wanted = size * stride + (max(reach - stride, 0) if geometry.padding == "valid" else 0)
        cut = max(whole - wanted, 0)
        sides.append((cut // 2, cut - cut // 2))
        added.append(max(wanted - whole, 0))
    explicit = replace(geometry, padding=(sides[0], sides[1]))
    fields = explicit.over(name, batch, image)
    conv = ConvTranspose(**fields, filters=filters, output_padding=(added[0], added[1]))
    return graph.record(conv, shape_of(tensor, conv.output, batch, last=geometry.last))


def pool(graph: Graph, name: str, tensor: Tensor, geometry: Geometry, *, largest: bool) -> Tensor:
    """Record maximum or average pooling and return its result; TensorFlow's averages leave out padding."""
    batch, image = image_of(tensor, name, last=geometry.last)
    more: dict[str, Any] = {} if largest else {"count_padding": False}
    layer = (MaxPool if largest else AveragePool)(**geometry.over(name, batch, image), **more)
    return graph.record(layer, shape_of(tensor, layer.output, batch, last=geometry.last))


def pool_all(graph: Graph, name: str, tensor: Tensor, *, largest: bool, last: bool, keep: bool) -> Tensor:
    """Record global pooling and return its result, with or without the spatial axes."""
    batch, image = image_of(tensor, name, last=last)
    layer = (MaxPool if largest else AveragePool)(name=name, batch=batch, input=image)
    flat = (batch, image[0])
    return graph.record(layer, shape_of(tensor, (image[0], 1, 1), batch, last=last) if keep else flat)
