"""Latency in closed form, and a lower bound that is always right, for many tiles at once.

`closed_form` is the cheap T of rule T14, summed over the filter iterations; `lower_bound` keeps
only what no schedule can avoid: every word of the busiest port, one cycle per output of the busiest bus line,
and the shortest way through the reduction network. The search proves optimality with the bound and ranks with
the closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.array.reduction import packed_wave_latency, running
from solver.array.rtl_reduction import rtl_running
from solver.cost.traffic import C, G, K, N, R, S, Traffic, X, Y, trip_counts
from solver.hardware import Hardware
from solver.layer import LoopNest

MAX_REPLAYED_OUTPUTS = 30_000_000
"""Padded outputs that a replay may time one by one; beyond it the closed form is reported, and said so."""

MAX_REPLAYED_ITERATIONS = 10_000
"""Overlapping filter iterations of an image that a replay may time one by one: some seconds."""

_TIMED_ROWS, _TIMED_ITERATIONS = 48, 64
"""Rows of windows, and iterations after the first image, that are timed at first."""


@dataclass(frozen=True)
class Wave:
    """Reduction figures of each tile's wave, one array per field of `ReductionFigures`."""

    depth: IntArray
    depth_aux: IntArray
    shortest_aux: IntArray
    aux_total: IntArray
    shortest_path: IntArray
    max_per_line: IntArray
    wave_latency: IntArray
    adds_2_1: IntArray
    adds_3_1: IntArray
    wires: IntArray


def waves(hardware: Hardware, tiles: IntArray, aux: IntArray, *, exact: bool = True) -> Wave:
    """Look up the reduction figures of every tile (they depend on VN size and count only).

    Parameters
    ----------
    exact
        False gives a lower bound as latency of the wave, which only closed forms ask for: the depth with bus
        and memory.
    """
    look_up = rtl_running if hardware.real else running
    size = tiles[:, [R, S, C]].prod(axis=1) + aux
    count = tiles.prod(axis=1) // (size - aux)
    # Sorted by size, so that each size's table is looked up once.
    order = np.argsort(size, kind="stable")
    distinct, begins = np.unique(size[order], return_index=True)
    columns = {name: np.empty(len(tiles), dtype=np.int64) for name in Wave.__dataclass_fields__}
    for each, rows in zip(distinct.tolist(), np.split(order, begins[1:]), strict=True):
        table = look_up(hardware.num_ms, each, hardware.rn_bw)
        at = np.minimum(count[rows], len(table["depth"])) - 1
        for name, column in columns.items():
            if name in table:
                column[rows] = table[name][at]
    if not hardware.real:
        columns["wave_latency"] = _wave_latency(hardware, size, count) if exact else columns["depth"] + 2
    return Wave(**columns)


def _wave_latency(hardware: Hardware, size: IntArray, count: IntArray) -> IntArray:
    keys, inverse = np.unique(size * (hardware.num_ms + 1) + count, return_inverse=True)
    known = [
        packed_wave_latency(hardware.num_ms, *divmod(key, hardware.num_ms + 1), hardware.rn_bw)
        for key in keys.tolist()
    ]
    return np.array(known, dtype=np.int64)[inverse]


@dataclass(frozen=True)
class Loops:
    """Trip-count products of every tile (F, iX, iY, W, NO, V of the specification)."""

    folds: IntArray
    rows: IntArray
    cols: IntArray
    iterations: IntArray
    num_vns: IntArray
    trips: IntArray

    @property
    def windows(self) -> IntArray:
        """Windows per filter iteration (W)."""
        return self.rows * self.cols


def loops(nest: LoopNest, tiles: IntArray) -> Loops:
    """Return the trip-count products of every tile."""
    trips = trip_counts(nest, tiles)
    vn = tiles[:, [R, S, C]].prod(axis=1)
    return Loops(
        folds=trips[:, [R, S, C]].prod(axis=1),
        rows=trips[:, X],
        cols=trips[:, Y],
        iterations=trips[:, [N, K, G]].prod(axis=1),
        num_vns=tiles.prod(axis=1) // vn,
        trips=trips,
    )


def drained(nest: LoopNest, tiles: IntArray, trips: IntArray) -> BoolArray:
    """Return which tiles drain the array between filter iterations (rule T8): one image, none padded."""
    result: BoolArray = _drained_within_images(nest, tiles, trips) & (nest.N == 1)
    return result


def _drained_within_images(nest: LoopNest, tiles: IntArray, trips: IntArray) -> BoolArray:
    whole = (nest.X % tiles[:, X] == 0) & (nest.Y % tiles[:, Y] == 0)
    filters = (nest.K % tiles[:, K] == 0) | (trips[:, G] == 1)
    # The barrier counts the outputs of one image.
    result: BoolArray = whole & filters & (tiles[:, N] == 1)
    return result


def replayable(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return which tiles `solver.cost.evaluate` times by replay; the others are reported by the closed form.

    Not where there are too many outputs, or iterations of an image that overlap, to time one by one
    (MAX_REPLAYED_OUTPUTS, MAX_REPLAYED_ITERATIONS): of iterations that drain some rows are, of those that
    overlap the first image's and some more until they repeat themselves. The replay of folds through memory
    times few of its sums and finds out itself whether they are too many (`solver.cost.serial.replay`).
    """
    n = loops(nest, tiles)
    once = drained(nest, tiles, n.trips)
    folding = (n.folds > 1) & (not hardware.accumulation_buffer)
    one_by_one = np.where(_drained_within_images(nest, tiles, n.trips), 1, n.trips[:, G] * n.trips[:, K])
    rows = np.where(once, np.minimum(n.rows, _TIMED_ROWS), n.rows)
    times = np.where(once, 1, np.minimum(n.iterations, one_by_one + _TIMED_ITERATIONS))
    outputs = n.num_vns * rows * n.cols * times
    few = (outputs <= MAX_REPLAYED_OUTPUTS) & (one_by_one <= MAX_REPLAYED_ITERATIONS)
    result: BoolArray = few | folding
    return result


def port_words(load: Traffic, nest_loops: Loops) -> IntArray:
    """Return the words that each port sends in one filter iteration, shape (tiles, ports)."""
    f, i_x, i_y = nest_loops.folds[:, None], nest_loops.rows[:, None], nest_loops.cols[:, None]
    result: IntArray = (
        f * (load.weights + i_x * (load.inputs + (i_y - 1) * load.slides))
        + (f - 1) * (i_x * i_y) * load.psums
    )
    return result


def port_times(load: Traffic, nest_loops: Loops) -> IntArray:
    """Return each port's own term of P: when it has sent an iteration's words, shape (tiles, ports).

    A port of forwarding multipliers that are sent nothing while the window slides is bound by its own first
    windows and by the generation of the steps instead (the b_p = 0 form).
    """
    f, i_x, i_y = nest_loops.folds[:, None], nest_loops.rows[:, None], nest_loops.cols[:, None]
    per_port = port_words(load, nest_loops)
    starved = load.forwards[:, None] & (load.slides == 0) & (load.inputs > 0)
    own = f * (load.weights + i_x * load.inputs + i_y - 1)
    generated = f * (1 + (i_x - 1) * i_y + load.inputs + i_y - 1)
    result: IntArray = np.where(starved, np.maximum(per_port, np.maximum(own, generated)), per_port)
    return result


def last_step(load: Traffic, nest_loops: Loops) -> IntArray:
    """Return the words of an iteration's last step in the port that has most."""
    result: IntArray = np.where(nest_loops.cols > 1, load.slides.max(axis=1), load.inputs.max(axis=1))
    return result


def distribution_time(load: Traffic, nest_loops: Loops) -> IntArray:
    """Return P: the cycle in which the last words of a filter iteration are sent."""
    steps = nest_loops.folds * (1 + nest_loops.windows)
    per_port = port_times(load, nest_loops).max(axis=1)
    result: IntArray = np.maximum(per_port, steps - 1 + last_step(load, nest_loops))
    return result


def closed_form(nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave) -> IntArray:
    """Return the cycles of every tile by the cheap T (rules T14 and T15).

    Exact for two thirds of the tiles, within 1 % for 95 % of them with an accumulation buffer or without
    folds.
    """
    period, drain = closed_form_parts(nest, hardware, tiles, load, wave)
    return chain_iterations(nest, tiles, load, loops(nest, tiles), period, drain)


def closed_form_parts(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave
) -> tuple[IntArray, IntArray]:
    """Return Pe, for which an iteration's ports (or its busiest bus line) are busy, and the drain T - Pe."""
    n = loops(nest, tiles)
    sent, last = distribution_time(load, n), last_step(load, n)
    latch = int(hardware.dn_bw < hardware.num_ms)
    max_w, max_a = load.weights.max(axis=1), load.inputs.max(axis=1)
    vn_size = tiles[:, [R, S, C]].prod(axis=1) + load.aux
    spread = wave.wave_latency - wave.depth - 2
    beta = np.where(
        (hardware.port_width <= vn_size) | (last == 1),
        spread,
        np.maximum(0, spread - (last - 1) // 2),
    )
    through_buffer = np.maximum(sent, n.folds * (max_w + max_a) + (n.windows - 1) * wave.max_per_line)
    loop = wave.depth_aux + 2 + latch
    loop = loop + (n.num_vns > loop)
    first = (n.folds[:, None] * load.weights + load.inputs).max(axis=1)
    serial = first + n.windows * np.maximum((n.folds - 1) * loop + 1, n.folds * wave.max_per_line) - 1
    period = np.where(load.aux == 1, np.maximum(sent, serial), through_buffer)
    accumulator = np.where(load.aux == 1, 0, int(hardware.accumulation_buffer))
    return period, latch + wave.depth + accumulator + 2 + beta


def chain_iterations(
    nest: LoopNest, tiles: IntArray, load: Traffic, n: Loops, period: IntArray, drain: IntArray
) -> IntArray:
    """Return the cycles of all iterations, from an iteration's period Pe and its drain T - Pe (rule T8)."""
    cycles = n.iterations * (period + drain)
    part = ~drained(nest, tiles, n.trips)
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
    num_vns, i_k, i_g = n.num_vns[part], n.trips[part, K], n.trips[part, G]
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


def exit_time(hardware: Hardware, load: Traffic, wave: Wave) -> IntArray:
    """Return the least cycles from a multiplier's last word to its output in memory.

    The port's latch, the shortest way through the reduction network, the accumulator, the bus and the memory.
    """
    latch = int(hardware.dn_bw < hardware.num_ms)
    result: IntArray = (
        latch + wave.shortest_path + np.where(load.aux == 1, 0, int(hardware.accumulation_buffer)) + 2
    )
    return result


def lower_bound(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: BoolArray | None = None,
) -> IntArray:
    """Return cycles that no replay of the tile can fall below.

    Each term is a necessary wait: (1) the busiest port sends one word per cycle and the multiplier that wants
    its last word needs at least `shortest_path` adders, the accumulator, the bus and the memory after it; (2)
    the busiest bus line carries one output per cycle from the first possible one on; (3) without accumulation
    buffer every fold of a virtual neuron waits for the one before it. A filter iteration repeats all of it
    when the array is drained in between, and the port's and line's totals otherwise.

    Parameters
    ----------
    drains
        Which tiles to take as drained, whatever the sizes of the nest say; None asks `drained`.
    """
    n = loops(nest, tiles)
    single, chained = iteration_bounds(nest, hardware, tiles, load, wave)
    leave = exit_time(hardware, load, wave)
    full = drained(nest, tiles, n.trips) if drains is None else drains
    result: IntArray = np.where(full, n.iterations * (single + leave), np.maximum(chained, single) + leave)
    return result


def _window_travel(n: Loops, wave: Wave, latch: int) -> IntArray:
    """Return the least cycles per window, rounded down, of sums that travel through memory.

    The virtual neuron (VN) with the longest way: a window's first sum needs no partial sum, but cannot reach
    the line in the cycle of the last one before it. And all V together: in a cycle in which the memory takes
    n sums at least 2 n - 1 wait, so the waits of the V F sums of a window, beyond the one cycle that each
    needs, are at least V F - T in T cycles. All but those of last folds delay their VN; a last fold waits
    for floor(log2 2V) cycles more at most, as there are never more than 2 V sums on their way.

    And all V by the memory's pace: let D(t) count the sums that it has taken, A(t) those that have come, and
    L be the shortest way round. D(t+1) = ceil((D(t) + A(t)) / 2) and, but for window borders,
    A(t) <= V + D(t-L+1). The fastest D that keeps this rises by k + r / L a cycle, where V = k (L+1) + r,
    r <= L: D = k t + floor(r t / L) solves it, and as D(t+1) rises with D no other overtakes this one by more
    than it was ahead. At a border the next window's first sum need not wait for the last one to be taken:
    that is worth one sum, and one more per cycle that the last one waits.
    """
    folds, vns = n.folds, n.num_vns
    alone = (folds - 1) * (wave.depth_aux + 2 + latch) + 1
    ways = (folds - 1) * (wave.aux_total + (2 + latch) * vns) + vns
    last = np.frexp(vns.astype(np.float64))[1]  # floor(log2 V) + 1
    together = (ways + vns * (folds - last)) // (vns + 1)
    way = wave.shortest_aux + 2 + latch
    bursts, rest = np.divmod(vns, way + 1)
    paced = vns * (folds - 1 - last) * way // (bursts * way + rest)
    result: IntArray = np.maximum(alone, np.maximum(together, paced))
    return result


def iteration_bounds(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave
) -> tuple[IntArray, IntArray]:
    """Return `lower_bound` but for the exit: of one filter iteration, and of all when none drains."""
    n = loops(nest, tiles)
    sent = distribution_time(load, n)
    windows, folds = n.windows, n.folds
    latch = int(hardware.dn_bw < hardware.num_ms)
    used = load.weights > 0
    huge = np.int64(2**62)
    first_weight = np.where(used, load.weights, huge).min(axis=1)
    first_input = np.where(used, load.inputs, huge).min(axis=1)
    bus_outputs = windows * wave.max_per_line * np.where(load.aux == 1, folds, 1)
    first_fire = np.where(
        load.aux == 1, folds * first_weight + 1, folds * first_weight + (folds - 1) * first_input + 1
    )
    bus = first_fire - 1 + bus_outputs
    travel = np.where(load.aux == 1, windows * _window_travel(n, wave, latch), 0)
    single = np.maximum(sent, np.maximum(bus, first_fire - 1 + travel))
    in_all = np.maximum(np.maximum(port_words(load, n).max(axis=1), bus_outputs), travel)
    return single, n.iterations * in_all
