"""Cycle-level replay of a part of a layer whose sums begin here and are continued in a later part.

One multiplier of each virtual neuron is kept for the sum that comes back. Where sums are continued, every
window's last fold has a further word per virtual neuron: its port sends it after the step's inputs, and the
multiplier passes it to the tree. Where they are begun nothing is sent, and the multiplier gives 0. Everything
else is as in `solver.cost.replay`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import IntArray, chunks
from solver.array.layout import Layout, busiest, send_order
from solver.cost.memory_port import NEVER
from solver.cost.replay import Replay, Replayed, result_of
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile


class ContinuedReplay(Replay):
    """One mapping of a part of a layer, prepared for timing."""

    def __init__(self, nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
        layout = Layout(nest, hardware, tile)
        self.aux, self.data = np.flatnonzero(layout.is_aux), np.flatnonzero(~layout.is_aux)
        self.data_starts = np.arange(tile.num_vns) * tile.vn_size
        super().__init__(nest, hardware, tile)
        self.place = send_order(np.arange(len(layout.port)), layout.port, layout.is_aux)[0][self.aux]

    def _sums_back(self, layout: Layout) -> IntArray:
        sums = send_order(np.arange(len(layout.port)), layout.port, layout.is_aux)[1]
        return sums if self.nest.sums == "continued" else np.zeros_like(sums)

    def _step_words(self) -> tuple[IntArray, IntArray]:
        """Return the words per port of a fold's inputs, in a row's first window and in later ones."""
        return self.ports.inputs, self.ports.slides if self.forwards else self.ports.inputs

    def _slowest_row(self) -> int:
        first, later = self._step_words()
        words = self.folds * (first + (self.cols - 1) * later) + self.cols * self.ports.sums
        lines = self.cols * int(np.bincount(self.line).max())
        return max(int(words.max()), self.folds * self.cols, lines)

    def _iteration_words(self) -> IntArray:
        result: IntArray = super()._iteration_words() + self.rows * self.cols * self.ports.sums
        return result

    def _iteration(self, start: int) -> IntArray:
        ports, folds = self.ports, self.folds
        ports.free = np.maximum(ports.free, start)
        if self.watch is not None:
            self.watch.iteration(self.number, ports.free, self.fired)
        self.number += 1
        ports.free = ports.free + folds * ports.weights
        inputs, begin = self._last_folds(start)
        result = self._products(inputs, begin)
        if self.nest.sums == "continued":
            port = self.port[self.aux]
            after = begin[:, port] + inputs[:, port] + self.place
            np.maximum(result, after + self.delay[self.aux], out=result)
        return result

    def _products(self, inputs: IntArray, begin: IntArray) -> IntArray:
        """Return when the products of each window and virtual neuron may be on its line."""
        if self.forwards:
            grid = begin.reshape(self.rows, self.cols, -1)
            return self._all_forwarded(grid[:, 0], grid[:, 1:])
        count = len(self.data_starts)
        vn = np.repeat(np.arange(count), len(self.data) // count)
        port, wait, firsts = busiest(vn, self.port[self.data], (self.order + self.delay)[self.data])
        result = np.empty((len(begin), count), dtype=np.int64)
        for chunk in chunks(len(begin), len(port)):
            result[chunk] = np.maximum.reduceat(begin[chunk][:, port] + wait, firsts, axis=1)
        return result

    def _none_before(self) -> int:
        """Return a cycle before any output of the next iteration; sums that are begun wait for data only."""
        free = self.ports.free[self.port[self.data]]
        return int(np.maximum.reduceat(free, self.data_starts).min())

    def _last_folds(self, start: int) -> tuple[IntArray, IntArray]:
        """Return each window's inputs per port and fold, and the cycle before its last fold's are sent.

        Shapes (windows, ports). A port sends step after step, none before it is generated; one that has
        nothing to send in a step does not wait for it.
        """
        windows = self.rows * self.cols
        first, later = self._step_words()
        inputs = np.where((np.arange(windows) % self.cols == 0)[:, None], first, later)
        words = self.folds * inputs + self.ports.sums
        before = np.cumsum(words, axis=0) - words
        step = start + self.folds * (1 + np.arange(windows))[:, None]
        # Only the last fold has a sum; inputs come with every fold.
        generated = np.where(inputs > 0, step, step + self.folds - 1)
        lead = np.where(words > 0, generated - before, NEVER)
        lead = np.maximum(np.maximum.accumulate(lead, axis=0), self.ports.free)
        self.ports.free = lead[-1] + before[-1] + words[-1]
        return inputs, lead + before + (self.folds - 1) * inputs


@lru_cache(maxsize=1024)
def part_replayed(nest: LoopNest, hardware: Hardware, tile: Tile) -> Replayed:
    """Replay one mapping of a part of a layer; what was asked for lately is remembered."""
    return result_of(ContinuedReplay, nest, hardware, tile)
