"""The array tiles of pieces behind a prefetch buffer, and straight lines below what they cost.

What an array tile costs at least with the best buffer tile splits into the array's part and the DRAM's
(`solver.search.two_level.bounds`). The array's cycles are the longest of waits that are straight in the
iterations, so the line through the whole range and twice as much lies below them; its energy is the least of
straight lines. Of the DRAM it counts that every word of a piece crosses the chip's edge once, and that
nothing overlaps with the transfer of one buffer tile, at least the smallest one that holds the array tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.bounds import compulsory_inputs
from solver.cost.events import static_per_cycle
from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.cost import exposed_cycles, memory_of
from solver.cost.two_level.dram import DramWords, buffer_input_lines, footprint
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import DIMS, Primitive
from solver.legal.levels import array_tiles
from solver.legal.tiles import Limits
from solver.pieces.cuts import Cut, Family, families_along
from solver.search.pieces.goal import Goal
from solver.search.pieces.lines import Lines, drawn, flat
from solver.search.two_level.alike import distinct
from solver.search.two_level.bounds import array_energy, array_least_cycles, least_trips, other_ends
from solver.search.two_level.boxes import energy_of_words
from solver.search.two_level.smallest import laid_out, smallest_buffers

_CHUNK = 1 << 15
"""Array tiles that are bounded at once."""

_ORDER = "weights"
"""The stationary order whose bounds are straight; the only one of a fixed controller."""


@dataclass(frozen=True, eq=False)
class LevelLot:
    """Array tiles of one form of the pieces.

    Attributes
    ----------
    family, twin
        The form, and the mirror image of a product, of which all bounds hold, too: its tiles are turned.
    tiles, width
        Shape (rows, 8), and their sizes along the loop that is cut (T). Those that go with sums that come
        back and without them are there twice.
    cycles, energy
        Lines below the array's cycles with those that nothing overlaps with, and below its dynamic energy
        (zero where no energy is asked for).
    units, moved
        Base and each (step is 0) of the least units between DRAM and buffer, and of their energy; scalars.
    """

    family: Family
    twin: Family | None
    tiles: IntArray
    width: IntArray
    cycles: Lines
    energy: Lines
    units: tuple[float, float]
    moved: tuple[float, float]

    def lines(self, goal: Goal, hardware: Hardware) -> tuple[Lines, Lines]:
        """Return lines below the values of pieces: as the array sets their latency, and as transfers do."""
        memory = memory_of(hardware)
        unit = float(goal.energy) * 10.0**goal.places
        cycle = goal.cycles + unit * float(static_per_cycle(hardware))
        base, each = (per / memory.units_per_cycle for per in self.units)
        transfer = flat(np.full(len(self.tiles), base))
        transfer = Lines(transfer.base, transfer.step, transfer.step + each)
        array = self.cycles
        if not memory.buffer.double_buffered:
            array = Lines(array.base + transfer.base, array.step, array.each + transfer.each)

        def value(cycles: Lines) -> Lines:
            lines = [cycle * cycles.base, cycle * cycles.step, cycle * cycles.each]
            if goal.energy:
                lines[0] += unit * (self.energy.base + self.moved[0])
                lines[1] += unit * self.energy.step
                lines[2] += unit * (self.energy.each + self.moved[1])
            return Lines(*lines)

        return value(array), value(transfer)


def level_lots(
    layer: Primitive, cut: Cut, wish: Wish, hardware: Hardware, limits: Limits, *, energy: bool
) -> Iterator[LevelLot]:
    """Yield the array tiles of a layer's pieces along one cut, by their forms.

    Parameters
    ----------
    energy
        Whether energies will be asked for.
    """
    shared = (family for family in families_along(layer, cut, wish, hardware) if not family.whole)
    for family, twin in distinct(shared):
        tiles = array_tiles(family.nest, hardware, limits)
        parts = [
            part
            for first in range(0, len(tiles), _CHUNK)
            if len((part := _bounded(family, hardware, tiles[first : first + _CHUNK], energy))[0])
        ]
        if not parts:
            continue
        rows = np.concatenate([part[0] for part in parts])
        cycles, energies = (
            Lines(*(np.concatenate([getattr(p[k], n) for p in parts]) for n in ("base", "step", "each")))
            for k in (1, 2)
        )
        width = rows[:, DIMS.index(family.dim)]
        yield LevelLot(family, twin, rows, width, cycles, energies, *_moved(family, hardware))


def _bounded(
    family: Family, hardware: Hardware, tiles: IntArray, energy: bool
) -> tuple[IntArray, Lines, Lines]:
    """Return the array tiles that go with some buffer tile, and lines below their cycles and energies."""
    rows, back = laid_out(family.nest, hardware, tiles)
    tiles = tiles[rows]
    if not len(tiles):
        return tiles, flat(np.empty(0)), flat(np.empty(0))
    shapes = array_shapes(family.nest, hardware, tiles, back, exact=False)

    def passes_at(count: int) -> IntArray:
        result: IntArray = -(-np.array(family.nest_of(count).sizes, dtype=np.int64) // tiles)
        return result

    def cycles_at(count: int) -> FloatArray:
        passes = passes_at(count)
        trips = least_trips(shapes, passes)
        return array_least_cycles(family.nest_of(count), hardware, shapes, trips, passes, _ORDER)

    def energies(end: int, rows: IntArray) -> Lines:
        some = shapes.take(rows)

        def energy_at(count: int) -> FloatArray:
            passes = passes_at(count)[rows]
            trips = least_trips(some, passes)
            ends = [trips, *other_ends(hardware, some, trips, passes)][end]
            return array_energy(family.nest_of(count), hardware, some, ends, passes, _ORDER)

        return drawn(family, tiles[rows], energy_at)

    size = getattr(family.nest, family.dim)
    place = DIMS.index(family.dim)
    one, two = (passes_at(count)[:, place] for count in (size, 2 * size))
    once, twice = cycles_at(size), cycles_at(2 * size)
    step = (twice - once) / (two - one)
    cycles = Lines(once - step * one + _exposed(family, hardware, tiles, back), step, np.zeros(len(tiles)))
    if not energy:
        return tiles, cycles, flat(np.zeros(len(tiles)))
    least = energies(0, np.arange(len(tiles)))
    passes = passes_at(size)
    trips = least_trips(shapes, passes)
    for end, ends in enumerate(other_ends(hardware, shapes, trips, passes), 1):
        # Refills along the cut are those of all ends.
        rows = np.flatnonzero((ends != trips).any(axis=1))
        if len(rows):
            least.put(rows, least.take(rows).below(energies(end, rows)))
    return tiles, cycles, least


def _exposed(family: Family, hardware: Hardware, tiles: IntArray, back: BoolArray) -> FloatArray:
    """Return the least cycles of transfers that nothing overlaps with."""
    memory = memory_of(hardware)
    buffers = smallest_buffers(family.nest, hardware, tiles, back)
    room = footprint(buffers, buffer_input_lines(family.nest, buffers))
    cycles: IntArray = exposed_cycles(ARRAYS, memory, room.units(memory.buffer.sizes))
    return cycles.astype(np.float64)


def _moved(family: Family, hardware: Hardware) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return units and energy of the words that a piece moves at least: the base, and each filter's."""
    sizes = memory_of(hardware).buffer.sizes
    found = []
    for count in (1, 2):
        nest = family.nest_of(count)
        words = DramWords(nest.weights, compulsory_inputs(nest), nest.outputs, 0)
        found.append((float(words.units(sizes)), float(energy_of_words(hardware, words))))
    (units, energy), (more_units, more_energy) = found
    return (2 * units - more_units, more_units - units), (2 * energy - more_energy, more_energy - energy)
