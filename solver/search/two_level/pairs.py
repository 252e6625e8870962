"""Bounds of array tiles with boxes of refill counts, by the cost model from the box's corners.

The cycles of the array grow with refill counts and passes, and so do the words that move; the room that a
buffer tile takes shrinks. So a pair of an array tile and a box costs at least what the model says of the
fewest refill counts and passes in the box and of its smallest buffer tile. The array's energy alone may
shrink with more refills along Y (fewer forwarded words) and of C, R and S (fewer sums in accumulators): it is
linear in either, so the better end counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import whole_energy
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import LevelCosts, combine, memory_of
from solver.cost.two_level.dram import GROUPS, DramWords, Footprint, footprint, moves
from solver.cost.two_level.work import drains_surely
from solver.hardware.words import OPERANDS
from solver.layer import DIMS
from solver.mapping.buffer_tile import C, R, S, Y, comes_back
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds, cycles_once, unfoldable
from solver.search.two_level.boxes import Boxes, energy_of_words
from solver.search.two_level.energies import ArrayEnergies
from solver.search.two_level.options import FAR

_CHUNK = 1 << 14
"""Pairs bounded at once: their columns stay in the cache."""

ROOT = -1
"""DRAM order of a pair that stands for an array tile with all refill counts."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of an array tile (with its order) and a box of refill counts (with theirs), and their bounds.

    Attributes
    ----------
    array
        Element of the array bounds (as an integer of 32 bits, like `box`; `order` has 8).
    box
        Shape (pairs, 8): number of each loop's range, see `Ranges`.
    order
        Index into `DRAM_ORDERS`, or ROOT.
    latency, energy
        Least cycles and energy.
    """

    array: NDArray
    box: NDArray
    order: NDArray
    latency: FloatArray
    energy: FloatArray

    def __len__(self) -> int:
        return len(self.array)

    def take(self, index: NDArray | slice) -> Pairs:
        """Return some of the pairs."""
        return Pairs(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @staticmethod
    def joined(parts: list[Pairs]) -> Pairs:
        """Return all pairs of several."""
        if len(parts) == 1:
            return parts[0]
        names = Pairs.__dataclass_fields__
        return Pairs(*(np.concatenate([getattr(part, name) for part in [_NONE, *parts]]) for name in names))

    @staticmethod
    def none() -> Pairs:
        """Return no pairs."""
        return _NONE


_NONE = Pairs(
    np.empty(0, dtype=np.int32),
    np.empty((0, len(DIMS)), dtype=np.int32),
    np.empty(0, dtype=np.int8),
    np.empty(0),
    np.empty(0),
)


class PairBounds:
    """Bounds pairs of some array tiles of a layer, and boxes of its refill counts.

    Parameters
    ----------
    joined
        How latencies follow from the parts.
    energy
        Whether energies are wanted; else they mean nothing.

    Attributes
    ----------
    with_energy
        Whether energies are bounded, too; else they mean nothing.
    cut
        Where `joined` does not take latencies as they are: a loop, and what part of the array's work counts
        that grows with it, of each row.
    """

    def __init__(
        self,
        boxes: Boxes,
        orders: tuple[str, ...],
        arrays: ArrayBounds,
        shapes: ArrayShapes,
        joined: JoinedBounds,
        *,
        energy: bool = True,
    ) -> None:
        self.joined, self.with_energy = joined, energy
        self.cut = 0, np.ones(len(shapes.tiles))
        self.nest, self.hardware = boxes.nest, boxes.hardware
        self.boxes, self.orders, self.arrays, self.shapes = boxes, orders, arrays, shapes
        self._row: list[IntArray] = []
        self._passes: list[IntArray] = []
        for i in range(len(DIMS)):
            sizes, row = np.unique(shapes.tiles[:, i], return_inverse=True)
            self._row.append(row)
            self._passes.append(np.stack([boxes.passes(i, int(size)) for size in sizes]))
        self._unfoldable = unfoldable(shapes)

    @cached_property
    def _energies(self) -> ArrayEnergies:
        return ArrayEnergies(self.nest, self.hardware, self.shapes, sums=True)

    @cached_property
    def _cheaper(self) -> list[tuple[list[int], BoolArray]]:
        """Loops, and with which array tiles more refills along them may take less energy."""
        back = (self.shapes.aux == 1) | memory_of(self.hardware).buffer.adder
        columns = self._energies.refilled_columns & self.shapes.forwards
        return [([Y], columns), ([C, R, S], self._energies.parted_sums & back)]

    def wait(self, rows: IntArray, laid_out: ArrayShapes) -> None:
        """Take over the waits of array tiles that have been laid out; `rows` are rows of the shapes."""
        waits = self.shapes.waits
        more = max(0, laid_out.waits.shape[1] - waits.shape[1])
        waits = np.pad(waits, ((0, 0), (0, more), (0, 0)))
        waits[rows] = 0
        waits[rows, : laid_out.waits.shape[1]] = laid_out.waits
        self.shapes = replace(self.shapes, waits=waits)

    def bounded(self, array: IntArray, box: IntArray, order: IntArray) -> Pairs:
        """Bound pairs; those without a legal buffer tile that fits are left out."""
        parts = []
        for first in range(0, len(array), _CHUNK):
            some = slice(first, first + _CHUNK)
            of = self.arrays.order[array[some]]
            for index, name in enumerate(self.orders):
                here = np.flatnonzero(of == index) if len(self.orders) > 1 else np.arange(len(of))
                if len(here):
                    part = array[some][here], box[some][here], order[some][here]
                    parts.append(self._bounded(*part, name))
        return Pairs.joined(parts) if parts else Pairs.none()

    def _bounded(self, array: IntArray, box: IntArray, order: IntArray, array_order: str) -> Pairs:
        row = self.arrays.tile[array]
        passes = np.empty(box.shape, dtype=np.int64)
        for i in range(len(DIMS)):
            known = self._passes[i]
            passes[:, i] = known[self._row[i][row], box[:, i]] if known.size > 1 else known
        smallest = np.maximum(self.boxes.look_up("smallest", box), self.shapes.tiles[row])
        trips = self.boxes.look_up("trips", box)
        lines = self.boxes.lines(box, smallest)
        tile = footprint(smallest, lines)
        may = (passes < FAR).all(axis=1) & tile.fits(memory_of(self.hardware).buffer)
        may &= self._may_be_legal(row, box, trips, smallest, array_order)
        if not may.all():
            array, box, order, row = array[may], box[may], order[may], row[may]
            passes, trips = passes[may], trips[may]
            lines, tile = lines.take(may), tile.take(may)
        shapes = self.shapes.rows(row)
        drained = drains_surely(self.nest, shapes.tiles, trips)
        costs = combine(
            self.nest,
            self.hardware,
            shapes,
            trips,
            passes,
            lines,
            tile,
            order,
            array_order,
            drained,
            never_less=True,
            energy=False,
        )
        spent = np.zeros(len(row))
        if self.with_energy:
            spent = self._energies.of(row, trips, passes, array_order)
        if self.joined.exposure is not None:
            loop, used = self.cut
            once = cycles_once(self.hardware, shapes, trips, passes, drained, loop)
            kept = self._kept(costs.dram, box, order)
            latency, energy = self._relaxed(costs, spent, used[row], once, kept)
        else:
            latency = costs.latency.astype(np.float64)
            words = energy_of_words(self.hardware, costs.dram)
            energy = whole_energy(spent + words, self.joined.static, latency)
        if self.with_energy:
            energy = energy - self._saved(row, spent, box, trips, passes, array_order)
        return Pairs(array, box, order, latency, energy)

    def _kept(self, words: DramWords, box: IntArray, order: IntArray) -> DramWords:
        """Return the words that more or fewer passes along the loop that is cut do not change, if they count.

        Those of the operand that does not depend on it, where no refill counts of the box fetch it again.
        """
        nothing = np.zeros(len(order), dtype=np.int64)
        dim = DIMS[self.cut[0]]
        if not self.joined.transfers or dim == "G":
            return DramWords(nothing, nothing, nothing, nothing)
        times = moves(self.boxes.look_up("most", box), order)
        if dim in GROUPS["K"]:
            return DramWords(nothing, np.where(times.inputs == 1, words.inputs, 0), nothing, nothing)
        return DramWords(np.where(times.weights == 1, words.weights, 0), nothing, nothing, nothing)

    def _relaxed(
        self, costs: LevelCosts, spent: FloatArray, used: FloatArray, once: FloatArray, kept: DramWords
    ) -> tuple[FloatArray, FloatArray]:
        """Return latency and energy with transfers and the array's work as the search counts them."""
        # Without transfers, and without the tile that nothing overlaps with: what the rest takes.
        alone = replace(costs, transfer=np.zeros_like(costs.transfer))
        nothing = Footprint(*(np.zeros_like(costs.array) for _ in OPERANDS))
        whole, work = (
            each.replayed(self.hardware, costs.array).latency
            for each in (alone, replace(alone, tile=nothing))
        )
        exposure, memory = self.joined.exposure or 1.0, memory_of(self.hardware)
        # A share takes no whole cycles, neither of the DRAM nor of the buffer.
        rounded = memory.buffer.units_per_cycle is not None
        cycles = used * (work - once - rounded) + exposure * once
        units, again = (each.units(memory.buffer.sizes) for each in (costs.dram, kept))
        transfer = (units + (exposure - 1) * again) / memory.units_per_cycle
        words = energy_of_words(self.hardware, costs.dram)
        words = words + (exposure - 1) * energy_of_words(self.hardware, kept)
        exposed = (whole - work).astype(np.float64)
        return self.joined(cycles, used * spent, transfer, exposed, words)

    def _saved(
        self,
        row: IntArray,
        spent: FloatArray,
        box: IntArray,
        trips: IntArray,
        passes: IntArray,
        array_order: str,
    ) -> FloatArray:
        """Return how much less energy the array may take with more refills than the box's fewest."""
        saved = np.zeros(len(box))
        for loops, may in self._cheaper:
            if not may.any():
                continue
            most = self.boxes.look_up("most", box)[:, loops]
            rows = np.flatnonzero(may[row] & (most > trips[:, loops]).any(axis=1))
            if not len(rows):
                continue
            ends = trips[rows]
            ends[:, loops] = most[rows]
            after = self._energies.of(row[rows], ends, passes[rows], array_order)
            saved[rows] += np.maximum(0, spent[rows] - after)
        return saved

    def _may_be_legal(
        self, row: IntArray, box: IntArray, trips: IntArray, smallest: IntArray, array_order: str
    ) -> BoolArray:
        """Return which pairs the legality rules leave open, as far as ranges tell."""
        most = self.boxes.look_up("most", box)[:, [C, R, S]].prod(axis=1)
        legal = ~self._unfoldable[row] | (most == self.nest.C * self.nest.R * self.nest.S)
        legal &= (self.shapes.aux[row] == 1) == comes_back(self.hardware, trips)
        held = memory_of(self.hardware).weights_per_switch
        if held is not None and array_order != "outputs":
            folds = (-(-smallest // self.shapes.tiles[row]))[:, [C, R, S]].prod(axis=1)
            legal &= folds <= held
        return np.asarray(legal)
