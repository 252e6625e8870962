"""Models of torch in memory: read as their ONNX exports are, layer by layer, or refused with a reason."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

import solver  # noqa: E402
from solver.errors import InputError  # noqa: E402
from solver.layer import (  # noqa: E402
    GRU,
    LSTM,
    RNN,
    AveragePool,
    BatchMatmul,
    Conv,
    ConvTranspose,
    FullyConnected,
    HostOperation,
    Layer,
    MaxPool,
    Primitive,
)
from solver.readers.dims import Dims  # noqa: E402
from solver.readers.read import read_model  # noqa: E402
from tests.support.examples.torch_models import models  # noqa: E402

nn, F = torch.nn, torch.nn.functional


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def work(layers: Sequence[Layer]) -> list[Any]:
    """Return what the array does, part by part: attention may be one layer or its two products."""
    parts = [part for layer in layers for part in layer.parts() if isinstance(part.layer, Primitive)]
    return [(part.layer.nest(), part.repeats) for part in parts]


@pytest.mark.parametrize("name", models(small=True))
def test_a_module_is_its_onnx_export_layer_by_layer(tmp_path: Path, name: str) -> None:
    model, inputs = models(small=True)[name]
    model.eval()
    live = solver.read(model, inputs)
    file = tmp_path / f"{name}.onnx"
    torch.onnx.export(model, inputs, str(file), dynamo=False)
    exported = read_model(file)
    assert not exported.uncounted and not live.uncounted
    assert work(live.layers) == work(exported.complete().layers)
    exact = tmp_path / f"{name}.pt2"
    torch.export.save(torch.export.export(model, inputs), str(exact))
    assert read_model(exact).layers == live.layers


def one(module: Any, *shape: int, **more: Any) -> Layer:
    """Return the layer for the array of a module on an input."""
    layers = solver.read(module, (torch.zeros(*shape),)).layers
    (layer,) = (each for each in layers if not isinstance(each, HostOperation))
    return layer


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)


KINDS: list[tuple[Any, tuple[int, ...], Layer]] = [
    (
        nn.Conv1d(4, 6, 3, 2, 1),
        (2, 4, 9),
        Conv(batch=2, input=(4, 1, 9), filters=6, kernel=(1, 3), stride=(1, 2), padding=((0, 0), (1, 1))),
    ),
    (
        nn.Conv2d(4, 6, 4, padding="same"),
        (1, 4, 9, 9),
        Conv(input=(4, 9, 9), filters=6, kernel=(4, 4), padding=((1, 2), (1, 2))),
    ),
    (
        nn.Conv2d(4, 8, 3, dilation=2, groups=2),
        (4, 9, 9),
        Conv(input=(4, 9, 9), filters=8, kernel=(3, 3), dilation=(2, 2), groups=2),
    ),
    (nn.Conv3d(2, 4, (5, 3, 3)), (1, 2, 5, 8, 8), Conv(input=(10, 8, 8), filters=4, kernel=(3, 3))),
    (
        nn.ConvTranspose2d(4, 3, 3, 2, 1, output_padding=1),
        (1, 4, 5, 5),
        ConvTranspose(
            input=(4, 5, 5),
            filters=3,
            kernel=(3, 3),
            stride=(2, 2),
            padding=((1, 1), (1, 1)),
            output_padding=(1, 1),
        ),
    ),
    (
        nn.MaxPool2d(3, 2, ceil_mode=True),
        (1, 4, 8, 8),
        MaxPool(input=(4, 8, 8), kernel=(3, 3), stride=(2, 2), padding=((0, 1), (0, 1))),
    ),
    (nn.AvgPool2d(2), (1, 4, 8, 8), AveragePool(input=(4, 8, 8), kernel=(2, 2), stride=(2, 2))),
    (nn.AdaptiveMaxPool2d((2, 4)), (1, 4, 8, 8), MaxPool(input=(4, 8, 8), kernel=(4, 2), stride=(4, 2))),
    (nn.Linear(8, 5), (3, 8), FullyConnected(batch=3, inputs=8, outputs=5)),
    (nn.LSTM(8, 5, batch_first=True), (2, 7, 8), LSTM(batch=2, inputs=8, hidden=5, steps=7)),
    (
        nn.GRU(8, 5, bidirectional=True),
        (7, 2, 8),
        GRU(batch=2, inputs=8, hidden=5, steps=7, directions=2, reset_after=True),
    ),
    (nn.RNN(8, 5), (7, 8), RNN(inputs=8, hidden=5, steps=7)),
    (
        Function(lambda x: torch.einsum("bhqd,bhkd->bhqk", x, x * 2)),
        (2, 3, 5, 4),
        BatchMatmul(batch=6, m=5, n=5, k=4),
    ),
]


@pytest.mark.parametrize(("module", "shape", "layer"), KINDS)
def test_kinds_of_layers(module: Any, shape: tuple[int, ...], layer: Layer) -> None:
    found = one(module, *shape).to_dict() | {"name": ""}
    assert found == layer.to_dict() | {"name": ""}


def test_open_sizes_of_a_program_are_set_by_name(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", min=2)
    program = torch.export.export(
        model, (torch.zeros(3, 5, 8),), dynamic_shapes={"input": {0: batch, 1: length}}
    )
    layers = solver.read(program, batch=2, dims={"input:1": 7}).layers
    assert (layers[0].name, layers[0].macs) == ("0", 14 * 32)
    with pytest.raises(InputError, match="the model leaves sizes open, found input:1"):
        solver.read(program)
    file = tmp_path / "open.pt2"
    torch.export.save(program, str(file))
    assert read_model(file, Dims(sizes={"input:1": 7})).notes == (
        "the batch is open and taken as 1 (say which by batch)",
    )


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3))
    with pytest.raises(InputError, match="example_inputs: found none for Sequential, expected the arguments"):
        solver.network(model)
    with pytest.raises(InputError, match=r"torch.export cannot follow Sequential: .*to have 3 channels"):
        solver.read(model, torch.zeros(1, 4, 8, 8))
    branch = Function(lambda x: x if x.sum() > 0 else -x)
    with pytest.raises(InputError, match=r"torch.export cannot follow Function"):
        solver.read(branch, torch.zeros(2))
    with pytest.raises(InputError, match="volumes whose windows overlap"):
        solver.read(nn.Conv3d(2, 4, 3), torch.zeros(1, 2, 5, 8, 8))
    with pytest.raises(InputError, match="windows of different sizes, found 7x7 words pooled to 3x3"):
        solver.read(nn.AdaptiveAvgPool2d(3), torch.zeros(1, 2, 7, 7))
    file = tmp_path / "model.pt2"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(
        InputError, match=r"model.pt2: found no zip archive, expected what torch.export.save wrote"
    ):
        read_model(file)


def test_work_that_has_no_lowering_is_told_and_no_gradient_blocks_are_followed() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.odd = nn.Linear(4, 6), nn.Bilinear(6, 6, 2)

        def forward(self, x: Any) -> Any:
            with torch.no_grad():
                y = self.inner(x)
            return self.odd(y, y)

    reading = solver.read(Mixed(), torch.zeros(3, 4))
    assert reading.layers[0] == FullyConnected(name="inner", batch=3, inputs=4, outputs=6)
    assert reading.uncounted == ("odd: bilinear is listed as a host operation, its work not counted",)


def test_a_network_in_memory_is_mapped_and_one_layer_taken() -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    small = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}
    answer = solver.network(model, small, example_inputs=torch.zeros(1, 8), baselines=False, cache=False)
    assert answer.name == "Sequential" and answer.proved
    assert [layer.name for layer in solver.read(model, torch.zeros(1, 8), layers=["2"]).layers] == ["2"]
