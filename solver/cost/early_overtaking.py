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
    if replay.watch is None or replay.iterations == 1:
        return False
    ports, folds = replay.ports, replay.folds
    ports.free = folds * ports.weights
    begins = replay.row_begins(0)
    start = max(replay.steps(), _opens(replay, begins, _waits(replay)))
    fired = np.full(len(replay.port), NEVER)
    at, turns = _turns(replay, begins, replay.rows * replay.cols - 1)
    fired[at] = turns
    replay.watch.iteration(1, np.maximum(ports.free, start), fired)
    return replay.watch.found is not None


def _waits(replay: Replay) -> int:
    """Return for how many outputs an iteration waits that follows one which finds the array empty."""
    tiles = np.array([replay.tile.sizes], dtype=np.int64)
    if replay.tile.N == 1 and drained(replace(replay.nest, N=1), tiles)[0]:
        return 0  # it is the second image's first one
    return next(islice(replay.thresholds(), 1, None), 0)


def _opens(replay: Replay, begins: IntArray, outputs: int) -> int:
    """Return a cycle by which the memory has taken some outputs of an iteration, at the latest.

    Those of the first windows alone would come no earlier, nor be taken earlier; of a window a line carries
    as many as it has virtual neurons, and windows are F cycles apart at least.
    """
    if not outputs:
        return 0
    windows = -(-outputs // replay.tile.num_vns)
    at, turns = _turns(replay, begins, windows - 1)
    ready = int((turns + replay.delay[at]).max())
    per_line = int(np.bincount(replay.line).max())
    queue = per_line + (windows - 1) * max(0, per_line - replay.folds)
    return ready + queue + most_cycles_to_take(replay.hardware.rn_bw)


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
