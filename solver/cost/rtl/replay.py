"""Replay of a mapping on the real hardware: put by put and bus by bus, with the measured timing of the RTL.

The schedule is that of `solver.cost.rtl.latency`; the ports are those of `solver.array.rtl_clock`, on
which the hardware's own test bench is timed to the cycle. Every window of a stream asks the same of every
port, so after a few windows the times of all of them grow by the same number of cycles per window; the
windows after that are not replayed one by one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import IntArray
from solver.array.layout import Layout, send_order
from solver.array.rtl_clock import CYCLES_PER_DATUM, MAX_PSUMS, START_UP, WEIGHT_LOAD_EXTRA, PutClock
from solver.array.rtl_reduction import placed_vns
from solver.cost.latency import loops
from solver.cost.step import NEXT_PHASE, PRODUCT, schedule
from solver.cost.traffic import traffic
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

_SETTLED_WINDOWS, _SETTLED_PUTS = 4, 24
"""Windows and cycles of puts replayed before looking whether the rest repeats them."""


def rtl_replay_cycles(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of a layer on the real hardware, every pass with its weight load and its streams.

    Parameters
    ----------
    nest, hardware, tile
        A legal mapping of the layer on hardware with `reduction` rtl.
    """
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    plan = schedule(ARRAYS, load.forwards, loops(nest, tiles))
    weight_load = CYCLES_PER_DATUM * int(load.weights.max()) + WEIGHT_LOAD_EXTRA
    streams, windows = int(plan.streams[0]), int(plan.first_windows[0] + plan.slide_windows[0])
    stream = RtlStream(Layout(nest, hardware, tile))
    # Windows are dealt out evenly: some streams have one more than the others.
    shorter, longer = windows // streams, windows % streams
    sent = (streams - longer) * stream.cycles(shorter)
    if longer:
        sent += longer * stream.cycles(shorter + 1)
    return START_UP + int(plan.passes[0]) * (weight_load + sent)


class RtlStream:
    """The windows that run under one configuration of the multipliers.

    Parameters
    ----------
    layout
        The tile on the array.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        hardware, tile = layout.hardware, layout.tile
        vns = placed_vns(hardware.num_ms, tile.vn_size)
        self.bus = vns.switch[: tile.num_vns] % hardware.rn_bw
        self.climb = 2 * vns.levels[: tile.num_vns]
        self.vn_starts = np.arange(tile.num_vns) * tile.vn_size
        self.first = send_order(layout.input_key, layout.port)
        self.slide, self.hops = self.first, 0
        if layout.forwards:
            self.slide = send_order(layout.input_key, layout.port, layout.last_column)
            self.hops = tile.S - 1
        self.pace = CYCLES_PER_DATUM * int(self.slide[1].max())

    def cycles(self, windows: int) -> int:
        """Return the cycles of a stream, from the configuration to what comes after the last sum.

        Once the puts wait for the busiest port, its words set the pace and every bus keeps up (a rule of the
        mapping space), so each window takes as long as its words. Windows are replayed until four in a row
        end that far apart; a bus that is still working off what came faster before would end closer together.
        """
        at_bus = self._settled(windows)
        return last_served(at_bus, self.bus) + (windows - len(at_bus)) * self.pace + NEXT_PHASE

    def least_idle(self) -> int:
        """Return the least that a stream takes beyond its words, however many windows it has; none slides.

        From where its windows have settled on, a stream idles as long as one that ends there.
        """
        at_bus = self._settled(MAX_PSUMS)
        ends = [last_served(at_bus[:windows], self.bus) for windows in range(1, len(at_bus) + 1)]
        return min(end - windows * self.pace for windows, end in enumerate(ends, 1)) + NEXT_PHASE

    def _settled(self, windows: int) -> IntArray:
        """Return `sums` of as many of a stream's windows as it takes until they settle."""
        replayed = min(windows, _SETTLED_WINDOWS + -(-_SETTLED_PUTS // self.pace))
        while True:
            at_bus = self.sums(replayed)
            if replayed == windows:
                return at_bus
            ends = [last_served(at_bus[: replayed - back], self.bus) for back in range(4)]
            if all(later - earlier == self.pace for later, earlier in pairwise(ends)):
                return at_bus
            replayed = min(windows, 2 * replayed)

    def sums(self, windows: int) -> IntArray:
        """Return when every sum is at its bus, counted from the configuration, shape (windows, VNs)."""
        clock = PutClock(len(self.first[1]))
        at_bus = np.empty((windows, len(self.bus)), dtype=np.int64)
        for window in range(windows):
            sliding = window > 0 and self.layout.forwards
            if sliding and window == 1:
                clock.wait_until_empty()
            turn, words = self.slide if sliding else self.first
            delivered = np.array([clock.put(words >= j) for j in range(1, int(words.max()) + 1)])
            # Turn 0 is a multiplier that is sent nothing: it never is the last of its VN.
            operand = np.where(turn > 0, delivered[turn - 1, self.layout.port], 0)
            at_bus[window] = np.maximum.reduceat(operand, self.vn_starts) + (self.hops if sliding else 0)
        return at_bus + PRODUCT + self.climb


def last_served(at_bus: IntArray, bus: IntArray) -> int:
    """Return the cycle in which the last sum leaves, one per bus and cycle.

    Parameters
    ----------
    at_bus
        When every sum is at its bus, shape (windows, VNs).
    bus
        Bus of every VN.
    """
    times, line = at_bus.ravel(), np.tile(bus, len(at_bus))
    order = np.lexsort((times, line))
    times, line = times[order], line[order]
    last_of_line = np.searchsorted(line, line, side="right") - 1
    # Whatever a bus serves first, it is busy until all behind the j-th arrival are out.
    return int((times + last_of_line - np.arange(len(times))).max()) + 1
