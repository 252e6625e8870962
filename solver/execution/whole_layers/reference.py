"""Layers made of parts, from their definitions: written without looking at how they are taken apart.

The host's functions (`solver.execution.whole_layers.host`) are the same on both sides; operands are those of
`solver.execution.whole_layers.parts`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.whole_layers import host
from solver.layer import GRU, LSTM, Attention, ConvTranspose, Layer, Recurrent

Operands = Mapping[str, IntArray]


def whole_reference(layer: Layer, operands: Operands) -> IntArray:
    """Return the output of a layer made of parts.

    Parameters
    ----------
    layer
        A transposed convolution, recurrent layer or attention.
    operands
        Integers in the shapes of `solver.execution.whole_layers.parts.operand_shapes`.
    """
    if isinstance(layer, ConvTranspose):
        return _transposed(layer, operands["inputs"], operands["weights"])
    if isinstance(layer, Attention):
        return _attention(layer, operands)
    assert isinstance(layer, Recurrent)
    return _recurrent(layer, operands["inputs"], operands["weights"])


def _transposed(layer: ConvTranspose, x: IntArray, w: IntArray) -> IntArray:
    """Add every input word times the whole filter to the output, then cut off the padding."""
    rows, cols = (n + sum(p) for n, p in zip(layer.output[1:], layer.padding, strict=True))
    whole = np.zeros((layer.batch, layer.filters, rows, cols), dtype=np.int64)
    per_group, outputs = layer.input[0] // layer.groups, layer.filters // layer.groups
    for channel, i, j in np.ndindex(*layer.input):
        first = channel // per_group * outputs
        for r, s in np.ndindex(*layer.kernel):
            down = i * layer.stride[0] + r * layer.dilation[0]
            right = j * layer.stride[1] + s * layer.dilation[1]
            share = x[:, channel, i, j, None] * w[channel, :, r, s]
            whole[:, first : first + outputs, down, right] += share
    (top, _), (left, _) = layer.padding
    return whole[:, :, top : top + layer.output[1], left : left + layer.output[2]]


def _recurrent(layer: Recurrent, x: IntArray, w: IntArray) -> IntArray:
    """Step through each sequence by itself, inputs and state multiplied apart."""
    out = np.zeros((layer.steps, layer.batch, layer.directions, layer.hidden), dtype=np.int64)
    for direction, sequence in np.ndindex(layer.directions, layer.batch):
        of_x, of_h = np.split(w[direction], [layer.inputs], axis=1)
        h = c = np.zeros(layer.hidden, dtype=np.int64)
        steps = range(layer.steps)
        for t in reversed(steps) if direction == 1 else steps:
            x_t = x[t, sequence]
            if isinstance(layer, LSTM):
                i, f, g, o = (of_x @ x_t + of_h @ h).reshape(4, -1)
                c = host.rounded(host.sigmoid(f) * c + host.sigmoid(i) * host.tanh(g))
                h = host.rounded(host.sigmoid(o) * host.tanh(c << host.FRACTION))
            elif isinstance(layer, GRU):
                h = _gru_step(layer, x_t, h, of_x, of_h)
            else:
                h = host.tanh(of_x @ x_t + of_h @ h)
            out[t, sequence, direction] = h
    return out


def _gru_step(layer: GRU, x: IntArray, h: IntArray, of_x: IntArray, of_h: IntArray) -> IntArray:
    (wr, wz, wn), (ur, uz, un) = of_x.reshape(3, layer.hidden, -1), of_h.reshape(3, layer.hidden, -1)
    r, z = host.sigmoid(wr @ x + ur @ h), host.sigmoid(wz @ x + uz @ h)
    if layer.reset_after:
        n = host.tanh((host.rounded(wn @ x) << host.FRACTION) + r * host.rounded(un @ h))
    else:
        n = host.tanh(wn @ x + un @ host.rounded(r * h))
    return host.rounded((host.ONE - z) * n + z * h)


def _attention(layer: Attention, operands: Operands) -> IntArray:
    q, k, v = operands["query"], operands["key"], operands["value"]
    if layer.projections:
        q, k, v = (host.rounded(t @ m) for t, m in zip((q, k, v), operands["weights"], strict=False))
    out = np.zeros_like(q)
    for b, head in np.ndindex(layer.batch, layer.heads):
        own = slice(head * layer.head_size, (head + 1) * layer.head_size)
        shares = host.softmax(q[b, :, own] @ k[b, :, own].T, layer.head_size**-0.5)
        out[b, :, own] = host.rounded(shares @ v[b, :, own])
    return host.rounded(out @ operands["weights"][3]) if layer.projections else out
