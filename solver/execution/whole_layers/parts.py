"""Run a layer that is made of parts: each part on the array, the steps between them on the host.

How a primitive is run is the caller's: by its definition, or decoded and executed switch by switch.

Operands by kind; values of recurrent layers and attention have `host.FRACTION` bits behind the binary point:

transposed convolution
    inputs (batch, channels, rows, columns), weights (channels, filters / groups, R, S)
LSTM, GRU, RNN
    inputs (steps, batch, inputs), weights (directions, gates x hidden, inputs + hidden) with the gates
    i f g o (LSTM) or r z n (GRU) one below the other; the output is (steps, batch, directions, hidden)
attention
    query (batch, queries, width), key and value (batch, keys, width) with width heads x head size; with
    projections also weights (4, width, width) for query, key, value and output: tokens times matrix

Average pooling is one primitive: the array computes its sums, the host divides them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.lowering import Tensors
from solver.execution.whole_layers import host
from solver.layer import (
    GRU,
    LSTM,
    Attention,
    ConvTranspose,
    FullyConnected,
    Layer,
    Loops,
    Multiply,
    Primitive,
    Recurrent,
)
from solver.layer.transposed import Phase
from solver.layer.window import reach

Operands = Mapping[str, IntArray]
Run = Callable[[Primitive, Tensors], IntArray]
"""Runs a primitive on operands in its own shapes (`solver.execution.lowering`)."""


def operand_shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the operands of a layer made of parts.

    Raises
    ------
    InputError
        If layers of the kind are not run by parts.
    """
    if isinstance(layer, ConvTranspose):
        channels, filters = layer.input[0], layer.filters // layer.groups
        return {"inputs": (layer.batch, *layer.input), "weights": (channels, filters, *layer.kernel)}
    if isinstance(layer, Recurrent):
        gates = sum(part.layer.outputs for part in layer.step() if isinstance(part.layer, FullyConnected))
        if isinstance(layer, GRU) and layer.reset_after:
            gates -= layer.hidden  # the candidate's inputs and state have a matrix each, side by side
        rows = layer.inputs + layer.hidden
        return {
            "inputs": (layer.steps, layer.batch, layer.inputs),
            "weights": (layer.directions, gates, rows),
        }
    if isinstance(layer, Attention):
        width = layer.heads * layer.head_size
        attended = (layer.batch, layer.attended, width)
        shapes: dict[str, tuple[int, ...]] = {
            "query": (layer.batch, layer.queries, width),
            "key": attended,
            "value": attended,
        }
        return shapes | ({"weights": (4, width, width)} if layer.projections else {})
    raise InputError(
        field=layer.name or None, found=f"the kind {layer.kind}", expected="a layer made of parts"
    )


def run_parts(layer: Layer, operands: Operands, run: Run, decomposition: str = "") -> IntArray:
    """Return the output of a layer, every part on the array run by `run`.

    Parameters
    ----------
    layer
        A layer made of parts.
    operands
        Integers in the shapes of `operand_shapes`.
    run
        How primitives are run.
    decomposition
        Which of the layer's decompositions; the first if empty.
    """
    if isinstance(layer, ConvTranspose):
        return _transposed(layer, operands, run, decomposition)
    if isinstance(layer, Recurrent):
        return _recurrent(layer, operands, run)
    if isinstance(layer, Attention):
        return _attention(layer, operands, run)
    raise InputError(
        field=layer.name or None, found=f"the kind {layer.kind}", expected="a layer made of parts"
    )


def _transposed(layer: ConvTranspose, operands: Operands, run: Run, decomposition: str) -> IntArray:
    ways = {way.name: way for way in layer.decompositions()}
    way = ways[decomposition] if decomposition else next(iter(ways.values()))
    groups, channels, filters = layer.groups, layer.input[0] // layer.groups, layer.filters // layer.groups
    inputs = operands["inputs"].reshape(layer.batch, groups, channels, *layer.input[1:])
    # (groups, filters, channels, R, S); flipped below, as output o meets tap r of input o - r x dilation.
    weights = operands["weights"].reshape(groups, channels, filters, *layer.kernel).transpose(0, 2, 1, 3, 4)
    output = np.zeros((layer.batch, groups, filters, *layer.output[1:]), dtype=np.int64)
    parts = [part.layer for part in way.parts if isinstance(part.layer, Loops)]
    if way.name == "phases":
        pairs = [(a, b) for a in layer.phases(0) for b in layer.phases(1)]
        for part, (down, right) in zip(parts, pairs, strict=True):
            seen = _phase_input(layer, 1, right, _phase_input(layer, 0, down, inputs))
            taps = weights[..., down.filter_taps, :][..., right.filter_taps]
            found = run(part, Tensors(seen, np.ascontiguousarray(taps[..., ::-1, ::-1])))
            rows, cols = np.ix_(layer.outputs_of(0, down), layer.outputs_of(1, right))
            output[..., rows, cols] = found
    else:
        flipped = np.ascontiguousarray(weights[..., ::-1, ::-1])
        output = run(parts[0], Tensors(_insert_zeros(layer, inputs), flipped))
    return output.reshape(layer.batch, layer.filters, *layer.output[1:])


def _insert_zeros(layer: ConvTranspose, inputs: IntArray) -> IntArray:
    """Return the input with zeros between and around its words, as a convolution of stride 1 needs it."""
    for axis in (0, 1):
        place = inputs.ndim - 2 + axis
        spanned = reach(layer.kernel[axis], layer.dilation[axis]) - 1
        whole = (layer.input[1 + axis] - 1) * layer.stride[axis] + 1
        shape = list(inputs.shape)
        shape[place] = whole + 2 * spanned + layer.output_padding[axis]
        spread = np.zeros(shape, dtype=np.int64)
        view = np.moveaxis(spread, place, 0)
        view[spanned : spanned + whole : layer.stride[axis]] = np.moveaxis(inputs, place, 0)
        cut = layer.padding[axis][0]
        inputs = np.moveaxis(view[cut : cut + layer.output[1 + axis] + spanned], 0, place)
    return np.ascontiguousarray(inputs)


def _phase_input(layer: ConvTranspose, axis: int, phase: Phase, inputs: IntArray) -> IntArray:
    """Return the input lines that a phase's windows see along an axis, zeros where there are none."""
    place = inputs.ndim - 2 + axis
    lines = np.array(layer.inputs_of(axis, phase))
    inside = (lines >= 0) & (lines < inputs.shape[place])
    found = np.take(inputs, np.where(inside, lines, 0), axis=place)
    return found * inside.reshape([-1 if i == place else 1 for i in range(inputs.ndim)])


def _recurrent(layer: Recurrent, operands: Operands, run: Run) -> IntArray:
    parts = {part.name: part.layer for part in layer.step() if isinstance(part.layer, Primitive)}

    def product(name: str, inputs: IntArray, weights: IntArray) -> IntArray:
        return run(parts[name], Tensors(inputs, weights))

    def hadamard(name: str, *pairs: tuple[IntArray, IntArray]) -> IntArray:
        """Return the sum of the products of some pairs (stationary, streamed)."""
        assert isinstance(parts[name], Multiply)
        kept = np.stack([a.ravel() for a, _ in pairs], axis=-1)
        streamed = np.stack([b.ravel() for _, b in pairs], axis=-1)
        return run(parts[name], Tensors(streamed[:, None, :], kept)).reshape(pairs[0][0].shape)

    output = np.zeros((layer.steps, layer.batch, layer.directions, layer.hidden), dtype=np.int64)
    for direction, weights in enumerate(operands["weights"]):
        h = c = np.zeros((layer.batch, layer.hidden), dtype=np.int64)
        for step in range(layer.steps)[:: -1 if direction else 1]:
            x = operands["inputs"][step]
            if isinstance(layer, LSTM):
                h, c = _lstm_step(layer, x, h, c, weights, product, hadamard)
            elif isinstance(layer, GRU):
                h = _gru_step(layer, x, h, weights, product, hadamard)
            else:
                h = host.tanh(product("state", np.hstack([x, h]), weights))
            output[step, :, direction] = h
    return output


Product = Callable[[str, IntArray, IntArray], IntArray]
Hadamard = Callable[..., IntArray]


def _lstm_step(
    layer: LSTM,
    x: IntArray,
    h: IntArray,
    c: IntArray,
    weights: IntArray,
    product: Product,
    hadamard: Hadamard,
) -> tuple[IntArray, IntArray]:
    i, f, g, o = np.split(product("gates", np.hstack([x, h]), weights), 4, axis=1)
    i, f, g, o = host.sigmoid(i), host.sigmoid(f), host.tanh(g), host.sigmoid(o)
    c = host.rounded(hadamard("cell state", (f, c), (i, g)))
    return host.rounded(hadamard("hidden state", (o, host.tanh(c * host.ONE)))), c


def _gru_step(
    layer: GRU, x: IntArray, h: IntArray, weights: IntArray, product: Product, hadamard: Hadamard
) -> IntArray:
    gates, candidate = weights[: 2 * layer.hidden], weights[2 * layer.hidden :]
    r, z = (host.sigmoid(gate) for gate in np.split(product("gates", np.hstack([x, h]), gates), 2, axis=1))
    if layer.reset_after:
        of_input = product("candidate of inputs", x, np.ascontiguousarray(candidate[:, : layer.inputs]))
        of_state = product("candidate of state", h, np.ascontiguousarray(candidate[:, layer.inputs :]))
        one = np.full_like(r, host.ONE)
        before = hadamard("reset and sum", (r, host.rounded(of_state)), (one, host.rounded(of_input)))
    else:
        before = product("candidate", np.hstack([x, host.rounded(hadamard("reset", (r, h)))]), candidate)
    return host.rounded(hadamard("hidden state", (host.ONE - z, host.tanh(before)), (z, h)))


def _attention(layer: Attention, operands: Operands, run: Run) -> IntArray:
    parts = {part.name: part.layer for part in layer.parts() if isinstance(part.layer, Primitive)}
    matrices = dict(zip(("query", "key", "value", "output"), operands.get("weights", ()), strict=False))

    def project(name: str, tokens: IntArray) -> IntArray:
        """Return the tokens times a projection's matrix, or as they are without projections."""
        if not layer.projections:
            return tokens
        flat = tokens.reshape(-1, tokens.shape[-1])
        return host.rounded(run(parts[name], Tensors(flat, matrices[name]))).reshape(tokens.shape)

    def heads(tokens: IntArray) -> IntArray:
        """Return (batch, tokens, width) as (batch x heads, tokens, head size)."""
        batch, count, _ = tokens.shape
        split = tokens.reshape(batch, count, layer.heads, layer.head_size).transpose(0, 2, 1, 3)
        return np.ascontiguousarray(split.reshape(batch * layer.heads, count, layer.head_size))

    query, key, value = (heads(project(name, operands[name])) for name in ("query", "key", "value"))
    scores = run(parts["scores"], Tensors(query, np.ascontiguousarray(key.transpose(0, 2, 1))))
    shares = host.softmax(scores, layer.head_size**-0.5)
    context = host.rounded(run(parts["context"], Tensors(shares, value)))
    joined = context.reshape(layer.batch, layer.heads, layer.queries, layer.head_size).transpose(0, 2, 1, 3)
    return project("output", joined.reshape(layer.batch, layer.queries, -1))
