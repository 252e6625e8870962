"""Whether weights overtake inputs (rule T11) while partial sums travel through memory.

Partial sums take cycles from the words behind their port, so no word follows another at a known distance
here; but the n-th word of a port still takes the n-th cycle that partial sums leave free, if the generator
is in time. So the cycles of partial sums and the starts of the filter iterations are noted, repetitions as
such, and the cycle of every word follows from them.

A multiplier's last turn in an iteration is that of the latest way along its row: from a word that is sent
some columns to its right, a cycle per column that hands it on, and F cycles per window in between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.layout import send_order
from solver.cost.overtaking import Overtaking
from solver.cost.serial.tile import SerialTile

_SPAN = 1 << 40
"""More cycles than what is noted at once; keeps the offsets of different pieces apart."""

_CHUNK = 1 << 18
"""Rows of windows that are looked at at once."""


class _Piece(NamedTuple):
    """Cycles after `begin`: `offsets` of partial sums, the same again every `period` cycles."""

    begin: int
    offsets: IntArray
    period: int
    before: int


class FreeCycles:
    """The cycles that partial sums leave to the words of one stream, numbered from 1."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._open: list[int] = []
        self._begin = self._before = 0
        self._flat: tuple[IntArray, ...] | None = None

    def take(self, cycle: int) -> None:
        """Note that a partial sum is sent in a cycle."""
        self._open.append(cycle)
        self._flat = None

    def repeat(self, begin: int, end: int, times: int) -> None:
        """Note that what was sent after cycle `begin` up to `end`, the present one, is sent again."""
        offsets = self._between(begin, end) - begin
        self._pieces.append(self._last())
        self._before += len(self._open)
        self._open = []
        self._pieces.append(_Piece(end, offsets, end - begin, self._before))
        self._before += times * len(offsets)
        self._begin = end + times * (end - begin)
        self._flat = None

    def _last(self) -> _Piece:
        return _Piece(
            self._begin, np.array(self._open, dtype=np.int64) - self._begin, _SPAN - 1, self._before
        )

    def _between(self, begin: int, end: int) -> IntArray:
        """Return the cycles of partial sums after one cycle and up to another, repetitions spelled out."""
        found = []
        pieces = [*self._pieces, self._last()]
        for piece, stop in zip(pieces, [*(p.begin for p in pieces[1:]), end], strict=True):
            low, high = max(begin, piece.begin), min(end, stop)
            if low < high:
                turns = np.arange(
                    (low - piece.begin) // piece.period, -(-(high - piece.begin) // piece.period)
                )
                cycles = (piece.begin + turns[:, None] * piece.period + piece.offsets).ravel()
                found.append(cycles[(cycles > low) & (cycles <= high)])
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _tables(self) -> tuple[IntArray, ...]:
        """Return begin, period, sums and free cycles before and sums of each piece; offsets of all pieces.

        Twice: where they are, and how many cycles before them are free.
        """
        if self._flat is None:
            pieces = [*self._pieces, self._last()]
            begin, period, before = (
                np.array([piece[i] for piece in pieces], dtype=np.int64) for i in (0, 2, 3)
            )
            sums = np.array([len(piece.offsets) for piece in pieces], dtype=np.int64)
            first = np.cumsum(sums) - sums
            offsets = np.concatenate([piece.offsets + i * _SPAN for i, piece in enumerate(pieces)])
            left = offsets - (np.arange(len(offsets)) - np.repeat(first, sums))
            self._flat = begin, period, before, begin - before, sums, first, offsets, left
        return self._flat

    def until(self, cycles: IntArray) -> IntArray:
        """Return how many cycles up to some are free."""
        begin, period, before, _, sums, first, offsets, _ = self._tables()
        at = np.maximum(np.searchsorted(begin, cycles) - 1, 0)
        turns, rest = np.divmod(cycles - begin[at], period[at])
        taken = np.searchsorted(offsets, at * _SPAN + rest, side="right") - first[at]
        result: IntArray = cycles - before[at] - turns * sums[at] - taken
        return result

    def cycle(self, numbers: IntArray) -> IntArray:
        """Return the cycles of some free ones, by their numbers."""
        begin, period, _, free, sums, first, _, left = self._tables()
        at = np.maximum(np.searchsorted(free, numbers) - 1, 0)
        turns, rest = np.divmod(numbers - free[at] - 1, period[at] - sums[at])
        taken = np.searchsorted(left, at * _SPAN + rest + 1, side="right") - first[at]
        result: IntArray = begin[at] + turns * period[at] + rest + 1 + taken
        return result


class SerialWatch:
    """Compares, iteration by iteration, when weights arrive with when old inputs have had their turn.

    Attributes
    ----------
    found
        Where weights overtake inputs first; None if nowhere so far.
    """

    def __init__(self, tile: SerialTile) -> None:
        layout = tile.layout
        self.tile = tile
        self.found: Overtaking | None = None
        data = ~layout.is_aux
        at = np.flatnonzero(data)
        weight_place, _ = send_order(layout.weight_key, layout.port, data)
        place, _ = send_order(layout.input_key, layout.port, data)
        slide_place, _ = send_order(layout.input_key, layout.port, layout.last_column)
        self.leaf, self.port = layout.leaf[at], layout.port[at]
        # Rows of multipliers that hand on inputs; equal ones are looked at once.
        columns = (tile.stream[self.port], weight_place[at], place[at], slide_place[at])
        rows = np.stack(columns, axis=1).reshape(-1, 4 * tile.tile.S)
        kinds, self.example = np.unique(rows, axis=0, return_index=True)
        self.kinds = kinds.reshape(len(kinds), tile.tile.S, 4)
        self.free = [FreeCycles() for _ in tile.words]
        self.starts = [0]
        self.compared = 1
        self._sent = [0] * len(tile.words)

    def psum(self, stream: int, cycle: int) -> None:
        """Note that a port of the stream sends a partial sum."""
        self.free[stream].take(cycle)

    def open(self, cycle: int) -> None:
        """Note that the generator begins the next filter iteration after a cycle."""
        self.starts.append(cycle)

    def repeat(self, begin: int, end: int, times: int, iterations: int) -> None:
        """Note that what happened after one cycle and up to another, the present one, happens again.

        Parameters
        ----------
        iterations
            Filter iterations that begin in the meantime, the present cycle's not counted.
        """
        for free in self.free:
            free.repeat(begin, end, times)
        for _ in range(times * iterations):
            self.starts.append(self.starts[-iterations] + end - begin)

    def compare(self, done: int) -> None:
        """Compare all filter iterations up to `done`, if all sums of those before it have been formed."""
        done = min(done, len(self.starts) - 1)
        step = max(1, _CHUNK // self.tile.rows)
        while self.found is None and self.compared <= done:
            last = min(done, self.compared + step - 1)
            self._compare(self.compared, last)
            self.compared = last + 1

    def _compare(self, first: int, last: int) -> None:
        # The turns of the iteration before the first one are needed, too.
        starts = np.array(self.starts[first - 1 : last + 1], dtype=np.int64)
        words = {int(stream): self._words(int(stream), starts) for stream in np.unique(self.kinds[:, :, 0])}
        taps = self.kinds.shape[1]
        best: tuple[int, int, int, int] | None = None
        for kind, example in zip(self.kinds.tolist(), self.example.tolist(), strict=True):
            for column in range(len(kind) - 1):
                stream, weight, _, _ = kind[column]
                arrives = self.free[stream].cycle(words[stream][0][1:] + weight)
                turns = self._turns(kind, column, words)[:-1]
                early = np.flatnonzero(arrives <= turns)
                if len(early):
                    i = int(early[0])
                    found = (first + i, int(arrives[i]), example * taps + column, int(turns[i]))
                    best = found if best is None else min(best, found)
        if best is not None:
            iteration, arrived, at, turn = best
            source = at - at % taps + taps - 1
            self.found = Overtaking(
                switch=int(self.leaf[at]),
                port=int(self.port[at]),
                source=int(self.leaf[source]),
                source_port=int(self.port[source]),
                iteration=iteration,
                arrives=arrived,
                multiplies=turn,
            )

    def _words(self, stream: int, starts: IntArray) -> tuple[IntArray, IntArray]:
        """Return how many free cycles have passed before the first weight and before each row's first word.

        Shapes (iterations,) and (iterations, rows).
        """
        tile, free = self.tile, self.free[stream]
        weights = tile.folds * tile.weights[stream]
        rows, words = np.arange(tile.rows), tile.row_words[stream]
        # A stream that sends nothing while the window slides waits for each row's steps.
        waits = tile.later[stream] == 0
        steps = np.r_[0, tile.folds * (1 + rows * tile.cols)] if waits else np.zeros(1, dtype=np.int64)
        lengths = np.r_[weights, np.full(tile.rows, words)] if waits else np.array([tile.words[stream]])
        made = free.until(starts[:, None] + steps)
        every = np.tile(lengths, len(starts))
        before = np.cumsum(every) - every
        lead = np.maximum.accumulate(np.maximum(made.ravel() - before, self._sent[stream]))
        begins = (lead + before).reshape(made.shape)
        # The last iteration is the first one of the next comparison.
        self._sent[stream] = int(begins[-2, -1] + lengths[-1])
        return begins[:, 0], begins[:, 1:] if waits else begins + weights + rows * words

    def _turns(
        self, kind: list[list[int]], column: int, words: dict[int, tuple[IntArray, IntArray]]
    ) -> IntArray:
        """Return when the multiplier in a column of a row has its last turn in each iteration."""
        tile = self.tile
        folds, windows = tile.folds, tile.rows * tile.cols
        stream, _, _, place = kind[-1]
        hops = len(kind) - 1 - column
        crossed, left = divmod(hops, tile.cols - 1)
        turns = np.full(len(words[stream][0]), -(2**60))
        if left and crossed < tile.rows:
            # The last word of the last column that comes this far while the window slides.
            window, row = tile.cols - 1 - left, tile.rows - 1 - crossed
            number = folds * tile.first[stream] + (window * folds - 1) * tile.later[stream] + place
            sent = self.free[stream].cycle(words[stream][1][:, row] + number)
            turns = sent + hops + folds * (windows - 1 - (row * tile.cols + window) - hops)
        for source in range(column, len(kind)):
            stream, _, place, _ = kind[source]
            hops = source - column
            row = tile.rows - max(1, -(-hops // (tile.cols - 1)))
            if row >= 0:
                number = (folds - 1) * tile.first[stream] + place
                # Of a stream that never waits the last row that comes this far is the latest.
                rows = np.arange(row if tile.later[stream] else 0, row + 1)
                sent = self.free[stream].cycle(words[stream][1][:, rows] + number)
                pace = folds * tile.cols * rows
                latest = (sent - pace).max(axis=1)
                turns = np.maximum(turns, latest + hops + folds * (windows - 1 - hops))
        return turns
