"""TensorFlow Lite models, written with the package's own builders."""

from __future__ import annotations

from pathlib import Path

import pytest

tflite = pytest.importorskip("tflite")
pytest.importorskip("flatbuffers")

from solver.errors import InputError  # noqa: E402
from solver.layer import Conv, FullyConnected, HostOperation, MaxPool  # noqa: E402
from solver.readers.dims import Dims  # noqa: E402
from solver.readers.read import read_layers, read_model  # noqa: E402
from tests.support.examples.tflite_model import model  # noqa: E402


def test_layers_have_the_sizes_of_the_file_and_the_batch_is_open(tmp_path: Path) -> None:
    file = tmp_path / "net.tflite"
    file.write_bytes(model())
    reading = read_model(file)
    assert reading.notes == ("the batch is open and taken as 1 (say which by batch)",)
    assert reading.layers == (
        Conv(name="t2", input=(3, 9, 9), filters=8, kernel=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1))),
        MaxPool(name="t3", input=(8, 5, 5), kernel=(2, 2), stride=(2, 2)),
        FullyConnected(name="t5", inputs=32, outputs=4),
        HostOperation(name="t6", operation="softmax", elements=4),
    )
    with pytest.raises(InputError, match="--dim: found some, expected none"):
        read_model(file, Dims(sizes={"x": 3}))


def test_a_damaged_file_is_refused_with_one_message(tmp_path: Path) -> None:
    whole, file = model(), tmp_path / "net.tflite"
    for data in (b"", b"TFL3", whole[:100], whole[:8] + bytes(len(whole) - 8), bytes([255] * 4) + whole[4:]):
        file.write_bytes(data)
        with pytest.raises(InputError, match=r"found no TensorFlow Lite model|no operation"):
            read_layers(file)


def test_an_operator_that_the_schema_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is damaged, or newer than the installed package."""
    file = tmp_path / "net.tflite"
    file.write_bytes(model())
    number = tflite.BuiltinOperator.SOFTMAX
    monkeypatch.delattr(tflite.BuiltinOperator, "SOFTMAX")
    with pytest.raises(
        InputError, match=rf"net\.tflite: found operator {number}, expected one that the inst"
    ):
        read_layers(file)
