"""The formulas of an array's work on all buffer tiles together, each written once.

Over arrays they cost and bound many mappings (`solver.cost.two_level.work`, `.cost`); over variables they are
the constraints of the joint model (`solver.search.two_level.joint`). The array's part is a sum of steps,
each sent as often as products of refill counts o_d and passes n_d say, times what a step of the array tile
takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

from solver.arithmetic.algebra import Algebra, Truth, Value
from solver.cost.events import input_lines
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import LevelSplit


@dataclass(frozen=True)
class Steps:
    """How often the words of a step are sent, over the whole layer.

    Attributes
    ----------
    weights, first, slides
        Steps that send weights, all inputs of a window, and the last column only.
    sums
        Windows for which sums come back into the array.
    waves
        Multiplications per switch in use: every step that fires.
    windows
        Outputs per virtual neuron and buffer tile.
    iterations
        Times the array is filled and drained.
    begun, continued
        Times that it surely finds itself empty, at least once per buffer tile: where no sums come back, and
        where they do.
    loads
        Steps before the first output of an iteration, summed over the iterations.
    streamed
        Waves whose words of both operands come one by one.
    once
        1: what a run waits for once.
    """

    weights: Value
    first: Value
    slides: Value
    sums: Value
    waves: Value
    windows: Value
    iterations: Value
    begun: Value
    continued: Value
    loads: Value
    streamed: Value
    once: Value = 1

    @property
    def accumulated(self) -> Value:
        """Waves whose products are added to a running sum: all but an output's first in a buffer tile."""
        return self.waves - self.windows


class Passes:
    """Products of refill counts and passes, each computed when it is asked for.

    Parameters
    ----------
    split
        How a mapping splits the loops.
    forwards
        Whether multipliers hand inputs on where the weights stay.
    aux
        1 where sums come back into the array.
    """

    def __init__(self, a: Algebra, split: LevelSplit, forwards: Truth, aux: Value) -> None:
        self.a, self.split, self.forwards, self.aux = a, split, forwards, aux

    def refills(self, dims: str) -> Value:
        """Return the buffer tiles along some loops."""
        return self.a.product(*(self.split.trip[dim] for dim in dims))

    def passed(self, dims: str) -> Value:
        """Return the array tiles along some loops."""
        return self.a.product(*(self.split.passes[dim] for dim in dims))

    @cached_property
    def filters(self) -> Value:
        """Filter iterations of all images if each buffer tile held all products."""
        return self.passed("NGK")

    @cached_property
    def folds(self) -> Value:
        """Folds of an output, in all buffer tiles."""
        return self.passed("CRS")

    @cached_property
    def parts(self) -> Value:
        """Buffer tiles that an output is summed over."""
        return self.refills("CRS")

    @cached_property
    def strips(self) -> Value:
        """Buffer tiles of an image."""
        return self.refills("XY")

    @cached_property
    def positions(self) -> Value:
        """Windows of an image."""
        return self.passed("XY")

    @cached_property
    def outputs(self) -> Value:
        """Outputs per virtual neuron that are finished."""
        return self.a.product(self.filters, self.positions)

    @cached_property
    def waves(self) -> Value:
        """Steps that fire."""
        return self.a.product(self.outputs, self.folds)

    @cached_property
    def windows(self) -> Value:
        """Outputs per virtual neuron and buffer tile."""
        return self.a.product(self.outputs, self.parts)

    @cached_property
    def images(self) -> Value:
        """Buffer tiles of the outputs."""
        return self.a.product(self.refills("NGK"), self.strips)

    @cached_property
    def tiles(self) -> Value:
        """Buffer tiles."""
        return self.a.product(self.images, self.parts)

    @cached_property
    def sums(self) -> Value:
        """Windows for which sums come back: all but those of an output's first buffer tile."""
        return self.a.choose(self.a.at_most(1, self.aux), self.windows - self.outputs, 0)

    def steps(self, order: str, drained: Truth | None) -> Steps:
        """Count the steps under one stationary order.

        Parameters
        ----------
        order
            One of `ARRAY_ORDERS`.
        drained
            Whether the array is empty between the filter iterations of every buffer tile (None: unknown).
        """
        a, o, n, waves = self.a, self.split.trip, self.split.passes, self.waves
        if order == "weights":
            loads = a.product(self.filters, self.folds, self.strips)
            rows = a.product(self.filters, self.folds, n["X"])
            first = a.product(rows, a.choose(self.forwards, o["Y"], n["Y"]))
            iterations = a.product(self.filters, self.parts, self.strips)
            sent = loads, first, waves - first
            fills = self.images
            if drained is not None:
                fills = a.choose(drained, a.product(self.filters, self.strips), self.images)
            continued = a.choose(a.at_most(1, self.aux), a.product(fills, self.parts - 1), 0)
            empty = a.product(fills, self.parts) - continued, continued
        elif order == "inputs":
            places = a.product(n["N"], n["G"], self.positions, o["K"])
            loads, iterations = a.product(places, self.folds), a.product(places, self.parts)
            sent, empty = (waves, loads, 0), (self.tiles, 0)
        else:
            loads = a.product(self.images, self.folds)
            sent, iterations, empty = (waves, waves, 0), self.tiles, (self.tiles, 0)
        streamed = 0 if order == "weights" else waves
        return Steps(*sent, self.sums, waves, self.windows, iterations, *empty, loads, streamed)


def drains(
    a: Algebra, whole: Mapping[str, Truth], tile: Mapping[str, Value], buffer: Mapping[str, Value]
) -> Truth:
    """Return whether the array is empty between the filter iterations of every buffer tile (rule T8).

    No padded outputs, and one image in a buffer tile.

    Parameters
    ----------
    whole
        Whether the array tiles along a loop have no more than the loop.
    """
    filters = a.either(whole["K"], a.at_most(buffer["G"], tile["G"]))
    return a.both(whole["X"], whole["Y"], filters, a.at_most(buffer["N"], 1))


def waited(a: Algebra, per: Mapping[str, Value], count: Steps) -> Value:
    """Return how long steps take together: cycles of each kind times how often it is sent."""
    return reduce(add, (a.product(cycles, getattr(count, kind)) for kind, cycles in per.items()))


WORDS: tuple[str, ...] = ("weights", "first", "slides", "sums")
"""Steps that send words: what w, a, b and q of a port are sent with."""


@dataclass(frozen=True)
class TileStep:
    """What the closed form takes of an array tile.

    Attributes
    ----------
    busy
        Words that the busiest port sends.
    most_weights, most_inputs, most_slides
        Words of a step in the port that has most.
    per_line
        Virtual neurons on the busiest bus line.
    drain
        Cycles from the last word of an iteration to its last output in memory.
    """

    busy: Value
    most_weights: Value
    most_inputs: Value
    most_slides: Value
    per_line: Value
    drain: Value


def closed_form(a: Algebra, step: TileStep, count: Steps, *, never_less: bool = False) -> Value:
    """Return the cycles of the single level's closed form, summed over all buffer tiles.

    The slowest of the busiest port, the generator (one step per cycle) and the busiest bus line, plus a drain
    per iteration. Iterations that open the filter barrier early (padded outputs) get no credit for it, and a
    starved forwarding port costs its words only.

    Parameters
    ----------
    never_less
        Return what no buffer tile can undercut, from the counts of a buffer that holds the whole layer. Only
        the bus line's wait can shrink with more iterations, which gives it breaks; it is then bounded by a
        drain per output.
    """
    last = a.choose(a.at_most(1, count.slides), step.most_slides, step.most_inputs)
    generated = count.weights + count.first + count.slides + a.product(count.iterations, last - 1)
    later = count.windows - count.iterations
    loaded = a.product(count.loads, step.most_weights + step.most_inputs)
    collected = a.product(step.per_line, later) + loaded
    if never_less:
        collected = -a.larger(-collected, -a.product(later, step.drain))
    return a.larger(step.busy, generated, collected) + a.product(count.iterations, step.drain)


def at_buffer(
    a: Algebra, nest: LoopNest, hardware: Hardware, n: Passes, lesser: Mapping[str, Value], order: str
) -> dict[str, Value]:
    """Return the words that the array reads from the buffer and writes to it, but for sums that come back.

    Sums that do not come back are added at the buffer: those of every buffer tile, on the real hardware those
    of every fold.

    Parameters
    ----------
    lesser
        min(dilation, T_d) along X and Y: input lines that one more tap adds.
    order
        Which operand is stationary.

    Returns
    -------
    dict
        By the names of `Counts`; additions too.
    """
    trip, passes, tile = n.split.trip, n.split.passes, n.split.tile
    rows = a.product(passes["X"], input_lines(a, passes["R"], tile["X"], nest.R, lesser["X"]))
    cols = input_lines(a, passes["S"], tile["Y"], nest.S, lesser["Y"])
    often = trip["K"] if order == "inputs" else passes["K"]
    if order == "weights":
        sent = n.strips
        slid = a.choose(n.forwards, passes["S"], cols)
        across = a.product(trip["Y"], cols) + a.product(passes["Y"] - trip["Y"], slid)
    else:
        sent, across = n.positions, a.product(passes["Y"], cols)
    blocks = a.product(passes["N"], passes["G"], tile["G"])
    later = nest.outputs * ((n.folds if hardware.kind.adds_outside else n.parts) - 1)
    added = a.choose(a.at_most(1, n.aux), 0, later)
    return {
        "weight_reads": a.product(nest.K * nest.C * nest.R * nest.S, blocks, sent),
        "input_reads": a.product(nest.C, blocks, tile["N"], often, rows, across),
        "psum_reads": added,
        "writes": later + nest.outputs,
        "accumulates": added,
    }
