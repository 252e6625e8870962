"""What comes out of the buses of the real hardware, in order: the numbers, and what each of them is.

Every pass over the windows (rule S13) gives the sums of one fold; whoever reads the buses adds the folds and
drops what lies outside the layer. The numbers are those of the layer's definition, not of any program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.arithmetic import Arithmetic, multiply, wrap
from solver.execution.clocks.collection import Turns
from solver.execution.clocks.real_clock import RealClock, RunOrders
from solver.execution.operands import Addresses, Operands
from solver.execution.program import load
from solver.mapping.tile import trips
from solver.switches.switch_config import SwitchConfig

Results = tuple[IntArray, ...]
"""The values of every bus in the order in which they leave it."""


@dataclass(frozen=True)
class Meaning:
    """What one value of a bus is.

    Parameters
    ----------
    iteration
        Indices of the pass along the loops n, g, k and fold.
    stream, window
        Number of the stream in its pass, and of the window in the stream.
    vn, emitter
        Virtual neuron, and the output of the tree that emits its sums.
    output
        The layer's output (n, g, k, x, y) to which it adds; None if it lies outside the layer.
    """

    iteration: tuple[int, int, int, int]
    stream: int
    window: int
    vn: int
    emitter: str
    output: tuple[int, ...] | None

    @property
    def place(self) -> tuple[int, ...]:
        """Its place in the run, for comparison."""
        return (*self.iteration, self.stream, self.window, self.vn)

    def __str__(self) -> str:
        n, g, k, fold = self.iteration
        place = "outside the layer"
        if self.output is not None:
            place = ", ".join(f"{loop} = {at}" for loop, at in zip("ngkxy", self.output, strict=True))
        return (
            f"window {self.window} of stream {self.stream} in pass n = {n}, g = {g}, k = {k}, fold = {fold}; "
            f"virtual neuron {self.vn} at {self.emitter}; output {place}"
        )


class ResultOrder:
    """Which value is which on every bus over a whole run.

    Parameters
    ----------
    config
        The configuration.
    clock
        That of the configuration, if there is one.
    turns
        Whom the buses have served before.
    """

    def __init__(
        self, config: SwitchConfig, clock: RealClock | None = None, turns: Turns | None = None
    ) -> None:
        self.config, self._clock, self._turns = config, clock, turns or {}
        nest, tile = config.nest, config.tile
        counts = trips(nest, tile)
        self.passes = tuple(config.loop_counts[loop] for loop in ("n", "g", "k", "fold"))
        self.whole = tuple(counts[dim] * getattr(tile, dim) for dim in "NGKXY")
        self._sizes = np.array([getattr(tile, dim) for dim in "NGKXY"])
        self._columns = counts["Y"]
        self._vns = {output.vn: output for output in config.outputs}

    @cached_property
    def clock(self) -> RealClock:
        """What says when every value is at its bus."""
        return self._clock or RealClock(load(self.config))

    @cached_property
    def run(self) -> RunOrders:
        """The order of the values in every pass."""
        return self.clock.orders(self._turns)

    @cached_property
    def _orders(self) -> list[list[list[tuple[int, int, int, int]]]]:
        """Stream, its first window, virtual neuron and window in it of every value, by pass and bus."""
        found = []
        for streams in self.run.passes:
            buses: list[list[tuple[int, int, int, int]]] = [[] for _ in range(self.config.array.rn_bw)]
            for stream, (start, orders) in enumerate(streams):
                for order in orders:
                    buses[order.bus] += [(stream, start, vn, window) for vn, window in order.values()]
            found.append(buses)
        return found

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.config.name

    @property
    def words(self) -> tuple[int, int]:
        """Words of the memories of weights and of inputs."""
        addresses = Addresses.of(self.config)
        return prod(addresses.weight_shape), prod(addresses.input_shape)

    def images(self, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Return what the memories of weights and of inputs hold for operands of the layer."""
        operands = Operands(self.config, inputs, weights)
        return operands.weights, operands.inputs

    @property
    def counts(self) -> list[int]:
        """Values of every bus in a run."""
        return [prod(self.passes) * len(order) for order in self._orders[0]]

    @cached_property
    def _places(self) -> tuple[IntArray, ...]:
        """Where the values of each different pass would stand among all outputs in whole tiles if it were the
        first, by bus, (passes, values, 5).
        """
        found = []
        for bus in range(self.config.array.rn_bw):
            orders = [buses[bus] for buses in self._orders]
            table = np.array(orders, dtype=np.int64).reshape(-1, 4)
            offsets = np.array([self._vns[vn].offset for vn in table[:, 2].tolist()], dtype=np.int64)
            windows = table[:, 1] + table[:, 3]
            tiles = np.zeros((len(table), 5), dtype=np.int64)
            tiles[:, 3], tiles[:, 4] = np.divmod(windows, self._columns)
            places = offsets.reshape(-1, 5) + tiles * self._sizes
            found.append(places.reshape(len(orders), -1, 5))
        return tuple(found)

    def places(self, bus: int) -> tuple[IntArray, IntArray]:
        """Return the fold of every value of a bus, and its place among all outputs in whole tiles."""
        n, g, k, fold = np.indices(self.passes).reshape(4, -1)
        tiles = np.stack([n, g, k, np.zeros_like(n), np.zeros_like(n)], axis=1) * self._sizes
        inside = self._places[bus][list(self.run.which)]
        at = (tiles[:, None, :] + inside).reshape(-1, 5)
        return np.repeat(fold, inside.shape[1]), np.ravel_multi_index(tuple(at.T), self.whole)

    def meaning(self, bus: int, index: int) -> Meaning:
        """Return what a value of a bus is."""
        which, inside = divmod(index, len(self._orders[0][bus]))
        like = self.run.which[which]
        stream, _, vn, window = self._orders[like][bus][inside]
        n, g, k, fold = (int(i) for i in np.unravel_index(which, self.passes))
        at = self._places[bus][like, inside] + np.array([n, g, k, 0, 0]) * self._sizes
        nest = self.config.nest
        there = all(i < getattr(nest, dim) for i, dim in zip(at.tolist(), "NGKXY", strict=True))
        output = tuple(at.tolist()) if there else None
        return Meaning((n, g, k, fold), stream, window, vn, self._vns[vn].output, output)

    def expected(self, weights: IntArray, inputs: IntArray) -> Results:
        """Return the values of every bus, those outside the layer included.

        Parameters
        ----------
        weights, inputs
            Flat in whole tiles, as `Operands` has them; fixed point.
        """
        sums = _fold_sums(self.config, weights, inputs)
        found = []
        for bus in range(self.config.array.rn_bw):
            fold, place = self.places(bus)
            found.append(wrap(sums[fold, place], Arithmetic.FIXED))
        return tuple(found)


def _fold_sums(config: SwitchConfig, weights: IntArray, inputs: IntArray) -> IntArray:
    """Return what every fold adds to every output in whole tiles, shape (folds, outputs)."""
    nest, tile = config.nest, config.tile
    counts = trips(nest, tile)
    n, g, k, x, y = (counts[dim] * getattr(tile, dim) for dim in "NGKXY")
    addresses = Addresses.of(config)
    inputs, weights = inputs.reshape(addresses.input_shape), weights.reshape(addresses.weight_shape)
    folds = [range(counts[dim]) for dim in "CRS"]
    sums = np.zeros((prod(map(len, folds)), n, g, k, x, y), dtype=np.int64)
    taps = np.ndindex(*(counts[dim] * getattr(tile, dim) for dim in "CRS"))
    for c, r, s in taps:
        fold = int(np.ravel_multi_index((c // tile.C, r // tile.R, s // tile.S), tuple(map(len, folds))))
        axes = zip((r, s), (x, y), nest.stride, nest.dilation, strict=True)
        rows, cols = (
            slice(tap * dilation, tap * dilation + (count - 1) * stride + 1, stride)
            for tap, count, stride, dilation in axes
        )
        weight = weights[None, :, :, c, r, s, None, None]
        sums[fold] += multiply(weight, inputs[:, :, None, c, rows, cols], Arithmetic.FIXED)
    return sums.reshape(len(sums), -1)
