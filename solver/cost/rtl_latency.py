"""Latency on the real hardware: its schedule, a closed form, and a lower bound that is always right.

The schedule, with what was measured on the RTL (rules S14 to S17):

* A multiplier holds one weight and there is no accumulation buffer, so every fold of a filter iteration is a
  *pass* of its own: load the fold's weights, stream all windows, drain. Passes do not overlap.
* A weight load takes 2 n + 3 cycles, n being the words of the busiest port.
* The windows are sent in *streams*. A stream begins with the multipliers' configuration; its puts come one
  per cycle, one cycle later, and give every port one word of the window. The busiest port delivers a word
  every 2 cycles, without a break from window to window.
* A product enters the tree one cycle after its operand is delivered, and the sum leaves its bus 2 levels + 1
  cycles after that. The next phase begins one cycle after the last sum.
* *Direct* execution, which the unmodified RTL computes exactly: every operand is distributed, and a pass is
  one stream (several if it has more windows than the 16-bit counters of the multipliers can count).
* *Sliding* execution, on a repaired multiplier controller: every output row is a stream. Its first window is
  distributed; when it has arrived, 2 cycles go by, and from then on only the first multiplier of each filter
  row is sent words, which its T_S - 1 neighbours get one cycle after the other.

Partial last tiles are timed and counted like whole ones, as they are on the simulator's array; that is what
they cost at most. The closed form is exact where the sums that take most levels wait for the busiest port's
last word; `rtl_replay` gives the exact figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.rtl_clock import CYCLES_PER_DATUM, MAX_PSUMS, START_UP, WEIGHT_LOAD_EXTRA
from solver.cost.latency import Loops, Wave, last_step, loops
from solver.cost.traffic import S, Traffic
from solver.hardware import Hardware
from solver.layer import LoopNest

PRODUCT = 1
"""Cycles from an operand's delivery to its product at the tree (measured)."""
NEXT_PHASE = 1
"""Cycles from the last sum of a stream to what comes after it (measured)."""
FIRST_PUT = 1
"""Cycle of a stream's first put (measured)."""
BEFORE_SLIDING = 2
"""Cycles from the arrival of a row's first window to the puts of the next one (measured)."""


@dataclass(frozen=True)
class Schedule:
    """How every tile is run, per pass but for `passes`; one array element per tile.

    Attributes
    ----------
    passes
        Weight loads of the layer.
    streams
        Configurations of the multipliers.
    first_windows, slide_windows
        Windows whose operands are all distributed, and those that slide.
    """

    passes: IntArray
    streams: IntArray
    first_windows: IntArray
    slide_windows: IntArray


def schedule(load: Traffic, n: Loops) -> Schedule:
    """Return how the windows of every tile are cut into streams."""
    per_row = row_streams(n)
    return Schedule(
        passes=n.iterations * n.folds,
        streams=np.where(load.forwards, n.rows * per_row, -(-n.windows // MAX_PSUMS)),
        first_windows=np.where(load.forwards, n.rows * per_row, n.windows),
        slide_windows=np.where(load.forwards, n.rows * (n.cols - per_row), 0),
    )


def row_streams(n: Loops) -> IntArray:
    """Return the streams that one output row takes when the window slides: one but for very long rows."""
    result: IntArray = -(-n.cols // MAX_PSUMS)
    return result


def replayable(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return that every tile is timed by replay."""
    return np.ones(len(tiles), dtype=bool)


def closed_form(nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave) -> IntArray:
    """Return the cycles of every tile as if the deepest sums waited for the last word sent."""
    return _cycles(nest, tiles, load, wave.depth)


def lower_bound(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: BoolArray | None = None,
) -> IntArray:
    """Return cycles that no replay of the tile can fall below: some sum waits for the last word sent.

    Passes never overlap, so `drains` does not matter.
    """
    return _cycles(nest, tiles, load, wave.shortest_path)


def _cycles(nest: LoopNest, tiles: IntArray, load: Traffic, path: IntArray) -> IntArray:
    plan = schedule(load, loops(nest, tiles))
    idle = WEIGHT_LOAD_EXTRA + plan.streams * stream_overhead(tiles, load, path)
    result: IntArray = START_UP + sending_time(nest, tiles, load) + plan.passes * idle
    return result


def sending_time(nest: LoopNest, tiles: IntArray, load: Traffic) -> IntArray:
    """Return the cycles of the layer in which the busiest port delivers weights or inputs."""
    plan = schedule(load, loops(nest, tiles))
    weights, inputs, slides = (words.max(axis=1) for words in (load.weights, load.inputs, load.slides))
    words = weights + plan.first_windows * inputs + plan.slide_windows * slides
    result: IntArray = CYCLES_PER_DATUM * plan.passes * words
    return result


def step_cycles(nest: LoopNest, tiles: IntArray, load: Traffic) -> IntArray:
    """Return the cycles from one window of a stream to the next: 2 per word of the busiest port."""
    result: IntArray = CYCLES_PER_DATUM * last_step(load, loops(nest, tiles))
    return result


def stream_overhead(tiles: IntArray, load: Traffic, path: IntArray) -> IntArray:
    """Return the cycles of a stream beyond those in which the busiest port delivers.

    Parameters
    ----------
    path
        Cycles from the leaves to leaving the bus.
    """
    result: IntArray = stream_drain(path) + np.where(load.forwards, tiles[:, S] - 1 + BEFORE_SLIDING, 0)
    return result


def stream_drain(path: IntArray) -> IntArray:
    """Return what `stream_overhead` is of a stream whose windows do not slide."""
    result: IntArray = FIRST_PUT + PRODUCT + path + NEXT_PHASE
    return result
