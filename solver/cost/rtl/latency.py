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

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.rtl_clock import CYCLES_PER_DATUM
from solver.cost import step as formulas
from solver.cost.latency import ArrayStep, StepWords, loops
from solver.cost.result import Bottleneck
from solver.cost.traffic import Traffic
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.layer import LoopNest


def replayable(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return that every tile is timed by replay."""
    return np.ones(len(tiles), dtype=bool)


def closed_form(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    step: ArrayStep | None = None,
) -> IntArray:
    """Return the cycles of every tile as if the deepest sums waited for the last word sent."""
    return _cycles(step or ArrayStep(load, wave, loops(nest, tiles)), wave.depth)


def lower_bound(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    drains: BoolArray | None = None,
    step: ArrayStep | None = None,
) -> IntArray:
    """Return cycles that no replay of the tile can fall below: some sum waits for the last word sent.

    Passes never overlap, so `drains` does not matter.
    """
    return _cycles(step or ArrayStep(load, wave, loops(nest, tiles)), wave.shortest_path)


def _cycles(step: ArrayStep, path: IntArray) -> IntArray:
    result: IntArray = formulas.real_cycles(ARRAYS, step, step.n, path)
    return result


def waits(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, load: Traffic, wave: Wave, cycles: int
) -> dict[Bottleneck, int]:
    """Return the cycles in which one tile's busiest port delivers weights or inputs, and all others.

    Words, at half the rate of multiplications, take longer than they.
    """
    plan = formulas.schedule(ARRAYS, load.forwards, loops(nest, tiles))
    words = formulas.pass_words(ARRAYS, StepWords(load), plan)
    sent = int((CYCLES_PER_DATUM * plan.passes * words)[0])
    return {"distribution": sent, "drain": cycles - sent}
