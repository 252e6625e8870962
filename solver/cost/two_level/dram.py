"""Words that cross the chip's edge, and the room that a buffer tile takes.

Between DRAM and buffer an operand's tile stays while only loops run that it does not depend on. With the
groups K, P = (N, X, Y) and Q = (C, R, S) in an order, G outermost:

* weights are fetched anew for every P tile if some K or Q loop inside P runs more than once, else once;
* inputs are fetched anew for every K tile if some P or Q loop inside K runs more than once, else once;
* outputs leave as partial sums and come back for every Q tile but the last (first) if some K or P loop
  inside Q runs more than once, else they leave once.

When the tile moves by a single step along Y (or along X where one tile holds all columns), the input lines
that both tiles need stay in the buffer; that is so unless a Q loop runs inside P.

The formulas are over an algebra: arrays of many buffer tiles, or variables of the joint model
(`solver.search.two_level.joint`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Algebra, Truth, Value
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.words import OPERANDS, WordBytes
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, R, S, X, Y, axis_lines, lines_of

LONGEST_TABLE = 2**14
"""Outputs along an axis up to which the lines of every tile are looked up; beyond, they are computed."""


@dataclass(frozen=True)
class InputLines:
    """Input rows and columns of rows of buffer tiles: fetched whole, or with the overlap kept; and held."""

    rows_held: Value
    rows_fetched: Value
    rows_kept: Value
    cols_held: Value
    cols_fetched: Value
    cols_kept: Value

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

    weights: Value
    inputs: Value
    outputs: Value

    def take(self, index: IntArray | BoolArray) -> Footprint:
        """Return some of the rows."""
        return Footprint(self.weights[index], self.inputs[index], self.outputs[index])

    @property
    def total(self) -> Value:
        """Words of all operands."""
        return self.weights + self.inputs + self.outputs

    def units(self, sizes: WordBytes) -> Value:
        """Words of all operands in units."""
        return sizes.together(self.weights, self.inputs, self.outputs)

    def within(self, a: Algebra, buffer: PrefetchBuffer) -> Truth:
        """Return whether a tile fits into the buffer (twice, if double-buffered)."""
        if buffer.shared_units is not None:
            return a.at_most(self.units(buffer.sizes), buffer.shared_units)
        return a.both(*(a.at_most(getattr(self, name), buffer.words(name)) for name in OPERANDS))

    def fits(self, buffer: PrefetchBuffer) -> BoolArray:
        """Return which tiles fit into the buffer."""
        return np.asarray(self.within(ARRAYS, buffer))


def footprint(buffers: IntArray, lines: InputLines) -> Footprint:
    """Return the words of full buffer tiles, shape (rows, 8)."""
    return footprint_of(ARRAYS, dict(zip(DIMS, buffers.T, strict=True)), lines)


def footprint_of(a: Algebra, buffer: Mapping[str, Value], lines: InputLines) -> Footprint:
    """Return the words of a full buffer tile B_d, by loop."""

    def words(dims: str, *others: Value) -> Value:
        return a.product(*(buffer[dim] for dim in dims), *others)

    return Footprint(words("GKCRS"), words("NGC", lines.rows_held, lines.cols_held), words("NGKXY"))


@dataclass(frozen=True)
class DramWords:
    """Words between DRAM and buffer."""

    weights: Value
    inputs: Value
    output_writes: Value
    output_reads: Value

    @property
    def total(self) -> Value:
        """Words in both directions."""
        return self.weights + self.inputs + self.output_writes + self.output_reads

    def units(self, sizes: WordBytes) -> Value:
        """Words in both directions in units."""
        return sizes.together(self.weights, self.inputs, self.output_writes + self.output_reads)

    @property
    def events(self) -> dict[str, Value]:
        """The words as events, under the names that prices know."""
        return {
            "dram_weights": self.weights,
            "dram_inputs": self.inputs,
            "dram_outputs": self.output_writes,
            "dram_psums": self.output_reads,
        }


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

    weights: Value
    inputs: Value
    outputs: Value
    keeps: Truth


GROUPS = {"K": "K", "P": "NXY", "Q": "CRS"}
"""Loops of each group."""

_INSIDE = {
    (inner, outer): np.array([order.index(inner) > order.index(outer) for order in DRAM_ORDERS])
    for inner in GROUPS
    for outer in GROUPS
}
"""Whether a group of loops runs inside another, for each DRAM order."""


def moves(trips: IntArray, order: str | IntArray) -> Moves:
    """Apply the rules of the module's docstring to rows of refill counts o_d, shape (rows, 8).

    Parameters
    ----------
    order
        One of `DRAM_ORDERS`, or the index of one for each row.
    """
    index = DRAM_ORDERS.index(order) if isinstance(order, str) else order
    trip = dict(zip(DIMS, trips.T, strict=True))
    return moves_of(ARRAYS, trip, lambda inner, outer: _INSIDE[inner, outer][index])


def moves_of(a: Algebra, trip: Mapping[str, Value], inside: Callable[[str, str], Truth]) -> Moves:
    """Apply the rules of the module's docstring to o_d, by loop.

    Parameters
    ----------
    inside
        Whether the group named first runs inside the other.
    """
    runs = {group: a.product(*(trip[dim] for dim in dims)) for group, dims in GROUPS.items()}
    several = {group: a.at_most(2, count) for group, count in runs.items()}

    def times(group: str) -> Value:
        others = [a.both(inside(other, group), several[other]) for other in GROUPS if other != group]
        return a.choose(a.either(*others), runs[group], 1)

    keeps = a.opposite(a.both(inside("Q", "P"), several["Q"]))
    return Moves(times("P"), times("K"), times("Q"), keeps)


def dram_words(nest: LoopNest, trips: IntArray, lines: InputLines, order: str | IntArray) -> DramWords:
    """Count the words of rows of buffer tiles under one loop order.

    Parameters
    ----------
    trips
        o_d, shape (rows, 8).
    order
        One of `DRAM_ORDERS`, outermost first, or the index of one for each row.
    """
    return dram_words_of(ARRAYS, nest, trips[:, Y], lines, moves(trips, order))


def dram_words_of(a: Algebra, nest: LoopNest, columns: Value, lines: InputLines, times: Moves) -> DramWords:
    """Count the words that cross the chip's edge.

    Parameters
    ----------
    columns
        o_Y: with more than one the tile moves along Y first, else along X.
    """
    whole = a.product(lines.rows_fetched, lines.cols_fetched)
    across = a.product(lines.rows_fetched, lines.cols_kept)
    down = a.product(lines.rows_kept, lines.cols_fetched)
    fetched = a.choose(times.keeps, a.choose(a.at_most(2, columns), across, down), whole)
    return DramWords(
        weights=nest.weights * times.weights,
        inputs=a.product(nest.N * nest.G * nest.C, fetched, times.inputs),
        output_writes=nest.outputs * times.outputs,
        output_reads=nest.outputs * (times.outputs - 1),
    )
