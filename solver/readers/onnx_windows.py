"""Convolutions and pooling of an ONNX graph."""

from __future__ import annotations

from typing import Any

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
            found="x".join(map(str, kernel)),
            expected="x".join(map(str, weights)),
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
