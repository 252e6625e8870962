"""The cost of many mappings at once: what searches rank with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.events import components_of, dynamic_energy, event_counts, static_per_cycle, whole_energy
from solver.cost.latency import ArrayStep, loops
from solver.cost.result import Objective, values_of
from solver.cost.setup import tile_setup
from solver.cost.timing import timing_of
from solver.cost.traffic import Traffic, traffic
from solver.cost.traffic_bound import traffic_bound
from solver.cost.waves import Wave, waves
from solver.hardware import Hardware
from solver.layer import LoopNest

CHUNK = 1 << 14
"""Tiles bounded at once: their columns stay in the cache."""


@dataclass(frozen=True)
class BatchCost:
    """Costs of tiles, one array element each.

    Attributes
    ----------
    cycles
        Closed form (cheap T).
    least_cycles
        Lower bound on the replay's cycles, also where only the closed form is reported.
    dynamic_energy
        Exact up to floating point.
    static_per_cycle
        Static energy of the array per cycle.
    """

    cycles: IntArray
    least_cycles: IntArray
    dynamic_energy: FloatArray
    static_per_cycle: float

    @property
    def energy(self) -> FloatArray:
        """Energy with the closed form's cycles."""
        return self.energy_of(self.cycles)

    def energy_of(self, cycles: IntArray) -> FloatArray:
        """Return the energy of tiles that take so many cycles."""
        return np.asarray(whole_energy(self.dynamic_energy, self.static_per_cycle, cycles))

    def values(self, objective: Objective) -> FloatArray:
        """Return the objective with the closed form's cycles."""
        return values_of(objective, self.cycles, self.energy)

    def least_values(self, objective: Objective) -> FloatArray:
        """Return a lower bound on the objective of each tile."""
        return values_of(objective, self.least_cycles, self.energy_of(self.least_cycles))


def batch_cost(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BatchCost:
    """Return the closed-form costs of legal tiles, shape (tiles, 8) in the order of `DIMS`."""
    return batch_events(nest, hardware, tiles)[0]


def batch_events(
    nest: LoopNest, hardware: Hardware, tiles: IntArray
) -> tuple[BatchCost, dict[str, IntArray]]:
    """Return the closed-form costs of legal tiles, and the events that their energies count."""
    load = traffic(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    timing, step = timing_of(hardware), ArrayStep(load, wave, loops(nest, tiles))
    setup = tile_setup(nest, hardware, tiles)
    least = timing.lower_bound(nest, hardware, tiles, load, wave, step=step) + setup
    cycles = np.maximum(timing.closed_form(nest, hardware, tiles, load, wave, step) + setup, least)
    counts = event_counts(nest, hardware, tiles, load, wave, step.n)
    costs = BatchCost(
        cycles=cycles,
        least_cycles=least,
        dynamic_energy=dynamic_energy(hardware, counts, components_of(hardware)),
        static_per_cycle=float(static_per_cycle(hardware)),
    )
    return costs, counts


@dataclass(frozen=True)
class Outline:
    """What bounds need to know of tiles, without laying them out: least traffic, and the waves."""

    load: Traffic
    wave: Wave

    def take(self, index: IntArray | BoolArray) -> Outline:
        """Return what is known of some of the tiles."""
        return Outline(self.load.take(index), self.wave.take(index))


def outline(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> Outline:
    """Return the outline of tiles."""
    load = traffic_bound(nest, hardware, tiles)
    return Outline(load, waves(hardware, tiles, load.aux, exact=False))


def quick_bound(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, known: Outline | None = None
) -> BatchCost:
    """Return lower bounds only (`cycles` too), without laying out the tiles: a tenth of the work.

    Parameters
    ----------
    known
        The outline of the tiles, if there is one.
    """
    if known is not None:
        parts = [_quick_bound(nest, hardware, tiles, known)]
    else:
        chunks = [tiles[first : first + CHUNK] for first in range(0, max(1, len(tiles)), CHUNK)]
        parts = [_quick_bound(nest, hardware, some, outline(nest, hardware, some)) for some in chunks]
    least = np.concatenate([part[0] for part in parts])
    dynamic = np.concatenate([part[1] for part in parts])
    return BatchCost(least, least, dynamic, float(static_per_cycle(hardware)))


def _quick_bound(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, known: Outline
) -> tuple[IntArray, FloatArray]:
    load, wave = known.load, known.wave
    step = ArrayStep(load, wave, loops(nest, tiles))
    least = timing_of(hardware).lower_bound(nest, hardware, tiles, load, wave, step=step)
    least = least + tile_setup(nest, hardware, tiles)
    counts = event_counts(nest, hardware, tiles, load, wave, step.n)
    return least, dynamic_energy(hardware, counts, components_of(hardware))
