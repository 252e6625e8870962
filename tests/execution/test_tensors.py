from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.tensors import make_tensors
from solver.layer import Conv, Gemm, MaxPool

GEMM = Gemm(m=2, n=3, k=4)


def test_the_seed_decides_random_operands() -> None:
    first, again, other = (make_tensors(GEMM, Arithmetic.EXACT, seed=seed).inputs for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_operands_come_from_files(tmp_path: Path) -> None:
    array = np.arange(8, dtype=np.int16).reshape(2, 4)
    np.save(tmp_path / "x.npy", array)
    tensors = make_tensors(GEMM, Arithmetic.EXACT, inputs=tmp_path / "x.npy")
    assert np.array_equal(tensors.inputs, array)
    assert tensors.weights.shape == (4, 3)


def test_layers_without_weights_have_ones_of_the_arithmetic() -> None:
    pool = MaxPool(input=(1, 4, 4), kernel=(2, 2))
    assert set(make_tensors(pool, Arithmetic.EXACT).weights.ravel()) == {1}
    assert set(make_tensors(pool, Arithmetic.FIXED).weights.ravel()) == {4096}
    with pytest.raises(InputError, match="they are ones"):
        make_tensors(pool, Arithmetic.EXACT, weights="w.npy")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((2, 3), dtype=np.int64), r"input: found shape \(2, 3\), expected shape \(2, 4\)"),
        (np.zeros((2, 4)), "found numbers of type float64, expected an array of integers"),
        (
            np.full((2, 4), 40_000),
            "values from 40000 to 40000, expected from -32768 to 32767 with int16",
        ),
        (np.zeros((2, 4), dtype=bool), "numbers of type bool"),
        (b"no array", "not a .npy file"),
        (b"", "not a .npy file"),
    ],
)
def test_a_wrong_file_is_one_message(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "x.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(InputError, match=message):
        make_tensors(GEMM, Arithmetic.INT16, inputs=path)


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="file of numbers"):
        make_tensors(GEMM, Arithmetic.EXACT, inputs=tmp_path / "x.npy")


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "no.npy", "no such file"), (tmp_path, "found a directory")):
        with pytest.raises(InputError, match=message):
            make_tensors(GEMM, Arithmetic.EXACT, inputs=path)


def test_sums_that_leave_64_bits_are_refused(tmp_path: Path) -> None:
    layer = Conv(input=(64, 8, 8), filters=1, kernel=(8, 8))
    np.save(tmp_path / "x.npy", np.full((1, 64, 8, 8), 2**31 - 1))
    np.save(tmp_path / "w.npy", np.full((1, 64, 8, 8), 2**31 - 1))
    with pytest.raises(InputError, match="sums stay below"):
        make_tensors(layer, Arithmetic.EXACT, inputs=tmp_path / "x.npy", weights=tmp_path / "w.npy")
