"""Work for the array that no layer counts is told as missing; a total without it is never called complete."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import solver
from solver.errors import InputError
from tests.support.cli_runs import run
from tests.support.examples.onnx_models import Builder

SIZES = ("--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4, "--no-cache", "--no-baselines", "--workers", 1)


def volume(folder: Path, *, beside: bool) -> str:
    b = Builder()
    b.node("MaxPool", b.input("x", [1, 2, 4, 4, 4]), kernel_shape=[2, 2, 2], name="volume")
    if beside:
        b.node("Conv", b.input("y", [1, 2, 4, 4]), b.weight(3, 2, 1, 1), name="plain")
    return str(b.save(folder / "volume.onnx"))


def choice(folder: Path) -> str:
    def branch(name: str, filters: int) -> onnx.GraphProto:
        inner = Builder()
        inner.node("Conv", "x", inner.constant(np.ones((filters, 3, 1, 1)), np.float32), name=name)
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        return onnx.helper.make_graph(inner.nodes, name, [], [value], inner.weights)

    b = Builder()
    b.input("x", [1, 3, 4, 4])
    unknown = b.input("condition", [], onnx.TensorProto.BOOL)
    b.node("If", unknown, name="choice", then_branch=branch("then", 5), else_branch=branch("else", 5))
    return str(b.save(folder / "choice.onnx"))


def test_nothing_counted_is_an_error_that_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for model, missing, way in (
        (
            volume(tmp_path, beside=False),
            "volume: MaxPool is listed as a host operation",
            "a layer that has a lowering",
        ),
        (choice(tmp_path), "inside If choice, is not counted", "--value condition=V decides its branch"),
    ):
        for command in ("network", "sweep"):
            result = run(capsys, command, model, *SIZES[: 7 if command == "sweep" else None])
            assert (result.code, result.out) == (2, "")
            assert "nothing of the model's work for the array can be counted" in result.err
            assert missing in result.err and result.err.count("\n") == 1
            assert result.err.endswith(f", expected {way}\n")
        with pytest.raises(InputError, match="can be counted"):
            solver.network(model, cache=False)


def test_a_part_that_is_not_counted_is_named_and_costs_the_exit_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = volume(tmp_path, beside=True)
    result = run(capsys, "network", model, *SIZES)
    assert result.code == 1
    assert " · 1 not counted · " in result.out.splitlines()[0]
    missing = "volume: MaxPool is listed as a host operation, its work not counted"
    assert result.err == f"volume: not counted: {missing}\n"
    facts = run(capsys, "network", model, *SIZES, "--json", "-").json
    assert facts["problems"] == [{"where": model, "kind": "not counted", "message": missing}]
    answer = solver.network(model, {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}, cache=False, baselines=False)
    assert not answer.proved and [problem.message for problem in answer.problems] == [missing]
    swept = run(capsys, "sweep", model, *SIZES[:7])
    assert swept.code == 0 and f"not counted: {missing}" in swept.err


def test_a_program_s_products_that_are_not_followed_are_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program = tmp_path / "p.py"
    head = "import tensorflow as tf\nx = tf.keras.Input((8, 8, 3))\ny = tf.keras.layers.Conv2D(4, 3)(x)\n"
    for call, code in (("tf.nn.conv3d(y)", 1), ("tf.keras.layers.Conv3D(4, 3)(y)", 1), ("tf.bitcast(y)", 0)):
        program.write_text(f"{head}z = {call}\n")
        result = run(capsys, "network", str(program), *SIZES)
        assert (result.code, "not counted: line 4: " in result.err) == (code, bool(code))
