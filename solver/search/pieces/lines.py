"""Lower bounds of every tile for pieces of every size at once: straight lines.

A piece of s filters with T of them in a tile takes i = ceil(s / T) iterations of the loop that is cut. Its
events are base + step i + each s (words that padding does not ask for count by the filter), and the bound of
its cycles is a maximum of such lines, so convex in i: the line through its values for the whole layer and for
twice as much lies below it for every piece. Where the array drains between filter iterations it is a multiple
of one iteration's. One loop that is cut changes neither the words of a step nor the waves, so a tile is laid
out once for all sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.batch import Outline
from solver.cost.events import components_of, dynamic_energy, event_counts
from solver.cost.latency import drained
from solver.cost.setup import counted_setup, tile_setup
from solver.cost.timing import timing_of
from solver.cost.traffic import Traffic, traffic
from solver.cost.traffic_bound import traffic_bound
from solver.cost.waves import Wave, waves
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.pieces.cuts import Family

_CHUNK = 1 << 13
"""Tiles bounded at once: their columns stay in the cache."""


@dataclass(frozen=True)
class Lines:
    """Figures of tiles, one element each: base + step i + each s; whole numbers where they are exact."""

    base: NDArray
    step: NDArray
    each: NDArray

    def at(self, iterations: IntArray | int, count: IntArray | int) -> NDArray:
        """Return the figures of pieces with so many iterations and filters."""
        result: NDArray = self.base + self.step * iterations + self.each * count
        return result

    def take(self, rows: IntArray | BoolArray) -> Lines:
        """Return the lines of some tiles."""
        return Lines(self.base[rows], self.step[rows], self.each[rows])

    def below(self, other: Lines) -> Lines:
        """Return lines that lie below both for pieces of every size."""
        names = "base", "step", "each"
        return Lines(*(np.minimum(getattr(self, name), getattr(other, name)) for name in names))

    def put(self, rows: IntArray, lines: Lines) -> None:
        """Replace the lines of some tiles."""
        self.base[rows], self.step[rows], self.each[rows] = lines.base, lines.step, lines.each


def flat(values: FloatArray) -> Lines:
    """Return lines of pieces that all cost the same."""
    return Lines(values, np.zeros(len(values)), np.zeros(len(values)))


def bounds(
    family: Family,
    hardware: Hardware,
    tiles: IntArray,
    *,
    drains: bool,
    laid_out: bool,
    energy: bool,
    known: Outline | None = None,
    once: IntArray | None = None,
) -> tuple[Lines, Lines]:
    """Return lines of tiles below their cycles and, if asked for, below their dynamic energies.

    Parameters
    ----------
    drains
        Whether the array drains between the filter iterations of the pieces.
    laid_out
        Whether to lay the tiles out, which makes the bounds closer and takes ten times as long.
    known
        The outline of the tiles, if there is one and they are not to be laid out.
    once
        With it, the least cycles of the whole range, setting up included, if they are known.
    """
    if known is not None:
        return _lines(family, hardware, tiles, known.load, known.wave, drains, energy, once)
    parts = [
        _bounds(family, hardware, tiles[first : first + _CHUNK], drains, laid_out, energy)
        for first in range(0, max(1, len(tiles)), _CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    cycles, energies = (
        Lines(*(np.concatenate([getattr(one, name) for one in lines]) for name in ("base", "step", "each")))
        for lines in zip(*parts, strict=True)
    )
    return cycles, energies


def _bounds(
    family: Family, hardware: Hardware, tiles: IntArray, drains: bool, laid_out: bool, energy: bool
) -> tuple[Lines, Lines]:
    load = (traffic if laid_out else traffic_bound)(family.nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux, exact=False)
    return _lines(family, hardware, tiles, load, wave, drains, energy)


def _lines(
    family: Family,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: bool,
    energy: bool,
    once: IntArray | None = None,
) -> tuple[Lines, Lines]:
    cycles = _cycles(family, hardware, tiles, load, wave, drains, once)
    return cycles, _energy(family, hardware, tiles, load, wave) if energy else flat(np.zeros(len(tiles)))


def _iterations(family: Family, tiles: IntArray) -> tuple[IntArray, IntArray]:
    """Return the iterations of the loop that is cut, in the whole range and in twice as much."""
    size, tile = getattr(family.nest, family.dim), tiles[:, DIMS.index(family.dim)]
    return -(-size // tile), -(-2 * size // tile)


def _cycles(
    family: Family,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: bool,
    known: IntArray | None,
) -> Lines:
    one, two = _iterations(family, tiles)
    flags = np.full(len(tiles), drains)
    rule = timing_of(hardware).lower_bound
    if known is None:
        known = rule(family.nest, hardware, tiles, load, wave, flags)
        known = known + tile_setup(family.nest, hardware, tiles)
    once = known.astype(np.float64)
    if drains and family.straight:
        base = np.full(len(tiles), float(hardware.kind.start_up))
        base += counted_setup(hardware, 0)
        return Lines(base, (once - base) / one, np.zeros(len(tiles)))
    twice = family.nest_of(2 * getattr(family.nest, family.dim))
    both = rule(twice, hardware, tiles, load, wave, flags).astype(np.float64)
    both += tile_setup(twice, hardware, tiles)
    step = (both - once) / (two - one)
    return Lines(once - step * one, step, np.zeros(len(tiles)))


def _energy(family: Family, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave) -> Lines:
    def at(count: int) -> FloatArray:
        counts = event_counts(family.nest_of(count), hardware, tiles, load, wave)
        return dynamic_energy(hardware, counts, components_of(hardware))

    return drawn(family, tiles, at)


def drawn(family: Family, tiles: IntArray, at: Callable[[int], NDArray]) -> Lines:
    """Return the lines of figures that are straight in iterations and filters; of whole numbers exactly.

    Parameters
    ----------
    at
        Returns the figures of pieces of some size.
    """
    size, tile = getattr(family.nest, family.dim), tiles[:, DIMS.index(family.dim)]
    whole, more, twice = at(size), at(size + 1), at(2 * size)
    # One filter more fits into the last tile unless all are full; then the second one does.
    each = np.where(size % tile != 0, more - whole, at(size + 2) - more)
    each = np.where(tile == 1, 0, each)
    one, two = _iterations(family, tiles)
    both = twice - whole - each * size
    step = both // (two - one) if both.dtype == object else both / (two - one)
    return Lines(whole - step * one - each * size, step, each)


def lowest(lines: Lines) -> IntArray:
    """Return the places of lines that are not above another everywhere."""
    # Those that begin with the least are kept in turn; a line falls to one before it that exceeds it nowhere.
    order = np.lexsort((lines.each, lines.base, lines.step))
    kept = []
    while len(order):
        kept.append(int(order[0]))
        base, each = lines.base[order], lines.each[order]
        order = order[(base < base[0]) | (each < each[0])]
    return np.array(kept, dtype=np.int64)


def drains_always(family: Family, tiles: IntArray) -> tuple[BoolArray, BoolArray]:
    """Return which tiles drain in pieces of every size, and which in those that they divide (rule T8)."""
    size, at = getattr(family.nest, family.dim), DIMS.index(family.dim)

    def asked(nest: LoopNest, some: IntArray) -> BoolArray:
        return drained(nest, some)

    ones = tiles.copy()
    ones[:, at] = 1
    divided = asked(family.nest, ones)
    # No tile above 1 divides two numbers in a row.
    always = asked(family.nest, tiles) & asked(family.nest_of(size + 1), tiles)
    return divided & (always | (tiles[:, at] == 1)), divided
