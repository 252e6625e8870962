"""Words that cross the chip's edge, and the room that a buffer tile takes.

Between DRAM and buffer an operand's tile stays while only loops run that it does not depend on. With the
groups K, P = (N, X, Y) and Q = (C, R, S) in an order, G outermost:

* weights are fetched anew for every P tile if some K or Q loop inside P runs more than once, else once;
* inputs are fetched anew for every K tile if some P or Q loop inside K runs more than once, else once;
* outputs leave as partial sums and come back for every Q tile but the last (first) if some K or P loop
  inside Q runs more than once, else they leave once.

When the tile moves by a single step along Y (or along X where one tile holds all columns), the input lines
that both tiles need stay in the buffer; that is so unless a Q loop runs inside P.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.words import OPERANDS, WordBytes
from solver.layer import LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, C, G, K, N, R, S, X, Y, axis_lines, lines_of

LONGEST_TABLE = 2**14
"""Outputs along an axis up to which the lines of every tile are looked up; beyond, they are computed."""


@dataclass(frozen=True)
class InputLines:
    """Input rows and columns of rows of buffer tiles: fetched whole, or with the overlap kept; and held."""

    rows_held: IntArray
    rows_fetched: IntArray
    rows_kept: IntArray
    cols_held: IntArray
    cols_fetched: IntArray
    cols_kept: IntArray

    def take(self, index: IntArray | BoolArray) -> InputLines:
        """Return some of the rows."""
        return InputLines(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def buffer_input_lines(nest: LoopNest, buffers: IntArray) -> InputLines:
    """Look up the input lines of buffer tiles, shape (rows, 8)."""
    rows = _along(nest.X, nest.R, nest.stride[0], nest.dilation[0], buffers[:, X], buffers[:, R])
    cols = _along(nest.Y, nest.S, nest.stride[1], nest.dilation[1], buffers[:, Y], buffers[:, S])
    return InputLines(*rows, *cols)


def _along(
    outputs: int, taps: int, stride: int, dilation: int, size: IntArray, held_taps: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    if outputs == 1:
        # One row of outputs: the filter taps are the input rows, split without overlap.
        everything = np.full_like(size, taps)
        return held_taps, everything, everything
    if outputs > LONGEST_TABLE:
        lines = lines_of(size, outputs, taps, stride, dilation)
        return lines.held, lines.fetched, lines.kept
    lines = axis_lines(outputs, taps, stride, dilation)
    return lines.held[size], lines.fetched[size], lines.kept[size]


@dataclass(frozen=True)
class Footprint:
    """Words of one full buffer tile, per operand."""

    weights: IntArray
    inputs: IntArray
    outputs: IntArray

    def take(self, index: IntArray | BoolArray) -> Footprint:
        """Return some of the rows."""
        return Footprint(self.weights[index], self.inputs[index], self.outputs[index])

    @property
    def total(self) -> IntArray:
        """Words of all operands."""
        return self.weights + self.inputs + self.outputs

    def units(self, sizes: WordBytes) -> IntArray:
        """Words of all operands in units."""
        return sizes.together(self.weights, self.inputs, self.outputs)

    def fits(self, buffer: PrefetchBuffer) -> BoolArray:
        """Return which tiles fit into the buffer (twice, if double-buffered)."""
        shared = buffer.shared_units
        if shared is not None:
            return np.asarray(self.units(buffer.sizes) <= shared)
        fits = np.ones(len(self.weights), dtype=bool)
        for operand in OPERANDS:
            room = buffer.words(operand)
            assert room is not None
            fits &= getattr(self, operand) <= room
        return fits


def footprint(buffers: IntArray, lines: InputLines) -> Footprint:
    """Return the words of full buffer tiles."""
    b = buffers.T
    return Footprint(
        weights=b[G] * b[K] * b[C] * b[R] * b[S],
        inputs=b[N] * b[G] * b[C] * lines.rows_held * lines.cols_held,
        outputs=b[N] * b[G] * b[K] * b[X] * b[Y],
    )


@dataclass(frozen=True)
class DramWords:
    """Words between DRAM and buffer."""

    weights: IntArray
    inputs: IntArray
    output_writes: IntArray
    output_reads: IntArray

    @property
    def total(self) -> IntArray:
        """Words in both directions."""
        return self.weights + self.inputs + self.output_writes + self.output_reads

    def units(self, sizes: WordBytes) -> IntArray:
        """Words in both directions in units."""
        return sizes.together(self.weights, self.inputs, self.output_writes + self.output_reads)

    @property
    def reads(self) -> IntArray:
        """Words from DRAM."""
        return self.weights + self.inputs + self.output_reads


@dataclass(frozen=True)
class Moves:
    """How often each operand crosses the chip's edge under one loop order, and whether input overlaps stay.

    Attributes
    ----------
    weights, inputs, outputs
        Times each word of the operand is moved (outputs: times it leaves).
    keeps
        Whether the overlap of neighbouring input tiles stays in the buffer.
    """

    weights: IntArray
    inputs: IntArray
    outputs: IntArray
    keeps: BoolArray


_GROUPS = "KPQ"

_INSIDE = np.array(
    [[[order.index(b) > order.index(a) for b in _GROUPS] for a in _GROUPS] for order in DRAM_ORDERS]
)
"""Whether a group of loops (last axis) runs inside another (middle axis), for each DRAM order."""


def moves(trips: IntArray, order: str | IntArray) -> Moves:
    """Apply the rules of the module's docstring to rows of refill counts o_d, shape (rows, 8).

    Parameters
    ----------
    order
        One of `DRAM_ORDERS`, or the index of one for each row.
    """
    index = np.full(len(trips), DRAM_ORDERS.index(order)) if isinstance(order, str) else order
    inside = _INSIDE[index]
    o = trips.T
    runs = np.stack([o[K], o[N] * o[X] * o[Y], o[C] * o[R] * o[S]], axis=1)
    interrupted = (inside & (runs > 1)[:, None, :]).any(axis=2)
    times = np.where(interrupted, runs, 1)
    k, p, q = range(len(_GROUPS))
    return Moves(times[:, p], times[:, k], times[:, q], (runs[:, q] == 1) | ~inside[:, p, q])


def dram_words(nest: LoopNest, trips: IntArray, lines: InputLines, order: str | IntArray) -> DramWords:
    """Count the words of rows of buffer tiles under one loop order.

    Parameters
    ----------
    trips
        o_d, shape (rows, 8).
    order
        One of `DRAM_ORDERS`, outermost first, or the index of one for each row.
    """
    times = moves(trips, order)
    whole = lines.rows_fetched * lines.cols_fetched
    overlapping = np.where(
        trips[:, Y] > 1, lines.rows_fetched * lines.cols_kept, lines.rows_kept * lines.cols_fetched
    )
    return DramWords(
        weights=nest.weights * times.weights,
        inputs=nest.N * nest.G * nest.C * np.where(times.keeps, overlapping, whole) * times.inputs,
        output_writes=nest.outputs * times.outputs,
        output_reads=nest.outputs * (times.outputs - 1),
    )
