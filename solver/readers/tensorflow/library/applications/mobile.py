"""MobileNet (Howard and others 2017), MobileNetV2 (Sandler 2018) and MobileNetV3 (Howard 2019)."""

from __future__ import annotations

from functools import partial
from typing import Any

from solver.readers.tensorflow.library.applications.net import (
    Net,
    architecture,
    channels_of,
    predict,
    rounded,
)
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

REST = "include_top=True weights=None input_tensor=None pooling=None classes=1000"
FIRST = f"input_shape=None alpha=1.0 depth_multiplier=1 dropout=0.001 {REST}"
SECOND = f"input_shape=None alpha=1.0 {REST}"

THIRD = (
    "input_shape=None alpha=1.0 minimalistic=False include_top=True weights=None input_tensor=None "
    "classes=1000 pooling=None dropout_rate=0.2"
)

SEPARATE = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *(*[(512, 1)] * 5, (1024, 2), (1024, 1)),
)
"""Filters and stride of MobileNet's blocks."""


def _width(a: Call) -> float:
    return float(a.known("alpha", "a number"))


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
    x = net.conv(x, rounded(32 * alpha), 3, 2, use_bias=False, name="Conv1")
    x = net.act(net.norm(x, "bn_Conv1"), "Conv1_relu", "relu6")
    for number, (filters, stride) in enumerate(INVERTED):
        name, inputs, y = f"block_{number}" if number else "expanded_conv", channels_of(x), x
        if number:
            y = net.norm(
                net.conv(y, 6 * inputs, 1, use_bias=False, name=f"{name}_expand"), f"{name}_expand_BN"
            )
            y = net.act(y, f"{name}_expand_relu", "relu6")
        y = net.depthwise(y, 3, stride, f"{name}_depthwise", f"{name}_pad")
        y = net.act(net.norm(y, f"{name}_depthwise_BN"), f"{name}_depthwise_relu", "relu6")
        outputs = rounded(filters * alpha)
        y = net.norm(net.conv(y, outputs, 1, use_bias=False, name=f"{name}_project"), f"{name}_project_BN")
        x = net.layer("Add", [x, y], name=f"{name}_add") if inputs == outputs and stride == 1 else y
    last = rounded(1280 * alpha) if alpha > 1 else 1280
    x = net.norm(net.conv(x, last, 1, use_bias=False, name="Conv_1"), "Conv_1_bn")
    return net.act(x, "out_relu", "relu6")


def _mobilenet_v2_top(net: Net, x: Tensor, a: Call) -> Tensor:
    return predict(net, net.layer("GlobalAveragePooling2D", x), a)


SMALL = (
    *((16, 1, 3, 2, True, 0), (24, 72 / 16, 3, 2, False, 0), (24, 88 / 24, 3, 1, False, 0)),
    *((40, 4, 5, 2, True, 1), (40, 6, 5, 1, True, 1), (40, 6, 5, 1, True, 1), (48, 3, 5, 1, True, 1)),
    *((48, 3, 5, 1, True, 1), (96, 6, 5, 2, True, 1), (96, 6, 5, 1, True, 1), (96, 6, 5, 1, True, 1)),
)
LARGE = (
    *((16, 1, 3, 1, False, 0), (24, 4, 3, 2, False, 0), (24, 3, 3, 1, False, 0), (40, 3, 5, 2, True, 0)),
    *((40, 3, 5, 1, True, 0), (40, 3, 5, 1, True, 0), (80, 6, 3, 2, False, 1), (80, 2.5, 3, 1, False, 1)),
    *((80, 2.3, 3, 1, False, 1), (80, 2.3, 3, 1, False, 1), (112, 6, 3, 1, True, 1)),
    *((112, 6, 3, 1, True, 1), (160, 6, 5, 2, True, 1), (160, 6, 5, 1, True, 1), (160, 6, 5, 1, True, 1)),
)
"""MobileNetV3's blocks: filters, expansion, kernel, stride, squeeze and excitation, and hard swish for ReLU.

Without what mobile processors lack (minimalistic) kernels are 3x3, all is ReLU, and nothing is squeezed.
"""


def _mobilenet_v3(blocks: tuple[Any, ...], net: Net, x: Tensor, a: Call) -> Tensor:
    alpha, plain = _width(a), a.flag("minimalistic")
    swish = "relu" if plain else "hard_swish"
    if a.flag("include_preprocessing"):
        x = net.layer("Rescaling", x, 1 / 127.5)
    x = net.act(net.norm(net.conv(x, 16, 3, 2, use_bias=False, name="conv"), "conv_bn"), None, swish)
    for number, (filters, expansion, kernel, stride, squeezed, hard) in enumerate(blocks):
        name, inputs, y = f"expanded_conv_{number}_" if number else "expanded_conv_", channels_of(x), x
        wide, act = rounded(inputs * expansion), swish if hard else "relu"
        if number:
            y = net.norm(net.conv(y, wide, 1, use_bias=False, name=f"{name}expand"), f"{name}expand_bn")
            y = net.act(y, None, act)
        y = net.depthwise(y, 3 if plain else kernel, stride, f"{name}depthwise", f"{name}depthwise_pad")
        y = net.act(net.norm(y, f"{name}depthwise_bn"), None, act)
        if squeezed and not plain:
            y = _squeezed(net, y, wide, f"{name}squeeze_excite")
        outputs = rounded(filters * alpha)
        y = net.norm(net.conv(y, outputs, 1, use_bias=False, name=f"{name}project"), f"{name}project_bn")
        x = net.layer("Add", [x, y], name=f"{name}add") if inputs == outputs and stride == 1 else y
    x = net.norm(net.conv(x, rounded(6 * channels_of(x)), 1, use_bias=False, name="conv_1"), "conv_1_bn")
    return net.act(x, None, swish)


def _squeezed(net: Net, x: Tensor, wide: int, name: str) -> Tensor:
    y = net.layer("GlobalAveragePooling2D", x, keepdims=True, name=f"{name}_avg_pool")
    y = net.conv(y, rounded(wide / 4), 1, activation="relu", name=f"{name}_conv")
    y = net.conv(y, wide, 1, activation="hard_sigmoid", name=f"{name}_conv_1")
    return net.layer("Multiply", [x, y], name=f"{name}_mul")


def _mobilenet_v3_top(last: int, net: Net, x: Tensor, a: Call) -> Tensor:
    x, alpha = net.layer("GlobalAveragePooling2D", x, keepdims=True), _width(a)
    x = net.conv(x, rounded(last * alpha) if alpha > 1 else last, 1, name="conv_2")
    x = net.layer("Dropout", net.act(x, None, "relu" if a.flag("minimalistic") else "hard_swish"), 0.2)
    x = net.layer("Flatten", net.conv(x, a.integer("classes"), 1, name="logits"))
    return net.layer("Activation", x, a.get("classifier_activation"), name="predictions")


architecture("MobileNet mobilenet.MobileNet", 224, _mobilenet, parameters=FIRST, top=_mobilenet_top)
architecture(
    "MobileNetV2 mobilenet_v2.MobileNetV2", 224, _mobilenet_v2, parameters=SECOND, top=_mobilenet_v2_top
)
for _name, _blocks, _last in (("Small", SMALL, 1024), ("Large", LARGE, 1280)):
    architecture(
        f"MobileNetV3{_name} mobilenet_v3.MobileNetV3{_name}",
        None,
        partial(_mobilenet_v3, _blocks),
        parameters=THIRD,
        top=partial(_mobilenet_v3_top, _last),
    )
