"""The words that every distribution port sends in one step: destinations, meaning and order.

Source: rule T3. A port sends a word once to all of its multipliers that want it; a
word wanted behind several ports is sent by each. Inputs go in the order of the padded input's coordinates,
row, column, channel; weights in the order (g, k, c, r, s).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.layout import Layout
from solver.switches.switch_config import Operand, Word

Ports = tuple[tuple[Word, ...], ...]


def weight_words(layout: Layout, wanted: BoolArray) -> Ports:
    """Return the weights that the wanted positions are sent, for one fold."""
    _, g, k, _, _ = layout.vn_index
    return _words(layout, Operand.WEIGHT, layout.weight_key, (g, k, *layout.offsets), wanted)


def input_words(layout: Layout, wanted: BoolArray) -> Ports:
    """Return the inputs that the wanted positions are sent, for one window and fold."""
    nest = layout.nest
    n, g, _, x, y = layout.vn_index
    c, r, s = layout.offsets
    row = x * nest.stride[0] + r * nest.dilation[0]
    col = y * nest.stride[1] + s * nest.dilation[1]
    return _words(layout, Operand.INPUT, layout.input_key, (n, g, c, row, col), wanted)


def partial_sum_words(layout: Layout) -> Ports:
    """Return the partial sums that the auxiliary multipliers are sent, one per virtual neuron."""
    return _words(layout, Operand.PARTIAL_SUM, layout.vn, (layout.vn,), layout.is_aux)


def _words(
    layout: Layout, operand: Operand, key: IntArray, offset: Sequence[IntArray], wanted: BoolArray
) -> Ports:
    ports: list[tuple[Word, ...]] = []
    bit = layout.leaf % layout.hardware.port_width
    for port in range(layout.hardware.dn_bw):
        here = np.flatnonzero(wanted & (layout.port == port))
        words = []
        for group in _groups(key[here]):
            at = here[group]
            mask = sum(1 << int(b) for b in bit[at])
            words.append(Word(mask, operand, tuple(int(axis[at[0]]) for axis in offset)))
        ports.append(tuple(words))
    return tuple(ports)


def _groups(key: IntArray) -> Sequence[IntArray]:
    """Return the indices of equal keys together, in the order of the keys."""
    if not len(key):
        return []
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
