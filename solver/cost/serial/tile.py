"""What a mapping that folds through memory asks of ports, tree and bus (`solver.cost.serial.replay`)."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.layout import Layout, send_order
from solver.array.reduction import exit_inputs, exit_lines, packed_vns
from solver.cost.step import latch
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

Wanted = tuple[tuple[int, int, int], ...]
"""(stream, place among the step's words, cycles from the word's sending to the sum on its bus line)."""


class SerialTile:
    """One mapping whose partial sums travel through memory.

    A *stream* is a port's words other than partial sums; ports that carry no partial sums and send equally
    many words are one stream. A step is one fold of one window. Only words that are sent are waited for: one
    that a neighbour hands on was part of the same virtual neuron's (VN's) previous window, and a VN that has
    carried its partial sum through memory since then finds it there.

    Attributes
    ----------
    folds, rows, cols, windows, iterations
        Trip counts; without forwarding all windows of an iteration count as one row.
    steps
        Steps of a filter iteration (W F).
    latch
        Cycles from a word's sending to its multiplication (l).
    weights, first, later
        Per stream: words of a fold's weights, of a fold in the first window of a row, and in a later one.
    row_words, words
        Per stream: words of a row of windows, and of a whole iteration.
    wanted_first, wanted_later
        Per VN, what its sum waits for in the first window of a row and in the later ones.
    layout
        The tile on the multipliers.
    stream
        Per port, its stream.
    psum_stream, psum_climb
        Per VN, the stream of its auxiliary multiplier's port, and the cycles from that multiplier's firing to
        the bus line.
    line, rank
        Per VN, its bus line and its place in the order in which the line serves those that it has.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
        layout = Layout(nest, hardware, tile)
        if not layout.aux:
            raise ValueError("only folding without accumulation buffer sends partial sums through memory")
        self.nest, self.tile = nest, tile
        self.trips, self.iterations = layout.trips, layout.iterations
        self.folds, self.num_vns = layout.folds, tile.num_vns
        self.rows, self.cols = layout.trips["X"], layout.trips["Y"]
        self.windows = self.rows * self.cols
        self.forwards = layout.forwards and self.cols > 1
        if not self.forwards:
            self.rows, self.cols = 1, self.windows
        self.steps = self.windows * self.folds
        self.latch = latch(hardware.port_width)
        self.layout = layout
        paths = packed_vns(hardware.num_ms, layout.vn_size).paths[: len(layout.port)]
        self.psum_climb = (paths[:: layout.vn_size] + 1).tolist()
        self._streams(layout, paths + self.latch + 1)
        self.line = exit_lines(hardware.num_ms, layout.vn_size, hardware.rn_bw)[: tile.num_vns].tolist()
        inputs = exit_inputs(hardware.num_ms, layout.vn_size, hardware.rn_bw)[: tile.num_vns].tolist()
        served: dict[int, list[int]] = {}
        for line, where in sorted(set(zip(self.line, inputs, strict=True))):
            served.setdefault(line, []).append(where)
        self.rank = [served[line].index(where) for line, where in zip(self.line, inputs, strict=True)]
        self.ranks = {line: len(places) for line, places in served.items()}

    def _streams(self, layout: Layout, delay: IntArray) -> None:
        port, aux = layout.port, layout.is_aux
        place, first = send_order(layout.input_key, port, ~aux)
        later_place, later = place, first
        if self.forwards:
            later_place, later = send_order(layout.input_key, port, layout.last_column)
        _, weights = send_order(layout.weight_key, port, ~aux)
        counts = [_padded(words, int(port[-1]) + 1) for words in (weights, first, later)]
        psums = np.bincount(port[aux], minlength=int(port[-1]) + 1)
        numbers: dict[tuple[int, ...], int] = {}
        stream = np.empty(len(psums), dtype=np.int64)
        for number, words in enumerate(zip(*(c.tolist() for c in counts), strict=True)):
            alike = (*words, number if psums[number] else -1)
            stream[number] = numbers.setdefault(alike, len(numbers))
        self.stream = stream
        self.weights, self.first, self.later, _ = map(list, zip(*numbers, strict=True))
        self.row_words = [
            self.folds * (a + (self.cols - 1) * b) for a, b in zip(self.first, self.later, strict=True)
        ]
        self.words = [
            self.folds * w + self.rows * row for w, row in zip(self.weights, self.row_words, strict=True)
        ]
        self.psum_stream = stream[port[aux]].tolist()
        self.wanted_first = _wanted(layout, stream, place, delay)
        self.wanted_later = (
            _wanted(layout, stream, later_place, delay) if self.forwards else self.wanted_first
        )

    def streams_of(self, vn: int) -> list[int]:
        """Return the streams whose words a VN's sums wait for."""
        return sorted({stream for stream, _, _ in (*self.wanted_first[vn], *self.wanted_later[vn])})

    def words_before(self, step: int, stream: int) -> int:
        """Return a stream's words before those of a step, over all iterations."""
        iteration, at = divmod(step, self.steps)
        row, within = divmod(at, self.cols * self.folds)
        later = max(0, within - self.folds)
        return (
            iteration * self.words[stream]
            + self.folds * self.weights[stream]
            + row * self.row_words[stream]
            + min(within, self.folds) * self.first[stream]
            + later * self.later[stream]
        )

    def thresholds(self) -> IntArray:
        """Return the sums, folds counted, that must be in memory before each iteration starts (rule T8).

        From the second image on nothing waits for the memory.
        """
        t, nest = self.tile, self.nest
        g, k = np.arange(self.trips["G"])[:, None], np.arange(self.trips["K"])
        image = (g * t.G * nest.K + k * t.K * t.G).ravel() * (nest.X * nest.Y * self.folds)
        result: IntArray = np.r_[image, np.zeros(self.iterations - len(image), dtype=np.int64)]
        return result


def _padded(words: IntArray, length: int) -> IntArray:
    return np.r_[words, np.zeros(length - len(words), dtype=np.int64)]


def _wanted(layout: Layout, stream: IntArray, place: IntArray, delay: IntArray) -> list[Wanted]:
    """Return per VN the words that its sum may have to wait for.

    Of two words of a stream the later one decides if its sum is not more cycles nearer than it is behind.
    """
    result: list[Wanted] = []
    size = layout.vn_size
    for begin in range(0, len(place), size):
        here = slice(begin, begin + size)
        words = zip(
            stream[layout.port[here]].tolist(), place[here].tolist(), delay[here].tolist(), strict=True
        )
        latest: dict[int, int] = {}
        kept = []
        for number, at, wait in sorted((word for word in words if word[1]), reverse=True):
            if at + wait > latest.get(number, -1):
                latest[number] = at + wait
                kept.append((number, at, wait))
        result.append(tuple(kept))
    return result
