"""Lower bounds that keep array and buffer apart: an array tile with any buffer tile, and the reverse.

Every cost of a two-level mapping splits into an array part, least when the buffer holds the whole layer, and
a part that depends on the buffer tile and the outer loop order only. A mapping costs at least the sum of both
(the larger of both, where transfers overlap with work), so an array tile whose part plus the least buffer
part exceeds an incumbent is out together with its 10^6 buffer tiles, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import static_per_cycle, whole_energy
from solver.cost.setup import counted_setup
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import memory_of, overlapped
from solver.cost.two_level.work import array_cycles, drains_surely, steps
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.rules import adds_apart
from solver.mapping.buffer_tile import C, R, S, Y
from solver.search.two_level.energies import ArrayEnergies

Floats = FloatArray | float

ABSENT = 1e30
"""Cycles or energy of a part that there is none of: more than any, and its square is finite."""


@dataclass(frozen=True)
class ArrayBounds:
    """What array tiles cost at least, one element per (tile, array order).

    Attributes
    ----------
    tile, order
        Row of the shapes, and index into the array orders searched.
    cycles, energy
        Least cycles, and least dynamic energy of the array's own events.
    back
        Whether sums come back into the array: only refill counts that bring some go with it.
    """

    tile: IntArray
    order: IntArray
    cycles: FloatArray
    energy: FloatArray
    back: BoolArray

    def take(self, index: NDArray) -> ArrayBounds:
        """Return some of the elements."""
        return ArrayBounds(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @staticmethod
    def joined(parts: list[ArrayBounds]) -> ArrayBounds:
        """Return all elements of several."""
        names = ArrayBounds.__dataclass_fields__
        return ArrayBounds(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def least(self, back: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Return the least cycles and energy, each on its own, of those that go with refill counts."""
        return least_by_back(self.cycles, self.back, back), least_by_back(self.energy, self.back, back)


def least_by_back(values: FloatArray, have: BoolArray, want: BoolArray) -> FloatArray:
    """Return the least of the values that have what each row wants, ABSENT where there is none."""
    without, with_it = (values[have == which].min(initial=ABSENT) for which in (False, True))
    return np.where(want, with_it, without)


def array_bounds(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    orders: tuple[str, ...],
    *,
    with_energy: bool = True,
) -> ArrayBounds:
    """Bound the array part of every tile and stationary order, over the refill counts that are legal.

    Parameters
    ----------
    with_energy
        Whether energies are wanted; else they are 0.
    """
    passes = -(-np.array(nest.sizes, dtype=np.int64) // shapes.tiles)
    parts = []
    for index, order in enumerate(orders):
        trips = least_trips(shapes, passes)
        cycles = array_least_cycles(nest, hardware, shapes, trips, passes, order)
        rows, energy = np.arange(len(passes)), np.zeros(len(passes))
        if with_energy:
            energy = _least_energy(nest, hardware, shapes, trips, passes, order)
        parts.append((rows, np.full(len(rows), index), cycles, energy, shapes.aux == 1))
    return ArrayBounds(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def least_trips(shapes: ArrayShapes, passes: IntArray) -> IntArray:
    """Return the least refill counts that are legal with each array tile.

    Virtual neurons of one multiplier may not fold (they would share accumulators), so the buffer must hold
    one product per output.
    """
    trips = np.ones_like(passes)
    for loop in (C, R, S):
        trips[:, loop] = np.where(unfoldable(shapes), passes[:, loop], 1)
    return trips


def unfoldable(shapes: ArrayShapes) -> BoolArray:
    """Return which tiles may not fold: several virtual neurons of one multiplier that share accumulators."""
    alone = ~adds_apart(ARRAYS, shapes.vn_size + shapes.aux, shapes.num_vns, np.array(2))
    result: BoolArray = alone & (not shapes.kind.adds_outside)
    return result


def _least_energy(
    nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str
) -> FloatArray:
    energies = ArrayEnergies(nest, hardware, shapes, sums=False)
    energy = energies.of(slice(None), trips, passes, order)
    for ends in other_ends(hardware, shapes, trips, passes):
        # Few array tiles have other ends than the fewest refills.
        rows = np.flatnonzero((ends != trips).any(axis=1))
        if len(rows):
            some = energies.of(rows, ends[rows], passes[rows], order)
            energy[rows] = np.minimum(energy[rows], some)
    return energy


def other_ends(
    hardware: Hardware, shapes: ArrayShapes, trips: IntArray, passes: IntArray
) -> Iterator[IntArray]:
    """Yield refill counts with which the array's energy may be less than with the fewest.

    Refilling along Y turns slides into first windows, and more buffer tiles to an output leave less to the
    accumulators; energy is linear in either, so one of the ends is least.
    """
    split = (shapes.aux == 1) | memory_of(hardware).buffer.adder
    for columns, products in ((True, False), (False, True), (True, True)):
        ends = trips.copy()
        if columns:
            ends[:, Y] = passes[:, Y]
        if products:
            for loop in (C, R, S):
                ends[:, loop] = np.where(split, passes[:, loop], trips[:, loop])
        yield ends


def array_least_cycles(
    nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str
) -> FloatArray:
    """Return the array's cycles, those of setting up that count included.

    Never more than with higher refill counts or more passes.

    Parameters
    ----------
    trips, passes
        o_d and n_d, shape (rows, 8).
    """
    count = steps(shapes, trips, passes, order, drains_surely(nest, shapes.tiles, trips))
    cycles = array_cycles(shapes, count, order, never_less=True).astype(np.float64)
    cycles = cycles + counted_setup(hardware, count.iterations)
    return cycles


def cycles_once(
    hardware: Hardware,
    shapes: ArrayShapes,
    trips: IntArray,
    passes: IntArray,
    drained: BoolArray,
    loop: int,
) -> FloatArray:
    """Return the array's cycles that more or fewer passes along a loop do not change, at least.

    Several refills grow with the passes. The weights stay, so cycles are the longest of waits that are
    straight in both: the line through those of the passes and of twice as many lies below them for fewer.
    Nothing is known where the buffer's own bandwidth may bound them.
    """
    if memory_of(hardware).buffer.units_per_cycle is not None:
        return np.zeros(len(passes))
    both_passes, both_trips = passes.copy(), trips.copy()
    both_passes[:, loop] *= 2
    both_trips[:, loop] *= np.where(trips[:, loop] > 1, 2, 1)
    once, both = (
        array_cycles(shapes, steps(shapes, o, n, "weights", drained), "weights")
        for o, n in ((trips, passes), (both_trips, both_passes))
    )
    return np.maximum(0, 2 * once - both).astype(np.float64)


def array_energy(
    nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str
) -> FloatArray:
    """Return the array's dynamic energy but for partial sums that depend on the buffer tile.

    Those of the real hardware depend on the array tile alone. Along Y, C, R and S it is exact for its refill
    count: it may shrink with more of them. Arguments as in `array_least_cycles`.
    """
    # Partial sums in the buffer are booked with the buffer part.
    return ArrayEnergies(nest, hardware, shapes, sums=False).of(slice(None), trips, passes, order)


class JoinedBounds:
    """Latency and energy bounds of an array part and a buffer part together.

    Parameters
    ----------
    exposure
        How often latencies count the transfers that nothing overlaps with, if those that work may overlap
        with are left out (`solver.search.two_level.floor`); None is for latencies as they are.
    """

    def __init__(self, hardware: Hardware, exposure: float | None = None, *, transfers: bool = True) -> None:
        self.exposure, self.transfers = exposure, transfers
        self.memory = memory_of(hardware)
        self.static = float(static_per_cycle(hardware))

    def __call__(
        self,
        cycles: Floats,
        array_energy: Floats,
        transfer: Floats,
        exposed: Floats,
        buffer_energy: Floats,
    ) -> tuple[FloatArray, FloatArray]:
        """Return (latency, energy); the arguments broadcast."""
        if self.exposure is not None:
            exposed = self.exposure * exposed
            if not self.transfers:
                transfer = np.zeros_like(transfer)
        latency = np.asarray(overlapped(ARRAYS, self.memory, cycles, transfer, exposed))
        return latency, whole_energy(array_energy + buffer_energy, self.static, latency)
