"""What the CP-SAT model is told of each array shape: one row of integers per tile.

The words of the busiest port and the depth of the adder tree are no products of per-dimension terms, so the
cost model computes them and the CP-SAT model takes them from a table (docs: solving notes, 3). Everything
that follows from the tile and these figures by arithmetic (folds, windows, cycles, energy) is stated in the
model itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.algebra import ARRAYS, Algebra, Truth, Value
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.batch import BatchCost
from solver.cost.events import components_of, dynamic_energy, event_counts, static_per_cycle
from solver.cost.latency import ArrayStep, loops
from solver.cost.setup import tile_setup
from solver.cost.step import Loops, Port, exit_time, iteration_bounds, port_in_all, port_time
from solver.cost.timing import timing_of
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware
from solver.layer import LoopNest

ENERGY_LEVELS = 2**38
"""Dynamic energies are scaled to integers of about this size: relative error 1e-11, sums within 2**63."""

_CHUNK_WORDS = 1 << 17
"""Ports of all tiles that are laid out at once: their columns stay in the cache."""

STEP = (
    *("most_weights", "most_inputs", "most_slides", "first_weight", "first_input", "per_line"),
    *("shortest_path", "shortest_aux", "depth_aux", "aux_total", "doublings"),
)
"""Figures of a step that a table holds, see `solver.cost.step.Step`."""

PORTS = {"all": port_in_all, "time": port_time}
"""The busiest port by either figure: in all iterations, in one."""


@dataclass(frozen=True)
class Figures:
    """Table rows for the CP-SAT model.

    Attributes
    ----------
    tiles
        Shape (rows, 8).
    step
        Columns by name: those of `STEP`, and the words of the ports of `PORTS` as ``all_inputs`` and so on.
    most_cycles
        No count of cycles in the model exceeds this, whether or not a row's array drains between iterations.
    most
        Nor does any other figure exceed this.
    dynamic
        Dynamic energy in units of 1 / `energy_scale`, rounded down.
    energy_scale, static
        Scale of the energies, and static energy per cycle in that scale (exact).
    bounds
        Lower bounds on what the tiles cost by the same formulas over arrays, in floating point. They are not
        told to the model: what it proves is held against them.
    """

    tiles: IntArray
    step: dict[str, IntArray]
    most_cycles: int
    most: int
    dynamic: IntArray
    energy_scale: Fraction
    static: Fraction
    bounds: BatchCost

    def take(self, index: BoolArray) -> Figures:
        """Return some of the rows."""
        least, dynamic = self.bounds.least_cycles[index], self.bounds.dynamic_energy[index]
        return replace(
            self,
            tiles=self.tiles[index],
            step={name: column[index] for name, column in self.step.items()},
            dynamic=self.dynamic[index],
            bounds=BatchCost(least, least, dynamic, self.bounds.static_per_cycle),
        )


def figures(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> Figures:
    """Compute the table rows of some tiles."""
    step = max(1, _CHUNK_WORDS // hardware.dn_bw)
    parts = [_columns(nest, hardware, tiles[i : i + step]) for i in range(0, max(1, len(tiles)), step)]
    columns: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    energy, least = columns.pop("energy"), columns.pop("least")
    most_cycles = int(columns.pop("most").max())
    top = Fraction(float(energy.max())) or Fraction(1)
    scale = Fraction(ENERGY_LEVELS) / top
    # Floating point may have rounded up: a relative 1e-12 keeps the integers lower bounds.
    dynamic = np.floor(energy * (1 - 1e-12) * float(scale) * (1 - 1e-15)).astype(np.int64)
    # What a port would wait for if its multipliers handed inputs on, sums of two waits, sizes of tiles;
    # without accumulation buffer cycles are shared out over the virtual neurons.
    shared = hardware.num_ms if hardware.sums_return else 1
    return Figures(
        tiles=tiles,
        step=columns,
        most_cycles=most_cycles,
        most=4 * max(most_cycles * shared, hardware.num_ms),
        dynamic=dynamic,
        energy_scale=scale,
        static=Fraction(static_per_cycle(hardware)) * scale,
        bounds=BatchCost(least, least, energy, float(static_per_cycle(hardware))),
    )


def _columns(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> dict[str, NDArray]:
    """Return the figures of few tiles, whose words per port are large arrays.

    Those of `Figures.step` (of ports not on the real hardware, where phases wait), the least cycles and the
    most that the model counts of each, and its energy.
    """
    load = traffic(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    n = loops(nest, tiles)
    step = ArrayStep(load, wave, n)
    counts = event_counts(nest, hardware, tiles, load, wave, n)
    setup = tile_setup(nest, hardware, tiles)
    least = most = timing_of(hardware).lower_bound(nest, hardware, tiles, load, wave, step=step) + setup
    columns: dict[str, NDArray] = {name: getattr(step, name) for name in STEP}
    if not hardware.kind.passes:
        rows = np.arange(len(tiles))
        for port, figure in PORTS.items():
            busiest = step.by_port(figure, n).argmax(axis=1)
            columns |= {f"{port}_{word}": getattr(load, word)[rows, busiest] for word in _WORDS}
        single, _ = iteration_bounds(ARRAYS, hardware, step, n)
        most = n.iterations * (single + exit_time(ARRAYS, hardware, step)) + setup
    return columns | {
        "least": least,
        "most": most,
        "energy": dynamic_energy(hardware, counts, components_of(hardware)),
    }


_WORDS = ("weights", "inputs", "slides", "psums")


class ShapeStep:
    """What is known of a step in a model, from a row of its table; see `solver.cost.step.Step`.

    Parameters
    ----------
    a, row
        The model's algebra, and the columns of `Figures.step` by name.
    aux, forwards
        See `solver.cost.step.Step`.
    """

    most_weights: Value
    most_inputs: Value
    most_slides: Value
    first_weight: Value
    first_input: Value
    per_line: Value
    shortest_path: Value
    shortest_aux: Value
    depth_aux: Value
    aux_total: Value
    doublings: Value

    def __init__(self, a: Algebra, row: Mapping[str, Value], aux: Value, forwards: Truth) -> None:
        self._a, self._row = a, row
        self.aux, self.forwards = aux, forwards
        for name in STEP:
            setattr(self, name, row[name])

    def busiest(self, words: Callable[[Algebra, Port, Loops], Value], n: Loops) -> Value:
        """Return the largest figure of all ports."""
        ports = {
            name: Port(**{word: self._row[f"{name}_{word}"] for word in _WORDS}, forwards=self.forwards)
            for name in PORTS
        }
        return self._a.larger(*(words(self._a, port, n) for port in ports.values()))
