"""Layers made of parts compute what their definitions say, part by part and switch by switch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_examples import layers, pools
from part_definitions import definition, random_operands

from solver.cost import Objective
from solver.hardware import read_hardware
from solver.layer import GRU, LSTM, RNN, Attention, AveragePool, ConvTranspose, Layer, MaxPool, Primitive
from solver.model import solve
from solver.simulate.execute import execute
from solver.simulate.lowering import Tensors
from solver.simulate.parts import divide_sums, operand_shapes, run_parts
from solver.simulate.reference import reference
from solver.switches.decode import decode

COMPOSED = layers(st.just(""), 5).filter(lambda layer: not isinstance(layer, Primitive))
SEEDS = st.integers(0, 2**32 - 1)


@given(COMPOSED, SEEDS)
def test_the_parts_of_a_layer_compute_its_definition(layer: Layer, seed: int) -> None:
    operands = random_operands(operand_shapes(layer), seed)
    expected = definition(layer, operands)
    for way in layer.decompositions():
        assert np.array_equal(run_parts(layer, operands, reference, way.name), expected)


def on_the_array(layer: Primitive, tensors: Tensors) -> np.ndarray:
    """Map a primitive, decode the mapping, and execute the switches."""
    hardware = read_hardware(None, num_ms=16, dn_bw=8, rn_bw=8)
    best = solve(layer, hardware, Objective.LATENCY, workers=1)
    config = decode(best.nest, hardware, best.tile)
    run = execute(config, layer, tensors)
    assert run.cycles == best.cost.cycles
    return run.outputs


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
    operands = random_operands(operand_shapes(layer), 7)
    assert np.array_equal(run_parts(layer, operands, on_the_array), definition(layer, operands))


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


def pool_on(layer: MaxPool | AveragePool, x: np.ndarray, run: object) -> np.ndarray:
    nest = layer.nest()
    ones = np.ones((nest.G, nest.K, nest.C, nest.R, nest.S), dtype=np.int64)
    found = run(layer, Tensors(x, ones))  # type: ignore[operator]
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


def test_the_fixed_point_lstm_follows_the_real_one() -> None:
    layer = LSTM(inputs=4, hidden=6, steps=5)
    operands = random_operands(operand_shapes(layer), 3)
    x, (w,) = operands["inputs"] / 256, operands["weights"] / 256
    h = c = np.zeros(6)
    for t in range(5):
        i, f, g, o = np.split(w @ np.concatenate([x[t, 0], h]), 4)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        found = run_parts(layer, operands, reference)[t, 0, 0] / 256
        assert np.abs(found - h).max() < 0.03
