"""Inception-v3 (Szegedy and others 2015), Inception-ResNet-v2 (2016) and Xception (Chollet 2016)."""

from __future__ import annotations

from typing import Any

from solver.readers.tensorflow.library.applications.net import Net, architecture, channels_of
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor


def _unit(net: Net, x: Tensor, filters: int, kernel: Any, stride: int = 1, padding: str = "same") -> Tensor:
    x = net.conv(x, filters, kernel, stride, padding=padding, use_bias=False)
    return net.act(net.norm(x))


def _row(net: Net, x: Tensor, *units: tuple[int, Any]) -> Tensor:
    for filters, kernel in units:
        x = _unit(net, x, filters, kernel)
    return x


def _join(net: Net, parts: list[Tensor], name: str | None) -> Tensor:
    return net.layer("Concatenate", parts, axis=3, name=name)


def _split(net: Net, x: Tensor, name: str | None) -> Tensor:
    return _join(net, [_row(net, x, (384, (1, 3))), _row(net, x, (384, (3, 1)))], name)


def _average(net: Net, x: Tensor, filters: int) -> Tensor:
    return _unit(net, net.layer("AveragePooling2D", x, 3, strides=1, padding="same"), filters, 1)


def _shrunk(net: Net, x: Tensor) -> Tensor:
    return net.layer("MaxPooling2D", x, 3, strides=2)


def _stem(net: Net, x: Tensor) -> Tensor:
    x = _unit(net, x, 32, 3, 2, "valid")
    x = _unit(net, _unit(net, x, 32, 3, 1, "valid"), 64, 3)
    x = _unit(net, _shrunk(net, x), 80, 1, 1, "valid")
    return _shrunk(net, _unit(net, x, 192, 3, 1, "valid"))


def _inception(net: Net, x: Tensor, a: Call) -> Tensor:
    x = _stem(net, x)
    for number, pooled in enumerate((32, 64, 64)):
        parts = [
            _row(net, x, (64, 1)),
            _row(net, x, (48, 1), (64, 5)),
            _row(net, x, (64, 1), (96, 3), (96, 3)),
        ]
        x = _join(net, [*parts, _average(net, x, pooled)], f"mixed{number}")
    wide = _unit(net, x, 384, 3, 2, "valid")
    deep = _unit(net, _row(net, x, (64, 1), (96, 3)), 96, 3, 2, "valid")
    x = _join(net, [wide, deep, _shrunk(net, x)], "mixed3")
    for number, width in enumerate((128, 160, 160, 192), start=4):
        across, down = (1, 7), (7, 1)
        parts = [_row(net, x, (192, 1)), _row(net, x, (width, 1), (width, across), (192, down))]
        parts.append(_row(net, x, (width, 1), (width, down), (width, across), (width, down), (192, across)))
        x = _join(net, [*parts, _average(net, x, 192)], f"mixed{number}")
    wide = _unit(net, _row(net, x, (192, 1)), 320, 3, 2, "valid")
    deep = _unit(net, _row(net, x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3, 2, "valid")
    x = _join(net, [wide, deep, _shrunk(net, x)], "mixed8")
    for number in (0, 1):
        one, three = _row(net, x, (320, 1)), _row(net, x, (384, 1))
        three = _split(net, three, f"mixed9_{number}")
        two = _split(net, _row(net, x, (448, 1), (384, 3)), None)
        x = _join(net, [one, three, two, _average(net, x, 192)], f"mixed{9 + number}")
    return x


def _inception_resnet(net: Net, x: Tensor, a: Call) -> Tensor:
    x = _stem(net, x)
    parts = [_row(net, x, (96, 1)), _row(net, x, (48, 1), (64, 5)), _row(net, x, (64, 1), (96, 3), (96, 3))]
    x = _join(net, [*parts, _average(net, x, 64)], "mixed_5b")
    for number in range(1, 11):
        parts = [_row(net, x, (32, 1)), _row(net, x, (32, 1), (32, 3))]
        parts.append(_row(net, x, (32, 1), (48, 3), (64, 3)))
        x = _residual(net, x, parts, f"block35_{number}")
    wide = _unit(net, x, 384, 3, 2, "valid")
    deep = _unit(net, _row(net, x, (256, 1), (256, 3)), 384, 3, 2, "valid")
    x = _join(net, [wide, deep, _shrunk(net, x)], "mixed_6a")
    for number in range(1, 21):
        parts = [_row(net, x, (192, 1)), _row(net, x, (128, 1), (160, (1, 7)), (192, (7, 1)))]
        x = _residual(net, x, parts, f"block17_{number}")
    units = (((256, 1),), 384), (((256, 1),), 288), (((256, 1), (288, 3)), 320)
    parts = [_unit(net, _row(net, x, *before), filters, 3, 2, "valid") for before, filters in units]
    x = _join(net, [*parts, _shrunk(net, x)], "mixed_7a")
    for number in range(1, 11):
        parts = [_row(net, x, (192, 1)), _row(net, x, (192, 1), (224, (1, 3)), (256, (3, 1)))]
        x = _residual(net, x, parts, f"block8_{number}", last=number == 10)
    x = net.norm(net.conv(x, 1536, 1, use_bias=False, name="conv_7b"), "conv_7b_bn")
    return net.act(x, "conv_7b_ac")


def _residual(net: Net, x: Tensor, parts: list[Tensor], name: str, *, last: bool = False) -> Tensor:
    """Return the sum of an image and what its branches make of it, scaled."""
    y = net.conv(_join(net, parts, f"{name}_mixed"), channels_of(x), 1, name=f"{name}_conv")
    x = net.layer("Add", [x, net.layer("Rescaling", y, 0.1)])
    return x if last else net.act(x, f"{name}_ac")


def _xception(net: Net, x: Tensor, a: Call) -> Tensor:
    for number, (filters, stride) in enumerate(((32, 2), (64, 1)), start=1):
        name = f"block1_conv{number}"
        x = net.conv(x, filters, 3, stride, padding="valid", use_bias=False, name=name)
        x = net.act(net.norm(x, f"{name}_bn"), f"{name}_act")
    for block, filters in zip((2, 3, 4), (128, 256, 728), strict=True):
        x = _reduced(net, x, block, (filters, filters), first=block > 2)
    for block in range(5, 13):
        y = x
        for number in (1, 2, 3):
            y = _separable(net, y, 728, f"block{block}_sepconv{number}")
        x = net.layer("Add", [y, x])
    x = _reduced(net, x, 13, (728, 1024), first=True)
    for number, filters in enumerate((1536, 2048), start=1):
        name = f"block14_sepconv{number}"
        x = net.act(_separable(net, x, filters, name, first=False), f"{name}_act")
    return x


def _reduced(net: Net, x: Tensor, block: int, filters: tuple[int, int], *, first: bool) -> Tensor:
    short = net.norm(net.conv(x, filters[1], 1, 2, use_bias=False))
    y = _separable(net, x, filters[0], f"block{block}_sepconv1", first=first)
    y = _separable(net, y, filters[1], f"block{block}_sepconv2")
    y = net.layer("MaxPooling2D", y, 3, strides=2, padding="same", name=f"block{block}_pool")
    return net.layer("Add", [y, short])


def _separable(net: Net, x: Tensor, filters: int, name: str, *, first: bool = True) -> Tensor:
    """Return a normalised separable convolution, the activation function before it if `first`."""
    x = net.act(x, f"{name}_act") if first else x
    x = net.layer("SeparableConv2D", x, filters, 3, padding="same", use_bias=False, name=name)
    return net.norm(x, f"{name}_bn")


architecture("InceptionV3 inception_v3.InceptionV3", 299, _inception)
architecture("InceptionResNetV2 inception_resnet_v2.InceptionResNetV2", 299, _inception_resnet)
architecture("Xception xception.Xception", 299, _xception)
