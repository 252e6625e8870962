"""ResNet-50, 101 and 152 (He and others 2015), and their second versions (2016)."""

from __future__ import annotations

from functools import partial

from solver.readers.tensorflow.library.applications.net import Net, architecture
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

DEPTHS = {"50": (3, 4, 6, 3), "101": (3, 4, 23, 3), "152": (3, 8, 36, 3)}


def _stem(net: Net, x: Tensor, *, normal: bool) -> Tensor:
    x = net.conv(net.pad(x, 3, "conv1_pad"), 64, 7, 2, padding="valid", name="conv1_conv")
    if normal:
        x = net.act(net.norm(x, "conv1_bn"), "conv1_relu")
    return net.layer("MaxPooling2D", net.pad(x, 1, "pool1_pad"), 3, strides=2, name="pool1_pool")


def _first(depths: tuple[int, ...], net: Net, x: Tensor, a: Call) -> Tensor:
    x = _stem(net, x, normal=True)
    for stage, depth in enumerate(depths):
        for number in range(1, depth + 1):
            name, filters = f"conv{stage + 2}_block{number}", 64 << stage
            stride = 2 if stage and number == 1 else 1
            short = x
            if number == 1:
                short = net.norm(net.conv(x, 4 * filters, 1, stride, name=f"{name}_0_conv"), f"{name}_0_bn")
            y = net.norm(net.conv(x, filters, 1, stride, name=f"{name}_1_conv"), f"{name}_1_bn")
            y = net.conv(net.act(y, f"{name}_1_relu"), filters, 3, name=f"{name}_2_conv")
            y = net.act(net.norm(y, f"{name}_2_bn"), f"{name}_2_relu")
            y = net.norm(net.conv(y, 4 * filters, 1, name=f"{name}_3_conv"), f"{name}_3_bn")
            x = net.act(net.layer("Add", [short, y], name=f"{name}_add"), f"{name}_out")
    return x


def _second(depths: tuple[int, ...], net: Net, x: Tensor, a: Call) -> Tensor:
    x = _stem(net, x, normal=False)
    for stage, depth in enumerate(depths):
        for number in range(1, depth + 1):
            name, filters = f"conv{stage + 2}_block{number}", 64 << stage
            stride = 2 if stage < 3 and number == depth else 1
            y = net.act(net.norm(x, f"{name}_preact_bn"), f"{name}_preact_relu")
            short = x
            if number == 1:
                short = net.conv(y, 4 * filters, 1, stride, name=f"{name}_0_conv")
            elif stride > 1:
                short = net.layer("MaxPooling2D", x, 1, strides=stride)
            y = net.conv(y, filters, 1, use_bias=False, name=f"{name}_1_conv")
            y = net.pad(net.act(net.norm(y, f"{name}_1_bn"), f"{name}_1_relu"), 1, f"{name}_2_pad")
            y = net.conv(y, filters, 3, stride, padding="valid", use_bias=False, name=f"{name}_2_conv")
            y = net.act(net.norm(y, f"{name}_2_bn"), f"{name}_2_relu")
            y = net.conv(y, 4 * filters, 1, name=f"{name}_3_conv")
            x = net.layer("Add", [short, y], name=f"{name}_out")
    return net.act(net.norm(x, "post_bn"), "post_relu")


for _size, _depths in DEPTHS.items():
    _old = " resnet50.ResNet50" if _size == "50" else ""
    architecture(f"ResNet{_size} resnet.ResNet{_size}{_old}", 224, partial(_first, _depths))
    architecture(f"ResNet{_size}V2 resnet_v2.ResNet{_size}V2", 224, partial(_second, _depths))
