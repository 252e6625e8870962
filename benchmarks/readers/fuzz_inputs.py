"""Valid inputs of every kind, and what reads them, for `fuzz.py`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import solver

Reader = Callable[[Path], object]
Case = tuple[str, Reader, dict[str, bytes], str]
"""Name, reader, files of a valid input, and which of them is damaged (a folder has several)."""

YAML = b"""name: net
layers:
  - conv1: conv 3x32x32 -> 8, 3x3, stride 2, pad 1
  - kind: conv
    input: [4, 8, 9]
    filters: 6
    kernel: [3, 3]
    padding: [[1, 1], [0, 2]]
    groups: 2
  - {kind: lstm, inputs: 4, hidden: 8, steps: 3}
  - {kind: attention, heads: 2, head_size: 4, queries: 6}
  - {kind: convtranspose, input: [4, 5, 5], filters: 2, kernel: 4, stride: 2, output_padding: 1}
  - {kind: avgpool, input: [4, 8, 8], kernel: 2, count_padding: false}
"""
LINES = b"""conv 16x8x8 -> 8, 3x3, stride 2, pad 1, groups 2, batch 3
dwconv 8x9x9, 3x3
convtranspose 4x5x5 -> 2, 4x4, stride 2, pad 1, outpad 1
maxpool 8x8x8, 2x2
fc 64 -> 10, batch 4
gemm 3x4 * 4x5
lstm 64 -> 128, steps 20
attention 8x64, queries 128
add 5x4x5, operands 3
multiply 15, terms 3
host softmax 1000
"""
BLOCK = b"""Model_Name = m
Layer_Type = CONV
Layer_Number = 1
Input_parameter { input_x = 8 input_y = 8 input_channel = 4 }
Output_parameter { output_x = 6 output_y = 6 output_channel = 5 }
Weight_parameter {
  weight_x = 3
  weight_y = 3
  weight_channel = 4
  weight_number = 5
  weight_stride = 1
}
Hidden_parameter { hidden_x = 0 hidden_y = 0 hidden_channel = 0 }
"""
HARDWARE = b"""name: chip
num_ms: 64
dn_bw: 16
rn_bw: 8
accumulation_buffer: true
energy_table: synthesis
prefetch_buffer:
  capacity: 64 KiB
  double_buffered: true
  word_bytes: 2
dram_bandwidth: 4
controller: fixed
"""
FACTORS = b"""Energy_factors {
  dram_eng = 200.0
  spm_eng = 6.0
  dsaccess_eng = 0.5
  msaccess_eng = 1.0
  rsaccess_eng = 0.5
  multiply_eng = 0.75
  reduce_eng = 0.25
  reg_eng = 0.5
}
"""
SWEEP = b"""networks: [alexnet, vgg16]
hardware: maeri-64
objectives: [latency, energy]
num_ms: [16, 64..256]
bandwidth: [4, /4]
buffer: 32KiB..128KiB
dram_bandwidth: 4
"""
TILE = b"tile: {R: 3, S: 3, K: 8}\nbuffer_tile: R3 S3 C4 K8 X4 Y4\ndram_order: KPQ\narray_order: weights\n"
PROGRAM = b"""import tensorflow as tf
from tensorflow.keras import layers

SIZES = [16, 32, 64]

def block(x, filters, stride=1):
    x = layers.Conv2D(filters, (3, 3), strides=stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)

inputs = tf.keras.Input(shape=(32, 32, 3), batch_size=2)
x = inputs
for i, size in enumerate(SIZES):
    x = block(x, size, 2 if i % 2 else 1)
    if size > 2 ** 5:
        x = layers.MaxPooling2D(pool_size=2)(x)
x = layers.Flatten()(x)
x = layers.Dense(units=10, activation=f"soft{'max'}")(x)
model = tf.keras.Model(inputs, x)
"""


def onnx_model() -> bytes:
    """Return a model with windows, shape arithmetic, slices and products."""
    from onnx import TensorProto, helper, numpy_helper

    def tensor(name: str, values: object, kind: type = np.int64) -> TensorProto:
        return numpy_helper.from_array(np.array(values, dtype=kind), name)

    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], group=1),
        node("Relu", ["a"], ["b"]),
        node("Slice", ["b", "starts", "ends", "axes"], ["c"]),
        node("Mul", ["c", "c"], ["d"]),
        node("GlobalAveragePool", ["d"], ["e"]),
        node("Shape", ["e"], ["shape"]),
        node("Gather", ["shape", "zero"], ["batch"], axis=0),
        node("Unsqueeze", ["batch", "axis0"], ["batch1"]),
        node("Concat", ["batch1", "rest"], ["flat"], axis=0),
        node("Reshape", ["e", "flat"], ["f"]),
        node("Gemm", ["f", "v"], ["y"], transB=1),
    ]
    constants = [
        tensor("w", np.zeros((4, 3, 3, 3)), np.float32),
        tensor("v", np.zeros((5, 3)), np.float32),
        tensor("starts", [0]),
        tensor("ends", [3]),
        tensor("axes", [1]),
        tensor("zero", 0),
        tensor("axis0", [0]),
        tensor("rest", [-1]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [value("x", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [value("y", TensorProto.FLOAT, None)],
        constants,
    )
    model: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    return model


def saved_mapping() -> bytes:
    """Return what `map --out` writes."""
    from solver.writers.mapping_file import mapping_text

    small = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}
    answers = [solver.map(f"{name}: fc 8 -> 4", small, baselines=False) for name in ("a", "b")]
    return mapping_text(answers).encode()


def configurations() -> Iterator[dict[str, bytes]]:
    """Yield the files that `configure` writes: for the simulator's array, the real one, and two levels."""
    from solver.interface.inputs import hardware_of, primitive_of
    from solver.questions.evaluate import evaluate_mapping
    from solver.readers.mapping_file import read_mapping
    from solver.writers.configure import content_of

    layer = primitive_of("conv 2x5x5 -> 2, 3x3")
    small = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}
    two = {"prefetch_buffer": {"capacity": 256}, "dram_bandwidth": 2}
    for more, tile in (({}, "S3 K2"), ({"reduction": "rtl"}, "R3 S3"), (two, "S3 K2")):
        evaluation = evaluate_mapping(layer, hardware_of({**small, **more}), read_mapping(tile)[0])
        content = content_of(evaluation)
        yield {name: text.encode() for name, text in content.files.items()}


def model(path: Path) -> object:
    """Read a model, and what its layers are."""
    from solver.readers.read import read_model

    reading = read_model(path)
    for layer in reading.layers:
        assert layer.macs >= 0 and layer.to_dict()
    return [str(error) for error in reading.errors]


def cases() -> list[Case]:
    """Return every kind of input with what reads it."""
    from solver.execution.arithmetic import Arithmetic
    from solver.execution.tensors import make_tensors
    from solver.execution.whole_layers.whole import verify_loaded
    from solver.hardware.read import read_hardware
    from solver.hardware.read_energy import read_energy_table
    from solver.layer import Primitive
    from solver.questions.sweep.file import read_sweep
    from solver.readers.mapping_file import read_mapping
    from solver.readers.read import read_model
    from solver.writers.mapping_file import is_mapping_file, saved_mappings
    from solver.writers.schedule.folder import read_any_folder
    from solver.yamlfile import load

    def notation(path: Path) -> object:
        return read_model(path.read_bytes().decode("utf-8", "surrogateescape").replace("\0", " "))

    def mapping(path: Path) -> object:
        document = load(path)
        return saved_mappings(document, file=str(path)) if is_mapping_file(document) else read_mapping(path)

    def tile(path: Path) -> object:
        return read_mapping(path.read_bytes().decode("utf-8", "surrogateescape").replace("\0", " "))

    layer = read_model("conv 2x5x5 -> 2, 3x3").layers[0]
    assert isinstance(layer, Primitive)

    def execute(path: Path) -> object:
        loaded, notes = read_any_folder(path)
        return verify_loaded(
            loaded, layer, make_tensors(layer, Arithmetic.EXACT), Arithmetic.EXACT, notes=notes
        )

    def operand(path: Path) -> object:
        return make_tensors(layer, Arithmetic.EXACT, inputs=path)

    from benchmarks.readers.fuzz_models import model_cases

    table = Path(solver.__file__).parent / "hardware" / "energy_tables" / "synthesis.yaml"
    array = io.BytesIO()
    np.save(array, np.ones((1, 2, 5, 5), dtype=np.int64))
    pair = json.dumps([{"kind": "fc", "inputs": 3, "outputs": 4}] * 2)
    saved = saved_mapping()
    found: list[Case] = [
        ("yaml", model, {"net.yaml": YAML}, "net.yaml"),
        (
            "json",
            model,
            {"net.json": pair.encode()},
            "net.json",
        ),
        ("lines", model, {"net.txt": LINES}, "net.txt"),
        ("notation", notation, {"line": LINES.split(b"\n")[0]}, "line"),
        ("block", model, {"layer.txt": BLOCK}, "layer.txt"),
        ("folder", model, {"net/1.txt": BLOCK, "net/2.txt": BLOCK}, "net/2.txt"),
        ("hardware", read_hardware, {"chip.yaml": HARDWARE}, "chip.yaml"),
        ("energy", read_energy_table, {"table.yaml": table.read_bytes()}, "table.yaml"),
        ("factors", read_energy_table, {"factors.txt": FACTORS}, "factors.txt"),
        ("sweep", read_sweep, {"sweep.yaml": SWEEP}, "sweep.yaml"),
        ("onnx", model, {"net.onnx": onnx_model()}, "net.onnx"),
        ("program", model, {"net.py": PROGRAM}, "net.py"),
        ("mapping", mapping, {"saved.yaml": saved}, "saved.yaml"),
        ("tile file", mapping, {"tile.yaml": TILE}, "tile.yaml"),
        ("tile", tile, {"tile": b"T_R=3 T_S=3 T_K=8"}, "tile"),
        ("operand", operand, {"x.npy": array.getvalue()}, "x.npy"),
        *model_cases(),
    ]
    for kind, files in zip(("simulator", "rtl", "schedule"), configurations(), strict=True):
        inside = {f"config/{name}": data for name, data in files.items()}
        found += [
            (f"{kind} {name}", execute, inside, f"config/{name}")
            for name in files
            if not name.endswith(".sh")
        ]
    return found
