"""Compact builders of ONNX models: networks of known size, written with the onnx helper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
Sizes = Sequence[int | str]


class Builder:
    """Adds nodes to a graph."""

    def __init__(self, opset: int = OPSET) -> None:
        self.opset = opset
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.weights: list[Any] = []

    def input(self, name: str, shape: Sizes | None, kind: int = TensorProto.FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def weight(self, *shape: int) -> str:
        """A weight of a shape that takes no room in the file: its data is said to be elsewhere."""
        tensor = TensorProto(name=f"w{len(self.weights)}", data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="nowhere.bin")
        self.weights.append(tensor)
        return str(tensor.name)

    def constant(self, values: Any, kind: Any = np.int64) -> str:
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, dtype=kind), name))
        return name

    def node(self, op: str, *inputs: str, name: str = "", outputs: int = 1, **attributes: Any) -> str:
        name = name or f"{op.lower()}{len(self.nodes)}"
        results = [f"{name}.{i}" if i else name for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, results, name=name, **attributes))
        return name

    def model(self, *outputs: str) -> onnx.ModelProto:
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "g", self.inputs, values, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def save(self, path: Path, *outputs: str) -> Path:
        path.write_bytes(self.model(*(outputs or (self.nodes[-1].output[0],))).SerializeToString())
        return path

    def conv(self, x: str, channels: int, filters: int, kernel: int, *, name: str, **attributes: Any) -> str:
        w = self.weight(filters, channels // attributes.get("group", 1), kernel, kernel)
        return self.node("Conv", x, w, name=name, kernel_shape=[kernel, kernel], **attributes)


def resnet50(batch: int | str = "N") -> Builder:
    """torchvision's ResNet-50, batch normalisation folded."""
    b = Builder()
    x = b.input("image", [batch, 3, 224, 224])
    x = b.node("Relu", b.conv(x, 3, 64, 7, name="conv1", strides=[2, 2], pads=[3] * 4))
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for unit in range(depth):
            name, stride = f"layer{stage + 1}.{unit}", 2 if stage and not unit else 1
            y = b.node("Relu", b.conv(x, channels, width, 1, name=f"{name}.conv1"))
            y = b.conv(y, width, width, 3, name=f"{name}.conv2", strides=[stride] * 2, pads=[1] * 4)
            y = b.conv(b.node("Relu", y), width, 4 * width, 1, name=f"{name}.conv3")
            if not unit:
                x = b.conv(x, channels, 4 * width, 1, name=f"{name}.downsample.0", strides=[stride] * 2)
            x, channels = b.node("Relu", b.node("Add", y, x)), 4 * width
    x = b.node("Flatten", b.node("GlobalAveragePool", x))
    b.node("Gemm", x, b.weight(1000, 2048), b.weight(1000), name="fc", transB=1)
    return b


def mobilenetv2() -> Builder:
    """torchvision's MobileNetV2, with SAME padding as TensorFlow's export has it."""
    b = Builder()
    x = b.input("image", [1, 3, 224, 224])
    x = b.conv(x, 3, 32, 3, name="features.0.0", strides=[2, 2], auto_pad="SAME_UPPER")
    channels, number = 32, 1
    settings = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)]
    settings += [(6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, filters, repeats, stride in settings:
        for unit in range(repeats):
            name, wide, y = f"features.{number}", expansion * channels, x
            step = [stride if not unit else 1] * 2
            if expansion > 1:
                y = b.node("Clip", b.conv(y, channels, wide, 1, name=f"{name}.expand"))
            y = b.conv(y, wide, wide, 3, name=f"{name}.deep", group=wide, strides=step, auto_pad="SAME_LOWER")
            y = b.conv(b.node("Clip", y), wide, filters, 1, name=f"{name}.project")
            x = b.node("Add", x, y) if unit else y
            channels, number = filters, number + 1
    x = b.conv(x, channels, 1280, 1, name="features.18.0")
    x = b.node("ReduceMean", x, b.constant([2, 3]), keepdims=0)
    b.node("MatMul", x, b.weight(1280, 1000), name="classifier")
    return b


def bert(blocks: int = 12, hidden: int = 768, heads: int = 12, wide: int = 3072) -> Builder:
    """BERT-base's encoder as exporters write it: shapes taken apart and joined, batch and length open."""
    b = Builder()
    size = hidden // heads
    x = b.input("hidden", ["batch", "sequence", hidden])
    scale = b.constant(np.sqrt(size), np.float32)

    def dense(value: str, n_in: int, n_out: int, name: str) -> str:
        return b.node("Add", b.node("MatMul", value, b.weight(n_in, n_out), name=name), b.weight(n_out))

    def split(value: str, order: list[int]) -> str:
        shape = b.node("Shape", value)
        sizes = [b.node("Gather", shape, b.constant(axis)) for axis in (0, 1)]
        parts = [b.node("Unsqueeze", part, b.constant([0])) for part in sizes]
        wanted = b.node("Concat", *parts, b.constant([heads]), b.constant([size]), axis=0)
        return b.node("Transpose", b.node("Reshape", value, wanted), perm=order)

    def normal(value: str) -> str:
        return b.node("LayerNormalization", value, b.weight(hidden), b.weight(hidden))

    for number in range(blocks):
        name = f"layer.{number}"
        query, key, value = (dense(x, hidden, hidden, f"{name}.{part}") for part in ("query", "key", "value"))
        scores = b.node("MatMul", split(query, [0, 2, 1, 3]), split(key, [0, 2, 3, 1]), name=f"{name}.scores")
        weights = b.node("Softmax", b.node("Div", scores, scale), axis=-1)
        context = b.node("MatMul", weights, split(value, [0, 2, 1, 3]), name=f"{name}.context")
        joined = b.node("Transpose", context, perm=[0, 2, 1, 3])
        flat = b.node("Reshape", joined, b.constant([0, 0, hidden]))
        x = normal(b.node("Add", dense(flat, hidden, hidden, f"{name}.output"), x))
        y = b.node("Tanh", dense(x, hidden, wide, f"{name}.intermediate"))
        x = normal(b.node("Add", dense(y, wide, hidden, f"{name}.dense"), x))
    return b


def recurrent(op: str, gates: int, **attributes: Any) -> Builder:
    """One recurrent layer over 20 steps of 3 sequences: 32 words in, 64 in the state."""
    b = Builder()
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    x = b.input("x", [3, 20, 32] if attributes.get("layout") else [20, 3, 32])
    w, r = b.weight(directions, gates * 64, 32), b.weight(directions, gates * 64, 64)
    b.node(op, x, w, r, name="rnn", outputs=2, hidden_size=64, **attributes)
    return b
