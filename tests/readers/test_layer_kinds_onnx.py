"""The numpy references of the kinds of layers, against the reference implementations that ONNX ships."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from onnx.reference import ReferenceEvaluator  # noqa: E402

from solver.execution.arithmetic import Arithmetic  # noqa: E402
from solver.execution.reference import reference  # noqa: E402
from solver.execution.tensors import make_tensors  # noqa: E402
from solver.execution.whole_layers.host import ONE  # noqa: E402
from solver.execution.whole_layers.reference import whole_reference  # noqa: E402
from solver.execution.whole_layers.whole import random_operands  # noqa: E402
from solver.layer import (  # noqa: E402
    GRU,
    LSTM,
    RNN,
    Attention,
    ConvTranspose,
    Layer,
    MaxPool,
    Pool,
    Recurrent,
)
from tests.support.examples.layer_examples import pools, transposed  # noqa: E402

NAMES = st.just("layer")


def evaluate(op: str, inputs: list[Any], outputs: int = 1, **attributes: Any) -> Any:
    """Run one operator of ONNX; the last of its first outputs that it names is returned."""
    names = [f"x{i}" for i in range(len(inputs))]
    node = onnx.helper.make_node(op, names, [f"y{i}" for i in range(outputs)], **attributes)
    float32 = onnx.TensorProto.FLOAT
    infos = [
        onnx.helper.make_tensor_value_info(n, float32, v.shape) for n, v in zip(names, inputs, strict=True)
    ]
    result = onnx.helper.make_tensor_value_info("y0", float32, None)
    graph = onnx.helper.make_graph([node], "g", infos, [result])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)], ir_version=10)
    feeds = {name: value.astype(np.float32) for name, value in zip(names, inputs, strict=True)}
    return ReferenceEvaluator(model).run(None, feeds)[0]


def sides(layer: ConvTranspose | Pool) -> list[int]:
    return [*(pair[0] for pair in layer.padding), *(pair[1] for pair in layer.padding)]


@given(transposed(NAMES, 4), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_transposed_convolution_is_onnxs(layer: ConvTranspose, seed: int) -> None:
    # ONNX's implementation has no output padding that makes room for another window.
    assume(all(extra < step for extra, step in zip(layer.output_padding, layer.stride, strict=True)))
    operands = random_operands(layer, seed)
    # Group by group: ONNX's implementation takes no more than one.
    groups = [np.split(operands[name], layer.groups, axis) for name, axis in (("inputs", 1), ("weights", 0))]
    expected = [
        evaluate(
            "ConvTranspose",
            [x, w],
            strides=layer.stride,
            dilations=layer.dilation,
            pads=sides(layer),
            output_padding=layer.output_padding,
        )
        for x, w in zip(*groups, strict=True)
    ]
    assert np.array_equal(whole_reference(layer, operands), np.concatenate(expected, axis=1))


def pooled(layer: Pool, inputs: Any) -> Any:
    """Largest value or sum of every window, one input word at a time as ONNX's text defines it."""
    choose = max if isinstance(layer, MaxPool) else sum
    size = inputs.shape[2:]
    found = np.empty((layer.batch, *layer.output), dtype=inputs.dtype)
    for image, channel, *place in np.ndindex(found.shape):
        axes = [
            [
                n
                for tap in range(layer.window[axis])
                if 0
                <= (n := place[axis] * layer.step[axis] + tap * layer.dilation[axis] - before)
                < size[axis]
            ]
            for axis, (before, _) in enumerate(layer.padding)
        ]
        found[image, channel, *place] = choose(inputs[image, channel, x, y] for x in axes[0] for y in axes[1])
    return found


@given(pools(NAMES, 5), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_pooling_is_onnxs(layer: Pool, seed: int) -> None:
    tensors = make_tensors(layer, Arithmetic.EXACT, seed=seed)
    largest = isinstance(layer, MaxPool)
    found = reference(layer, tensors)
    assert np.array_equal(found, pooled(layer, tensors.inputs))
    if layer.kernel is None:
        expected = evaluate("GlobalMaxPool" if largest else "GlobalAveragePool", [tensors.inputs])
    elif len({side for axis in layer.padding for side in axis}) > 1:
        return  # onnx's reference evaluator takes the sides of MaxPool's padding for one another
    else:
        more = {} if largest else {"count_include_pad": 1}
        expected = evaluate(
            "MaxPool" if largest else "AveragePool",
            [tensors.inputs],
            kernel_shape=layer.window,
            strides=layer.step,
            dilations=layer.dilation,
            pads=sides(layer),
            **more,
        )
    if not largest:  # the array adds, and the host divides
        expected = np.rint(expected.astype(np.float64) * layer.window[0] * layer.window[1])
    assert np.array_equal(found, expected)


def by_onnx(layer: Recurrent, x: Any, weights: Any, order: list[int], **attributes: Any) -> Any:
    """Run every direction by itself, its gates brought into ONNX's order, the backward one turned round."""
    results = []
    for direction, own in enumerate(weights):
        gates = own.reshape(len(order), layer.hidden, -1)[order].reshape(-1, own.shape[1])
        w, r = gates[None, :, : layer.inputs], gates[None, :, layer.inputs :]
        turned = x[::-1] if direction else x
        kind = layer.kind.upper()
        y = evaluate(kind, [turned, w, r], hidden_size=layer.hidden, **attributes)[:, 0]
        results.append(y[::-1] if direction else y)
    return np.stack(results, axis=2)


STEP = 3 / ONE
"""Rounding of one step: values have 8 bits behind the point, gates multiply a few of them."""


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(
    ("kind", "order", "more", "attributes"),
    [
        # Ours: input, forget, cell, output, and reset, update, new.
        (LSTM, [0, 3, 1, 2], {}, {}),
        (GRU, [1, 0, 2], {}, {"linear_before_reset": 0}),
        (GRU, [1, 0, 2], {"reset_after": True}, {"linear_before_reset": 1}),
        (RNN, [0], {}, {}),
    ],
)
def test_recurrent_layers_are_onnxs_within_the_rounding(
    kind: type[Recurrent], order: list[int], more: dict[str, Any], attributes: dict[str, Any], directions: int
) -> None:
    layer = kind(batch=2, inputs=5, hidden=4, steps=4, directions=directions, **more)
    rng = np.random.default_rng(directions)
    x = rng.integers(-ONE, ONE, (4, 2, 5))
    weights = rng.integers(-ONE, ONE, (directions, len(order) * 4, 9))
    found = whole_reference(layer, {"inputs": x, "weights": weights}) / ONE
    expected = by_onnx(layer, x / ONE, weights / ONE, order, **attributes)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < STEP * layer.steps
    # The tolerance is far below what another order of gates or steps would make.
    wrong = by_onnx(layer, x[::-1] / ONE, weights / ONE, order, **attributes)
    assert np.abs(found - wrong).max() > 5 * STEP * layer.steps


def test_attention_is_onnxs_within_the_rounding() -> None:
    layer: Layer = Attention(batch=2, heads=3, head_size=4, queries=5, keys=7)
    rng = np.random.default_rng(1)
    q, k, v = (rng.integers(-2 * ONE, 2 * ONE, (2, n, 12)) for n in (5, 7, 7))
    found = whole_reference(layer, {"query": q, "key": k, "value": v}) / ONE
    heads = [t.reshape(2, -1, 3, 4).transpose(0, 2, 1, 3) / ONE for t in (q, k, v)]
    scores = np.einsum("bhqd,bhkd->bhqk", heads[0], heads[1]) / 2
    shares = evaluate("Softmax", [scores], axis=-1)
    expected = np.einsum("bhqk,bhkd->bqhd", shares, heads[2]).reshape(2, 5, 12)
    assert np.abs(found - expected).max() < 7 * 2 / ONE
