"""Convolutions and pooling of an ONNX graph."""

from __future__ import annotations

from typing import Any

from solver.arithmetic.numbers import sizes_text
from solver.errors import InputError
from solver.layer import AveragePool, Conv, ConvTranspose, Layer, MaxPool
from solver.readers.operators import Pair, Shape, Window, as_image, as_pair
from solver.readers.padding import Sides, padded_sides


def conv_layer(name: str, x: Shape, w: Shape, attributes: dict[str, Any]) -> Conv:
    """Return the convolution of an input N C ... with weights K C/G ....

    Raises
    ------
    InputError
        If the sizes do not go together.
    """
    _check_rank(x, w)
    batch, image = as_image(x)
    window = _window(attributes, image[1:], w[2:])
    groups = attributes.get("group", 1)
    if w[1] * groups != image[0]:
        raise InputError(
            "the weights do not fit the input",
            found=f"weights for {w[1]} x {groups} groups channels",
            expected=f"{image[0]} channels",
        )
    return Conv(
        name=name,
        batch=batch,
        input=image,
        filters=w[0],
        kernel=window.kernel,
        stride=window.stride,
        padding=_sides(attributes, window),
        dilation=window.dilation,
        groups=groups,
    )


def volume_layer(name: str, x: Shape, w: Shape, attributes: dict[str, Any]) -> Conv:
    """Return the convolution of a volume N C D H W as one of images, one axis in channels and batch.

    That is exact along an axis (depth, else rows, else columns) whose windows have no words in common and no
    padding: the words of a window are channels of their own, and each window is an image.

    Raises
    ------
    InputError
        If there is no such axis, or the sizes do not go together.
    """
    _check_rank(x, w)
    kernel, ones = list(w[2:]), [1, 1, 1]
    strides, dilations = attributes.get("strides") or ones, attributes.get("dilations") or ones
    pads = attributes.get("pads") or [0] * 6
    spans = [(kernel[a] - 1) * dilations[a] + 1 for a in range(3)]
    if attributes.get("auto_pad", "NOTSET").startswith("SAME"):
        needed = [
            max((-(-x[2 + a] // strides[a]) - 1) * strides[a] + spans[a] - x[2 + a], 0) for a in range(3)
        ]
        pads = [*needed, 0, 0, 0]  # how they are shared out does not matter for an axis without
    for a in range(3):
        if pads[a] or pads[a + 3]:
            continue
        windows = (x[2 + a] - spans[a]) // strides[a] + 1
        if windows == 1 or (windows > 1 and strides[a] >= spans[a]):
            return _folded(name, x, w, attributes, a, windows)
    raise InputError(
        "a convolution of volumes whose windows overlap along all three axes has no exact form on the array",
        found="{} windows, strides {}, pads {}, on {}".format(*map(sizes_text, (kernel, strides, pads, x))),
        expected="an axis whose windows have no words in common and no padding, or images (N C H W)",
    )


def _folded(name: str, x: Shape, w: Shape, attributes: dict[str, Any], axis: int, windows: int) -> Conv:
    """Return the convolution with the words of a window along an axis as channels, its windows as batch."""
    image = (x[0] * windows, x[1] * w[2 + axis], *(size for a, size in enumerate(x[2:]) if a != axis))
    weights = (w[0], w[1] * w[2 + axis], *(size for a, size in enumerate(w[2:]) if a != axis))
    rest = dict(attributes)
    for key in ("kernel_shape", "strides", "dilations", "pads"):
        if given := rest.get(key):
            rest[key] = [value for a, value in enumerate(given) if a % 3 != axis]
    return conv_layer(name, image, weights, rest)


def transposed_layer(name: str, x: Shape, w: Shape, output: Shape, attributes: dict[str, Any]) -> Layer:
    """Return the transposed convolution of an input N C ... with weights C K/G ... and a known output."""
    _check_rank(x, w)
    batch, image = as_image(x)
    groups = attributes.get("group", 1)
    window = _window(attributes, image[1:], w[2:])
    extra = as_pair(attributes.get("output_padding", [0] * (len(x) - 2)), missing=0)
    _, wanted = as_image(output)
    whole = tuple(
        (window.size[a] - 1) * window.stride[a] + (window.kernel[a] - 1) * window.dilation[a] + 1 + extra[a]
        for a in (0, 1)
    )
    auto = attributes.get("auto_pad", "NOTSET")
    if "output_shape" not in attributes and auto == "NOTSET":
        sides = _explicit(attributes)
    else:
        # The specification: what is cut off is what the output leaves over, more at the start unless
        # SAME_UPPER.
        sizes = [wanted[1 + a] for a in (0, 1)]
        if auto.startswith("SAME") and "output_shape" not in attributes:
            # ONNX's inference is wrong here where the stride is larger than the kernel.
            sizes = [window.size[a] * window.stride[a] for a in (0, 1)]
        cut = [max(whole[a] - sizes[a], 0) for a in (0, 1)]
        pairs = [(c // 2, c - c // 2) if auto == "SAME_UPPER" else (c - c // 2, c // 2) for c in cut]
        sides = (pairs[0], pairs[1])
        missing = tuple(extra[a] + max(sizes[a] - whole[a], 0) for a in (0, 1))
        extra = (missing[0], missing[1])
    return ConvTranspose(
        name=name,
        batch=batch,
        input=image,
        filters=w[1] * groups,
        kernel=window.kernel,
        stride=window.stride,
        padding=sides,
        output_padding=extra,
        dilation=window.dilation,
        groups=groups,
    )


def pool_layer(name: str, kind: str, x: Shape, output: Shape, attributes: dict[str, Any]) -> Layer:
    """Return the maximum or average pooling (`kind` as ONNX names it) of an input N C ...."""
    batch, image = as_image(x)
    window = _window(attributes, image[1:], ())
    sides = _sides(attributes, window)
    _, wanted = as_image(output)
    before, after = (sides[0][0], sides[1][0]), (sides[0][1], sides[1][1])
    common: dict[str, Any] = {
        "name": name,
        "batch": batch,
        "input": image,
        "kernel": window.kernel,
        "stride": window.stride,
        "padding": window.sides_for((wanted[1], wanted[2]), before, after),
        "dilation": window.dilation,
    }
    if kind == "MaxPool":
        return MaxPool(**common)
    return AveragePool(**common, count_padding=bool(attributes.get("count_include_pad", 0)))


def global_pool_layer(name: str, *, largest: bool, x: Shape) -> Layer:
    """Return the pooling over all of the spatial axes of an input N C ...."""
    batch, image = as_image(x)
    return (MaxPool if largest else AveragePool)(name=name, batch=batch, input=image)


def _check_rank(x: Shape, w: Shape) -> None:
    if len(w) != len(x):
        raise InputError(
            "the weights do not fit the input", found=f"weights of {len(w)} axes", expected=f"{len(x)} axes"
        )


def _window(attributes: dict[str, Any], size: Pair, weights: Shape) -> Window:
    kernel = attributes.get("kernel_shape") or list(weights)
    if weights and list(kernel) != list(weights):
        raise InputError(
            "the kernel differs from that of the weights",
            field="kernel_shape",
            found=sizes_text(kernel),
            expected=sizes_text(weights),
        )
    ones = [1] * len(kernel)
    return Window(
        size=size,
        kernel=as_pair(kernel),
        stride=as_pair(attributes.get("strides") or ones),
        dilation=as_pair(attributes.get("dilations") or ones),
    )


def _explicit(attributes: dict[str, Any]) -> Sides:
    pads = attributes.get("pads") or [0, 0]
    half = len(pads) // 2
    before, after = as_pair(pads[:half], missing=0), as_pair(pads[half:], missing=0)
    return ((before[0], after[0]), (before[1], after[1]))


def _sides(attributes: dict[str, Any], window: Window) -> Sides:
    auto = attributes.get("auto_pad", "NOTSET")
    if auto == "NOTSET":
        return _explicit(attributes)
    if auto == "VALID":
        return ((0, 0), (0, 0))
    rows, columns = padded_sides(
        "same", size=window.size, kernel=window.kernel, stride=window.stride, dilation=window.dilation
    )
    if auto == "SAME_LOWER":  # the odd zero goes first
        return (rows[::-1], columns[::-1])
    return (rows, columns)
