"""Weights that overtake inputs (rule T11) as soon as one filter iteration follows another, from few cycles.

Most mappings that compute wrong outputs do so in the second iteration that they time, or in the first one of
the second image. Which is told by when that iteration's weights are sent and when each multiplier has its
last turn in the iteration before. A turn is that of the latest way along a row of multipliers: from a word
that is sent some columns to the right, a cycle per column that hands it on, and F cycles per window in
between. So no window has to be timed for itself; but what the filter barrier waits for is bounded from above
only, and what is not told here a replay tells.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import islice

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.latency import drained
from solver.cost.memory_port import NEVER, most_cycles_to_take
from solver.cost.replay import Replay
from solver.cost.traffic import auxiliary
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile


@lru_cache(maxsize=1 << 14)
def overtaken_early(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether weights surely overtake inputs; a replay may find that they do where this does not.

    What was asked for lately is remembered: searches ask again and again.
    """
    tiles = np.array([tile.sizes], dtype=np.int64)
    if nest.partial or auxiliary(nest, hardware, tiles)[0] or drained(nest, tiles)[0]:
        return False
    replay = Replay(nest, hardware, tile)
    watch, waits = replay.watch, _waits(replay)
    if watch is None or replay.iterations == 1:
        return False
    ports, fired = replay.ports, np.full(len(replay.port), NEVER)
    ports.free = replay.folds * ports.weights
    begins = replay.row_begins(0)
    at, turns = _turns(replay, begins, replay.rows * replay.cols - 1)
    fired[at] = turns

    def overtaken(start: int) -> bool:
        """Return whether some weights come too early if they are generated from a cycle on."""
        free = np.maximum(ports.free, max(replay.steps(), start))
        return bool(watch.early(*watch.words(free, fired)).any())

    if not waits:
        return overtaken(0)
    return overtaken(_ready(replay, begins, _windows(replay, waits) - 1)) and overtaken(
        _opens(replay, begins, waits)
    )


def _waits(replay: Replay) -> int:
    """Return for how many outputs an iteration waits that follows one which finds the array empty."""
    tiles = np.array([replay.tile.sizes], dtype=np.int64)
    if replay.tile.N == 1 and drained(replace(replay.nest, N=1), tiles)[0]:
        return 0  # it is the second image's first one
    return next(islice(replay.thresholds(), 1, None), 0)


def _windows(replay: Replay, outputs: int) -> int:
    """Return how many windows give so many outputs."""
    return -(-outputs // replay.tile.num_vns)


def _ready(replay: Replay, begins: IntArray, window: int) -> int:
    """Return when all outputs of a window may be on their bus lines."""
    at, turns = _turns(replay, begins, window)
    return int((turns + replay.delay[at]).max())


def _opens(replay: Replay, begins: IntArray, outputs: int) -> int:
    """Return a cycle by which the memory has taken some outputs of an iteration, at the latest.

    Those of the first windows alone would come no earlier, nor be taken earlier. From some window on a line
    carries one output per virtual neuron and window, and never waits for more: the last one comes then, for
    the window from which on that is so. That is one at an end. When outputs are ready is the largest of
    straight lines along a row of windows, once words come from that row only, and along its column, once
    there are rows enough before it.
    """
    windows, cols, taps = _windows(replay, outputs), replay.cols, replay.tile.S
    last, enough = (windows - 1) // cols, 2 - (-taps // (cols - 1))
    rows = {*range(min(enough, last) + 1), *range(max(0, last - 1), last + 1)}
    ends = {row * cols + col for row in rows for col in (*range(min(taps + 1, cols)), cols - 1)}
    per_line = int(np.bincount(replay.line).max())
    latest = max(
        _ready(replay, begins, window) + per_line * (windows - window)
        for window in {*ends, windows - 1}
        if window < windows
    )
    return latest + most_cycles_to_take(replay.hardware.rn_bw)


def _turns(replay: Replay, begins: IntArray, window: int) -> tuple[IntArray, IntArray]:
    """Return the positions of each row of multipliers, and their turns with a window's last fold.

    Parameters
    ----------
    begins
        The cycle before each port sends each row of windows, shape (rows, ports), as of `Replay.row_begins`.
    window
        The window's number in an iteration that finds the array empty.

    Returns
    -------
    tuple of IntArray
        Both of shape (rows of multipliers, T_S).
    """
    ports, folds, cols, taps = replay.ports, replay.folds, replay.cols, replay.tile.S
    row, col = divmod(window, cols)
    at = np.flatnonzero(replay.column == 0)[:, None] + np.arange(taps)
    port, turns = replay.port[at], np.full(at.shape, NEVER)

    def pass_on(sent: IntArray, source: int, hops: int, begin: int) -> None:
        """Let words that are sent to a column for some window come some columns further."""
        came = sent + hops + folds * (window - begin - hops)
        turns[:, source - hops] = np.maximum(turns[:, source - hops], came)

    first = begins + (folds - 1) * ports.inputs
    for source in range(taps):
        order = replay.order[at[:, source]]
        for hops in range(source + 1):
            # A word goes no further along a row of windows than that has columns. Of the rows from which it
            # comes so far the first or the last is the latest: begins are the largest of straight lines.
            last = row - max(0, -(-(hops - col) // (cols - 1)))
            for begin in {0, last} if last >= 0 else ():
                pass_on(first[begin, port[:, source]] + order, source, hops, begin * cols)
    # The last column is sent every window's words.
    words, slides, order = ports.inputs, ports.slides, replay.slide_order[at[:, -1]]
    for hops in range(taps):
        back = 0 if col > hops else -(-(hops - col + 1) // (cols - 1))
        begin, place = row - back, back * (cols - 1) + col - hops
        if begin >= 0:
            sent = begins[begin] + folds * words + place * folds * slides - slides
            pass_on(sent[port[:, -1]] + order, taps - 1, hops, begin * cols + place)
    return at, turns
