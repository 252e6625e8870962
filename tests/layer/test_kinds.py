"""Every kind of layer becomes parts and loops whose work is that of its formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.cost.result import Objective
from solver.errors import InputError
from solver.forms.wish import AS_WRITTEN
from solver.hardware import Hardware, read_hardware
from solver.layer import (
    GRU,
    LSTM,
    RNN,
    Add,
    Attention,
    AveragePool,
    BatchMatmul,
    ConvTranspose,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    LoopNest,
    MaxPool,
    Multiply,
    Primitive,
)
from solver.legal.tiles import Limits
from solver.search.solve import solve
from tests.support.examples.layer_examples import layers, transposed

H, I, T = 7, 5, 3


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (LSTM(inputs=I, hidden=H, steps=T), T * (4 * H * (I + H) + 3 * H)),
        (GRU(inputs=I, hidden=H, steps=T), T * (3 * H * (I + H) + 3 * H)),
        (GRU(inputs=I, hidden=H, steps=T, reset_after=True), T * (3 * H * (I + H) + 4 * H)),
        (RNN(inputs=I, hidden=H, steps=T, batch=2, directions=2), 4 * T * H * (I + H)),
        (Attention(heads=2, head_size=4, queries=5, keys=6), 2 * 2 * 5 * 6 * 4),
        (Attention(heads=2, head_size=4, queries=5, projections=True), 2 * 2 * 25 * 4 + 4 * 5 * 64),
        (BatchMatmul(batch=3, m=4, n=5, k=6), 3 * 4 * 5 * 6),
        (MaxPool(input=(3, 8, 8), kernel=(2, 2)), 3 * 16 * 4),
        (AveragePool(input=(3, 7, 5)), 3 * 35),
        (Add(elements=9, operands=3), 27),
        (Multiply(elements=9, terms=2, broadcast=4), 72),
        (HostOperation(operation="softmax", elements=10), 0),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_the_work_of_a_layer_is_that_of_its_formula(layer: Layer, macs: int) -> None:
    assert layer.macs == macs


@given(layers(st.just(""), 6))
def test_parts_are_primitives_or_host_operations(layer: Layer) -> None:
    for way in layer.decompositions():
        assert all(isinstance(part.layer, Primitive | HostOperation) for part in way.parts)


@given(transposed(st.just(""), 5))
def test_phases_never_do_more_than_the_convolution_with_inserted_zeros(layer: ConvTranspose) -> None:
    first, *others = layer.decompositions()
    assert all(first.macs <= other.macs for other in others)


def test_phases_multiply_by_no_inserted_zero() -> None:
    # Windows that do not overlap: every input word meets every weight exactly once.
    layer = ConvTranspose(input=(3, 5, 4), filters=2, kernel=(2, 3), stride=(2, 3))
    phases, inserted = layer.decompositions()
    assert phases.macs == 3 * 2 * 5 * 4 * 6
    assert inserted.macs == 6 * phases.macs


def test_a_transposed_convolution_of_stride_one_is_a_single_convolution() -> None:
    (way,) = ConvTranspose(input=(2, 5, 5), filters=3, kernel=(3, 3)).decompositions()
    (part,) = way.parts
    assert isinstance(part.layer, Primitive)
    assert part.layer.nest() == LoopNest(R=3, S=3, C=2, K=3, X=7, Y=7)


def test_pooling_is_a_depthwise_nest() -> None:
    assert MaxPool(input=(3, 9, 9), kernel=(3, 3), stride=(2, 2)).nest() == LoopNest(
        R=3, S=3, G=3, X=4, Y=4, stride=(2, 2), operation="max"
    )


def test_a_single_window_has_no_stride() -> None:
    # So that the array may still take what a stride would forbid.
    assert AveragePool(input=(3, 7, 7)).nest() == LoopNest(R=7, S=7, G=3)


@pytest.mark.parametrize(
    ("kind", "sizes", "field"),
    [
        (MaxPool, {"input": (3, 4, 4), "kernel": (5, 1)}, "kernel"),
        (MaxPool, {"input": (3, 4, 4), "kernel": (2, 2), "padding": ((2, 0), (0, 0))}, "padding"),
        (AveragePool, {"input": (3, 4, 4), "stride": (0, 1)}, "step"),
        (ConvTranspose, {"input": (2, 2, 2), "filters": 1, "kernel": (1, 1), "groups": 3}, "groups"),
        (
            ConvTranspose,
            {"input": (2, 2, 2), "filters": 1, "kernel": (1, 1), "output_padding": (1, 0)},
            "output_padding",
        ),
        (
            ConvTranspose,
            {"input": (2, 2, 2), "filters": 1, "kernel": (1, 1), "padding": ((1, 1), (0, 0))},
            "padding",
        ),
        (LSTM, {"inputs": 2, "hidden": 0}, "hidden"),
        (Attention, {"heads": 1, "head_size": 2, "queries": 3, "keys": 0}, "attended"),
        (Add, {"elements": 3, "operands": 1}, "operands"),
        (Multiply, {"elements": 3, "terms": 0}, "terms"),
        (BatchMatmul, {"batch": 1, "m": 2, "n": 3, "k": True}, "k"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(kind: type[Layer], sizes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        kind(**sizes)
    assert caught.value.field == field


def hardware() -> Hardware:
    return read_hardware(None, num_ms=16, dn_bw=4, rn_bw=4)


PRODUCTS = [
    FullyConnected(inputs=20, outputs=9),
    FullyConnected(inputs=6, outputs=5, batch=11),
    Gemm(m=30, n=4, k=7),
    BatchMatmul(batch=3, m=8, n=2, k=5),
]


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("layer", PRODUCTS, ids=lambda layer: layer.kind)
def test_the_best_stationary_operand_is_the_better_of_the_two(layer: Primitive, objective: Objective) -> None:
    best, *each = (
        solve(layer, hardware(), objective, workers=1, wish=replace(AS_WRITTEN, stationary=s))
        for s in ("best", "weights", "inputs")
    )
    assert best.proved
    assert best.objective_value == min(solution.objective_value for solution in each)
    assert best.space.size == sum(solution.space.size for solution in each)
    assert [solution.stationary for solution in each] == ["weights", "inputs"]


def test_some_products_are_better_off_with_their_inputs_stationary() -> None:
    found = {solve(layer, hardware(), Objective.LATENCY, workers=1).stationary for layer in PRODUCTS}
    assert found == {"weights", "inputs"}


def test_a_lowering_without_a_legal_tile_leaves_the_other() -> None:
    # Six filters at once are legal only with the five outputs streamed.
    solution = solve(PRODUCTS[1], hardware(), Objective.LATENCY, limits=Limits(lower={"K": 6}), workers=1)
    assert solution.stationary == "inputs"
    assert solution.proved


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "padding", "extra"),
    [
        ((3, 3), (2, 2), (1, 1), ((1, 1), (1, 1)), (1, 1)),
        ((4, 2), (2, 3), (1, 1), ((1, 0), (0, 1)), (0, 2)),
        ((3, 5), (3, 2), (2, 3), ((2, 3), (1, 0)), (1, 1)),
        ((3, 2), (1, 1), (2, 1), ((1, 0), (0, 0)), (0, 0)),
        ((2, 2), (4, 4), (1, 1), ((0, 0), (0, 0)), (3, 0)),
    ],
)
def test_a_transposed_convolution_counts_the_taps_that_each_output_meets(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]],
    extra: tuple[int, int],
) -> None:
    layer = ConvTranspose(
        batch=2, input=(4, 5, 6), filters=6, kernel=kernel, stride=stride, padding=padding, dilation=dilation,
        output_padding=extra, groups=2,
    )  # fmt: skip
    pairs = 1
    for a in (0, 1):
        outputs, taps = range(layer.output[1 + a]), range(kernel[a])
        pairs *= sum((o + padding[a][0] - r * dilation[a]) % stride[a] == 0 for o in outputs for r in taps)
    assert layer.macs == 2 * pairs * (4 // 2) * 6
