"""Damaged and hostile inputs of every reader: one message each, and quickly."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from solver.cli.main import main
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.tensors import make_tensors
from solver.layer import ConvTranspose
from solver.readers.read import read_layers, read_model
from solver.writers.config_folder import read_folder
from solver.writers.settings_files import with_distribution
from tests.support.cli_runs import run

LAYER = "fc 8 -> 4"
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")
DIGITS = "9" * 5000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "config"
    assert main(["configure", LAYER, *SMALL, "--mapping", "S4", "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dn_bw", DIGITS, "found 999.*, expected at most 9,223,372,036,854,775,807"),
        ("dn_bw", "-" + DIGITS, "found -999.*, expected at most"),
        ("dn_bw", str(2**70), f"found {2**70}, expected at most"),
        ("dn_bw", str(2**62), "hardware.dn_bw: Input should be less than or equal to"),
        ("dn_bw", str(2**50), "hardware: dn_bw: found 1125899906842624, expected at most num_ms = 16"),
        ("num_ms", str(2**40), "hardware: num_ms: found 1099511627776, expected from 4 to 4096 switches"),
        ("num_ms", "48", "hardware: num_ms: found 48, expected a power of two"),
        ("rn_bw", "3", "hardware: rn_bw: found 3, expected a power of two"),
        ("num_ms", "NaN", "found NaN, expected a number"),
        ("num_ms", "1e999", "hardware.num_ms"),
    ],
)
def test_a_number_in_configuration_json_that_cannot_be(
    folder: Path, field: str, value: str, message: str
) -> None:
    file = folder / "configuration.json"
    data = json.loads(file.read_text())
    data["hardware"][field] = "HERE"
    file.write_text(json.dumps(data, indent=1).replace('"HERE"', value))
    with pytest.raises(InputError, match=message) as caught:
        read_folder(folder)
    assert caught.value.file == str(file)


def test_a_long_text_where_a_word_of_a_few_is_expected_is_not_repeated(folder: Path) -> None:
    file = folder / "configuration.json"
    data = json.loads(file.read_text())
    data["tree"]["kind"] = DIGITS
    file.write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"tree: found 999.*, expected one of ") as caught:
        read_folder(folder)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["configuration.json", "manifest.json"])
@pytest.mark.parametrize(
    "text", [DIGITS, f'{{"files": {DIGITS}}}', "[" * 100_000, '{"a": Infinity}', "[", "\0"]
)
def test_json_that_cannot_be_read(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text("\n\n" + text)
    with pytest.raises(InputError) as caught:
        read_folder(folder)
    assert caught.value.file == str(folder / name)


@pytest.mark.parametrize("offset", [f"{DIGITS} 0 0 0 0", f"{2**63} 0 0 0 0", "٣ 0 0 0 0", "-1 0 0 0 0"])
def test_an_offset_in_distribution_csv_that_cannot_be(folder: Path, offset: str) -> None:
    file = folder / "distribution.csv"
    lines = file.read_text().splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:-1], offset])
    file.write_text("\n".join(lines))
    config, _ = read_folder_of(folder)
    with pytest.raises(InputError, match=r"offset: found .*, expected numbers"):
        with_distribution(config, file)


def read_folder_of(folder: Path):
    (folder / "manifest.json").write_text('{"files": {}}')
    return read_folder(folder)


NPY = b"\x93NUMPY\x01\x00"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        NPY + b"\x10\x00{'descr': '<i8', ",
        NPY + b"\x10\x00" + b"(" * 16,
        NPY + b"\x04\x00\xff\xfe\x00\n",
        NPY + b"\x40\x00" + b"{'descr': '<i8', 'fortran_order': False, 'shape': (%d,)}" % 10**15 + b" " * 8,
        NPY + b"\x50\x00" + b"{'descr': '<i8', 'fortran_order': False, 'shape': (-1, 9" + b"9" * 40 + b")}",
        NPY + b"\x3e\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1, 8)}     \n" + b"cos\n",
        b"PK\x03\x04 no zip",
        b"\x80\x04 a pickle",
    ],
)
def test_a_damaged_npy_file(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.npy"
    file.write_bytes(data)
    (layer,) = read_layers(LAYER)
    with pytest.raises(InputError, match=r"not a \.npy file of numbers") as caught:
        make_tensors(layer, Arithmetic.EXACT, inputs=file)  # type: ignore[arg-type]
    assert caught.value.file == str(file)


def test_an_npy_file_that_is_right_is_read(tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, np.arange(8).reshape(1, 8))
    (tmp_path / "x.npy").write_bytes(array.getvalue())
    (layer,) = read_layers(LAYER)
    made = make_tensors(layer, Arithmetic.EXACT, inputs=tmp_path / "x.npy")  # type: ignore[arg-type]
    assert made.inputs.tolist() == [list(range(8))]


@pytest.mark.parametrize("operation", ["Mul", "Add", "Sum", "MatMul"])
def test_an_onnx_product_of_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, operation: str
) -> None:
    def constant(name: str, value: int) -> TensorProto:
        return numpy_helper.from_array(np.array([value], dtype=np.int64), name)

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Slice", ["x", "start", "end"], ["z"]),
            helper.make_node(operation, ["z", "z"], ["y"]),
        ],
        "g",
        [value("x", TensorProto.FLOAT, [2, 3, 3])],
        [value("y", TensorProto.FLOAT, None)],
        [constant("start", 0), constant("end", 0)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    onnx.save(model, tmp_path / "net.onnx")
    reading = read_model(tmp_path / "net.onnx").complete()
    assert [layer.kind for layer in reading.layers] == ["host"]
    assert reading.notes == (f"{operation} y is of tensors without elements: nothing to do",)
    result = run(capsys, "network", str(tmp_path / "net.onnx"), "--no-cache")
    assert result.code == 0 and "nothing runs on the array" in result.out


def test_a_damaged_keras_archive_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": []}}))
    whole, file = content.getvalue(), tmp_path / "net.keras"
    packed, directory = whole.index(b"config.json") + len("config.json"), whole.index(b"PK\1\2")
    for data in (
        *(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(packed, len(whole), 4)),
        whole[: packed + 9] + whole[directory:],
    ):
        file.write_bytes(data)
        with pytest.raises(InputError, match=r"net\.keras: "):
            read_model(file)


def test_phases_are_counted_by_tap_and_not_by_stride(capsys: pytest.CaptureFixture[str]) -> None:
    text = "convtranspose 64x14x14 -> 32, 4x4, stride 1048576, pad 1, outpad 1"
    result = run(capsys, "convert", text)
    assert result.code == 2 and "2**52" in result.err
    layer = ConvTranspose(input=(2, 2, 3), filters=2, kernel=(3, 4), stride=(2**20, 2**20))
    phases, inserted = layer.decompositions()
    assert [part.name for part in phases.parts[:2]] == ["phase 0,0", "phase 0,1"]
    assert len(phases.parts) == 3 * 4 + 1  # and the host's interleaving
    assert phases.macs == 2 * 2 * 2 * 3 * 3 * 4 and inserted.macs > phases.macs
    # Too many phases to list: zero insertion alone.
    wide = ConvTranspose(input=(1, 1, 1), filters=1, kernel=(100, 100), stride=(100, 100))
    assert [way.name for way in wide.decompositions()] == [""]


@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (4, 4), (5, 2)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_the_phases_are_all_pairs_of_outputs_and_taps(
    stride: tuple[int, int], dilation: tuple[int, int], cut: int
) -> None:
    layer = ConvTranspose(
        input=(1, 3, 4),
        filters=1,
        kernel=(3, 5),
        stride=stride,
        dilation=dilation,
        padding=((cut, cut), (cut, 0)),
    )
    for axis in (0, 1):
        start = layer.padding[axis][0]
        outputs = range(start, start + layer.output[1 + axis])
        pairs = {
            (o, r)
            for o in outputs
            for r in range(layer.kernel[axis])
            if (o - r * dilation[axis]) % stride[axis] == 0
        }
        phases = layer.phases(axis)
        assert sum(phase.outputs * phase.taps for phase in phases) == len(pairs)
        assert [phase.remainder for phase in phases] == sorted({o % stride[axis] for o, _ in pairs})


def test_many_layers_in_a_file_take_time_in_proportion(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("layers:\n" + "- fc 8 -> 4\n" * 50 + "- |\n  fc 8 -> 4\n  fc 8 -> x\n")
    error = read_model(file).errors[0]
    assert (error.line, error.column) == (54, None)
    assert [layer.name for layer in read_model(file).layers][:2] == ["net/1", "net/2"]


ENDLESS = "import tensorflow as tf\nx = tf.keras.Input(shape=(8,), batch_size=1)\n"
DENSE = "x = tf.keras.layers.Dense(4)(x)\n"


@pytest.mark.parametrize("loop", ["while True: pass\n", "while True:\n    n = 1\n"])
def test_what_follows_an_endless_loop_is_never_reached(tmp_path: Path, loop: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(ENDLESS + DENSE + loop + DENSE)
    reading = read_model(file)
    assert [layer.kind for layer in reading.layers] == ["fc"]
    assert "line 4: this loop never ends, so what follows it is never reached" in reading.notes
    file.write_text(ENDLESS + loop + DENSE)
    with pytest.raises(InputError, match="line 3: this loop never ends"):
        read_model(file)


@pytest.mark.parametrize("loop", ["while True: break\n", "while True:\n    input()\n"])
def test_a_loop_that_may_end_is_passed(tmp_path: Path, loop: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(ENDLESS + loop + DENSE)
    assert [layer.kind for layer in read_model(file).layers] == ["fc"]
