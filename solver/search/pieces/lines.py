"""Lower bounds of every tile for pieces of every size at once: straight lines.

A piece of s filters with T of them in a tile takes i = ceil(s / T) iterations of the loop that is cut. Its
events are base + step i + each s (words that padding does not ask for count by the filter), and the bound of
its cycles is a maximum of such lines, so convex in i: the line through its values for the whole layer and for
twice as much lies below it for every piece. One loop that is cut changes neither the words of a step nor the
waves, so a tile is laid out once for all sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import components_of, dynamic_energy, event_counts
from solver.cost.latency import drained, waves
from solver.cost.timing import timing_of
from solver.cost.traffic import Traffic, traffic, traffic_bound
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.pieces.cuts import Family
from solver.search.pieces.goal import Goal


@dataclass(frozen=True)
class Lines:
    """Bounds of tiles, one element each: base + step i + each s."""

    base: FloatArray
    step: FloatArray
    each: FloatArray

    def at(self, iterations: IntArray | int, count: IntArray | int) -> FloatArray:
        """Return the bounds of pieces with so many iterations and filters."""
        result: FloatArray = self.base + self.step * iterations + self.each * count
        return result

    def take(self, rows: IntArray | BoolArray) -> Lines:
        """Return the lines of some tiles."""
        return Lines(self.base[rows], self.step[rows], self.each[rows])


def bounds(
    family: Family, hardware: Hardware, tiles: IntArray, goal: Goal, *, laid_out: bool
) -> tuple[Lines, Lines]:
    """Return the lines of tiles where the array drains between filter iterations, and where it does not.

    Parameters
    ----------
    laid_out
        Whether to lay the tiles out, which makes the bounds closer and takes a hundred times as long.
    """
    nest, dim = family.nest, family.dim
    size = getattr(nest, dim)
    load = (traffic if laid_out else traffic_bound)(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    tile = tiles[:, DIMS.index(dim)]
    one, two = -(-size // tile), -(-2 * size // tile)
    rule = timing_of(hardware).lower_bound
    twice = family.nest_of(2 * size)
    energy = _energy(family, hardware, tiles, load, goal) if goal.energy else None
    found = []
    for drains in (True, False):
        flags = np.full(len(tiles), drains)
        once = rule(nest, hardware, tiles, load, wave, flags).astype(np.float64)
        both = rule(twice, hardware, tiles, load, wave, flags).astype(np.float64)
        step = (both - once) / (two - one)
        base = once - step * one
        zero = np.zeros(len(tiles))
        if energy is None:
            found.append(Lines(goal.values(base, zero), goal.values(step, zero), zero))
        else:
            found.append(
                Lines(
                    goal.values(base, energy.base),
                    goal.values(step, energy.step),
                    goal.values(zero, energy.each),
                )
            )
    return found[0], found[1]


def _energy(family: Family, hardware: Hardware, tiles: IntArray, load: Traffic, goal: Goal) -> Lines:
    """Return the lines of dynamic energy."""
    size, tile = getattr(family.nest, family.dim), tiles[:, DIMS.index(family.dim)]
    wave = waves(hardware, tiles, load.aux)

    def at(count: int) -> FloatArray:
        counts = event_counts(family.nest_of(count), hardware, tiles, load, wave)
        return dynamic_energy(hardware.energy_table, counts, components_of(hardware))

    whole, more, twice = at(size), at(size + 1), at(2 * size)
    # One filter more fits into the last tile unless all are full; then the second one does.
    each = np.where(size % tile != 0, more - whole, at(size + 2) - more)
    each = np.where(tile == 1, 0.0, each)
    one, two = -(-size // tile), -(-2 * size // tile)
    step = (twice - whole - each * size) / (two - one)
    return Lines(whole - step * one - each * size, step, each)


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
