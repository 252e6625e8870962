"""A layer checks itself and becomes the loops that the array runs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.cost.traffic import traffic
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.layer import MAX_MACS, Conv, FullyConnected, Gemm, Layer, LoopNest
from solver.layer.nest import MAX_STEP
from solver.mapping.tile import Tile

SIZE = st.integers(1, 12)


@given(
    SIZE, SIZE, st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2)
)
def test_the_output_is_the_number_of_windows_that_fit(
    rows: int, more: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    reach = (kernel - 1) * dilation + 1
    size = reach + more
    conv = Conv(
        input=(1, size, size + rows),
        filters=1,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        padding=((before, after), (0, 0)),
        dilation=(dilation, dilation),
    )
    starts = [
        start for start in range(0, size + before + after, stride) if start + reach <= size + before + after
    ]
    assert conv.output[1] == len(starts)
    assert conv.nest().input_rows <= size + before + after


def test_channels_and_filters_become_sizes_per_group() -> None:
    nest = Conv(batch=2, input=(8, 9, 9), filters=12, kernel=(3, 3), groups=4).nest()
    assert (nest.C, nest.K, nest.G, nest.N) == (2, 3, 4, 2)
    assert nest.macs == 2 * 12 * 7 * 7 * 9 * 2
    assert (nest.outputs, nest.weights) == (2 * 12 * 49, 12 * 2 * 9)


def test_fully_connected_layers_are_products_with_the_batch_streamed() -> None:
    assert FullyConnected(batch=3, inputs=5, outputs=7).nest() == Gemm(m=3, k=5, n=7).nest()
    assert Gemm(m=3, k=5, n=7).nest() == LoopNest(X=3, S=5, K=7)


def test_an_empty_name_is_left_out_of_the_dump() -> None:
    assert FullyConnected(inputs=3, outputs=4).to_dict() == {
        "kind": "fc",
        "batch": 1,
        "inputs": 3,
        "outputs": 4,
    }
    assert list(Gemm(name="g", m=1, n=2, k=3).to_dict()) == ["kind", "name", "m", "n", "k"]


@pytest.mark.parametrize(
    ("kind", "sizes", "field"),
    [
        (Conv, {"input": (4, 8, 8), "filters": 4, "kernel": (9, 1)}, "kernel"),
        (Conv, {"input": (4, 8, 8), "filters": 4, "kernel": (1, 1), "groups": 3}, "groups"),
        (Conv, {"input": (4, 8, 8), "filters": 4, "kernel": (1, 1), "padding": ((0, -1), (0, 0))}, "padding"),
        (Conv, {"input": (4, 8, 8), "filters": 4, "kernel": (1, 1), "stride": (0, 1)}, "stride"),
        (Conv, {"input": (4, 8, 8), "filters": True, "kernel": (1, 1)}, "filters"),
        (FullyConnected, {"inputs": 2.0, "outputs": 3}, "inputs"),
        (Gemm, {"m": 1, "n": 0, "k": 3}, "n"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(kind: type[Layer], sizes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        kind(**sizes)
    assert caught.value.field == field


def test_work_beyond_exact_counting_is_refused() -> None:
    assert Gemm(m=MAX_MACS, n=1, k=1).macs == MAX_MACS
    with pytest.raises(InputError, match="too large for exact 64-bit counting"):
        Gemm(m=MAX_MACS, n=2, k=1)


@pytest.mark.parametrize("field", ["stride", "dilation"])
def test_steps_that_would_leave_64_bits_are_refused_and_the_largest_are_counted(field: str) -> None:
    steps: dict[str, Any] = {field: (MAX_STEP, MAX_STEP)}
    nest = LoopNest(R=4096, S=4096, X=2, Y=2, **steps)
    hardware = read_hardware(num_ms=4096, dn_bw=1, rn_bw=1)
    for tile in (Tile(R=4096), Tile(S=4096), Tile(R=64, S=64)):
        assert traffic(nest, hardware, np.array([tile.sizes])).inputs.tolist() == [[4096]]
    with pytest.raises(InputError) as caught:
        LoopNest(R=2, X=2, **{field: (1, MAX_STEP + 1)})
    assert str(caught.value) == f"{field}: found 4194305, expected at most 4,194,304"
