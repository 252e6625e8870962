"""EfficientNet (Tan and Le 2019) and EfficientNetV2 (2021), whose blocks have squeeze and excitation."""

from __future__ import annotations

import math
from functools import partial

from solver.readers.tensorflow.library.applications.net import (
    Net,
    architecture,
    channels_of,
    nearest,
    predict,
    rounded,
)
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

BLOCKS = (
    *((3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1)),
    *((5, 4, 192, 6, 2), (3, 1, 320, 6, 1)),
)
"""EfficientNet's stages: kernel, blocks, filters, expansion and stride of the first."""

SCALES = {
    **{"B0": (1.0, 1.0, 224), "B1": (1.0, 1.1, 240), "B2": (1.1, 1.2, 260), "B3": (1.2, 1.4, 300)},
    **{"B4": (1.4, 1.8, 380), "B5": (1.6, 2.2, 456), "B6": (1.8, 2.6, 528), "B7": (2.0, 3.1, 600)},
}
"""Width, depth and image of its sizes."""


def _efficient(width: float, depth: float, net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("Normalization", net.layer("Rescaling", x, 1 / 255))
    x = net.pad_for_stride(x, 3, "stem_conv_pad")
    x = net.conv(x, rounded(32 * width), 3, 2, padding="valid", use_bias=False, name="stem_conv")
    x = net.act(net.norm(x, "stem_bn"), "stem_activation", "swish")
    for stage, (kernel, blocks, filters, expansion, first) in enumerate(BLOCKS, start=1):
        for number in range(math.ceil(blocks * depth)):
            name, stride = f"block{stage}{chr(ord('a') + number)}_", first if number == 0 else 1
            x = _excited(net, x, name, kernel, rounded(filters * width), expansion, stride)
    x = net.norm(net.conv(x, rounded(1280 * width), 1, use_bias=False, name="top_conv"), "top_bn")
    return net.act(x, "top_activation", "swish")


def _excited(
    net: Net,
    x: Tensor,
    name: str,
    kernel: int,
    filters: int,
    expansion: int,
    stride: int,
    *,
    second: bool = False,
) -> Tensor:
    """Return a block of the first version, or of the second, which pads SAME with its stride."""
    inputs, y = channels_of(x), x
    wide = inputs * expansion
    if expansion > 1:
        y = net.norm(net.conv(y, wide, 1, use_bias=False, name=f"{name}expand_conv"), f"{name}expand_bn")
        y = net.act(y, f"{name}expand_activation", "swish")
    if second:
        words = {"strides": stride, "padding": "same", "use_bias": False}
        y = net.layer("DepthwiseConv2D", y, kernel, name=f"{name}dwconv2", **words)
    else:
        y = net.depthwise(y, kernel, stride, f"{name}dwconv", f"{name}dwconv_pad")
    y = net.act(net.norm(y, f"{name}bn"), f"{name}activation", "swish")
    z = net.layer("GlobalAveragePooling2D", y, name=f"{name}se_squeeze")
    z = net.layer("Reshape", z, (1, 1, wide), name=f"{name}se_reshape")
    z = net.conv(z, max(1, inputs // 4), 1, activation="swish", name=f"{name}se_reduce")
    z = net.conv(z, wide, 1, activation="sigmoid", name=f"{name}se_expand")
    y = net.layer("Multiply", [y, z], name=f"{name}se_excite")
    y = net.norm(net.conv(y, filters, 1, use_bias=False, name=f"{name}project_conv"), f"{name}project_bn")
    return _shortcut(net, x, y, name, stride)


def _efficient_top(net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("GlobalAveragePooling2D", x, name="avg_pool")
    return predict(net, net.layer("Dropout", x, name="top_dropout"), a)


Stages = tuple[tuple[int, int, int, int, bool], ...]
"""EfficientNetV2's stages: blocks, filters, expansion, stride of the first, and whether the blocks are fused
(one 3x3 convolution for the expansion and the convolution of each channel, nothing squeezed).
"""

BASE: Stages = (
    *((1, 16, 1, 1, True), (2, 32, 4, 2, True), (2, 48, 4, 2, True), (3, 96, 4, 2, False)),
    *((5, 112, 6, 1, False), (8, 192, 6, 2, False)),
)
SECOND: dict[str, tuple[float, float, int, int, Stages]] = {
    "B0": (1.0, 1.0, 224, 32, BASE),
    "B1": (1.0, 1.1, 240, 32, BASE),
    "B2": (1.1, 1.2, 260, 32, BASE),
    "B3": (1.2, 1.4, 300, 32, BASE),
    "S": (
        *(1.0, 1.0, 384, 24),
        (
            *((2, 24, 1, 1, True), (4, 48, 4, 2, True), (4, 64, 4, 2, True), (6, 128, 4, 2, False)),
            *((9, 160, 6, 1, False), (15, 256, 6, 2, False)),
        ),
    ),
    "M": (
        *(1.0, 1.0, 480, 24),
        (
            *((3, 24, 1, 1, True), (5, 48, 4, 2, True), (5, 80, 4, 2, True), (7, 160, 4, 2, False)),
            *((14, 176, 6, 1, False), (18, 304, 6, 2, False), (5, 512, 6, 1, False)),
        ),
    ),
    "L": (
        *(1.0, 1.0, 480, 32),
        (
            *((4, 32, 1, 1, True), (7, 64, 4, 2, True), (7, 96, 4, 2, True), (10, 192, 4, 2, False)),
            *((19, 224, 6, 1, False), (25, 384, 6, 2, False), (7, 640, 6, 1, False)),
        ),
    ),
}
"""Width, depth, image, filters of the first layer, and stages of EfficientNetV2's sizes."""


def _second(width: float, depth: float, stem: int, stages: Stages, net: Net, x: Tensor, a: Call) -> Tensor:
    if a.flag("include_preprocessing"):
        x = net.layer("Rescaling", x, 1 / 128)
    x = net.conv(x, nearest(stem * width), 3, 2, use_bias=False, name="stem_conv")
    x = net.act(net.norm(x, "stem_bn"), "stem_activation", "swish")
    for stage, (blocks, filters, expansion, first, fused) in enumerate(stages, start=1):
        for number in range(math.ceil(blocks * depth)):
            name, stride = f"block{stage}{chr(ord('a') + number)}_", first if number == 0 else 1
            outputs = nearest(filters * width)
            if fused:
                x = _fused(net, x, name, outputs, expansion, stride)
            else:
                x = _excited(net, x, name, 3, outputs, expansion, stride, second=True)
    x = net.norm(net.conv(x, nearest(1280 * width), 1, use_bias=False, name="top_conv"), "top_bn")
    return net.act(x, "top_activation", "swish")


def _fused(net: Net, x: Tensor, name: str, filters: int, expansion: int, stride: int) -> Tensor:
    inputs, y = channels_of(x), x
    if expansion > 1:
        y = net.conv(y, inputs * expansion, 3, stride, use_bias=False, name=f"{name}expand_conv")
        y = net.act(net.norm(y, f"{name}expand_bn"), f"{name}expand_activation", "swish")
        y = net.norm(net.conv(y, filters, 1, use_bias=False, name=f"{name}project_conv"), f"{name}project_bn")
    else:
        y = net.conv(y, filters, 3, stride, use_bias=False, name=f"{name}project_conv")
        y = net.act(net.norm(y, f"{name}project_bn"), f"{name}project_activation", "swish")
    return _shortcut(net, x, y, name, stride)


def _shortcut(net: Net, x: Tensor, y: Tensor, name: str, stride: int) -> Tensor:
    if stride > 1 or channels_of(x) != channels_of(y):
        return y
    return net.layer("Add", [net.layer("Dropout", y, name=f"{name}drop"), x], name=f"{name}add")


for _name, (_wide, _deep, _image) in SCALES.items():
    _names = f"EfficientNet{_name} efficientnet.EfficientNet{_name}"
    architecture(_names, _image, partial(_efficient, _wide, _deep), top=_efficient_top)
for _name, (_wide, _deep, _image, _stem, _stages) in SECOND.items():
    _names = f"EfficientNetV2{_name} efficientnet_v2.EfficientNetV2{_name}"
    _body = partial(_second, _wide, _deep, _stem, _stages)
    architecture(_names, _image, _body, top=_efficient_top)
