"""DenseNet-121, 169 and 201 (Huang and others 2016)."""

from __future__ import annotations

from functools import partial

from solver.readers.tensorflow.library.applications.net import Net, architecture
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

GROWTH = 32


def _body(depths: tuple[int, ...], net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.conv(net.pad(x, 3), 64, 7, 2, padding="valid", use_bias=False, name="conv1_conv")
    x = net.act(net.norm(x, "conv1_bn"), "conv1_relu")
    x = net.layer("MaxPooling2D", net.pad(x, 1), 3, strides=2, name="pool1")
    channels = 64
    for stage, depth in enumerate(depths, start=2):
        for number in range(1, depth + 1):
            name = f"conv{stage}_block{number}"
            y = net.act(net.norm(x, f"{name}_0_bn"), f"{name}_0_relu")
            y = net.norm(net.conv(y, 4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv"), f"{name}_1_bn")
            y = net.conv(net.act(y, f"{name}_1_relu"), GROWTH, 3, use_bias=False, name=f"{name}_2_conv")
            x = net.layer("Concatenate", [x, y], name=f"{name}_concat")
        channels += depth * GROWTH
        if stage < 5:
            channels //= 2
            x = net.act(net.norm(x, f"pool{stage}_bn"), f"pool{stage}_relu")
            x = net.conv(x, channels, 1, use_bias=False, name=f"pool{stage}_conv")
            x = net.layer("AveragePooling2D", x, 2, strides=2, name=f"pool{stage}_pool")
    return net.act(net.norm(x, "bn"), "relu")


for _name, _depths in {"121": (6, 12, 24, 16), "169": (6, 12, 32, 32), "201": (6, 12, 48, 32)}.items():
    architecture(f"DenseNet{_name} densenet.DenseNet{_name}", 224, partial(_body, _depths))
