"""Boxes of refill counts: a range of every loop, with one order of the loops between DRAM and buffer.

What a box costs at least follows from its corners: the least refill counts move the fewest words, the largest
ones, with the smallest buffer tile, take the least room and expose the fewest words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.algebra import ARRAYS, Value
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.two_level.cost import exposed_cycles, memory_of
from solver.cost.two_level.dram import DramWords, Footprint, InputLines, dram_words, footprint, moves
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, C, R, S, X, Y, comes_back
from solver.mapping.lines import distinct_lines
from solver.search.two_level.bounds import least_by_back
from solver.search.two_level.images import has_images
from solver.search.two_level.options import FAR, Axis
from solver.search.two_level.ranges import Ranges


@dataclass(frozen=True)
class BufferBounds:
    """What boxes of refill counts cost at least, one element per (box, DRAM order).

    Attributes
    ----------
    box
        Shape (elements, 8): number of each loop's range, see `Ranges`.
    order
        Index into `DRAM_ORDERS`.
    transfer, exposed
        Least cycles of all DRAM transfers, and of those that nothing overlaps.
    energy
        Least energy of DRAM words, their buffer accesses, and partial sums in the buffer.
    back
        Whether they bring sums back into the array, which takes a multiplier per virtual neuron.
    """

    box: IntArray
    order: IntArray
    transfer: FloatArray
    exposed: FloatArray
    energy: FloatArray
    back: BoolArray

    def take(self, index: NDArray) -> BufferBounds:
        """Return some of the elements."""
        return BufferBounds(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @staticmethod
    def joined(parts: list[BufferBounds]) -> BufferBounds:
        """Return all elements of several."""
        names = BufferBounds.__dataclass_fields__
        return BufferBounds(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def least(self, back: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the least transfer, exposed cycles and energy of those that go with array tiles."""
        columns = self.transfer, self.exposed, self.energy
        transfer, exposed, energy = (least_by_back(column, self.back, back) for column in columns)
        return transfer, exposed, energy


class Boxes:
    """The boxes of one layer's refill counts.

    Parameters
    ----------
    shared
        Whether shares of transfers are wanted: those take no whole cycles.

    Attributes
    ----------
    ranges
        Of every loop, in the order of `DIMS`.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, axes: list[Axis], *, shared: bool = False) -> None:
        self.nest, self.hardware, self._shared = nest, hardware, shared
        self.ranges = [Ranges.of(axis) for axis in axes]

    def passes(self, loop: int, tile: int) -> IntArray:
        """Return the fewest passes of an array tile along a loop in each of its ranges."""
        passes = self.ranges[loop].passes(tile)
        if loop == X and has_images(self.nest):
            passes = np.where(passes < FAR, -(-self.nest.X // tile), FAR)
        return passes

    def look_up(self, name: str, box: IntArray) -> NDArray:
        """Return a figure of the ranges of boxes, shape (boxes, 8)."""
        result = np.empty(box.shape, dtype=np.float64 if name == "width" else np.int64)
        for i, ranges in enumerate(self.ranges):
            column = getattr(ranges, name)
            result[:, i] = column[box[:, i]] if len(column) > 1 else column
        return result

    def single(self, box: IntArray) -> BoolArray:
        """Return which boxes hold one vector of refill counts."""
        result = np.ones(len(box), dtype=bool)
        for i, ranges in enumerate(self.ranges):
            result &= ranges.single[box[:, i]]
        return result

    def classes(self, box: IntArray) -> IntArray:
        """Return the classes of refill counts of boxes that hold one vector, shape (boxes, 8)."""
        result: IntArray = self.look_up("first", box)
        return result

    def lines(self, box: IntArray, smallest: IntArray) -> InputLines:
        """Return the least input lines of boxes; `smallest` is the least buffer tile of each."""
        nest, rows, cols = self.nest, self.ranges[X], self.ranges[Y]
        x, y = box[:, X], box[:, Y]
        held = [
            distinct_lines(smallest[:, outputs], taps, nest.stride[axis], nest.dilation[axis])
            if nest.sizes[outputs] > 1
            else smallest[:, filters]
            for axis, (outputs, filters, taps) in enumerate(((X, R, nest.R), (Y, S, nest.S)))
        ]
        return InputLines(held[0], rows.fetched[x], rows.kept[x], held[1], cols.fetched[y], cols.kept[y])

    def room(self, box: IntArray) -> Footprint:
        """Return the least room that buffer tiles of boxes take."""
        smallest = self.look_up("smallest", box)
        return footprint(smallest, self.lines(box, smallest))

    def roots(self) -> BufferBounds:
        """Return boxes that hold all refill counts, with every DRAM order that can be better than others."""
        boxes = np.array(list(product(*(ranges.roots for ranges in self.ranges))), dtype=np.int64)
        useful = _useful_orders(self.look_up("trips", boxes))
        which, order = np.nonzero(useful)
        return self.bounded(boxes[which], order)

    def refined(
        self, bounds: BufferBounds, most: int, still: Callable[[BufferBounds], BoolArray]
    ) -> BufferBounds:
        """Halve boxes, the widest first, until there are many or each holds one vector of refill counts.

        Parameters
        ----------
        most
            So many are enough.
        still
            Which boxes are worth keeping, from their bounds.
        """
        bounds = bounds.take(still(bounds))
        wide = np.inf
        while len(bounds.order) < most:
            width = self.look_up("width", bounds.box).max(axis=1, initial=0)
            if not width.any():
                break
            wide = max(1.0, min(wide, float(width.max())) / 2)
            parts, of = self.halved(bounds.box[width >= wide])
            found = self.bounded(parts, bounds.order[width >= wide][of])
            bounds = BufferBounds.joined([bounds.take(width < wide), found.take(still(found))])
        return bounds

    def bounded(self, box: IntArray, order: IntArray) -> BufferBounds:
        """Bound the buffer part of boxes; those that cannot fit are left out."""
        nest, memory = self.nest, memory_of(self.hardware)
        tile = self.room(box)
        fits = tile.fits(memory.buffer)
        box, order = box[fits], order[fits]
        trips = self.look_up("trips", box)
        lines = self.lines(box, self.look_up("smallest", box))
        sizes = memory.buffer.sizes
        exposed = exposed_cycles(ARRAYS, memory, tile.units(sizes)[fits])
        words = dram_words(nest, trips, lines, order)
        later = (
            np.zeros(len(box)) if self.hardware.kind.adds_outside else trips[:, [C, R, S]].prod(axis=1) - 1
        )
        added = _price(self.hardware, "outputs", "buffer_read", "buffer_write")
        energy = energy_of_words(self.hardware, words) + added * (nest.outputs * later)
        units, per_cycle = words.units(sizes), memory.units_per_cycle
        transfer = units / per_cycle if self._shared else (-(-units // per_cycle)).astype(np.float64)
        return BufferBounds(
            box,
            order,
            transfer,
            exposed.astype(np.float64),
            energy,
            comes_back(self.hardware, trips),
        )

    def halved(self, box: IntArray) -> tuple[IntArray, IntArray]:
        """Halve boxes along their widest range.

        Returns
        -------
        tuple of arrays
            The halves, shape (2 boxes, 8), and the box that each is a half of. Boxes that hold one vector
            have none.
        """
        width = self.look_up("width", box)
        axis = width.argmax(axis=1)
        rows = np.arange(len(box))
        wide = np.flatnonzero(width[rows, axis] > 0)
        parts = np.repeat(box[wide], 2, axis=0)
        at = axis[wide]
        halves = np.empty((len(wide), 2), dtype=box.dtype)
        for i, ranges in enumerate(self.ranges):
            here = at == i
            halves[here] = ranges.halves[box[wide[here], i]]
        parts[np.arange(len(parts)), np.repeat(at, 2)] = halves.ravel()
        return parts, np.repeat(wide, 2)


def energy_of_words(hardware: Hardware, words: DramWords) -> Value:
    """Return the energy of words between DRAM and buffer, at both of them."""
    return (
        _price(hardware, "weights", "dram_read", "buffer_write") * words.weights
        + _price(hardware, "inputs", "dram_read", "buffer_write") * words.inputs
        + _price(hardware, "outputs", "dram_read", "buffer_write") * words.output_reads
        + _price(hardware, "outputs", "dram_write", "buffer_read") * words.output_writes
    )


def _price(hardware: Hardware, operand: str, *entries: str) -> float:
    """Return the energy of a word that is read here and written there."""
    return float(sum(hardware.price_of_word(entry, operand) for entry in entries))


def _useful_orders(trips: IntArray) -> BoolArray:
    """Return which DRAM orders are worth trying with refill counts, shape (rows, orders).

    An order that moves no operand less often than another, and keeps no overlap that the other loses, cannot
    be better; of equals the first is tried. Often one order is left. That depends only on which refill counts
    are one.
    """
    all_moves = [moves(trips, np.full(len(trips), order)) for order in range(len(DRAM_ORDERS))]
    figures = np.stack(
        [np.stack([m.weights, m.inputs, m.outputs, ~m.keeps]) for m in all_moves]
    )  # (orders, 4, rows)
    useful = np.ones((len(trips), len(DRAM_ORDERS)), dtype=bool)
    for i in range(len(DRAM_ORDERS)):
        for j in range(len(DRAM_ORDERS)):
            if i != j:
                no_worse = (figures[j] <= figures[i]).all(axis=0)
                same = (figures[j] == figures[i]).all(axis=0)
                useful[:, i] &= ~(no_worse & (~same | (j < i)))
    return useful
