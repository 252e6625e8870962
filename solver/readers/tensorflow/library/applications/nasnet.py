"""NASNet-A (Zoph and others 2017): cells, each of what the one before gives and of that one's own input."""

from __future__ import annotations

from functools import partial
from typing import Any

from solver.readers.tensorflow.library.applications.net import Net, architecture, channels_of
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

PARAMETERS = "input_shape=None include_top=True weights=None input_tensor=None pooling=None classes=1000"


def _unit(net: Net, x: Tensor, filters: int, kernel: int, name: str, stride: int = 1) -> Tensor:
    """Return two separable convolutions, each normalised and after ReLU."""
    x, padding = net.act(x), "same"
    if stride > 1:
        x, padding = net.pad_for_stride(x, kernel, f"separable_conv_1_pad_{name}"), "valid"
    for number in (1, 2):
        x = net.act(x) if number == 2 else x
        words: dict[str, Any] = (
            {"strides": stride, "padding": padding} if number == 1 else {"padding": "same"}
        )
        name_here = f"separable_conv_{number}_{name}"
        x = net.layer("SeparableConv2D", x, filters, kernel, use_bias=False, name=name_here, **words)
        x = net.norm(x, f"separable_conv_{number}_bn_{name}")
    return x


def _adjusted(net: Net, x: Tensor, like: Tensor, filters: int, name: str) -> Tensor:
    """Return the input of the cell before with the sizes of this cell's."""
    assert x.shape is not None and like.shape is not None
    if x.shape[2] != like.shape[2]:
        x = net.act(x, f"adjust_relu_1_{name}")
        moved = net.layer("ZeroPadding2D", x, ((0, 1), (0, 1)))
        moved = net.layer("Cropping2D", moved, ((1, 0), (1, 0)))
        halves = []
        for number, each in enumerate((x, moved), start=1):
            y = net.layer("AveragePooling2D", each, 1, strides=2, name=f"adjust_avg_pool_{number}_{name}")
            y = net.conv(y, filters // 2, 1, use_bias=False, name=f"adjust_conv_{number}_{name}")
            halves.append(y)
        return net.norm(net.layer("Concatenate", halves, axis=3), f"adjust_bn_{name}")
    if channels_of(x) != filters:
        x = net.conv(net.act(x), filters, 1, use_bias=False, name=f"adjust_conv_projection_{name}")
        return net.norm(x, f"adjust_bn_{name}")
    return x


def _reduced(net: Net, x: Tensor, before: Tensor | None, filters: int, name: str) -> Tensor:
    """Return a cell of half as many rows and columns."""
    other = x if before is None else _adjusted(net, before, x, filters, name)
    h = net.conv(net.act(x), filters, 1, use_bias=False, name=f"reduction_conv_1_{name}")
    h = net.norm(h, f"reduction_bn_1_{name}")
    padded = net.pad_for_stride(h, 3, f"reduction_pad_1_{name}")
    left = _unit(net, h, filters, 5, f"reduction_left1_{name}", 2)
    right = _unit(net, other, filters, 7, f"reduction_right1_{name}", 2)
    first = net.layer("Add", [left, right], name=f"reduction_add_1_{name}")
    left = net.layer("MaxPooling2D", padded, 3, strides=2, name=f"reduction_left2_{name}")
    right = _unit(net, other, filters, 7, f"reduction_right2_{name}", 2)
    second = net.layer("Add", [left, right], name=f"reduction_add_2_{name}")
    left = net.layer("AveragePooling2D", padded, 3, strides=2, name=f"reduction_left3_{name}")
    right = _unit(net, other, filters, 5, f"reduction_right3_{name}", 2)
    third = net.layer("Add", [left, right], name=f"reduction_add3_{name}")
    left = net.layer("AveragePooling2D", first, 3, strides=1, padding="same", name=f"reduction_left4_{name}")
    fourth = net.layer("Add", [second, left])
    left = _unit(net, first, filters, 3, f"reduction_left4_{name}")
    right = net.layer("MaxPooling2D", padded, 3, strides=2, name=f"reduction_right5_{name}")
    fifth = net.layer("Add", [left, right], name=f"reduction_add4_{name}")
    return net.layer("Concatenate", [second, third, fourth, fifth], axis=3, name=f"reduction_concat_{name}")


def _normal(net: Net, x: Tensor, before: Tensor, filters: int, name: str) -> Tensor:
    """Return a cell of as many rows and columns."""
    other = _adjusted(net, before, x, filters, name)
    h = net.conv(net.act(x), filters, 1, use_bias=False, name=f"normal_conv_1_{name}")
    h = net.norm(h, f"normal_bn_1_{name}")
    parts = [other]

    def average(y: Tensor, side: str) -> Tensor:
        return net.layer("AveragePooling2D", y, 3, strides=1, padding="same", name=f"normal_{side}_{name}")

    def add(left: Tensor, right: Tensor) -> None:
        parts.append(net.layer("Add", [left, right], name=f"normal_add_{len(parts)}_{name}"))

    left = _unit(net, h, filters, 5, f"normal_left1_{name}")
    add(left, _unit(net, other, filters, 3, f"normal_right1_{name}"))
    left = _unit(net, other, filters, 5, f"normal_left2_{name}")
    add(left, _unit(net, other, filters, 3, f"normal_right2_{name}"))
    add(average(h, "left3"), other)
    left = average(other, "left4")
    add(left, average(other, "right4"))
    add(_unit(net, h, filters, 3, f"normal_left5_{name}"), h)
    return net.layer("Concatenate", parts, axis=3, name=f"normal_concat_{name}")


def _body(stem: int, filters: int, blocks: int, skip: bool, net: Net, x: Tensor, a: Call) -> Tensor:
    """Return three rows of cells; the first after a reduction sees the row before if `skip`."""
    x = net.norm(net.conv(x, stem, 3, 2, padding="valid", use_bias=False, name="stem_conv1"), "stem_bn1")
    before: Tensor | None = None
    for number, divisor in ((1, 4), (2, 2)):
        x, before = _reduced(net, x, before, filters // divisor, f"stem_{number}"), x
    assert before is not None
    for row in range(3):
        if row:
            name = f"reduce_{row * blocks}"
            x, last = _reduced(net, x, before, filters << row, name), x
            before = before if skip else last
        for number in range(blocks):
            name = f"{row * blocks + number + bool(row)}"
            x, before = _normal(net, x, before, filters << row, name), x
    return net.act(x)


for _name, _size, _settings in (
    ("Mobile", 224, (32, 44, 4, False)),
    ("Large", 331, (96, 168, 6, True)),
):
    _names = f"NASNet{_name} nasnet.NASNet{_name}"
    architecture(_names, _size, partial(_body, *_settings), parameters=PARAMETERS)
