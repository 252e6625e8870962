"""The array's work on all buffer tiles: cycles and events, as sums of products over the loops.

Each buffer tile is run like a small layer, by the timing rules of the single level. Summed over all buffer
tiles the closed form's terms become products of o_d and n_d (`tiling`), with the three stationary orders
differing in how often the words of a step are sent:

weights (controller fixed; validated)
    weights of all folds are loaded per filter iteration, then every window's inputs are streamed (forwarded
    between neighbours where the rule allows it); the array drains after each filter iteration.
inputs (assumed)
    the same controller with the operands exchanged: a window's inputs of all folds are loaded, then the
    weights of every filter are streamed; the array drains after each window iteration.
outputs (assumed)
    weights and inputs of every fold are both streamed; nothing but the running sum stays; one drain per
    buffer tile.

Only accumulation-buffer hardware is covered: folds are summed beside the reduction network, partial sums of
earlier buffer tiles are read from the buffer, added in the accumulators and written back. Unlike the single
level, iterations that open the filter barrier early (padded outputs) get no credit for it, and a starved
forwarding port costs its words only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.events import input_lines, leaving_together
from solver.cost.latency import Wave, waves
from solver.cost.traffic import Traffic, traffic, traffic_bound
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, G, K, N, R, S, X, Y


@dataclass(frozen=True)
class StepTraffic:
    """Distribution traffic of one step, summed over the ports: the columns of `Traffic` that events need.

    The columns per port are left out on purpose: taking rows, which searches do all the time, would mostly
    copy them.
    """

    forwards: BoolArray
    weight_wires: IntArray
    input_wires: IntArray
    slide_wires: IntArray
    weight_switches: IntArray
    input_switches: IntArray
    slide_switches: IntArray

    @staticmethod
    def of(load: Traffic) -> StepTraffic:
        """Return the columns of some traffic."""
        return StepTraffic(*(getattr(load, name) for name in StepTraffic.__dataclass_fields__))

    def take(self, index: IntArray | BoolArray) -> StepTraffic:
        """Return some of the rows."""
        return StepTraffic(*(getattr(self, name)[index] for name in StepTraffic.__dataclass_fields__))


@dataclass(frozen=True)
class ArrayShapes:
    """Figures of array tiles that do not depend on the buffer tile, one row per tile.

    Attributes
    ----------
    tiles
        Shape (tiles, 8).
    ports
        Shape (tiles, p, 3): words (w, a, b) of the ports that can be the busiest, padded with zeros.
    load, wave
        Distribution traffic and reduction figures.
    drain
        Cycles from the last word of an iteration to its last output in memory (weights stationary).
    plain_drain
        The same when nothing is forwarded.
    """

    tiles: IntArray
    ports: IntArray
    load: StepTraffic
    wave: Wave
    drain: IntArray
    plain_drain: IntArray

    def take(self, index: IntArray | BoolArray) -> ArrayShapes:
        """Return some of the rows."""
        wave = Wave(*(getattr(self.wave, name)[index] for name in Wave.__dataclass_fields__))
        return ArrayShapes(
            self.tiles[index],
            self.ports[index],
            self.load.take(index),
            wave,
            self.drain[index],
            self.plain_drain[index],
        )

    @property
    def vn_size(self) -> IntArray:
        """Multipliers per virtual neuron."""
        result: IntArray = self.tiles[:, [R, S, C]].prod(axis=1)
        return result

    @property
    def num_vns(self) -> IntArray:
        """Virtual neurons."""
        result: IntArray = self.tiles[:, [K, G, X, Y]].prod(axis=1)
        return result


def array_shapes(nest: LoopNest, hardware: Hardware, tiles: IntArray, *, exact: bool = True) -> ArrayShapes:
    """Compute the figures of array tiles.

    Parameters
    ----------
    exact
        False gives lower bounds of words and drains without laying out the tiles, a hundredth of the work.
    """
    if not exact:
        load = traffic_bound(nest, hardware, tiles)
        wave = waves(hardware, tiles, load.aux)
        words = np.stack([load.weights, load.inputs, load.slides], axis=2)
        drain = int(hardware.dn_bw < hardware.num_ms) + wave.depth + 3
        return ArrayShapes(tiles, words, StepTraffic.of(load), wave, drain, drain)
    load = traffic(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    vn = tiles[:, [R, S, C]].prod(axis=1)
    slide_last = load.slides.max(axis=1) if nest.Y > 1 else load.inputs.max(axis=1)
    return ArrayShapes(
        tiles=tiles,
        ports=_extreme_ports(load),
        load=StepTraffic.of(load),
        wave=wave,
        drain=_drain(hardware, wave, vn, slide_last),
        plain_drain=_drain(hardware, wave, vn, load.inputs.max(axis=1)),
    )


def _drain(hardware: Hardware, wave: Wave, vn: IntArray, last: IntArray) -> IntArray:
    """Return l + D + A + 2 + beta of the timing specification."""
    spread = wave.wave_latency - wave.depth - 2
    beta = np.where(
        (hardware.port_width <= vn) | (last == 1), spread, np.maximum(0, spread - (last - 1) // 2)
    )
    result: IntArray = int(hardware.dn_bw < hardware.num_ms) + wave.depth + 1 + 2 + beta
    return result


def _extreme_ports(load: Traffic) -> IntArray:
    """Keep, per tile, the distinct (w, a, b) that no other port exceeds in all three, padded with zeros."""
    base = 1 + int(max(load.weights.max(initial=0), load.inputs.max(initial=0)))  # slides are inputs too
    keys = _distinct_first((load.weights * base + load.inputs) * base + load.slides)
    inputs, slides = keys // base % base, keys % base
    beaten = np.zeros(keys.shape, dtype=bool)
    for port in range(keys.shape[1] - 1):
        # Those after it, in descending order, have no more weights.
        later = slice(port + 1, None)
        beaten[:, later] |= (inputs[:, later] <= inputs[:, [port]]) & (slides[:, later] <= slides[:, [port]])
    keys = _distinct_first(np.where(beaten, 0, keys))
    result: IntArray = np.stack([keys // (base * base), keys // base % base, keys % base], axis=2)
    return result


def _distinct_first(keys: IntArray) -> IntArray:
    """Return the distinct values of each row, largest first, in as few columns as hold them; zeros after."""
    descending = -np.sort(-keys, axis=1)
    descending[:, 1:][descending[:, 1:] == descending[:, :-1]] = 0
    result: IntArray = -np.sort(-descending, axis=1)
    return result[:, : max(1, int((result > 0).sum(axis=1).max(initial=0)))].astype(np.int64)


@dataclass(frozen=True)
class Steps:
    """How often the words of a step are sent, over the whole layer.

    Attributes
    ----------
    weights, first, slides
        Steps that send weights, all inputs of a window, and the last column only.
    waves
        Multiplications per switch in use: every step that fires.
    windows
        Outputs per virtual neuron that leave over the bus.
    iterations
        Times the array is filled and drained.
    loads
        Steps before the first output of an iteration, summed over the iterations.
    """

    weights: IntArray
    first: IntArray
    slides: IntArray
    waves: IntArray
    windows: IntArray
    iterations: IntArray
    loads: IntArray


def steps(shapes: ArrayShapes, trips: IntArray, passes: IntArray, order: str) -> Steps:
    """Count the steps of rows of (array tile, o_d, n_d) under one stationary order.

    Parameters
    ----------
    trips, passes
        o_d and n_d, shape (rows, 8).
    order
        One of `ARRAY_ORDERS`.
    """
    n, o = passes.T, trips.T
    filters = n[N] * n[G] * n[K]
    n_q, o_q = n[C] * n[R] * n[S], o[C] * o[R] * o[S]
    waves_run = filters * n_q * n[X] * n[Y]
    windows = filters * n[X] * n[Y] * o_q
    none = np.zeros_like(waves_run)
    if order == "weights":
        loads = filters * n_q * o[X] * o[Y]
        rows = filters * n_q * n[X]
        first = rows * np.where(shapes.load.forwards, o[Y], n[Y])
        return Steps(loads, first, waves_run - first, waves_run, windows, filters * o_q * o[X] * o[Y], loads)
    if order == "inputs":
        loads = n[N] * n[G] * n[X] * n[Y] * n_q * o[K]
        iterations = n[N] * n[G] * n[X] * n[Y] * o_q * o[K]
        return Steps(waves_run, loads, none, waves_run, windows, iterations, loads)
    tiles = o[N] * o[G] * o[K] * o[X] * o[Y]
    return Steps(waves_run, waves_run, none, waves_run, windows, tiles * o_q, tiles * n_q)


def array_cycles(shapes: ArrayShapes, count: Steps, order: str, *, never_less: bool = False) -> IntArray:
    """Return the cycles of the array's work, without waiting for the buffer.

    The slowest of the busiest port, the generator (one step per cycle) and the busiest bus line, plus a drain
    per iteration.

    Parameters
    ----------
    never_less
        Return what no buffer tile can undercut, from the counts of a buffer that holds the whole layer. Only
        the bus line's wait can shrink with more iterations, which gives it breaks; it is then bounded by a
        drain per output.
    """
    ports = shapes.ports
    words = (
        ports[:, :, 0] * count.weights[:, None]
        + ports[:, :, 1] * count.first[:, None]
        + ports[:, :, 2] * count.slides[:, None]
    ).max(axis=1)
    forwarded = count.slides > 0
    most = ports.max(axis=1)
    last = np.where(forwarded, most[:, 2], most[:, 1])
    generated = count.weights + count.first + count.slides + count.iterations * (last - 1)
    per_line = shapes.wave.max_per_line
    collected = per_line * (count.windows - count.iterations) + count.loads * (most[:, 0] + most[:, 1])
    drain = shapes.drain if order == "weights" else shapes.plain_drain
    if never_less:
        collected = np.minimum(collected, (count.windows - count.iterations) * drain)
    result: IntArray = np.maximum(words, np.maximum(generated, collected)) + count.iterations * drain
    return result


def array_events(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    trips: IntArray,
    passes: IntArray,
    count: Steps,
    order: str,
) -> dict[str, IntArray]:
    """Count the array's events under the names of `Counts`, its reads and writes of the buffer included."""
    tiles, load, wave = shapes.tiles, shapes.load, shapes.wave
    n, o = passes.T, trips.T
    groups = n[G] * tiles[:, G]
    num_vns = shapes.num_vns
    rows = n[X] * input_lines(n[R], tiles[:, X], nest.R, nest.dilation[0])
    cols = input_lines(n[S], tiles[:, Y], nest.S, nest.dilation[1])
    if order == "weights":
        weight_reads = n[N] * o[X] * o[Y] * groups * (nest.K * nest.C * nest.R * nest.S)
        slide_cols = np.where(load.forwards, n[S], cols)
        input_reads = n[K] * rows * (o[Y] * cols + (n[Y] - o[Y]) * slide_cols)
    else:
        weight_reads = n[N] * n[X] * n[Y] * groups * (nest.K * nest.C * nest.R * nest.S)
        input_reads = (o[K] if order == "inputs" else n[K]) * rows * n[Y] * cols
    later = o[C] * o[R] * o[S] - 1
    # The words that are streamed in the other orders come one by one.
    pairs = leaving_together(hardware, tiles, shapes.vn_size) if order == "weights" else np.zeros_like(later)
    sent = (
        (load.weight_wires, load.weight_switches, count.weights),
        (load.input_wires, load.input_switches, count.first),
        (load.slide_wires, load.slide_switches, count.slides),
    )
    return {
        "weight_reads": weight_reads,
        "input_reads": n[N] * groups * nest.C * input_reads,
        "psum_reads": nest.outputs * later,
        "writes": nest.outputs * (later + 1),
        "dn_wires": sum((wires * times for wires, _, times in sent), start=np.zeros_like(later)),
        "dn_switches": sum((switches * times for _, switches, times in sent), start=np.zeros_like(later)),
        "multiplications": shapes.vn_size * num_vns * count.waves,
        "psum_forwards": np.zeros_like(later),
        "mn_wires": num_vns * tiles[:, C] * tiles[:, R] * (tiles[:, S] - 1) * count.slides,
        "rn_wires": (wave.wires + num_vns - pairs) * count.waves,
        "adds_2_1": wave.adds_2_1 * count.waves,
        "adds_3_1": wave.adds_3_1 * count.waves,
        # Every wave but an output's first is added to a running sum, in the accumulator or from the buffer.
        "accumulates": num_vns * (count.waves - n[N] * n[G] * n[K] * n[X] * n[Y]),
        "bus_wires": 2 * num_vns * count.windows,
    }
