"""``convert``: what it shows, what it writes, and when it writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.layer import (
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
)
from solver.readers.read import read_layers, read_model
from solver.writers.layer_file import layer_file_name, layer_text, network_text
from tests.support.cli_runs import run

PROGRAMS = Path(__file__).parents[2] / "data" / "programs"
MRNA = Path(__file__).parents[2] / "data" / "mrna_layers"

SIZE = st.integers(1, 40)
NAME = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
IMAGE = st.tuples(SIZE, st.integers(6, 40), st.integers(6, 40))
LAYERS = st.one_of(
    st.builds(Conv, name=NAME, batch=SIZE, input=IMAGE, filters=SIZE, kernel=PAIR, stride=PAIR),
    st.builds(
        ConvTranspose, name=NAME, input=IMAGE, filters=SIZE, kernel=st.just((4, 4)), stride=st.just((2, 3)),
        padding=st.just(((1, 0), (0, 1))), output_padding=st.just((1, 2)),
    ),
    st.builds(MaxPool, name=NAME, input=IMAGE, kernel=PAIR | st.none(), stride=PAIR | st.none()),
    st.builds(AveragePool, name=NAME, batch=SIZE, input=IMAGE, kernel=PAIR, count_padding=st.booleans()),
    st.builds(FullyConnected, name=NAME, batch=SIZE, inputs=SIZE, outputs=SIZE),
    st.builds(Gemm, name=NAME, m=SIZE, n=SIZE, k=SIZE),
    st.builds(BatchMatmul, name=NAME, batch=SIZE, m=SIZE, n=SIZE, k=SIZE),
    st.builds(Add, name=NAME, elements=SIZE, operands=st.integers(2, 5)),
    st.builds(Multiply, name=NAME, elements=SIZE, terms=SIZE, broadcast=SIZE),
    st.builds(LSTM, name=NAME, inputs=SIZE, hidden=SIZE, steps=SIZE, directions=st.integers(1, 2)),
    st.builds(GRU, name=NAME, batch=SIZE, inputs=SIZE, hidden=SIZE, reset_after=st.booleans()),
    st.builds(RNN, name=NAME, inputs=SIZE, hidden=SIZE),
    st.builds(
        Attention, name=NAME, heads=SIZE, head_size=SIZE, queries=SIZE, keys=SIZE | st.none(),
        projections=st.booleans(),
    ),
    st.builds(HostOperation, name=NAME, operation=NAME, elements=st.integers(0, 99)),
)  # fmt: skip


@given(st.lists(LAYERS, min_size=1, max_size=4, unique_by=lambda layer: layer.name))
def test_what_is_written_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, layers: list[Layer]
) -> None:
    file = tmp_path_factory.getbasetemp() / "network.yaml"
    file.write_text(network_text("net: 'work'", layers, source="a\nb.py"), encoding="utf-8")
    assert read_layers(file) == layers
    file.write_text(layer_text(layers[0], source="x"), encoding="utf-8")
    assert read_layers(file) == layers[:1]
    names = [layer_file_name(number, len(layers), layer) for number, layer in enumerate(layers, start=1)]
    assert len({name.lower() for name in names}) == len(names) and sorted(names) == names
    assert all(name.isascii() and "/" not in name for name in names)


def test_a_program_becomes_one_file_that_every_command_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "lenet.yaml"
    result = run(capsys, "convert", PROGRAMS / "tf1_mnist_dict.py", "--batch", 2, "-o", file)
    assert result.code == 0
    assert "6 layers: 2 conv (21,324,800 MACs), 2 maxpool (75,264 MACs), 2 fc (6,443,008 MACs)" in result.out
    assert "softmax" in result.out.split("left to the host")[1]
    assert result.err == ""
    written = read_layers(file)
    assert tuple(written) == read_model(PROGRAMS / "tf1_mnist_dict.py", _batch(2)).layers
    head = '# Converted from tf1_mnist_dict.py\nname: "tf1_mnist_dict"\nlayers:\n'
    assert file.read_text().startswith(head)


def _batch(size: int) -> object:
    from solver.readers.dims import Dims

    return Dims(batch=size)


def test_a_folder_gets_a_file_for_every_layer_in_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "layers"
    assert run(capsys, "convert", "vgg16", "-o", folder).code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "01_conv1_1.yaml" and names[-1] == "16_fc8.yaml"
    assert [layer for name in names for layer in read_layers(folder / name)] == read_layers("vgg16")
    again = run(capsys, "convert", "alexnet", "-o", folder)
    assert again.code == 2 and "the folder is not empty; say --force" in again.err


def test_json_tells_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    data = run(capsys, "convert", PROGRAMS / "keras_lstm.py", "--json", "-").json
    assert [layer["kind"] for layer in data["layers"]] == ["lstm", "gru", "fc", "rnn", "fc"]
    assert data["layers"][0]["shapes"] == {
        "input_shape": "1x80x128",
        "weight_shape": "hidden 64 both ways",
        "output_shape": "1x80x128",
    }
    assert data["macs"] == sum(layer["macs"] for layer in data["layers"])
    assert {op["operation"] for op in data["host_operations"]} == {"embedding", "relu", "sigmoid"}
    assert (
        data["notes"] == ["the batch is open and taken as 1 (say which by batch)"] and data["problems"] == []
    )


def test_half_a_program_is_written_only_if_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program, file = PROGRAMS / "broken_unknown_size.py", tmp_path / "half.yaml"
    result = run(capsys, "convert", program, "-o", file)
    assert result.code == 2 and result.out == "" and not file.exists()
    assert "1 layer was read: --partial keeps it" in result.err
    result = run(capsys, "convert", program, "-o", file, "--partial")
    assert result.code == 1 and "cannot be followed" in result.err
    assert [layer.name for layer in read_layers(file)] == ["first"]


def test_a_folder_of_mrnas_files_is_a_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = run(capsys, "convert", MRNA / "alexnet", "--json", "-")
    names = [layer["name"] for layer in result.json["layers"]]
    assert result.code == 0 and names == [f"alexnet/{number}" for number in range(1, 12)]
    wrong = run(capsys, "convert", MRNA / "vggnet", "--partial")
    assert wrong.code == 0 and wrong.err.count("weights are transposed") == 2
    assert "21 layers: 13 conv" in wrong.out
    (tmp_path / "empty").mkdir()
    assert "found a folder without layer files" in run(capsys, "convert", tmp_path / "empty").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dim", "n"], "expected a name and a size such as sequence=128"),
        (["--dim", "n=0"], "expected an integer from 1"),
        (["--dim", "n=1", "--dim", "n=2"], "--dim: found n=1 and n=2, expected one size"),
        (["--batch", "0"], "expected an integer from 1"),
        (["--dim", "n=3"], "expected no --dim: they are for models"),
        (["-o", "nowhere/at/all"], "the folder that is to hold this one does not exist"),
    ],
)
def test_wrong_options_are_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    result = run(capsys, "convert", "vgg16", *arguments)
    assert result.code == 2 and message in result.err and result.out == ""


def test_the_source_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("fc 3 -> 4")
    result = run(capsys, "convert", file, "-o", file, "--force")
    assert result.code == 2 and "this file is read by the same command" in result.err
    assert file.read_text() == "fc 3 -> 4"


@pytest.mark.parametrize("width", [80, 120])
def test_tables_show_every_figure_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = run(capsys, "convert", PROGRAMS / "keras_attention_value_dim.py").out
    assert "4 heads of 24, 30 keys" in out and "184,320" in out
