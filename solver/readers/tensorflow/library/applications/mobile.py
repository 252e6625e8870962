"""MobileNet (2017) and MobileNetV2 (2018); EfficientNet (2019), whose blocks have squeeze and excitation."""

from __future__ import annotations

import math
from functools import partial

from solver.readers.tensorflow.library.applications.net import Net, architecture, predict
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

REST = "include_top=True weights=None input_tensor=None pooling=None classes=1000"
FIRST = f"input_shape=None alpha=1.0 depth_multiplier=1 dropout=0.001 {REST}"
SECOND = f"input_shape=None alpha=1.0 {REST}"

SEPARATE = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *(*[(512, 1)] * 5, (1024, 2), (1024, 1)),
)
"""Filters and stride of MobileNet's blocks."""


def _width(a: Call) -> float:
    return float(a.known("alpha", "a number"))


def _rounded(channels: float) -> int:
    """Return the multiple of 8 that is closest, but never less than nine tenths."""
    found = max(8, int(channels + 4) // 8 * 8)
    return found + 8 if found < 0.9 * channels else found


def _channels(x: Tensor) -> int:
    assert x.shape is not None
    return int(x.shape[3])  # type: ignore[arg-type]


def _separate(net: Net, x: Tensor, filters: int, stride: int, number: int, times: int) -> Tensor:
    if stride > 1:
        x = net.pad(x, ((0, 1), (0, 1)), f"conv_pad_{number}")
    padding, name = "same" if stride == 1 else "valid", f"conv_dw_{number}"
    words = {"strides": stride, "padding": padding, "depth_multiplier": times, "use_bias": False}
    x = net.layer("DepthwiseConv2D", x, 3, name=name, **words)
    x = net.act(net.norm(x, f"{name}_bn"), f"{name}_relu")
    x = net.norm(net.conv(x, filters, 1, use_bias=False, name=f"conv_pw_{number}"), f"conv_pw_{number}_bn")
    return net.act(x, f"conv_pw_{number}_relu")


def _mobilenet(net: Net, x: Tensor, a: Call) -> Tensor:
    alpha, times = _width(a), a.integer("depth_multiplier")
    x = net.norm(net.conv(x, int(32 * alpha), 3, 2, use_bias=False, name="conv1"), "conv1_bn")
    x = net.act(x, "conv1_relu")
    for number, (filters, stride) in enumerate(SEPARATE, start=1):
        x = _separate(net, x, int(filters * alpha), stride, number, times)
    return x


def _mobilenet_top(net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("GlobalAveragePooling2D", x, keepdims=True)
    x = net.conv(net.layer("Dropout", x, 0.001, name="dropout"), a.integer("classes"), 1, name="conv_preds")
    x = net.layer("Reshape", x, (a.integer("classes"),), name="reshape_2")
    return net.layer("Activation", x, a.get("classifier_activation"), name="predictions")


INVERTED = (
    *((16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1)),
    *((96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)),
)
"""Filters and stride of MobileNetV2's blocks."""


def _mobilenet_v2(net: Net, x: Tensor, a: Call) -> Tensor:
    alpha = _width(a)
    x = net.conv(x, _rounded(32 * alpha), 3, 2, use_bias=False, name="Conv1")
    x = net.act(net.norm(x, "bn_Conv1"), "Conv1_relu", "relu6")
    for number, (filters, stride) in enumerate(INVERTED):
        name, inputs, y = f"block_{number}" if number else "expanded_conv", _channels(x), x
        if number:
            y = net.norm(
                net.conv(y, 6 * inputs, 1, use_bias=False, name=f"{name}_expand"), f"{name}_expand_BN"
            )
            y = net.act(y, f"{name}_expand_relu", "relu6")
        y = _depthwise(net, y, 3, stride, f"{name}_depthwise", f"{name}_pad")
        y = net.act(net.norm(y, f"{name}_depthwise_BN"), f"{name}_depthwise_relu", "relu6")
        outputs = _rounded(filters * alpha)
        y = net.norm(net.conv(y, outputs, 1, use_bias=False, name=f"{name}_project"), f"{name}_project_BN")
        x = net.layer("Add", [x, y], name=f"{name}_add") if inputs == outputs and stride == 1 else y
    last = _rounded(1280 * alpha) if alpha > 1 else 1280
    x = net.norm(net.conv(x, last, 1, use_bias=False, name="Conv_1"), "Conv_1_bn")
    return net.act(x, "out_relu", "relu6")


def _depthwise(net: Net, x: Tensor, kernel: int, stride: int, name: str, pad: str) -> Tensor:
    if stride > 1:
        x = net.pad_for_stride(x, kernel, pad)
    padding = "same" if stride == 1 else "valid"
    return net.layer("DepthwiseConv2D", x, kernel, strides=stride, padding=padding, use_bias=False, name=name)


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
    x = net.conv(x, _rounded(32 * width), 3, 2, padding="valid", use_bias=False, name="stem_conv")
    x = net.act(net.norm(x, "stem_bn"), "stem_activation", "swish")
    for stage, (kernel, blocks, filters, expansion, first) in enumerate(BLOCKS, start=1):
        for number in range(math.ceil(blocks * depth)):
            name, stride = f"block{stage}{chr(ord('a') + number)}_", first if number == 0 else 1
            x = _excited(net, x, name, kernel, _rounded(filters * width), expansion, stride)
    x = net.norm(net.conv(x, _rounded(1280 * width), 1, use_bias=False, name="top_conv"), "top_bn")
    return net.act(x, "top_activation", "swish")


def _excited(
    net: Net, x: Tensor, name: str, kernel: int, filters: int, expansion: int, stride: int
) -> Tensor:
    inputs, y = _channels(x), x
    wide = inputs * expansion
    if expansion > 1:
        y = net.norm(net.conv(y, wide, 1, use_bias=False, name=f"{name}expand_conv"), f"{name}expand_bn")
        y = net.act(y, f"{name}expand_activation", "swish")
    y = _depthwise(net, y, kernel, stride, f"{name}dwconv", f"{name}dwconv_pad")
    y = net.act(net.norm(y, f"{name}bn"), f"{name}activation", "swish")
    z = net.layer("GlobalAveragePooling2D", y, name=f"{name}se_squeeze")
    z = net.layer("Reshape", z, (1, 1, wide), name=f"{name}se_reshape")
    z = net.conv(z, max(1, inputs // 4), 1, activation="swish", name=f"{name}se_reduce")
    z = net.conv(z, wide, 1, activation="sigmoid", name=f"{name}se_expand")
    y = net.layer("Multiply", [y, z], name=f"{name}se_excite")
    y = net.norm(net.conv(y, filters, 1, use_bias=False, name=f"{name}project_conv"), f"{name}project_bn")
    if stride > 1 or inputs != filters:
        return y
    return net.layer("Add", [net.layer("Dropout", y, name=f"{name}drop"), x], name=f"{name}add")


def _efficient_top(net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("GlobalAveragePooling2D", x, name="avg_pool")
    return predict(net, net.layer("Dropout", x, name="top_dropout"), a)


def _mobilenet_v2_top(net: Net, x: Tensor, a: Call) -> Tensor:
    return predict(net, net.layer("GlobalAveragePooling2D", x), a)


architecture("MobileNet mobilenet.MobileNet", 224, _mobilenet, parameters=FIRST, top=_mobilenet_top)
architecture(
    "MobileNetV2 mobilenet_v2.MobileNetV2", 224, _mobilenet_v2, parameters=SECOND, top=_mobilenet_v2_top
)
for _name, (_wide, _deep, _image) in SCALES.items():
    _names = f"EfficientNet{_name} efficientnet.EfficientNet{_name}"
    architecture(_names, _image, partial(_efficient, _wide, _deep), top=_efficient_top)
