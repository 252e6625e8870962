"""ONNX models that contradict themselves: one message with the node, never a layer of some size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

onnx = pytest.importorskip("onnx")

from solver.errors import InputError  # noqa: E402
from solver.layer import HostOperation  # noqa: E402
from solver.readers.read import read_layers, read_model  # noqa: E402
from tests.support.examples.onnx_models import Builder  # noqa: E402

X = [1, 3, 8, 8]

WRONG: list[tuple[str, list[list[int]], dict[str, Any], str]] = [
    ("Conv", [X, [4, 3, 3, 3]], {"kernel_shape": [5, 5]}, "Conv n: kernel_shape: .*found 5x5, expected 3x3"),
    ("Conv", [X, [5, 1, 3, 3]], {"group": 3}, "Conv n: groups: found 3, expected a divisor of the 5 filters"),
    ("Conv", [X, [4, 3, 9, 9]], {}, "Conv n: kernel: found a kernel that spans 9 rows"),
    ("Conv", [X, [4, 3, 3, 3]], {"strides": [0, 1]}, "Conv n: the shapes do not fit: .*strides"),
    ("LSTM", [[20, 3, 32], [1, 256, 31], [1, 256, 64]], {}, "LSTM n: W: .*1x256x31, expected 1x256x32"),
    ("LSTM", [[20, 3, 32], [1, 256, 32], [1, 200, 64]], {}, "LSTM n: R: .*1x200x64, expected 1x256x64"),
    ("RNN", [[20, 3, 32], [1, 128, 32], [1, 64, 64]], {}, "RNN n: W: .*1x128x32, expected 1x64x32"),
    (
        "GRU",
        [[20, 3, 32], [1, 192, 32], [1, 192, 64]],
        {"direction": "bidirectional"},
        "GRU n: W: .*expected 2x192x32 for 32 inputs, 64 in the state and 2 directions",
    ),
    ("Add", [[2, 3, 4, 4], [3]], {}, "Add n: .*2x3x4x4.*3"),
]


@pytest.mark.parametrize(("op", "shapes", "attributes", "message"), WRONG)
def test_sizes_that_contradict_each_other_are_told_with_their_node(
    tmp_path: Path, op: str, shapes: list[list[int]], attributes: dict[str, Any], message: str
) -> None:
    b = Builder()
    weights = [b.weight(*shape) if op != "Add" else b.input("y", shape) for shape in shapes[1:]]
    recurrent = {"hidden_size": 64} if op in ("LSTM", "GRU", "RNN") else {}
    b.node(op, b.input("x", shapes[0]), *weights, name="n", **recurrent, **attributes)
    file = b.save(tmp_path / "wrong.onnx")
    with pytest.raises(InputError, match=message) as caught:
        read_layers(file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("outside", [False, True])
def test_a_value_that_nothing_computes_is_told_wherever_the_weights_are(
    tmp_path: Path, outside: bool
) -> None:
    b = Builder()
    if outside:
        b.weight(1, 1)
    b.node("Relu", "nothing", name="n")
    b.input("x", X)
    with pytest.raises(InputError, match=r"not a valid ONNX model: .*'nothing' of node: .*n.*Relu"):
        read_layers(b.save(tmp_path / "wrong.onnx"))


def test_pooling_of_volumes_is_told_to_be_left_out(tmp_path: Path) -> None:
    b = Builder()
    b.node("MaxPool", b.input("x", [1, 3, 8, 8, 8]), name="n", kernel_shape=[2, 2, 2])
    reading = read_model(b.save(tmp_path / "v.onnx"))
    assert reading.layers == (HostOperation(name="n", operation="MaxPool", elements=3 * 7**3),)
    assert reading.notes == ("n: MaxPool is listed as a host operation, its work not counted",)
