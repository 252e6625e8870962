"""Layers made of parts compute what their definitions say, part by part and switch by switch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.result import Objective
from solver.errors import InternalError
from solver.execution.execute import execute
from solver.execution.lowering import Tensors
from solver.execution.reference import reference
from solver.execution.whole_layers.parts import run_parts
from solver.execution.whole_layers.reference import whole_reference
from solver.execution.whole_layers.whole import random_operands, verify_whole
from solver.hardware import read_hardware
from solver.layer import GRU, LSTM, RNN, Attention, AveragePool, ConvTranspose, Layer, MaxPool, Primitive
from solver.search.solve import solve
from solver.switches.decode import decode
from tests.support.cli_runs import run
from tests.support.examples.layer_examples import layers, pools

COMPOSED = layers(st.just(""), 5).filter(lambda layer: not isinstance(layer, Primitive))
SEEDS = st.integers(0, 2**32 - 1)


@given(COMPOSED, SEEDS)
def test_the_parts_of_a_layer_compute_its_definition(layer: Layer, seed: int) -> None:
    operands = random_operands(layer, seed)
    expected = whole_reference(layer, operands)
    for way in layer.decompositions():
        assert np.array_equal(run_parts(layer, operands, reference, way.name), expected)


def on_the_array(layer: Primitive, tensors: Tensors) -> np.ndarray:
    """Map a primitive, decode the mapping, and execute the switches."""
    hardware = read_hardware(None, num_ms=16, dn_bw=8, rn_bw=8)
    best = solve(layer, hardware, Objective.LATENCY, workers=1)
    config = decode(best.nest, hardware, best.tile)
    executed = execute(config, layer, tensors)
    assert executed.cycles == best.cost.cycles
    return executed.outputs


@pytest.mark.parametrize(
    "layer",
    [
        LSTM(inputs=6, hidden=5, steps=3, batch=2),
        GRU(inputs=5, hidden=4, steps=2),
        GRU(inputs=5, hidden=4, steps=2, reset_after=True, directions=2),
        RNN(inputs=7, hidden=6, steps=2),
        Attention(heads=2, head_size=4, queries=5, keys=6),
        Attention(heads=2, head_size=3, queries=4, projections=True),
        ConvTranspose(input=(3, 5, 4), filters=4, kernel=(4, 3), stride=(2, 2), padding=((1, 1), (0, 1))),
    ],
    ids=lambda layer: layer.kind,
)
def test_the_switches_compute_a_whole_layer(layer: Layer) -> None:
    operands = random_operands(layer, 7)
    assert np.array_equal(run_parts(layer, operands, on_the_array), whole_reference(layer, operands))


def pooled(layer: MaxPool | AveragePool, x: np.ndarray) -> np.ndarray:
    """Return the pooling of an image, window by window; NaN is what lies outside."""
    (top, bottom), (left, right) = layer.padding
    sides = ((0, 0), (0, 0), (top, bottom), (left, right))
    outside = np.pad(x.astype(float), sides, constant_values=np.nan)
    out = np.zeros((*x.shape[:2], *layer.output[1:]))
    for i, j in np.ndindex(*out.shape[2:]):
        down = i * layer.step[0] + np.arange(layer.window[0]) * layer.dilation[0]
        right_ = j * layer.step[1] + np.arange(layer.window[1]) * layer.dilation[1]
        seen = outside[:, :, down[:, None], right_].reshape(*x.shape[:2], -1)
        if isinstance(layer, MaxPool):
            out[:, :, i, j] = np.nanmax(seen, axis=-1)
        elif layer.count_padding:
            out[:, :, i, j] = np.nansum(seen, axis=-1) / seen.shape[-1]
        else:
            out[:, :, i, j] = np.nansum(seen, axis=-1) / (~np.isnan(seen)).sum(axis=-1)
    return out


def divide_sums(layer: AveragePool, sums: IntArray) -> FloatArray:
    """Return the averages of the sums that the array computes: the host's part of average pooling."""
    if layer.count_padding:
        return sums / (layer.window[0] * layer.window[1])
    rows, cols = (_inside(layer, axis) for axis in (0, 1))
    return sums / (rows[:, None] * cols)


def _inside(layer: AveragePool, axis: int) -> IntArray:
    """Return how many taps of each window along an axis lie inside the unpadded input."""
    size, (before, _) = layer.input[1 + axis], layer.padding[axis]
    starts = np.arange(layer.output[1 + axis]) * layer.step[axis] - before
    taps = starts[:, None] + np.arange(layer.window[axis]) * layer.dilation[axis]
    return ((taps >= 0) & (taps < size)).sum(axis=1)


def pool_on(layer: MaxPool | AveragePool, x: np.ndarray, runs: object) -> np.ndarray:
    nest = layer.nest()
    ones = np.ones((nest.G, nest.K, nest.C, nest.R, nest.S), dtype=np.int64)
    found = runs(layer, Tensors(x, ones))  # type: ignore[operator]
    return divide_sums(layer, found) if isinstance(layer, AveragePool) else found


def sees_the_input(layer: Layer) -> bool:
    """Whether every window of a pooling has a tap inside the input (a dilated one may step over it)."""
    assert isinstance(layer, MaxPool | AveragePool)
    ones = np.ones((layer.batch, *layer.input), dtype=np.int64)
    sums = AveragePool(**{k: getattr(layer, k) for k in ("input", "kernel", "stride", "padding", "dilation")})
    return bool((pool_on(sums, ones[:1], reference) > 0).all())


@given(pools(st.just(""), 6).filter(sees_the_input), SEEDS)
def test_pooling_computes_its_definition(layer: MaxPool | AveragePool, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-99, 100, size=(layer.batch, *layer.input))
    assert np.array_equal(pool_on(layer, x, reference), pooled(layer, x))


@settings(max_examples=15, deadline=None)
@given(pools(st.just(""), 4).filter(sees_the_input), SEEDS)
def test_the_switches_compute_pooling(layer: MaxPool | AveragePool, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-99, 100, size=(layer.batch, *layer.input))
    assert np.array_equal(pool_on(layer, x, on_the_array), pooled(layer, x))


def test_a_whole_layer_is_reported_with_the_cycles_of_all_its_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    array = ["--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4, "--workers", 1]
    data = run(capsys, "simulate", "lstm 4 -> 3, steps 5", *array, "--json", "-").json
    assert [(part["part"], part["repeats"]) for part in data["parts"]] == [
        ("gates", 5),
        ("cell state", 5),
        ("hidden state", 5),
    ]
    assert data["cycles"] == 5 * sum(part["model"]["cycles"] for part in data["parts"])
    shown = run(capsys, "simulate", "convtranspose 2x4x4 -> 2, 3x3, s2", *array)
    assert shown.code == 0 and "CORRECT" in shown.out and "in phases" in shown.out
    assert run(capsys, "simulate", "lstm 4 -> 3", *array, "--mapping", "S2").code == 2


def test_a_part_that_computes_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = RNN(inputs=3, hidden=2)
    (way,) = layer.decompositions()
    monkeypatch.setattr(
        "solver.execution.whole_layers.whole.run_parts", lambda *rest: np.zeros((1, 1, 1, 2), dtype=int)
    )
    with pytest.raises(InternalError, match="the whole layer is not"):
        verify_whole(layer, way, {}, random_operands(layer, 0))


def real_gru(layer: GRU, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    h, found = np.zeros(layer.hidden), []
    (wr, wz, wn), (ur, uz, un) = (
        part.reshape(3, layer.hidden, -1) for part in np.split(w, [layer.inputs], axis=1)
    )
    for x_t in x:
        r, z = (1 / (1 + np.exp(-a @ x_t - b @ h)) for a, b in ((wr, ur), (wz, uz)))
        n = np.tanh(wn @ x_t + (r * (un @ h) if layer.reset_after else un @ (r * h)))
        h = (1 - z) * n + z * h
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("reset_after", [False, True])
def test_the_fixed_point_gru_follows_the_real_one(reset_after: bool) -> None:
    layer = GRU(inputs=4, hidden=6, steps=5, reset_after=reset_after)
    operands = random_operands(layer, 3)
    real = real_gru(layer, operands["inputs"][:, 0] / 256, operands["weights"][0] / 256)
    assert np.abs(whole_reference(layer, operands)[:, 0, 0] / 256 - real).max() < 0.03


def test_the_fixed_point_attention_follows_the_real_one() -> None:
    layer = Attention(heads=1, head_size=4, queries=5, keys=6)
    operands = random_operands(layer, 3)
    q, k, v = (operands[name][0] / 256 for name in ("query", "key", "value"))
    powers = np.exp(q @ k.T / 2)
    real = powers @ v / powers.sum(axis=1, keepdims=True)
    assert np.abs(whole_reference(layer, operands)[0] / 256 - real).max() < 0.03


def test_the_fixed_point_lstm_follows_the_real_one() -> None:
    layer = LSTM(inputs=4, hidden=6, steps=5)
    operands = random_operands(layer, 3)
    x, (w,) = operands["inputs"] / 256, operands["weights"] / 256
    h = c = np.zeros(6)
    for t in range(5):
        i, f, g, o = np.split(w @ np.concatenate([x[t, 0], h]), 4)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        found = run_parts(layer, operands, reference)[t, 0, 0] / 256
        assert np.abs(found - h).max() < 0.03
