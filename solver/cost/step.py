"""The formulas of an array's work on one layer, each written once.

Over arrays they bound and rank many tiles (`solver.cost.latency`, `solver.cost.rtl.latency`); over variables
they are the constraints that CP-SAT proves with (`solver.search.array`). What is known of a step (`Step`) is
laid out and counted per tile, as it is no product of tile sizes; all else follows from it and the loops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from solver.arithmetic.algebra import Algebra, Truth, Value, rounded_up
from solver.array.rtl_clock import CYCLES_PER_DATUM, MAX_PSUMS, START_UP, WEIGHT_LOAD_EXTRA
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import Split

PRODUCT = 1
"""Cycles from an operand's delivery to its product at the tree (measured)."""
NEXT_PHASE = 1
"""Cycles from the last sum of a stream to what comes after it (measured)."""
FIRST_PUT = 1
"""Cycle of a stream's first put (measured)."""
BEFORE_SLIDING = 2
"""Cycles from the arrival of a row's first window to the puts of the next one (measured)."""


class Loops:
    """Products of trip counts (F, iX, iY, W, NO, V of the specification), each computed when it is asked for.

    Parameters
    ----------
    split
        How a tile splits the loops.
    """

    def __init__(self, a: Algebra, split: Split) -> None:
        self._a, self.split = a, split

    @cached_property
    def columns(self) -> Loops:
        """The same of arrays with a second axis, of length 1."""
        return Loops(self._a, self.split.columns)

    @cached_property
    def folds(self) -> Value:
        """Folds of a window."""
        trip = self.split.trip
        return self._a.product(trip["R"], trip["S"], trip["C"])

    @property
    def rows(self) -> Value:
        """Windows of a filter iteration along X."""
        return self.split.trip["X"]

    @property
    def cols(self) -> Value:
        """Windows of a filter iteration along Y."""
        return self.split.trip["Y"]

    @cached_property
    def windows(self) -> Value:
        """Windows of a filter iteration."""
        return self._a.product(self.rows, self.cols)

    @cached_property
    def iterations(self) -> Value:
        """Filter iterations of all images."""
        trip = self.split.trip
        return self._a.product(trip["N"], trip["K"], trip["G"])

    @cached_property
    def num_vns(self) -> Value:
        """Virtual neurons."""
        tile = self.split.tile
        return self._a.product(tile["K"], tile["G"], tile["N"], tile["X"], tile["Y"])


@dataclass(frozen=True)
class Port:
    """Words that a read port sends (w_p, a_p, b_p, q_p), and whether multipliers hand inputs on."""

    weights: Value
    inputs: Value
    slides: Value
    psums: Value
    forwards: Truth


class Words(Protocol):
    """The words of a step of a tile."""

    @property
    def aux(self) -> Value:
        """1 where a multiplier of each virtual neuron carries the partial sum."""

    @property
    def forwards(self) -> Truth:
        """Whether inputs are handed on."""

    @property
    def most_weights(self) -> Value:
        """Words of a weight step in the port that has most."""

    @property
    def most_inputs(self) -> Value:
        """Words of a row's first window there."""

    @property
    def most_slides(self) -> Value:
        """Words of its later windows there."""

    @property
    def first_weight(self) -> Value:
        """Words of a weight step in the port in use that has fewest."""

    @property
    def first_input(self) -> Value:
        """Words of a window there."""

    def busiest(self, words: Callable[[Algebra, Port, Loops], Value], n: Loops) -> Value:
        """Return the largest figure of all ports."""


class Step(Words, Protocol):
    """What is known of a step of a tile; for the tree see `solver.cost.waves.Wave`."""

    @property
    def per_line(self) -> Value:
        """Virtual neurons on the busiest bus line."""

    @property
    def shortest_path(self) -> Value:
        """Fewest cycles from any multiplier to the exit of its virtual neuron (VN)."""

    @property
    def shortest_aux(self) -> Value:
        """Fewest cycles from the first position of any VN to its exit."""

    @property
    def depth_aux(self) -> Value:
        """Most cycles from there."""

    @property
    def aux_total(self) -> Value:
        """These cycles added up over the VNs."""

    @property
    def doublings(self) -> Value:
        """floor(log2 V) + 1."""


def drained_within_images(a: Algebra, split: Split) -> Truth:
    """Return whether no output of an image is padded: the barrier opens when all have left (rule T8)."""
    filters = a.either(split.whole["K"], a.at_most(split.trip["G"], 1))
    # The barrier counts the outputs of one image.
    return a.both(split.whole["X"], split.whole["Y"], filters, a.at_most(split.tile["N"], 1))


def drained(a: Algebra, nest: LoopNest, split: Split) -> Truth:
    """Return whether the array drains between filter iterations (rule T8): one image, none padded."""
    return drained_within_images(a, split) if nest.N == 1 else False


def port_words(a: Algebra, port: Port, n: Loops) -> Value:
    """Return the words that a port sends in one filter iteration."""
    row = port.inputs + a.product(n.cols - 1, port.slides)
    sums = a.product(n.folds - 1, n.windows, port.psums)
    return a.product(n.folds, port.weights + a.product(n.rows, row)) + sums


def port_time(a: Algebra, port: Port, n: Loops) -> Value:
    """Return a port's own term of P: when it has sent an iteration's words."""
    return _sent(a, port, n, port_words(a, port, n), n.folds)


def port_in_all(a: Algebra, port: Port, n: Loops) -> Value:
    """Return the same of all iterations, one behind the other."""
    words = a.product(n.iterations, port_words(a, port, n))
    return _sent(a, port, n, words, a.product(n.iterations, n.folds))


def _sent(a: Algebra, port: Port, n: Loops, words: Value, loads: Value) -> Value:
    """Return when words of so many weight loads are sent.

    A port of forwarding multipliers that are sent nothing while the window slides is bound by its own first
    windows and the last row, and by the generation of the steps, instead (the b_p = 0 form).
    """
    starved = a.both(port.forwards, a.at_most(port.slides, 0), a.at_most(1, port.inputs))
    first = a.product(loads, port.weights + a.product(n.rows, port.inputs))
    generated = a.product(loads, n.windows) + a.product(n.folds, port.inputs) + (loads - n.folds)
    own = first + a.product(n.folds, n.cols - 1)
    return a.choose(starved, a.larger(words, own, generated), words)


def last_step(a: Algebra, step: Words, n: Loops) -> Value:
    """Return the words of an iteration's last step in the port that has most."""
    return a.choose(a.at_most(2, n.cols), step.most_slides, step.most_inputs)


def distribution_time(a: Algebra, step: Step, n: Loops) -> Value:
    """Return P: the cycle in which the last words of a filter iteration are sent."""
    generated = a.product(n.folds, n.windows + 1) - 1 + last_step(a, step, n)
    return a.larger(step.busiest(port_time, n), generated)


def distribution_in_all(a: Algebra, step: Step, n: Loops) -> Value:
    """Return the same of all iterations, one behind the other."""
    generated = a.product(n.iterations, n.folds, n.windows + 1) - 1 + last_step(a, step, n)
    return a.larger(step.busiest(port_in_all, n), generated)


def latch(port_width: int) -> int:
    """Return the cycles that a word waits behind its port (rule T5): one, unless each multiplier has one."""
    return int(port_width > 1)


def way_out(hardware: Hardware, path: Value) -> Value:
    """Return the cycles from words behind a port to a sum in memory, but for an accumulator.

    The port's latch, a path through the reduction network, the bus and the memory.
    """
    return path + (latch(hardware.port_width) + 2)


def exit_time(a: Algebra, hardware: Hardware, step: Step) -> Value:
    """Return the least cycles from a multiplier's last word to its output in memory."""
    accumulator = a.choose(a.at_most(1, step.aux), 0, int(hardware.accumulation_buffer))
    return way_out(hardware, step.shortest_path) + accumulator


def window_travel(a: Algebra, hardware: Hardware, step: Step, n: Loops) -> Value:
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
    folds, vns, last = n.folds, n.num_vns, step.doublings
    alone = a.product(folds - 1, way_out(hardware, step.depth_aux)) + 1
    ways = a.product(folds - 1, step.aux_total + way_out(hardware, 0) * vns) + vns
    waiting = a.product(vns, a.larger(0, folds - last))
    together = a.quotient(ways + waiting - a.product(vns, a.larger(0, last - folds)), vns + 1)
    way = way_out(hardware, step.shortest_aux)
    bursts = a.quotient(vns, way + 1)
    pace = a.larger(1, vns - bursts)  # k L + r, as V = k (L+1) + r
    paced = a.quotient(a.product(vns, a.larger(0, folds - 1 - last), way), pace)
    return a.larger(alone, together, paced)


def iteration_bounds(a: Algebra, hardware: Hardware, step: Step, n: Loops) -> tuple[Value, Value]:
    """Return `least_cycles` but for the exit: of one iteration, and of all when none drains."""
    sent = distribution_time(a, step, n)
    serial = a.at_most(1, step.aux)
    collected = a.product(n.windows, step.per_line, a.choose(serial, n.folds, 1))
    first = a.product(n.folds, step.first_weight)
    first_fire = first + a.choose(serial, 0, a.product(n.folds - 1, step.first_input))
    travel = 0
    if not hardware.accumulation_buffer:
        travel = a.choose(serial, a.product(n.windows, window_travel(a, hardware, step, n)), 0)
    single = a.larger(sent, first_fire + collected, first_fire + travel)
    # No sum leaves before the first one can, so later iterations find the lines as far behind as the first.
    out = first_fire + a.product(n.iterations, a.larger(collected, travel))
    return single, a.larger(distribution_in_all(a, step, n), out)


def least_cycles(
    a: Algebra,
    nest: LoopNest,
    hardware: Hardware,
    step: Step,
    n: Loops,
    drains: Truth | None = None,
) -> Value:
    """Return cycles that no replay of a tile can fall below on the simulator's array.

    Each term is a necessary wait: (1) the busiest port sends one word per cycle and the multiplier that wants
    its last word needs at least `shortest_path` adders, the accumulator, the bus and the memory after it; (2)
    the busiest bus line carries one output per cycle from the first possible one on; (3) without accumulation
    buffer every fold of a virtual neuron waits for the one before it. A filter iteration repeats all of it
    when the array is drained in between, and the port's and line's totals otherwise.

    Parameters
    ----------
    drains
        Whether to take the array as drained, whatever the sizes of the nest say; None asks `drained`.
    """
    single, chained = iteration_bounds(a, hardware, step, n)
    leave = exit_time(a, hardware, step)
    every_time = a.product(n.iterations, single + leave)
    full = drained(a, nest, n.split) if drains is None else drains
    return a.choose(full, every_time, a.larger(chained, single) + leave)


@dataclass(frozen=True)
class Schedule:
    """How a tile is run on the real hardware, per pass but for `passes` (rules S14 to S17).

    Attributes
    ----------
    passes
        Weight loads of the layer.
    streams
        Configurations of the multipliers.
    first_windows, slide_windows
        Windows whose operands are all distributed, and those that slide.
    """

    passes: Value
    streams: Value
    first_windows: Value
    slide_windows: Value


def row_streams(a: Algebra, n: Loops) -> Value:
    """Return the streams that one output row takes when the window slides: one but for very long rows."""
    return rounded_up(a, n.cols, MAX_PSUMS)


def schedule(a: Algebra, forwards: Truth, n: Loops) -> Schedule:
    """Return how the windows of a tile are cut into streams."""
    per_row = row_streams(a, n)
    started = a.product(n.rows, per_row)
    return Schedule(
        passes=a.product(n.iterations, n.folds),
        streams=a.choose(forwards, started, rounded_up(a, n.windows, MAX_PSUMS)),
        first_windows=a.choose(forwards, started, n.windows),
        slide_windows=a.choose(forwards, n.windows - started, 0),
    )


def pass_words(a: Algebra, step: Words, plan: Schedule) -> Value:
    """Return the words that the busiest ports deliver in a pass, phase by phase."""
    sent = a.product(plan.first_windows, step.most_inputs) + a.product(plan.slide_windows, step.most_slides)
    return step.most_weights + sent


def stream_overhead(a: Algebra, split: Split, forwards: Truth, path: Value) -> Value:
    """Return the cycles of a stream beyond those in which the busiest port delivers.

    Parameters
    ----------
    path
        Cycles from the leaves to leaving the bus.
    """
    hops = a.choose(forwards, split.tile["S"] + (BEFORE_SLIDING - 1), 0)
    return stream_drain(path) + hops


def stream_drain(path: Value) -> Value:
    """Return what `stream_overhead` is of a stream whose windows do not slide."""
    return path + (FIRST_PUT + PRODUCT + NEXT_PHASE)


def real_cycles(a: Algebra, step: Step, n: Loops, path: Value) -> Value:
    """Return the cycles on the real hardware if the sums that wait for the last word pass some levels.

    With the shortest way no replay falls below; with the longest it is the closed form.
    """
    plan = schedule(a, step.forwards, n)
    overhead = a.product(plan.streams, stream_overhead(a, n.split, step.forwards, path))
    busy = CYCLES_PER_DATUM * pass_words(a, step, plan)
    return a.product(plan.passes, busy + overhead + WEIGHT_LOAD_EXTRA) + START_UP


def bus_keeps_up(a: Algebra, per_line: Value, step: Words, n: Loops) -> Truth:
    """Return whether every bus of the real hardware carries the sums of a window in the cycles of a step."""
    return a.at_most(per_line, CYCLES_PER_DATUM * last_step(a, step, n))
