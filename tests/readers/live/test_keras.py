"""Keras models in memory and in their own files: the configuration is read, by the rules for programs."""

from __future__ import annotations

import json
import math
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

import solver  # noqa: E402
from solver.errors import InputError  # noqa: E402
from solver.layer import LSTM, Conv, FullyConnected, HostOperation, Layer  # noqa: E402
from solver.readers import keras_file  # noqa: E402
from solver.readers.dims import Dims  # noqa: E402
from solver.readers.read import read_model  # noqa: E402

L = keras.layers


def functional() -> Any:
    """A network with branches, a shared layer, a model inside, and operations on tensors."""
    x = image = keras.Input((16, 16, 3), name="image")
    x = L.Conv2D(8, 3, padding="same", activation="relu", name="stem")(x)
    inner = keras.Sequential(
        [keras.Input((16, 16, 8)), L.DepthwiseConv2D(3, name="deep"), L.Conv2D(4, 1)], name="inner"
    )
    shared = L.Conv2D(4, 3, name="shared")
    a, b = inner(x), shared(x)
    y = L.Add(name="join")([a, b, shared(x) * 2.0 + 1.0])
    y = L.GlobalAveragePooling2D(keepdims=True)(y)
    z = L.Bidirectional(L.LSTM(5, return_sequences=True, name="lstm"), name="both")(L.Reshape((14, 56))(a))
    return keras.Model(
        image, [L.Dense(3, name="scores")(L.Flatten()(y)), L.Dense(2, name="tags")(z)], name="net"
    )


def array(layers: tuple[Layer, ...]) -> dict[str, Layer]:
    return {layer.name: layer for layer in layers if not isinstance(layer, HostOperation)}


def test_a_functional_model_is_read_with_its_branches() -> None:
    found = array(solver.read(functional(), batch=2).layers)
    assert found["stem"] == Conv(
        name="stem", batch=2, input=(3, 16, 16), filters=8, kernel=(3, 3), padding=((1, 1), (1, 1))
    )
    assert found["deep"] == Conv(name="deep", batch=2, input=(8, 16, 16), filters=8, kernel=(3, 3), groups=8)
    assert {"shared", "shared_2"} <= found.keys()
    (lstm,) = (layer for layer in found.values() if isinstance(layer, LSTM))
    assert replace(lstm, name="") == LSTM(batch=2, inputs=56, hidden=5, steps=14, directions=2)
    assert found["scores"] == FullyConnected(name="scores", batch=2, inputs=4, outputs=3)
    assert found["tags"].macs == 2 * 14 * 10 * 2


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_its_files_are_read_without_their_weights(tmp_path: Path, suffix: str) -> None:
    if suffix == ".h5":
        pytest.importorskip("h5py")
    model = functional()
    file = tmp_path / f"net{suffix}"
    model.save(file)
    assert read_model(file, Dims(batch=2)).layers == solver.read(model, batch=2).layers
    with pytest.raises(InputError, match="--value: found some, expected none"):
        read_model(file, Dims(values={"x": 1}))


def test_a_damaged_file_that_its_library_follows_for_ever_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("h5py")
    monkeypatch.setattr(keras_file, "SECONDS", 2)
    with pytest.raises(InputError, match=r"endless\.h5: found no end of it in 2 s"):
        read_model(Path(__file__).parents[2] / "data" / "endless.h5", Dims())


def test_applications_do_the_work_that_keras_itself_does() -> None:
    model = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), alpha=0.25, classes=10)
    expected = 0
    for layer in model.layers:
        output = layer.output.shape[1:]
        if isinstance(layer, L.DepthwiseConv2D):
            expected += math.prod(output) * math.prod(layer.kernel.shape[:2])
        elif isinstance(layer, (L.Conv2D, L.Dense)):
            expected += math.prod(output) * math.prod(layer.kernel.shape[:-1])
    reading = solver.read(model)
    assert (
        sum(layer.macs for layer in reading.layers if isinstance(layer, (Conv, FullyConnected))) == expected
    )


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(
        InputError, match=r"only its own code knows.*model.export\('model.onnx', format='onnx'\)"
    ):
        solver.read(Own())
    unbuilt = keras.Sequential([L.Dense(3)])
    with pytest.raises(InputError, match="a model without an input shape"):
        solver.read(unbuilt)

    class Scale(L.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

        def get_config(self) -> dict[str, Any]:
            return super().get_config()

    x = keras.Input((4,))
    known = solver.read(keras.Model(x, L.Dense(3, name="dense")(Scale(name="own")(x))))
    assert "own" in {layer.name for layer in known.layers} and array(known.layers)["dense"].macs == 12


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "no zip archive with config.json"),
        ("{", "a configuration that is no JSON"),
        ("[]", "a configuration that is no object"),
        (
            json.dumps({"class_name": "Functional", "config": {"layers": []}}),
            "not the configuration of a Keras model",
        ),
        (json.dumps({"class_name": 3}), "not the configuration of a Keras model"),
    ],
)
def test_a_damaged_file_is_refused_with_one_message(
    tmp_path: Path, content: bytes | str, message: str
) -> None:
    file = tmp_path / "net.keras"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("config.json", content)
    with pytest.raises(InputError, match=message):
        read_model(file).complete()
