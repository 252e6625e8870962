"""What the CP-SAT model is told of each array shape: one row of integers per tile.

The words of the busiest port and the depth of the adder tree are no products of per-dimension terms, so the
cost model computes them and the CP-SAT model takes them from a table (docs: solving notes, 3). Everything
that follows from the tile and these figures by arithmetic (folds, windows, cycles, energy) is stated in the
model itself.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.batch import BatchCost
from solver.cost.events import components_of, dynamic_energy, event_counts, static_per_cycle
from solver.cost.latency import Wave, exit_time, iteration_bounds, last_step, loops, port_words, waves
from solver.cost.rtl_latency import stream_drain
from solver.cost.timing import timing_of
from solver.cost.traffic import Traffic, traffic
from solver.hardware import Hardware
from solver.layer import LoopNest

ENERGY_LEVELS = 2**38
"""Dynamic energies are scaled to integers of about this size: relative error 1e-11, sums within 2**63."""

_CHUNK_WORDS = 1 << 17
"""Ports of all tiles that are laid out at once: their columns stay in the cache."""


@dataclass(frozen=True)
class Figures:
    """Table rows for the CP-SAT model.

    Attributes
    ----------
    tiles
        Shape (rows, 8).
    weights, inputs, slides, psums
        Words per step of each tile's busiest port (w, a, b, q).
    last
        Words of the last step of an iteration in the port that has most.
    per_line
        Virtual neurons on the busiest bus line.
    loop
        Cycles from one partial sum of a virtual neuron to the next through memory; none on the real hardware.
    exit
        Least cycles from the last word to the last output in memory; on the real hardware those of a stream
        in which the busiest port delivers nothing.
    most_cycles
        No count of cycles in the model exceeds this, whether or not a row's array drains between iterations.
    dynamic
        Dynamic energy in units of 1 / `energy_scale`, rounded down.
    energy_scale, static
        Scale of the energies, and static energy per cycle in that scale (exact).
    least
        Lower bound on the cycles, which the model may not reach by its own constraints.
    bounds
        Lower bounds on what the tiles cost, in floating point.
    """

    tiles: IntArray
    weights: IntArray
    inputs: IntArray
    slides: IntArray
    psums: IntArray
    last: IntArray
    per_line: IntArray
    loop: IntArray
    exit: IntArray
    most_cycles: int
    dynamic: IntArray
    energy_scale: Fraction
    static: Fraction
    least: IntArray
    bounds: BatchCost

    def take(self, index: BoolArray) -> Figures:
        """Return some of the rows."""
        kept = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.type == "IntArray"}
        least, dynamic = self.bounds.least_cycles[index], self.bounds.dynamic_energy[index]
        return replace(self, **kept, bounds=BatchCost(least, least, dynamic, self.bounds.static_per_cycle))


def figures(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> Figures:
    """Compute the table rows of some tiles."""
    step = max(1, _CHUNK_WORDS // hardware.dn_bw)
    parts = [_columns(nest, hardware, tiles[i : i + step]) for i in range(0, max(1, len(tiles)), step)]
    columns: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    energy, most_cycles = columns.pop("energy"), int(columns.pop("most").max())
    top = Fraction(float(energy.max())) or Fraction(1)
    scale = Fraction(ENERGY_LEVELS) / top
    # Floating point may have rounded up: a relative 1e-12 keeps the integers lower bounds.
    dynamic = np.floor(energy * (1 - 1e-12) * float(scale) * (1 - 1e-15)).astype(np.int64)
    least = columns["least"]
    return Figures(
        tiles=tiles,
        **columns,
        most_cycles=most_cycles,
        dynamic=dynamic,
        energy_scale=scale,
        static=Fraction(static_per_cycle(hardware)) * scale,
        bounds=BatchCost(least, least, energy, float(static_per_cycle(hardware))),
    )


def _columns(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> dict[str, NDArray]:
    """Return the figures of few tiles, whose words per port are large arrays, and the most cycles of each."""
    load = traffic(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    least = timing_of(hardware).lower_bound(nest, hardware, tiles, load, wave)
    counts = event_counts(nest, hardware, tiles, load, wave)
    if hardware.real:
        columns = _real_columns(tiles, load, wave) | {"most": least}
    else:
        columns = _simulator_columns(nest, hardware, tiles, load, wave)
    return columns | {
        "last": last_step(load, loops(nest, tiles)),
        "per_line": wave.max_per_line,
        "least": least,
        "energy": dynamic_energy(hardware.prices, counts, components_of(hardware)),
    }


def _simulator_columns(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave
) -> dict[str, IntArray]:
    """Return words and waits of the simulator's array, and the most cycles that the model counts of each."""
    n = loops(nest, tiles)
    single, _ = iteration_bounds(nest, hardware, tiles, load, wave)
    leave = exit_time(hardware, load, wave)
    busiest = port_words(load, n).argmax(axis=1)
    rows = np.arange(len(tiles))
    latch = int(hardware.dn_bw < hardware.num_ms)
    return {
        "weights": load.weights[rows, busiest],
        "inputs": load.inputs[rows, busiest],
        "slides": load.slides[rows, busiest],
        "psums": load.psums[rows, busiest],
        "loop": wave.depth_aux + 2 + latch,
        "exit": leave,
        "most": n.iterations * (single + leave),
    }


def _real_columns(tiles: IntArray, load: Traffic, wave: Wave) -> dict[str, IntArray]:
    """Return words and waits of the real hardware, where each phase waits for its busiest port."""
    none = np.zeros(len(tiles), dtype=np.int64)
    return {
        "weights": load.weights.max(axis=1),
        "inputs": load.inputs.max(axis=1),
        "slides": load.slides.max(axis=1),
        "psums": none,
        "loop": none,
        "exit": stream_drain(wave.shortest_path),
    }
