"""Latency in closed form, and a lower bound that is always right, for many tiles at once.

`closed_form` is the cheap T of rule T14, summed over the filter iterations; `lower_bound` keeps
only what no schedule can avoid: every word of the busiest port, one cycle per output of the busiest bus line,
and the shortest way through the reduction network. The search proves optimality with the bound and ranks with
the closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Algebra, Value
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost import step as formulas
from solver.cost.result import Bottleneck
from solver.cost.step import Loops, Port
from solver.cost.traffic import C, G, K, R, S, Traffic
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import Split, split_of

MAX_REPLAYED_OUTPUTS = 30_000_000
"""Padded outputs that a replay may time one by one; beyond it the closed form is reported, and said so."""

MAX_REPLAYED_ITERATIONS = 10_000
"""Overlapping filter iterations of an image that a replay may time one by one: some seconds."""

_TIMED_ROWS, _TIMED_ITERATIONS = 48, 64
"""Rows of windows, and iterations after the first image, that are timed at first."""


class StepWords:
    """The words of a step of each tile, see `solver.cost.step.Step`."""

    def __init__(self, load: Traffic) -> None:
        self._load = load
        self.aux, self.forwards = load.aux, load.forwards
        self._busiest: dict[tuple[Any, Loops], IntArray] = {}

    @cached_property
    def most_weights(self) -> IntArray:
        """Words of a weight step in the port that has most."""
        result: IntArray = self._load.weights.max(axis=1)
        return result

    @cached_property
    def most_inputs(self) -> IntArray:
        """Words of a row's first window."""
        result: IntArray = self._load.inputs.max(axis=1)
        return result

    @cached_property
    def most_slides(self) -> IntArray:
        """Words of its later windows."""
        result: IntArray = self._load.slides.max(axis=1)
        return result

    @cached_property
    def first_weight(self) -> IntArray:
        """Words of a weight step in the port in use that has fewest."""
        return self._fewest(self._load.weights)

    @cached_property
    def first_input(self) -> IntArray:
        """Words of a window there."""
        return self._fewest(self._load.inputs)

    def busiest(self, words: Callable[[Algebra, Port, Loops], Any], n: Loops) -> IntArray:
        """Return the largest figure of all ports; several formulas ask for the same ones."""
        if (words, n) not in self._busiest:
            self._busiest[words, n] = self.by_port(words, n).max(axis=1)
        return self._busiest[words, n]

    def by_port(self, words: Callable[[Algebra, Port, Loops], Any], n: Loops) -> IntArray:
        """Return a figure of every port, shape (tiles, ports)."""
        load = self._load
        port = Port(load.weights, load.inputs, load.slides, load.psums, load.forwards[:, None])
        result: IntArray = words(ARRAYS, port, n.columns)
        return result

    def _fewest(self, words: IntArray) -> IntArray:
        result: IntArray = np.where(self._load.weights > 0, words, np.int64(2**62)).min(axis=1)
        return result


class ArrayStep(StepWords):
    """What is known of a step of each tile, see `solver.cost.step.Step`.

    Parameters
    ----------
    load, wave
        Words and reduction of a step.
    n
        How often the loops of a layer run, kept for those who ask for the same layer.
    """

    def __init__(self, load: Traffic, wave: Wave, n: Loops) -> None:
        super().__init__(load)
        self.n = n
        self.per_line = wave.max_per_line
        self.shortest_path, self.shortest_aux = wave.shortest_path, wave.shortest_aux
        self.depth_aux, self.aux_total = wave.depth_aux, wave.aux_total
        self.doublings = np.frexp(n.num_vns.astype(np.float64))[1].astype(np.int64)


def loops(nest: LoopNest, tiles: IntArray) -> Loops:
    """Return the trip-count products of every tile."""
    # One loop after the other is asked for, of all tiles.
    tiles = np.asfortranarray(tiles)
    return Loops(ARRAYS, split_of(nest, tiles))


def drained(nest: LoopNest, tiles: IntArray) -> BoolArray:
    """Return which tiles drain the array between filter iterations (rule T8): one image, none padded."""
    return _drained(nest, split_of(nest, tiles), len(tiles))


def _drained(nest: LoopNest, split: Split, count: int) -> BoolArray:
    return np.broadcast_to(formulas.drained(ARRAYS, nest, split), count)


def replayable(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return which tiles `solver.cost.evaluate` times by replay; the others are reported by the closed form.

    Not where there are too many outputs, or iterations of an image that overlap, to time one by one
    (MAX_REPLAYED_OUTPUTS, MAX_REPLAYED_ITERATIONS): of iterations that drain some rows are, of those that
    overlap the first image's and some more until they repeat themselves. The replay of folds through memory
    times few of its sums and finds out itself whether they are too many (`solver.cost.serial.replay`).
    """
    n = loops(nest, tiles)
    once = drained(nest, tiles)
    folding = (n.folds > 1) & (not hardware.accumulation_buffer)
    within = formulas.drained_within_images(ARRAYS, n.split)
    one_by_one = np.where(within, 1, n.split.trip["G"] * n.split.trip["K"])
    rows = np.where(once, np.minimum(n.rows, _TIMED_ROWS), n.rows)
    times = np.where(once, 1, np.minimum(n.iterations, one_by_one + _TIMED_ITERATIONS))
    outputs = n.num_vns * rows * n.cols * times
    few = (outputs <= MAX_REPLAYED_OUTPUTS) & (one_by_one <= MAX_REPLAYED_ITERATIONS)
    result: BoolArray = few | folding
    return result


def closed_form(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    step: ArrayStep | None = None,
) -> IntArray:
    """Return the cycles of every tile by the cheap T (rules T14 and T15).

    Exact for two thirds of the tiles, within 1 % for 95 % of them with an accumulation buffer or without
    folds.

    Parameters
    ----------
    step
        What is known of the tiles' steps in this layer, if others asked before.
    """
    step = step or ArrayStep(load, wave, loops(nest, tiles))
    period, drain = closed_form_parts(hardware, tiles, load, wave, step)
    return chain_iterations(nest, tiles, load, step.n, period, drain)


def closed_form_parts(
    hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave, step: ArrayStep
) -> tuple[IntArray, IntArray]:
    """Return Pe, for which an iteration's ports (or its busiest bus line) are busy, and the drain T - Pe."""
    n = step.n
    sent, last = formulas.distribution_time(ARRAYS, step, n), formulas.last_step(ARRAYS, step, n)
    max_w, max_a = step.most_weights, step.most_inputs
    vn_size = tiles[:, [R, S, C]].prod(axis=1) + load.aux
    through_buffer = np.maximum(sent, n.folds * (max_w + max_a) + (n.windows - 1) * wave.max_per_line)
    loop = formulas.way_out(hardware, wave.depth_aux)
    loop = loop + (n.num_vns > loop)
    first = (n.folds[:, None] * load.weights + load.inputs).max(axis=1)
    serial = first + n.windows * np.maximum((n.folds - 1) * loop + 1, n.folds * wave.max_per_line) - 1
    period = np.where(load.aux == 1, np.maximum(sent, serial), through_buffer)
    accumulator = np.where(load.aux == 1, 0, int(hardware.accumulation_buffer))
    return period, drain_of(hardware, wave, vn_size, last, accumulator)


def drain_of(
    hardware: Hardware, wave: Wave, vn_size: IntArray, last: IntArray, accumulator: Value
) -> IntArray:
    """Return l + D + A + 2 + beta of rule T14: from an iteration's last word to its last output in memory.

    Parameters
    ----------
    last
        Words of the last step in the port that has most.
    accumulator
        A, the cycles that an accumulator takes.
    """
    spread = wave.wave_latency - wave.depth - 2
    beta = np.where(
        (hardware.port_width <= vn_size) | (last == 1),
        spread,
        np.maximum(0, spread - (last - 1) // 2),
    )
    result: IntArray = formulas.way_out(hardware, wave.depth) + accumulator + beta
    return result


def chain_iterations(
    nest: LoopNest, tiles: IntArray, load: Traffic, n: Loops, period: IntArray, drain: IntArray
) -> IntArray:
    """Return the cycles of all iterations, from an iteration's period Pe and its drain T - Pe (rule T8)."""
    cycles = n.iterations * (period + drain)
    part = ~_drained(nest, n.split, len(tiles))
    if part.any():
        busy = period - n.folds * load.weights.max(axis=1)
        overlap = _overlapped_drains(nest, tiles[part], n, part, drain[part], busy[part])
        cycles[part] = n.iterations[part] * period[part] + np.rint(overlap).astype(np.int64)
    return cycles


def _overlapped_drains(
    nest: LoopNest, tiles: IntArray, n: Loops, part: BoolArray, drain: IntArray, busy: IntArray
) -> FloatArray:
    """Sum over the filter iterations the part of the drain that the early barrier does not hide (rule T8).

    Iteration j starts s_j windows early, s_j = (j V W - (g T_G K + k T_K T_G) X' Y') / V; it costs the drain
    less s_j windows' time while s_j < W. s_j is linear in k and in g, so every run over k is an arithmetic
    series.
    """
    windows = n.windows[part].astype(np.float64)
    num_vns, i_k, i_g = n.num_vns[part], n.split.trip["K"][part], n.split.trip["G"][part]
    per_window = busy / windows
    stop = np.where(busy > 0, np.minimum(windows, drain * windows / np.maximum(busy, 1)), windows)
    outputs = nest.X * nest.Y
    step_k = (num_vns * windows - tiles[:, K] * tiles[:, G] * outputs) / num_vns
    step_g = (i_k * num_vns * windows - tiles[:, G] * nest.K * outputs) / num_vns
    total = np.zeros(len(tiles))
    # Later images (N) restart the thresholds at zero, so their barriers are open.
    for g in range(int(i_g.max())):
        early = g * step_g
        runs = np.where(
            step_k > 0,
            np.ceil((stop - early) / np.where(step_k > 0, step_k, 1)),
            np.where(early < stop, i_k, 0),
        )
        runs = np.where(g < i_g, np.clip(runs, 0, i_k), 0)
        if not runs.any():
            break
        total += runs * drain - per_window * (runs * early + step_k * runs * (runs - 1) / 2)
    return total


def lower_bound(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: BoolArray | None = None,
    step: ArrayStep | None = None,
) -> IntArray:
    """Return cycles that no replay of the tile can fall below (`solver.cost.step.least_cycles`).

    Parameters
    ----------
    drains
        Which tiles to take as drained, whatever the sizes of the nest say; None asks `drained`.
    step
        What is known of the tiles' steps in this layer, if others asked before.
    """
    step = step or ArrayStep(load, wave, loops(nest, tiles))
    result: IntArray = formulas.least_cycles(ARRAYS, nest, hardware, step, step.n, drains)
    return result


def waits(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave, cycles: int
) -> dict[Bottleneck, int]:
    """Return the cycles that each resource would take alone, of one tile.

    compute: one step per cycle, all the multipliers can do; distribution: words of the busiest port;
    collection: outputs of the busiest bus line; drain: what is left, the array filling and waiting for the
    last outputs of an iteration (or, folding without accumulation buffer, for partial sums to come round).
    """
    n = loops(nest, tiles)
    n_folds, windows, iterations = (int(each[0]) for each in (n.folds, n.windows, n.iterations))
    serial = n_folds > 1 and not hardware.accumulation_buffer
    found: dict[Bottleneck, int] = {
        "compute": iterations * n_folds * (1 + windows),
        "distribution": iterations * int(StepWords(load).busiest(formulas.port_words, n)[0]),
        "collection": iterations * windows * int(wave.max_per_line[0]) * (n_folds if serial else 1),
    }
    return {**found, "drain": max(0, cycles - max(found.values()))}
