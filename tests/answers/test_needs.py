"""What a network needs in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.answers.needs import needs_of
from solver.hardware import read_hardware
from solver.hardware.words import WordBytes
from solver.layer import LSTM, Add, BatchMatmul, Conv, FullyConnected, HostOperation, Layer, MaxPool

CONV = Conv(name="c", input=(3, 4, 4), filters=8, kernel=(3, 3), padding=((1, 1), (1, 1)))
DENSE = FullyConnected(name="d", inputs=100, outputs=10)


def test_weights_activations_and_the_largest_in_bytes() -> None:
    found = needs_of([CONV, DENSE, HostOperation(operation="Softmax", elements=10)], read_hardware())
    assert found is not None
    assert found.weights == 2 * (8 * 27 + 1000)
    assert found.activations == 2 * (8 * 16 + 10)
    assert (found.largest_tensor.what, found.largest_tensor.bytes) == ("weights of d", 2000)
    assert (found.largest_layer.what, found.largest_layer.bytes) == ("d", 2 * (1000 + 100 + 10))
    assert (found.buffer, found.layers) == (None, 2)
    assert found.to_dict()["fitting_layers"] is None


def test_words_are_as_wide_as_the_buffers_and_layers_fit_or_do_not() -> None:
    hardware = read_hardware("maeri-64-dram", buffer=1024)
    assert hardware.memory is not None
    sizes = WordBytes(1, 1, 4)
    hardware = replace(
        hardware,
        memory=replace(hardware.memory, buffer=replace(hardware.memory.buffer, word_bytes=sizes)),
    )
    found = needs_of([CONV, DENSE], hardware)
    assert found is not None
    # 216 weights, 3 x 6 x 6 inputs with padding, 128 outputs of four bytes; and 1,000 + 100 + 40 bytes.
    assert 216 + 108 + 512 <= 1024 < 1140 and found.fitting == 1
    assert found.largest_tensor.bytes == 1000 and found.activations == 4 * 138


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (MaxPool(input=(3, 4, 4), kernel=(2, 2)), 0),
        (Add(elements=10), 0),
        (BatchMatmul(batch=2, m=3, n=4, k=5), 0),
        (LSTM(inputs=3, hidden=4, steps=7), 4 * 4 * 7),
        (LSTM(inputs=3, hidden=4, steps=7, directions=2), 2 * 4 * 4 * 7),
    ],
)
def test_what_another_layer_computes_is_no_parameter(layer: Layer, words: int) -> None:
    assert layer.parameters == words


def test_nothing_on_the_array_needs_nothing() -> None:
    assert needs_of([HostOperation(operation="Softmax", elements=10)], read_hardware()) is None
