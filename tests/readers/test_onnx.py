"""ONNX models: whole networks, every operator that is a layer, and files that are not what they seem."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from onnx.reference import ReferenceEvaluator  # noqa: E402

from solver.errors import InputError, MissingDependencyError  # noqa: E402
from solver.layer import (  # noqa: E402
    GRU,
    LSTM,
    RNN,
    Add,
    Attention,
    AveragePool,
    BatchMatmul,
    Conv,
    ConvTranspose,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    MaxPool,
    Multiply,
    Pool,
    Primitive,
)
from solver.readers.dims import Dims  # noqa: E402
from solver.readers.read import read_layers, read_model  # noqa: E402
from tests.support.examples.onnx_models import Builder, bert, mobilenetv2, recurrent, resnet50  # noqa: E402

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
LIGHT = DATA / "light"


def products(layers: list[Layer]) -> list[Layer]:
    return [layer for layer in layers if isinstance(layer, (Conv, FullyConnected, Gemm, BatchMatmul))]


def nests(layers: list[Layer]) -> Counter[Any]:
    return Counter(layer.nest() for layer in layers if isinstance(layer, Primitive))


def test_resnet50_is_the_network_that_is_shipped(tmp_path: Path) -> None:
    file = resnet50().save(tmp_path / "resnet50.onnx")
    layers = read_layers(file)
    shipped = {layer.name: layer for layer in read_layers("resnet50")}
    ours = {layer.name: layer for layer in products(layers)}
    assert ours == {name: shipped[name] for name in ours} and len(ours) == 54
    assert sum(layer.macs for layer in ours.values()) == 4_089_184_256
    kinds = Counter(layer.operation if isinstance(layer, HostOperation) else layer.kind for layer in layers)
    assert kinds == {"conv": 53, "fc": 1, "Relu": 49, "maxpool": 1, "add": 16, "avgpool": 1, "Flatten": 1}
    (conv,) = (x for x in read_layers(file, Dims(batch=8)) if x.name == "conv1")
    assert isinstance(conv, Conv) and conv.batch == 8


def test_mobilenetv2_has_the_published_work_with_tensorflows_padding(tmp_path: Path) -> None:
    layers = read_layers(mobilenetv2().save(tmp_path / "m.onnx"))
    assert nests(products(layers)) == nests(products(read_layers("mobilenetv2")))
    assert sum(layer.macs for layer in products(layers)) == 300_774_272
    upper, lower = (next(x for x in layers if x.name == n) for n in ("features.0.0", "features.2.deep"))
    assert isinstance(upper, Conv) and upper.padding == ((0, 1), (0, 1))
    assert isinstance(lower, Conv) and lower.padding == ((1, 0), (1, 0))


def test_berts_encoder_keeps_its_shapes_through_the_arithmetic_on_them(tmp_path: Path) -> None:
    file = bert(blocks=2).save(tmp_path / "bert.onnx")
    layers = read_layers(file, Dims(batch=2, sizes={"sequence": 128}))
    block = [layer for layer in layers if layer.name.startswith("layer.1.")]
    assert block == [
        *(Gemm(name=f"layer.1.{part}", m=256, n=768, k=768) for part in ("query", "key", "value")),
        BatchMatmul(name="layer.1.scores", batch=24, m=128, n=128, k=64),
        BatchMatmul(name="layer.1.context", batch=24, m=128, n=64, k=128),
        Gemm(name="layer.1.output", m=256, n=768, k=768),
        Gemm(name="layer.1.intermediate", m=256, n=3072, k=768),
        Gemm(name="layer.1.dense", m=256, n=768, k=3072),
    ]
    shipped = sum(layer.macs for layer in read_layers("bert_base"))
    assert sum(layer.macs for layer in products(layers)) == 2 * 2 * shipped
    host = Counter(layer.operation for layer in layers if isinstance(layer, HostOperation))
    assert "Shape" not in host and "Gather" not in host
    assert host["Softmax"] == 2 and host["LayerNormalization"] == 4 and host["Add"] == 12


def test_open_sizes_are_asked_for_with_the_flags_that_set_them(tmp_path: Path) -> None:
    file = bert(blocks=1).save(tmp_path / "bert.onnx")
    with pytest.raises(
        InputError, match="the model leaves sizes open, found sequence, expected --dim sequence=SIZE"
    ):
        read_layers(file)
    with pytest.raises(InputError, match=r"unknown open size \(did you mean sequence\?\)"):
        read_layers(file, Dims(sizes={"sequnce": 3}))
    b = Builder()
    b.node("Relu", b.input("x", [None, 3]))
    assert read_model(b.save(tmp_path / "r.onnx")).notes == (
        "the batch is open and taken as 1 (say which by batch)",
    )
    with pytest.raises(InputError, match="--batch: the model fixes its batch, found image 4x3x224x224"):
        read_layers(resnet50(4).save(tmp_path / "four.onnx"), Dims(batch=2))
    with pytest.raises(
        InputError, match="expected no --batch: they are for models that leave something open"
    ):
        read_layers("vgg16", Dims(batch=2))


RECURRENT = [
    ("LSTM", 4, {}, LSTM(name="rnn", batch=3, inputs=32, hidden=64, steps=20)),
    (
        "LSTM",
        4,
        {"direction": "bidirectional"},
        LSTM(name="rnn", batch=3, inputs=32, hidden=64, steps=20, directions=2),
    ),
    ("GRU", 3, {"layout": 1}, GRU(name="rnn", batch=3, inputs=32, hidden=64, steps=20)),
    (
        "GRU",
        3,
        {"linear_before_reset": 1},
        GRU(name="rnn", batch=3, inputs=32, hidden=64, steps=20, reset_after=True),
    ),
    ("RNN", 1, {"direction": "reverse"}, RNN(name="rnn", batch=3, inputs=32, hidden=64, steps=20)),
]


@pytest.mark.parametrize(("op", "gates", "attributes", "layer"), RECURRENT)
def test_recurrent_layers(
    tmp_path: Path, op: str, gates: int, attributes: dict[str, Any], layer: Layer
) -> None:
    assert read_layers(recurrent(op, gates, **attributes).save(tmp_path / "r.onnx", "rnn")) == [layer]


SIZES = st.integers(1, 9)


@given(
    st.tuples(SIZES, SIZES),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.sampled_from(["Conv", "ConvTranspose", "MaxPool", "AveragePool"]),
    st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_have_the_output_that_onnx_itself_computes(
    tmp_path: Path,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    auto: str,
    pads: list[int],
    op: str,
    up: bool,
) -> None:
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "auto_pad": auto}
    if auto == "NOTSET":
        attributes["pads"] = [min(p, kernel[i % 2] - 1) for i, p in enumerate(pads)]
    if op in ("MaxPool", "AveragePool") and auto == "NOTSET":
        attributes["ceil_mode"] = int(up)
    b = Builder()
    b.input("x", [2, 4, *size])
    weights = (
        []
        if "Pool" in op
        else [b.constant(np.ones((4, 3, *kernel)) if op[4:] else np.ones((3, 4, *kernel)), np.float32)]
    )
    b.node(op, "x", *weights, name="y", **attributes)
    try:
        file = b.save(tmp_path / "w.onnx")
        model = onnx.load(file)
        if op == "MaxPool":
            # The evaluator misreads the order of MaxPool's pads; the windows are those of an AveragePool.
            model.graph.node[0].op_type = "AveragePool"
        (output,) = ReferenceEvaluator(model).run(None, {"x": np.zeros((2, 4, *size), np.float32)})
    except Exception:
        return  # the sizes do not go together
    # SAME means ceil(size / stride) outputs; the evaluator loses some of them, older ones in a Conv too.
    same = tuple(-(-n // s) for n, s in zip(size, stride, strict=True))
    skips = auto.startswith("SAME") and op != "ConvTranspose" and output.shape[2:] != same
    if 0 in output.shape or skips:
        return
    try:
        (layer,) = read_layers(file)
    except InputError as error:
        # ONNX allows windows that see nothing but padding, and its evaluator pools windows that do not fit.
        explicit = np.reshape(attributes.get("pads", [0] * 4), (2, 2)).sum(axis=0)
        outside = "Pool" in op and any(n + p < k for n, p, k in zip(size, explicit, kernel, strict=True))
        assert outside or "without any input" in str(error) or "do not fit" in str(error), error
        return
    assert isinstance(layer, (Conv, ConvTranspose, Pool))
    assert (layer.batch, *layer.output) == output.shape


def one(tmp_path: Path, op: str, shapes: list[list[int]], *weights: int, **attributes: Any) -> Layer:
    b = Builder(opset=attributes.pop("opset", 18))
    names = [b.weight(*s) if i in weights else b.input(f"x{i}", s) for i, s in enumerate(shapes)]
    b.node(op, *names, name="n", **attributes)
    (layer,) = read_layers(b.save(tmp_path / "one.onnx"))
    return layer


def test_products_and_sums_by_their_operands(tmp_path: Path) -> None:
    assert one(tmp_path, "Gemm", [[8, 5], [7, 5]], 1, transB=1) == FullyConnected(
        name="n", batch=8, inputs=5, outputs=7
    )
    assert one(tmp_path, "Gemm", [[5, 8], [5, 7]], transA=1) == Gemm(name="n", m=8, n=7, k=5)
    assert one(tmp_path, "MatMul", [[8, 5], [5, 7]], 1) == FullyConnected(
        name="n", batch=8, inputs=5, outputs=7
    )
    assert one(tmp_path, "MatMul", [[2, 3, 8, 5], [5, 7]], 1) == Gemm(name="n", m=48, n=7, k=5)
    assert one(tmp_path, "MatMul", [[2, 1, 8, 5], [3, 5, 7]]) == BatchMatmul(name="n", batch=6, m=8, n=7, k=5)
    assert one(tmp_path, "MatMul", [[5], [5, 7]]) == Gemm(name="n", m=1, n=7, k=5)
    assert one(tmp_path, "Einsum", [[2, 6, 4, 8], [2, 9, 4, 8]], equation="bqhd,bkhd->bhqk") == BatchMatmul(
        name="n", batch=8, m=6, n=9, k=8
    )
    assert one(tmp_path, "Einsum", [[2, 6], [2, 6]], equation="bi,bi->bi") == BatchMatmul(
        name="n", batch=12, m=1, n=1, k=1
    )
    assert one(tmp_path, "Add", [[2, 8, 4, 4], [8, 1, 1]]) == Add(name="n", elements=256)
    assert one(tmp_path, "Sum", [[6], [6], [6]]) == Add(name="n", elements=6, operands=3)
    assert one(tmp_path, "Mul", [[2, 8, 4, 4], [2, 8, 1, 1]]) == Multiply(name="n", elements=16, broadcast=16)
    assert one(tmp_path, "Mul", [[3, 1], [1, 5]]) == Multiply(name="n", elements=15)
    # Bias and scale go with the layer in front: the host applies them.
    for op in ("Add", "Mul"):
        assert one(tmp_path, op, [[2, 8], [8]], 1) == HostOperation(name="n", operation=op, elements=16)


def test_other_operators_that_are_layers(tmp_path: Path) -> None:
    assert one(tmp_path, "Conv", [[1, 4, 10], [6, 2, 3]], 1, group=2, pads=[1, 0], strides=[2]) == Conv(
        name="n",
        input=(4, 1, 10),
        filters=6,
        kernel=(1, 3),
        stride=(1, 2),
        padding=((0, 0), (1, 0)),
        groups=2,
    )
    transposed = one(
        tmp_path, "ConvTranspose", [[1, 4, 5, 5], [4, 3, 3, 3]], 1, strides=[2, 2], output_shape=[10, 10]
    )
    assert isinstance(transposed, ConvTranspose) and transposed.output == (3, 10, 10)
    assert one(tmp_path, "GlobalMaxPool", [[2, 3, 4, 5]]) == MaxPool(name="n", batch=2, input=(3, 4, 5))
    assert one(
        tmp_path, "AveragePool", [[1, 3, 4, 5]], kernel_shape=[2, 2], count_include_pad=1
    ) == AveragePool(name="n", input=(3, 4, 5), kernel=(2, 2), stride=(1, 1))
    assert one(
        tmp_path, "Attention", [[2, 7, 64], [2, 9, 64], [2, 9, 64]], opset=23, q_num_heads=4, kv_num_heads=4
    ) == (Attention(name="n", batch=2, heads=4, head_size=16, queries=7, keys=9))


def test_work_that_is_not_counted_is_told(tmp_path: Path) -> None:
    b = Builder(19)
    b.node(
        "DeformConv", b.input("x", [1, 2, 4, 4]), b.weight(3, 2, 1, 1), b.input("o", [1, 2, 4, 4]), name="d"
    )
    file = b.save(tmp_path / "d.onnx")
    reading = read_model(file)
    assert reading.layers == (HostOperation(name="d", operation="DeformConv", elements=48),)
    assert reading.notes == ("d: DeformConv is listed as a host operation, its work not counted",)


# Networks that the onnx package ships, and the work that their papers or model cards state, in 10**6 MACs.
PUBLISHED = {
    "light_resnet50": (53, 1, 4089),
    "light_vgg19": (16, 3, 19632),
    "light_squeezenet": (26, 0, 349),
    "light_densenet121": (121, 0, 2834),
    "light_inception_v1": (57, 1, 1431),
    "light_bvlc_alexnet": (5, 3, 654),
    "light_shufflenet": (49, 1, 124),
}


@pytest.mark.skipif(not LIGHT.exists(), reason="the onnx package ships no models")
@pytest.mark.parametrize("name", PUBLISHED)
def test_models_that_others_exported_are_read(name: str) -> None:
    convs, dense, work = PUBLISHED[name]
    layers = read_layers(LIGHT / f"{name}.onnx")
    assert Counter(type(layer) for layer in products(layers)) == Counter({Conv: convs, FullyConnected: dense})
    assert sum(layer.macs for layer in products(layers)) // 10**6 == work


def operators() -> list[Path]:
    return sorted(DATA.glob("pytorch-*/*/model.onnx"))


@pytest.mark.skipif(not operators(), reason="the onnx package ships no models")
def test_every_operator_of_the_conformance_models_is_a_layer_or_listed() -> None:
    for file in operators():
        model = onnx.load(file)
        computed = [node for node in model.graph.node if node.op_type != "Constant"]
        reading = read_model(file)
        assert not reading.errors or "volumes whose windows overlap" in str(reading.errors[0])
        layers = reading.layers
        if reading.errors:
            continue
        listed = Counter(layer.operation for layer in layers if isinstance(layer, HostOperation))
        assert not listed - Counter(node.op_type for node in computed), file
        assert len(layers) <= len(computed)
        data = file.parent / "test_data_set_0" / "output_0.pb"
        expected = onnx.numpy_helper.to_array(onnx.load_tensor(data)).shape
        last = layers[-1]
        if isinstance(last, (Conv, ConvTranspose, Pool)):
            assert last.batch * math.prod(last.output) == math.prod(expected), file
        elif isinstance(last, HostOperation) and last.elements and "symbolic" not in str(file):
            assert last.elements == math.prod(expected) or len(model.graph.output) > 1, file


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused_with_one_message(tmp_path: Path, data: st.DataObject) -> None:
    file = tmp_path / "net.onnx"
    whole = recurrent("LSTM", 4).save(file, "rnn").read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    damaged = whole[:cut] if data.draw(st.booleans()) else whole[:cut] + bytes([byte]) + whole[cut + 1 :]
    file.write_bytes(damaged)
    try:
        assert read_layers(file)
    except InputError as error:
        assert str(error).startswith(f"{file}: ") and str(error).count("\n") <= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no graph"),
        (b"PK\x03\x04not a model", "damaged, cut off, or not ONNX"),
        (b"\xff" * 40, "damaged, cut off, or not ONNX"),
        (b"kind: fc\n", "damaged, cut off, or not ONNX"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_layers(file)


def test_shapes_that_do_not_go_together_name_the_node(tmp_path: Path) -> None:
    b = Builder()
    b.conv(b.input("x", [1, 3, 8, 8]), 4, 8, 3, name="wrong")
    with pytest.raises(InputError, match=r": Conv wrong: .*4 x 1 groups.*3 channels"):
        read_layers(b.save(tmp_path / "w.onnx"))
    b = Builder()
    y = b.node("Mystery", b.input("x", [1, 3, 8, 8]), name="m", domain="com.example")
    b.conv(y, 3, 8, 3, name="after")
    file = tmp_path / "d.onnx"
    model = b.model("after")
    model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    file.write_bytes(model.SerializeToString())
    with pytest.raises(
        InputError, match="Conv after: a shape that the file leaves open, found m, from Mystery m"
    ):
        read_layers(file)


def test_the_message_names_the_extra_when_onnx_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = recurrent("LSTM", 4).save(tmp_path / "r.onnx", "rnn")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'maeri-solver\[onnx\]'"):
        read_layers(file)
