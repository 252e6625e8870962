"""Programs in the classic styles: read, they give what TensorFlow itself builds when it runs them."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from solver.errors import InputError
from solver.layer import (
    GRU,
    LSTM,
    RNN,
    BatchMatmul,
    Conv,
    ConvTranspose,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    MaxPool,
    Pool,
    Recurrent,
)
from solver.readers.dims import Dims
from solver.readers.read import read_layers, read_model

PROGRAMS = Path(__file__).parents[2] / "data" / "programs"
SAYS: dict[str, list[dict[str, Any]]] = json.loads((PROGRAMS / "tensorflow_says.json").read_text())
MRNA = Path(__file__).parents[2] / "data" / "mrna_layers" / "vggnet"


def layers(name: str, dims: Dims | None = None) -> list[Layer]:
    return read_layers(PROGRAMS / f"{name}.py", dims)


def array(name: str, dims: Dims | None = None) -> list[Layer]:
    return [layer for layer in layers(name, dims) if not isinstance(layer, HostOperation)]


def facts(layer: Layer) -> list[tuple[Any, ...]]:
    """What a layer computes, in figures that do not depend on how it is described."""
    if isinstance(layer, Recurrent):
        return []
    if isinstance(layer, ConvTranspose):
        return [("transposed", *layer.kernel, layer.filters, layer.input[0], math.prod(layer.output))]
    found: list[tuple[Any, ...]] = []
    for part in layer.parts():
        one = part.layer
        if isinstance(one, Conv):
            found.append(("conv", one.macs, one.batch * math.prod(one.output)))
        elif isinstance(one, (FullyConnected, Gemm, BatchMatmul)):
            found.append(("product", one.macs))
        elif isinstance(one, Pool) and one.kernel is not None:
            kind = "max" if isinstance(one, MaxPool) else "average"
            found.append((kind, *one.kernel, one.batch * math.prod(one.output)))
    return found


def says(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The same figures of an operation that TensorFlow built."""
    inputs = [[1 if size is None else size for size in shape] for shape in row["inputs"]]
    words = math.prod(1 if size is None else size for size in row["output"])
    if row["op"] == "Conv2D":
        rows, columns, channels, _ = inputs[1]
        return [("conv", words * rows * columns * channels, words)]
    if row["op"] == "DepthwiseConv2dNative":
        return [("conv", words * inputs[1][0] * inputs[1][1], words)]
    if row["op"] == "Conv2DBackpropInput":
        batch = inputs[2][0]
        return [("transposed", *inputs[1], words // batch)]
    if row["op"] == "Einsum":
        first, second = row["equation"].split("->")[0].split(",")
        sizes = dict(zip(first + second, inputs[0] + inputs[1], strict=True))
        return [("product", math.prod(sizes.values()))]
    if row["op"] in ("MatMul", "BatchMatMulV2"):
        return [("product", words * inputs[0][-1])]
    whole = row["window"]  # of all four axes; the channels are at either end of the spatial ones
    window = whole[1:3] if whole[1] > 1 else [size for size in whole if size > 1] or [1, 1]
    return [("max" if row["op"] == "MaxPool" else "average", window[0], window[-1], words)]


COPIES = ("tf1_dcgan_ops",)
"""Programs that build a part of themselves a second time on the same variables (reuse)."""


@pytest.mark.parametrize("name", [name for name in SAYS if name != "keras_lstm"])  # its products are in loops
def test_a_program_that_is_read_gives_the_operations_that_tensorflow_builds(name: str) -> None:
    ours = Counter(fact for layer in layers(name) for fact in facts(layer))
    theirs = Counter(fact for row in SAYS[name] for fact in says(row))
    if name in COPIES:
        assert ours < theirs and set(ours) == set(theirs)  # the discriminator runs on its variables twice
    else:
        assert ours == theirs


def test_recurrent_layers_have_the_weights_that_keras_makes() -> None:
    found = [layer for layer in layers("keras_lstm") if isinstance(layer, Recurrent)]
    gates = {LSTM: 4, GRU: 3, RNN: 1}
    weights = [
        [[layer.inputs, gates[type(layer)] * layer.hidden], [layer.hidden, gates[type(layer)] * layer.hidden]]
        * layer.directions
        for layer in found
    ]
    # The GRU's biases are a matrix with two rows, which are no weights of a product.
    theirs = [row["weights"] for row in SAYS["keras_lstm"] if row["op"] == "recurrent"]
    assert weights == [[shape for shape in shapes if shape[0] > 2] for shapes in theirs]
    assert [(layer.steps, layer.directions) for layer in found] == [(80, 2), (80, 1), (80, 1)]


def test_the_classic_vgg16_script_is_the_network_of_mrnas_files() -> None:
    reading = read_model(MRNA)
    assert len(reading.layers) == 21 and not reading.errors
    ours = array("tf1_vgg16")
    theirs = {layer.name.partition("/")[2]: layer for layer in reading.layers}
    assert len(ours) == 21
    for number, layer in enumerate(ours, start=1):
        if number not in (19, 21):  # mRNA has the weights of these the wrong way round
            assert _same(layer, theirs[str(number)]), layer.name
    assert [(one.inputs, one.outputs) for one in ours[18:] if isinstance(one, FullyConnected)] == [
        (25088, 4096),
        (4096, 4096),
        (4096, 1000),
    ]


def _same(left: Layer, right: Layer) -> bool:
    return left.to_dict() | {"name": ""} == right.to_dict() | {"name": ""}


@pytest.mark.parametrize("name", ["keras_vgg16", "keras_vgg16_functional"])
def test_the_keras_versions_of_vgg16_are_the_same_network(name: str) -> None:
    keras = [layer for layer in layers(name, Dims(batch=32)) if not isinstance(layer, HostOperation)]
    classic = array("tf1_vgg16")
    assert [layer.name for layer in keras] == [layer.name for layer in classic]
    assert all(_same(left, right) for left, right in zip(keras, classic, strict=True))


@pytest.mark.parametrize(
    ("name", "macs"),
    # torchvision's and the papers' figures; slim's has the stride in the last unit of a block.
    [
        ("keras_resnet50", 4_089_184_256),
        ("keras_mobilenetv2", 300_774_272),
        ("tf1_resnet50_slim", 3_482_255_360),
    ],
)
def test_whole_networks_have_the_published_work(name: str, macs: int) -> None:
    products = [layer for layer in layers(name) if isinstance(layer, (Conv, FullyConnected))]
    assert sum(layer.macs for layer in products) == macs


def test_resnet50_has_the_convolutions_that_are_shipped() -> None:
    def sizes(found: list[Layer]) -> Counter[Any]:
        return Counter(layer.nest() for layer in found if isinstance(layer, (Conv, FullyConnected)))

    assert sizes(layers("keras_resnet50")) == sizes(read_layers("resnet50"))


def test_a_cell_called_step_by_step_is_one_layer_with_all_the_steps() -> None:
    first, second, projection = array("tf1_ptb_unrolled")
    assert isinstance(first, LSTM) and isinstance(second, LSTM)
    assert (first.steps, first.inputs, first.hidden, first.batch) == (20, 200, 200, 20)
    assert second.steps == 20 and projection == FullyConnected(
        name="Train/Model/softmax", batch=400, inputs=200, outputs=10000
    )


def test_a_static_lstm_runs_over_the_list_of_steps() -> None:
    lstm, out = array("tf1_lstm_static")
    assert lstm == LSTM(name="lstm_cell", batch=1, inputs=28, hidden=128, steps=28)
    assert out == FullyConnected(name="out", batch=1, inputs=128, outputs=10)


def test_stacked_cells_and_an_encoder_with_its_decoder_have_the_sizes_of_the_program() -> None:
    first, second, out = array("tf1_lstm_text")
    assert first == LSTM(name="cell", batch=24, inputs=50, hidden=64, steps=250)
    assert second == LSTM(name="cell_2", batch=24, inputs=64, hidden=64, steps=250)
    assert out == FullyConnected(name="matmul", batch=24, inputs=64, outputs=2)
    forward, backward, lower, upper, words = array("tf1_seq2seq")
    assert forward == LSTM(name="encoder/fw", batch=16, inputs=64, hidden=128, steps=25)
    assert backward == LSTM(name="encoder/bw", batch=16, inputs=64, hidden=128, steps=25)
    assert lower == LSTM(name="decoder/0", batch=16, inputs=64, hidden=256, steps=30)
    assert upper == LSTM(name="decoder/1", batch=16, inputs=256, hidden=256, steps=30)
    assert words == Gemm(name="decoder/fully_connected", m=16 * 30, n=1000, k=256)


def test_sequences_are_padded_before_their_start_where_a_convolution_is_causal() -> None:
    conv, pool, lstm, gru, decoder, first, second = array("keras_timeseries")
    assert conv == Conv(name="conv1d", input=(6, 1, 48), filters=32, kernel=(1, 5), padding=((0, 0), (4, 0)))
    assert isinstance(pool, MaxPool) and pool.output == (32, 1, 24)
    assert lstm == LSTM(name="bidirectional", inputs=32, hidden=64, steps=24, directions=2)
    assert gru == GRU(name="gru", inputs=128, hidden=32, steps=24, reset_after=True)
    assert decoder == LSTM(name="lstm", inputs=32, hidden=100, steps=12)
    assert [layer.macs for layer in (first, second)] == [12 * 100 * 50, 12 * 50]


def test_an_estimators_function_is_called_to_predict_and_its_reshape_states_the_input() -> None:
    conv1, _, conv2, _, dense, logits = layers_of_estimator = array("tf1_estimator_cnn")
    assert conv1 == Conv(
        name="conv2d", input=(1, 28, 28), filters=32, kernel=(5, 5), padding=((2, 2), (2, 2))
    )
    assert isinstance(conv2, Conv) and conv2.input == (32, 14, 14)
    assert dense == FullyConnected(name="dense", inputs=7 * 7 * 64, outputs=1024)
    assert logits == FullyConnected(name="dense_2", inputs=1024, outputs=10)
    batches = array("tf1_estimator_cnn", Dims(batch=100))
    assert [layer.macs for layer in batches] == [100 * layer.macs for layer in layers_of_estimator]


def test_sizes_left_open_are_asked_for_by_name_and_then_used() -> None:
    with pytest.raises(InputError, match="tokens:1, expected --dim tokens:1=SIZE"):
        layers("tf1_bidirectional_gru", Dims(batch=4))
    found = layers("tf1_bidirectional_gru", Dims(batch=4, sizes={"tokens:1": 50}))
    cells = [layer for layer in found if isinstance(layer, GRU)]
    assert [(cell.steps, cell.inputs, cell.hidden, cell.batch) for cell in cells] == [(50, 300, 256, 4)] * 2
    with pytest.raises(InputError, match="unknown open size"):
        layers("tf1_bidirectional_gru", Dims(sizes={"tokens:1": 50, "token:1": 50}))


def test_a_batch_that_the_program_fixes_is_not_overruled() -> None:
    with pytest.raises(InputError, match="the program fixes its batch"):
        layers("tf1_vgg16", Dims(batch=1))


def test_what_maeri_does_not_run_is_listed_under_its_name() -> None:
    host = [layer for layer in layers("tf1_vgg16") if isinstance(layer, HostOperation)]
    counts = Counter(layer.operation for layer in host)
    expected = {"BiasAdd": 16, "relu": 16, "reshape": 1, "dropout": 2, "softmax": 1, "argmax": 1}
    assert counts == expected
    assert next(layer for layer in host if layer.operation == "softmax").elements == 32 * 1000
    assert {"conv1_1/relu", "fc6_drop", "resh1"} <= {layer.name for layer in host}


def test_models_that_a_loop_trains_are_counted_once_by_themselves() -> None:
    reading = read_model(PROGRAMS / "tf2_gan.py").complete()
    names = [layer.name for layer in reading.layers if not isinstance(layer, HostOperation)]
    assert names == ["g1", "g2", "g3", "d1", "d2"]
    assert reading.notes == ("the batch is open and taken as 1 (say which by batch)",)


def test_the_towers_of_a_shared_model_run_once_for_each_input() -> None:
    assert [layer.name for layer in array("keras_siamese")] == ["shared", "shared_2", "same"]


def test_programs_of_keras_1_on_published_networks_and_over_data_sets_are_read_whole() -> None:
    kinds = {
        name: Counter(layer.kind for layer in array(name))
        for name in ("keras1_mnist", "keras_transfer", "tf2_dataset_loop")
    }
    assert kinds["keras1_mnist"] == {"conv": 2, "maxpool": 1, "fc": 2}
    assert kinds["keras_transfer"] == {"conv": 52, "add": 10, "avgpool": 1, "fc": 1}
    assert kinds["tf2_dataset_loop"] == {"conv": 2, "maxpool": 2, "fc": 2}
    (first, *_) = array("tf2_dataset_loop")
    assert isinstance(first, Conv) and (first.batch, first.input) == (128, (1, 28, 28))
