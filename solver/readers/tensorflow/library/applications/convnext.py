"""ConvNeXt (Liu and others 2022)."""

from __future__ import annotations

from functools import partial

from solver.readers.tensorflow.library.applications.net import Net, architecture, channels_of
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.values import Tensor

SIZES = {
    "Tiny": (9, 96),
    "Small": (27, 96),
    "Base": (27, 128),
    "Large": (27, 192),
    "XLarge": (27, 256),
}
"""Blocks of the third stage (the others have 3), and filters of the first, which double."""


def _block(net: Net, x: Tensor, name: str) -> Tensor:
    filters = channels_of(x)
    y = net.conv(x, filters, 7, groups=filters, name=f"{name}_depthwise_conv")
    y = net.layer("LayerNormalization", y, name=f"{name}_layernorm")
    y = net.layer("Dense", y, 4 * filters, activation="gelu", name=f"{name}_pointwise_conv_1")
    y = net.layer("Dense", y, filters, name=f"{name}_pointwise_conv_2")
    return net.layer("Add", [x, net.layer("Rescaling", y, 1.0, name=f"{name}_layer_scale")])


def _body(depth: int, filters: int, net: Net, x: Tensor, a: Call) -> Tensor:
    head = a.short.replace("ConvNeXt", "convnext_").lower()
    if a.flag("include_preprocessing") and channels_of(x) == 3:
        x = net.layer("Normalization", x, name=f"{head}_prestem_normalization")
    x = net.conv(x, filters, 4, 4, padding="valid", name=f"{head}_stem_conv")
    x = net.layer("LayerNormalization", x, name=f"{head}_stem_layernorm")
    for stage, blocks in enumerate((3, 3, depth, 3)):
        if stage:
            name = f"{head}_downsampling"
            x = net.layer("LayerNormalization", x, name=f"{name}_layernorm_{stage - 1}")
            words = {"padding": "valid", "name": f"{name}_conv_{stage - 1}"}
            x = net.conv(x, filters << stage, 2, 2, **words)
        for number in range(blocks):
            x = _block(net, x, f"{head}_stage_{stage}_block_{number}")
    return x


def _top(net: Net, x: Tensor, a: Call) -> Tensor:
    head = a.short.replace("ConvNeXt", "convnext_").lower()
    x = net.layer("GlobalAveragePooling2D", x, name=f"{head}_head_gap")
    x = net.layer("LayerNormalization", x, name=f"{head}_head_layernorm")
    activation = a.get("classifier_activation")
    return net.layer("Dense", x, a.integer("classes"), activation=activation, name=f"{head}_head_dense")


def _last(net: Net, x: Tensor, a: Call) -> Tensor:
    return net.layer("LayerNormalization", x)


for _name, (_depth, _filters) in SIZES.items():
    _names = f"ConvNeXt{_name} convnext.ConvNeXt{_name}"
    architecture(_names, 224, partial(_body, _depth, _filters), top=_top, last=_last)
