"""The multiplications of an ONNX model as onnxruntime does them: it runs the model and tells all shapes.

Used by `benchmarks.readers.corpus`; needs `onnxruntime`. Nothing of our own reader is used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

Shape = list[int]

KINDS = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_,
}


def macs_of_file(
    file: Path, sizes: Mapping[str, int] | None = None, values: Mapping[str, float] | None = None
) -> int:
    """Run a model on inputs of ones and return the multiplications of its products, everything on the way
    (branches taken, bodies of loops as often as they run) included. Models of opsets that onnxruntime has no
    kernels for are run by ONNX's own reference evaluator.
    """
    attributes, constant = attributes_of(file), constant_nodes(file)
    try:
        found = [
            (event["name"].removesuffix("_kernel_time"), event["args"]["op_name"], _shapes(event["args"]))
            for event in _events(file, sizes or {}, values or {})
        ]
    except Exception as error:
        if type(error).__name__ not in ("NotImplemented", "InvalidGraph"):
            raise
        found = _referred(file)
    return sum(
        macs_of_node(operator, *shapes, attributes.get(name, {}))
        for name, operator, shapes in found
        if name not in constant
    )


def _referred(file: Path) -> list[tuple[str, str, tuple[list[Shape], list[Shape]]]]:
    """Return name, operator and shapes of each node of a model whose inputs have all their sizes."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    model = onnx.load(file)
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    given = [info for info in model.graph.input if info.name not in weights]
    made = [name for node in model.graph.node for name in node.output if name]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in made)
    feeds = {}
    for info in given:
        kind = onnx.helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type)
        feeds[info.name] = np.ones([dim.dim_value for dim in info.type.tensor_type.shape.dim]).astype(kind)
    results = ReferenceEvaluator(model).run(None, feeds)
    shapes = weights | {name: value.shape for name, value in feeds.items()}
    shapes |= {name: np.shape(value) for name, value in zip(made, results, strict=True)}

    def of(names: Sequence[str]) -> list[Shape]:
        return [list(shapes.get(name, ())) for name in names]

    return [
        (_name(node, index), node.op_type, (of(node.input), of(node.output)))
        for index, node in enumerate(model.graph.node)
    ]


def _events(file: Path, sizes: Mapping[str, int], values: Mapping[str, float]) -> list[dict[str, Any]]:
    import onnxruntime

    with TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        # Weights that are packed when the model is loaded would be missing among a node's inputs.
        options.add_session_config_entry("session.disable_prepacking", "1")
        options.profile_file_prefix = str(Path(folder) / "run")
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        feeds = {
            info.name: np.full(_sizes(info, sizes), values.get(info.name, 1)).astype(KINDS[info.type])
            for info in session.get_inputs()
        }
        session.run(None, feeds)
        events = json.loads(Path(session.end_profiling()).read_text())
    return [event for event in events if event.get("cat") == "Node" and "output_type_shape" in event["args"]]


def _sizes(info: Any, sizes: Mapping[str, int]) -> Shape:
    return [
        size
        if isinstance(size, int) and size > 0
        else sizes.get(f"{info.name}:{axis}", sizes.get(size if isinstance(size, str) else "", 1))
        for axis, size in enumerate(info.shape)
    ]


def _shapes(args: dict[str, Any]) -> tuple[list[Shape], list[Shape]]:
    def plain(entries: list[dict[str, Shape]]) -> list[Shape]:
        return [next(iter(entry.values())) for entry in entries]

    return plain(args["input_type_shape"]), plain(args["output_type_shape"])


SECOND = {"QLinearConv": 3, "QLinearMatMul": 3, "QGemm": 3}


def attributes_of(file: Path) -> dict[str, dict[str, Any]]:
    """Return the attributes of the nodes by name, those inside branches and loops included."""
    import onnx

    found: dict[str, dict[str, Any]] = {}
    graphs = [onnx.load(file, load_external_data=False).graph]
    while graphs:
        for index, node in enumerate(graphs.pop().node):
            own = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            found[_name(node, index)] = own
            graphs += [value for value in own.values() if isinstance(value, onnx.GraphProto)]
    return found


def constant_nodes(file: Path) -> set[str]:
    """Return the nodes that depend on weights and shapes alone: they are computed once, for all inputs."""
    import onnx

    graph = onnx.load(file, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    varying = {info.name for info in graph.input} - weights
    found = set()
    for index, node in enumerate(graph.node):
        inner = [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
        if inner or (node.op_type not in ("Shape", "Size") and varying & {*node.input}):
            varying |= {*node.output}
        else:
            found.add(_name(node, index))
    return found


def _name(node: Any, index: int) -> str:
    """Return what onnxruntime calls a node: those without a name by kind and place."""
    return node.name or f"{node.op_type}_{index}"


def macs_of_node(
    operator: str, inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: Mapping[str, Any]
) -> int:
    """Return the multiplications of one node of known shapes; 0 for what is no product."""
    second = inputs[SECOND.get(operator, 1)] if len(inputs) > SECOND.get(operator, 1) else []
    if operator in ("Conv", "ConvInteger", "QLinearConv", "FusedConv", "NhwcFusedConv"):
        return math.prod(outputs[0]) * math.prod(second[1:])
    if operator == "ConvTranspose":
        channels = inputs[0][0] * inputs[0][1] * second[1]
        pads = _pads(inputs[0][2:], second[2:], outputs[0][2:], attributes)
        return channels * transposed_pairs(outputs[0][2:], second[2:], pads, attributes)
    if operator in ("Gemm", "QGemm", "FusedGemm"):
        m, n = outputs[0]
        return m * n * (math.prod(inputs[0]) // m)
    if operator in (
        *("MatMul", "MatMulInteger", "QLinearMatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"),
        *("MatMulNBits", "FusedMatMul"),
    ):
        # Every word of the left operand meets each column of its right one, as often as it is broadcast.
        n = outputs[0][-1] if len(second) != 1 else 1
        rows = math.prod(outputs[0]) // n
        return rows * n * _inner(operator, inputs[0], outputs[0])
    if operator in ("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"):
        steps, batch, width = inputs[0]
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1, "DynamicQuantizeLSTM": 4}[operator]
        directions, hidden = outputs[0][1], outputs[0][3]
        return steps * batch * directions * gates * hidden * (width + hidden)
    if operator == "Einsum":
        return _einsum(attributes["equation"].decode().replace(" ", ""), inputs)
    if operator == "Attention" and len(inputs[0]) >= 3:
        return _attention(inputs, outputs)
    if operator == "MultiHeadAttention":
        keys = inputs[1][1] if len(inputs[1]) == 3 else inputs[1][2]
        return inputs[0][0] * inputs[0][1] * keys * (inputs[0][2] + outputs[0][2])
    return 0


def _inner(operator: str, left: Shape, result: Shape) -> int:
    # FusedMatMul may turn its left operand: its rows are those of the result.
    if operator == "FusedMatMul" and len(left) > 1 and left[-2] != result[-2]:
        return left[-2]
    return left[-1]


def transposed_pairs(
    outputs: Sequence[int], kernel: Sequence[int], pads: Sequence[int], attributes: Mapping[str, Any]
) -> int:
    """Return the pairs of an output word and a filter tap that meet in a transposed convolution.

    Output o meets tap r where o + pads - r x dilation is a multiple of the stride, by definition. As in any
    convolution a tap that lies beyond the border counts: it meets a zero. What is cropped does not.
    """
    axes = range(len(kernel))
    strides = list(attributes.get("strides") or [1 for _ in axes])
    dilations = list(attributes.get("dilations") or [1 for _ in axes])
    return math.prod(
        sum(
            (o + pads[a] - r * dilations[a]) % strides[a] == 0
            for o in range(outputs[a])
            for r in range(kernel[a])
        )
        for a in axes
    )


def _pads(
    inputs: Sequence[int], kernel: Sequence[int], outputs: Sequence[int], attributes: Mapping[str, Any]
) -> list[int]:
    """Return what is cropped before each axis of a transposed convolution."""
    axes = range(len(kernel))
    auto = attributes.get("auto_pad", b"NOTSET")
    if "output_shape" not in attributes and auto in (b"NOTSET", b"VALID"):
        return list(attributes.get("pads") or [0 for _ in axes])[: len(kernel)]
    strides = list(attributes.get("strides") or [1 for _ in axes])
    extra = list(attributes.get("output_padding") or [0 for _ in axes])
    dilations = list(attributes.get("dilations") or [1 for _ in axes])
    full = [strides[a] * (inputs[a] - 1) + extra[a] + (kernel[a] - 1) * dilations[a] + 1 for a in axes]
    cut = [max(full[a] - outputs[a], 0) for a in axes]
    return [c // 2 if auto == b"SAME_UPPER" else c - c // 2 for c in cut]


def _einsum(equation: str, inputs: Sequence[Shape]) -> int:
    words = equation.split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for word, shape in zip(words, inputs, strict=True):
        sizes |= dict(zip(word, shape, strict=True))
    return math.prod(sizes.values()) if len(words) == 2 else 0


def _attention(inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    if len(inputs[1]) == 2 and len(inputs[0]) == 3:  # onnxruntime's own, with the projection
        batch, length, width = inputs[0]
        return batch * length * width * inputs[1][1] + batch * length * length * 2 * outputs[0][2]
    queries, keys = inputs[0], inputs[1]
    if len(queries) == 4:
        return queries[0] * queries[1] * queries[2] * keys[2] * (queries[3] + outputs[0][3])
    return queries[0] * queries[1] * keys[1] * (queries[2] + outputs[0][2])
