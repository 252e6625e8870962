"""Layers made of parts, from their definitions: written without looking at how they are taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.layer import GRU, LSTM, Attention, ConvTranspose, Layer, Recurrent
from solver.simulate import host


def definition(layer: Layer, operands: dict[str, Any]) -> np.ndarray:
    if isinstance(layer, ConvTranspose):
        return transposed(layer, operands["inputs"], operands["weights"])
    if isinstance(layer, Attention):
        return attention(layer, operands)
    assert isinstance(layer, Recurrent)
    return recurrent(layer, operands["inputs"], operands["weights"])


def transposed(layer: ConvTranspose, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Add every input word times the whole filter to the output, then cut off the padding."""
    rows, cols = (n + sum(p) for n, p in zip(layer.output[1:], layer.padding, strict=True))
    whole = np.zeros((layer.batch, layer.filters, rows, cols), dtype=np.int64)
    per_group, outputs = layer.input[0] // layer.groups, layer.filters // layer.groups
    for channel in range(layer.input[0]):
        first = channel // per_group * outputs
        for i in range(layer.input[1]):
            for j in range(layer.input[2]):
                for r in range(layer.kernel[0]):
                    for s in range(layer.kernel[1]):
                        at = i * layer.stride[0] + r * layer.dilation[0]
                        to = j * layer.stride[1] + s * layer.dilation[1]
                        share = x[:, channel, i, j, None] * w[channel, :, r, s]
                        whole[:, first : first + outputs, at, to] += share
    (top, _), (left, _) = layer.padding
    return whole[:, :, top : top + layer.output[1], left : left + layer.output[2]]


def recurrent(layer: Recurrent, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    out = np.zeros((layer.steps, layer.batch, layer.directions, layer.hidden), dtype=np.int64)
    for d in range(layer.directions):
        of_x, of_h = w[d][:, : layer.inputs], w[d][:, layer.inputs :]
        for b in range(layer.batch):
            h = c = np.zeros(layer.hidden, dtype=np.int64)
            steps = range(layer.steps)
            for t in reversed(steps) if d == 1 else steps:
                if isinstance(layer, LSTM):
                    i, f, g, o = (of_x @ x[t, b] + of_h @ h).reshape(4, -1)
                    c = host.rounded(host.sigmoid(f) * c + host.sigmoid(i) * host.tanh(g))
                    h = host.rounded(host.sigmoid(o) * host.tanh(c << host.FRACTION))
                elif isinstance(layer, GRU):
                    h = gru_step(layer, x[t, b], h, of_x, of_h)
                else:
                    h = host.tanh(of_x @ x[t, b] + of_h @ h)
                out[t, b, d] = h
    return out


def gru_step(layer: GRU, x: Any, h: Any, of_x: Any, of_h: Any) -> Any:
    (wr, wz, wn), (ur, uz, un) = of_x.reshape(3, layer.hidden, -1), of_h.reshape(3, layer.hidden, -1)
    r, z = host.sigmoid(wr @ x + ur @ h), host.sigmoid(wz @ x + uz @ h)
    if layer.reset_after:
        n = host.tanh((host.rounded(wn @ x) << host.FRACTION) + r * host.rounded(un @ h))
    else:
        n = host.tanh(wn @ x + un @ host.rounded(r * h))
    return host.rounded((host.ONE - z) * n + z * h)


def attention(layer: Attention, operands: dict[str, Any]) -> np.ndarray:
    q, k, v = operands["query"], operands["key"], operands["value"]
    if layer.projections:
        q, k, v = (host.rounded(t @ m) for t, m in zip((q, k, v), operands["weights"], strict=False))
    out = np.zeros_like(q)
    for b in range(layer.batch):
        for head in range(layer.heads):
            own = slice(head * layer.head_size, (head + 1) * layer.head_size)
            shares = host.softmax(q[b, :, own] @ k[b, :, own].T, layer.head_size**-0.5)
            out[b, :, own] = host.rounded(shares @ v[b, :, own])
    return host.rounded(out @ operands["weights"][3]) if layer.projections else out


def random_operands(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.integers(-300, 301, size=shape) for name, shape in shapes.items()}
