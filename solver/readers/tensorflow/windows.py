"""Convolutions and pooling of a program, with either order of the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.layer import AveragePool, Conv, ConvTranspose, MaxPool
from solver.readers.padding import Padding, padded_sides
from solver.readers.tensorflow.common import record, sizes_of
from solver.readers.tensorflow.signature import Arguments, as_integer
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Value, is_sequence, items_of, type_name

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

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

    def sides(self, size: Pair) -> tuple[Pair, Pair]:
        """Return the zeros around an input of some size."""
        return padded_sides(
            self.padding, size=size, kernel=self.kernel, stride=self.stride, dilation=self.dilation
        )


def image_of(tensor: Tensor, function: str, *, last: bool) -> tuple[int, tuple[int, int, int]]:
    """Return batch and (channels, rows, columns) of a tensor with one or two spatial axes."""
    batch, *rest = sizes_of(tensor, function, 3, 4)
    if last:
        rest = [rest[-1], *rest[:-1]]
    channels, *space = rest
    rows, columns = space if len(space) == 2 else (1, space[0])
    return batch, (channels, rows, columns)


def shape_of(tensor: Tensor, output: tuple[int, int, int], batch: int, *, last: bool) -> tuple[int, ...]:
    """Return the shape of a result with as many axes as the input has."""
    channels, rows, columns = output
    space = (rows, columns) if tensor.shape is None or len(tensor.shape) == 4 else (columns,)
    return (batch, *space, channels) if last else (batch, channels, *space)


def convolve(
    reader: Calls, name: str, tensor: Tensor, filters: int, geometry: Geometry, groups: int = 1
) -> Tensor:
    """Record a convolution and return its result."""
    batch, image = image_of(tensor, name, last=geometry.last)
    conv = Conv(
        name=name,
        batch=batch,
        input=image,
        filters=filters,
        kernel=geometry.kernel,
        stride=geometry.stride,
        padding=geometry.sides(image[1:]),
        dilation=geometry.dilation,
        groups=groups,
    )
    return record(reader, conv, shape_of(tensor, conv.output, batch, last=geometry.last))


def deconvolve(
    reader: Calls,
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
    conv = ConvTranspose(
        name=name,
        batch=batch,
        input=image,
        filters=filters,
        kernel=geometry.kernel,
        stride=geometry.stride,
        padding=(sides[0], sides[1]),
        output_padding=(added[0], added[1]),
        dilation=geometry.dilation,
    )
    return record(reader, conv, shape_of(tensor, conv.output, batch, last=geometry.last))


def pool(reader: Calls, name: str, tensor: Tensor, geometry: Geometry, *, largest: bool) -> Tensor:
    """Record maximum or average pooling and return its result; TensorFlow's averages leave out padding."""
    batch, image = image_of(tensor, name, last=geometry.last)
    sides = geometry.sides(image[1:])
    kernel, stride, dilation = geometry.kernel, geometry.stride, geometry.dilation
    layer: MaxPool | AveragePool
    if largest:
        layer = MaxPool(
            name=name,
            batch=batch,
            input=image,
            kernel=kernel,
            stride=stride,
            padding=sides,
            dilation=dilation,
        )
    else:
        layer = AveragePool(
            name=name,
            batch=batch,
            input=image,
            kernel=kernel,
            stride=stride,
            padding=sides,
            dilation=dilation,
            count_padding=False,
        )
    return record(reader, layer, shape_of(tensor, layer.output, batch, last=geometry.last))


def pool_all(reader: Calls, name: str, tensor: Tensor, *, largest: bool, last: bool, keep: bool) -> Tensor:
    """Record global pooling and return its result, with or without the spatial axes."""
    batch, image = image_of(tensor, name, last=last)
    layer = (MaxPool if largest else AveragePool)(name=name, batch=batch, input=image)
    shape: tuple[int, ...] = (batch, image[0])
    if keep:
        shape = shape_of(tensor, (image[0], 1, 1), batch, last=last)
    return record(reader, layer, shape)


def spatial(values: list[int], *, last: bool) -> Pair:
    """Return (rows, columns) of one, two, three or four numbers; three and four are in the tensor's order."""
    if len(values) > 2:
        values = values[1:-1] if last else values[2:]
    return (values[0], values[-1]) if len(values) != 1 else (values[0], values[0])


def padding_of(a: Arguments, name: str, *, last: bool) -> Padding:
    """Return the padding that a call asks for: SAME, VALID or explicit zeros."""
    value = a.known(name, "SAME, VALID or a list of pairs")
    if value is None:
        return "valid"
    if isinstance(value, str):
        text = value.lower()
        if text in ("same", "valid"):
            return "same" if text == "same" else "valid"
    elif is_sequence(value) and len(items_of(value)) in (2, 4):
        pairs = [_zeros(item) for item in items_of(value)]
        if len(pairs) == 4:
            pairs = pairs[1:3] if last else pairs[2:]
        return (pairs[0], pairs[1])
    raise InputError(field=name, found=type_name(value), expected="SAME, VALID or a list of pairs")


def _zeros(value: Value) -> Pair:
    items = items_of(value) if is_sequence(value) else [value, value]
    before, after = (as_integer("padding", "padding", item, 0) for item in (items[0], items[-1]))
    return before, after
