"""VGG-16 and VGG-19 (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from functools import partial

from solver.readers.tensorflow.library.applications.net import Net, architecture, predict
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor


def _body(depth: int, net: Net, x: Tensor, a: Call) -> Tensor:
    for block, (convolutions, filters) in enumerate(
        ((2, 64), (2, 128), (depth, 256), (depth, 512), (depth, 512)), start=1
    ):
        for number in range(1, convolutions + 1):
            x = net.conv(x, filters, 3, activation="relu", name=f"block{block}_conv{number}")
        x = net.layer("MaxPooling2D", x, 2, strides=2, name=f"block{block}_pool")
    return x


def _top(net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("Flatten", x, name="flatten")
    for name in ("fc1", "fc2"):
        x = net.layer("Dense", x, 4096, activation="relu", name=name)
    return predict(net, x, a)


architecture("VGG16 vgg16.VGG16", 224, partial(_body, 3), top=_top)
architecture("VGG19 vgg19.VGG19", 224, partial(_body, 4), top=_top)
