"""What exporters and optimisers write: old opsets, branches, onnxruntime's operators, volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from solver.errors import InputError  # noqa: E402
from solver.layer import (  # noqa: E402
    LSTM,
    Add,
    Attention,
    AveragePool,
    Conv,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    MaxPool,
    Multiply,
)
from solver.readers.dims import Dims  # noqa: E402
from solver.readers.read import read_layers, read_model  # noqa: E402
from tests.support.examples.onnx_models import Builder  # noqa: E402


def test_a_branch_with_a_known_condition_stands_in_its_place(tmp_path: Path) -> None:
    def branch(name: str, filters: int) -> Any:
        inner = Builder()
        inner.node("Conv", "x", inner.constant(np.ones((filters, 3, 1, 1)), np.float32), name=name)
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        return onnx.helper.make_graph(inner.nodes, name, [], [value], inner.weights)

    b = Builder()
    b.input("x", [1, 3, 4, 4])
    yes = b.constant(True, np.bool_)
    y = b.node("If", yes, name="choice", then_branch=branch("then", 5), else_branch=branch("else", 7))
    b.node("Relu", y)
    assert [(layer.name, layer.macs) for layer in read_layers(b.save(tmp_path / "if.onnx"))] == [
        ("then", 16 * 3 * 5),
        ("relu1", 0),
    ]
    b = Builder()
    b.input("x", [1, 3, 4, 4])
    unknown = b.input("condition", [], onnx.TensorProto.BOOL)
    b.node("If", unknown, name="choice", then_branch=branch("then", 5), else_branch=branch("else", 5))
    notes = read_model(b.save(tmp_path / "if.onnx")).notes
    assert set(notes) == {
        f"Conv {name}, inside If choice, is not counted; --value condition=V decides its branch"
        for name in ("then", "else")
    }
    for value, branch_name in ((1, "then"), (0, "else")):
        (layer,) = read_model(tmp_path / "if.onnx", Dims(values={"condition": value})).layers
        assert (layer.name, layer.macs) == (branch_name, 16 * 3 * 5)
    with pytest.raises(InputError, match=r"--value: found condition=0\.5, expected a value of the type bool"):
        read_model(tmp_path / "if.onnx", Dims(values={"condition": 0.5})).complete()
    with pytest.raises(InputError, match=r"--value: unknown input \(did you mean condition\?\)"):
        read_model(tmp_path / "if.onnx", Dims(values={"conditoin": 1})).complete()


@pytest.mark.parametrize("opset", [7, 8, 9, 10, 11, 12])
def test_lenets_view_is_followed_in_old_opsets(tmp_path: Path, opset: int) -> None:
    b = Builder(opset)
    x = b.conv(b.input("x", ["N", 1, 28, 28]), 1, 6, 5, name="conv")
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], name="pool")
    size = b.node("Gather", b.node("Shape", x), b.constant(0), axis=0)
    rest = b.node("Constant", value=onnx.numpy_helper.from_array(np.array(-1)))  # whatever the opset allows
    sizes = [b.node("Unsqueeze", part, axes=[0]) for part in (size, rest)]
    x = b.node("Reshape", x, b.node("Concat", *sizes, axis=0))
    b.node("Gemm", x, b.weight(10, 864), b.weight(10), name="fc", transB=1)
    layers = read_layers(b.save(tmp_path / "lenet.onnx"), Dims(batch=3))
    assert layers[-1] == FullyConnected(name="fc", batch=3, inputs=864, outputs=10)


@pytest.mark.parametrize(
    ("operator", "opset"), [("SimplifiedLayerNormalization", 20), ("LayerNormalization", 12)]
)
def test_operators_that_onnxruntime_puts_into_onnxs_domain_are_its_own(
    tmp_path: Path, operator: str, opset: int
) -> None:
    b = Builder(opset)
    x = b.node(operator, b.input("x", [2, 4, 8]), b.weight(8), name="norm")
    b.node("MatMul", x, b.weight(8, 5), name="fc")
    host, product = read_layers(b.save(tmp_path / "norm.onnx"))
    assert host == HostOperation(name="norm", operation=f"com.microsoft.{operator}", elements=64)
    assert product.macs == 8 * 8 * 5
    b = Builder(opset)
    b.node("SimplifiedLayerNormalisation", b.input("x", [2, 4, 8]), b.weight(8))
    with pytest.raises(InputError, match="not a valid ONNX model: No Op registered for Simpl"):
        read_layers(b.save(tmp_path / "norm.onnx"))


@pytest.mark.parametrize(("axes", "image"), [([2, 3], (3, 4, 5)), ([1, -2], (5, 3, 4)), ([1, 3], None)])
def test_a_mean_over_rows_and_columns_is_pooling_wherever_the_channels_are(
    tmp_path: Path, axes: list[int], image: tuple[int, int, int] | None
) -> None:
    b = Builder(13)
    b.node("ReduceMean", b.input("x", [2, 3, 4, 5]), axes=axes, name="mean", keepdims=0)
    (layer,) = read_layers(b.save(tmp_path / "mean.onnx"))
    if image is None:
        assert layer == HostOperation(name="mean", operation="ReduceMean", elements=8)
    else:
        assert layer == AveragePool(name="mean", batch=2, input=image)


def microsoft(
    tmp_path: Path, op: str, shapes: list[list[int]], *weights: int, **attributes: Any
) -> list[Layer]:
    """Return the layers of one operator of onnxruntime and of a ReLU behind it, which needs its shape."""
    b = Builder(17)
    names = [b.weight(*s) if i in weights else b.input(f"x{i}", s) for i, s in enumerate(shapes)]
    y = b.node(op, *names, name="n", domain="com.microsoft", **attributes)
    b.node("Relu", y, name="after")
    model = b.model("after")
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    file = tmp_path / "m.onnx"
    file.write_bytes(model.SerializeToString())
    return read_layers(file)


def inferred(file: Path) -> list[list[int]]:
    """Return the shapes of the outputs as ONNX itself infers them."""
    model = onnx.shape_inference.infer_shapes(onnx.load(file, load_external_data=False))
    return [[dim.dim_value for dim in info.type.tensor_type.shape.dim] for info in model.graph.output]


ONE: list[int] = []
QUANTISED = [ONE, ONE]

FUSED: list[tuple[str, list[list[int]], tuple[int, ...], dict[str, Any], list[Layer], int]] = [
    (
        "FusedConv",
        [[1, 3, 9, 9], [8, 3, 3, 3], [8]],
        (1, 2),
        {"pads": [1, 1, 1, 1], "strides": [2, 2], "activation": "Relu"},
        [Conv(name="n", input=(3, 9, 9), filters=8, kernel=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1)))],
        200,
    ),
    (
        "FusedConv",
        [[1, 3, 4, 4], [8, 3, 1, 1], [8], [1, 8, 4, 4]],
        (1, 2),
        {},
        [Conv(name="n", input=(3, 4, 4), filters=8, kernel=(1, 1)), Add(name="n/sum", elements=128)],
        128,
    ),
    (
        "QLinearConv",
        [[1, 9, 7, 4], *QUANTISED, [6, 4, 3, 3], *QUANTISED, *QUANTISED],
        (3,),
        {"channels_last": 1, "strides": [2, 2]},
        [Conv(name="n", input=(4, 9, 7), filters=6, kernel=(3, 3), stride=(2, 2))],
        72,
    ),
    (
        "NhwcMaxPool",
        [[1, 8, 8, 3]],
        (),
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        [MaxPool(name="n", input=(3, 8, 8), kernel=(2, 2), stride=(2, 2))],
        48,
    ),
    (
        "QLinearGlobalAveragePool",
        [[1, 5, 5, 3], *QUANTISED, *QUANTISED],
        (),
        {"channels_last": 1},
        [AveragePool(name="n", input=(3, 5, 5))],
        3,
    ),
    (
        "QGemm",
        [[4, 20], *QUANTISED, [10, 20], *QUANTISED],
        (3,),
        {"transB": 1},
        [FullyConnected(name="n", batch=4, inputs=20, outputs=10)],
        40,
    ),
    (
        "MatMulNBits",
        [[2, 7, 64], [96, 2, 16], [192]],
        (1, 2),
        {"K": 64, "N": 96, "bits": 4, "block_size": 32},
        [Gemm(name="n", m=14, n=96, k=64)],
        1344,
    ),
    (
        "FusedMatMul",
        [[2, 5, 8], [5, 6]],
        (1,),
        {"transA": 1, "alpha": 0.5},
        [Gemm(name="n", m=16, n=6, k=5)],
        96,
    ),
    ("DynamicQuantizeMatMul", [[1, 4, 8], [8, 6], ONE, ONE], (1,), {}, [Gemm(name="n", m=4, n=6, k=8)], 24),
    (
        "MatMulIntegerToFloat",
        [[4, 8], [8, 6], ONE, ONE],
        (1,),
        {},
        [FullyConnected(name="n", batch=4, inputs=8, outputs=6)],
        24,
    ),
    (
        "DynamicQuantizeLSTM",
        [[5, 2, 8], [1, 8, 64], [1, 16, 64]],
        (1, 2),
        {"hidden_size": 16},
        [LSTM(name="n", batch=2, inputs=8, hidden=16, steps=5)],
        160,
    ),
    (
        "SkipLayerNormalization",
        [[1, 4, 8], [1, 4, 8], [8]],
        (2,),
        {},
        [HostOperation(name="n", operation="com.microsoft.SkipLayerNormalization", elements=32)],
        32,
    ),
    (
        "MultiHeadAttention",
        [[2, 7, 32], [2, 9, 32], [2, 9, 32]],
        (),
        {"num_heads": 4},
        [Attention(name="n", batch=2, heads=4, head_size=8, queries=7, keys=9)],
        448,
    ),
    (
        "Attention",
        [[2, 7, 32], [32, 96], [96]],
        (1, 2),
        {"num_heads": 4},
        [
            Gemm(name="n/projection", m=14, n=96, k=32),
            Attention(name="n", batch=2, heads=4, head_size=8, queries=7),
        ],
        448,
    ),
    (
        "GroupQueryAttention",
        [[1, 6, 32], [1, 6, 16], [1, 6, 16]],
        (),
        {"num_heads": 4, "kv_num_heads": 2},
        [Attention(name="n", heads=4, head_size=8, queries=6)],
        192,
    ),
]


@pytest.mark.parametrize(("op", "shapes", "weights", "attributes", "layers", "words"), FUSED)
def test_operators_of_onnxruntime(
    tmp_path: Path,
    op: str,
    shapes: list[list[int]],
    weights: tuple[int, ...],
    attributes: dict[str, Any],
    layers: list[Layer],
    words: int,
) -> None:
    *found, after = microsoft(tmp_path, op, shapes, *weights, **attributes)
    assert found == layers and after == HostOperation(name="after", operation="Relu", elements=words)


def test_dynamic_quantisation_keeps_its_shapes(tmp_path: Path) -> None:
    b = Builder(17)
    x = b.input("x", [1, 3, 8, 8])
    y = b.node("DynamicQuantizeLinear", x, name="q", outputs=3)
    w = onnx.helper.make_tensor("w", onnx.TensorProto.UINT8, [4, 3, 3, 3], bytes(108), raw=True)
    b.weights.append(w)
    b.node("ConvInteger", y, "w", f"{y}.2", name="conv")
    assert read_layers(b.save(tmp_path / "q.onnx"))[-1] == Conv(
        name="conv", input=(3, 8, 8), filters=4, kernel=(3, 3)
    )


VOLUMES = [
    ([2, 3, 5, 8, 8], [4, 3, 5, 3, 3], {}, Conv(batch=2, input=(15, 8, 8), filters=4, kernel=(3, 3))),
    (
        [1, 3, 6, 8, 8],
        [4, 3, 2, 3, 3],
        {"strides": [2, 1, 1]},
        Conv(batch=3, input=(6, 8, 8), filters=4, kernel=(3, 3)),
    ),
    (
        [1, 3, 6, 8, 8],
        [4, 3, 1, 3, 3],
        {"pads": [0, 1, 1, 0, 1, 1]},
        Conv(batch=6, input=(3, 8, 8), filters=4, kernel=(3, 3), padding=((1, 1), (1, 1))),
    ),
    (
        [1, 4, 6, 8, 8],
        [4, 2, 3, 1, 1],
        {"group": 2},
        Conv(batch=8, input=(4, 6, 8), filters=4, kernel=(3, 1), groups=2),
    ),
]


@pytest.mark.parametrize(("x", "w", "attributes", "layer"), VOLUMES)
def test_volumes_are_images_where_that_is_exact(
    tmp_path: Path, x: list[int], w: list[int], attributes: dict[str, Any], layer: Conv
) -> None:
    b = Builder()
    b.node("Conv", b.input("x", x), b.weight(*w), name="", **attributes)
    file = b.save(tmp_path / "v.onnx")
    (found,) = read_layers(file)
    assert isinstance(found, Conv) and found.nest() == layer.nest() and found.input == layer.input
    (shape,) = inferred(file)
    assert found.macs == np.prod(shape) * np.prod(w[1:])


def test_volumes_that_are_none_are_refused_and_do_not_lose_the_others(tmp_path: Path) -> None:
    b = Builder()
    x = b.node("Conv", b.input("x", [1, 3, 6, 8, 8]), b.weight(4, 3, 3, 3, 3), name="c", pads=[1] * 6)
    b.node("MatMul", b.node("Flatten", x), b.weight(1536, 5), name="fc")
    reading = read_model(b.save(tmp_path / "v.onnx"))
    assert reading.layers[-1] == FullyConnected(name="fc", inputs=1536, outputs=5)
    assert "Conv c: a convolution of volumes whose windows overlap along all three axes" in str(
        reading.errors[0]
    )


def test_activation_functions_that_are_written_out_are_the_hosts(tmp_path: Path) -> None:
    b = Builder()
    x = b.input("x", [2, 8])
    one = b.constant(1, np.float32)
    gelu = b.node("Mul", x, b.node("Add", b.node("Erf", b.node("Div", x, one)), one), name="gelu")
    b.node("Mul", gelu, b.node("Sigmoid", gelu), name="silu")
    b.node("Mul", x, b.node("Sigmoid", b.input("gate", [2, 8])), name="gated")
    b.node("Add", x, "gated", name="sum")
    found = {layer.name: type(layer) for layer in read_layers(b.save(tmp_path / "a.onnx", "silu", "sum"))}
    assert [found[name] for name in ("gelu", "silu", "gated", "sum")] == [
        HostOperation,
        HostOperation,
        Multiply,
        Add,
    ]


@pytest.mark.parametrize("size", range(3, 9))
@pytest.mark.parametrize("pads", [(0, 0), (1, 1), (0, 1)])
def test_average_pooling_rounds_up_and_pads_at_the_end(
    tmp_path: Path, size: int, pads: tuple[int, int]
) -> None:
    b = Builder(19)
    both = [pads[0], pads[0], pads[1], pads[1]]
    x = b.input("x", [1, 2, size, size])
    b.node("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=both, ceil_mode=1, count_include_pad=1)
    file = b.save(tmp_path / "a.onnx")
    (layer,) = read_layers(file)
    assert isinstance(layer, AveragePool) and layer.padding[0][0] == pads[0]
    assert inferred(file) == [[1, *layer.output]]


def test_one_layer_of_a_model_and_names_with_odd_characters(tmp_path: Path) -> None:
    b = Builder()
    x = b.conv(b.input("x", [1, 3, 8, 8]), 3, 4, 3, name="StatefulPartitionedCall/net[0]:1 (a)")
    b.conv(x, 4, 5, 1, name="b")
    file = b.save(tmp_path / "net:v2.onnx")
    odd = "StatefulPartitionedCall/net[0]:1 (a)"
    for layers in (read_layers(f"{file}:{odd}"), read_layers(file, Dims(layers=(odd,)))):
        assert [layer.name for layer in layers] == [odd]
    with pytest.raises(InputError, match=r"--layer: unknown layer, found zzz, .* of Stateful.*, b$"):
        read_layers(f"{file}:zzz")
