"""Waits that no replay of the array's work on the buffer tiles avoids, as sums of steps and outputs.

Each wait is linear in how often a layer sends the words of a step (`WAITS`). A port sends one word per cycle,
the controller generates one step per cycle, a bus line carries one output per cycle; and after the last word
of each time that the array fills, the outputs that wait for it still have to leave.

`surest_waits` knows the shortest way through the adder tree only. `tight_waits` lays the tile out and lets
the outputs of the last window leave on their own: where an iteration drains, that is nearly always the
replay's cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.continued_replay import ContinuedReplay
from solver.cost.replay import NEVER, Memory, Replay
from solver.cost.step import way_out
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

WAITS: tuple[str, ...] = (
    "weights",
    "first",
    "slides",
    "sums",
    "windows",
    "begun",
    "continued",
    "once",
)
"""What the first columns of waits count per: the fields of `solver.cost.two_level.work.Steps`."""

BEGUN, CONTINUED = slice(len(WAITS), len(WAITS) + 2), slice(len(WAITS) + 2, len(WAITS) + 4)
"""The last columns, where no sums come back and where they do: how many virtual neurons wait for a port, or
for ones with as many words, and the least cycles from the last word of a window there to an output of one of
them in memory. Both are 0 where that is unknown."""

COLUMNS = CONTINUED.stop
_EMPTY = [WAITS.index(name) for name in ("begun", "continued")]


def exit_time(hardware: Hardware, wave: Wave) -> IntArray:
    """Return the least cycles from a multiplier's last word to its output in memory."""
    result: IntArray = way_out(hardware, wave.shortest_path) + 1
    return result


def surest_waits(ports: IntArray, wave: Wave, leave: IntArray) -> IntArray:
    """Return waits from words per port, shape (tiles, ports + 2, COLUMNS).

    Parameters
    ----------
    ports
        Words (w, a, b, q) of ports, shape (tiles, ports, 4).
    wave
        Reduction figures.
    leave
        Of `exit_time`.
    """
    tiles, count = ports.shape[:2]
    waits = np.zeros((tiles, count + 2, COLUMNS), dtype=np.int64)
    waits[:, :count, :4] = ports
    waits[:, :count, _EMPTY] = leave[:, None, None]
    # A step's words follow its generation.
    waits[:, count, :3] = 1
    waits[:, count, _EMPTY] = (np.maximum(1, ports[:, :, 2].max(axis=1)) - 1 + leave)[:, None]
    # No output leaves in the first cycle, in which a weight is sent.
    waits[:, count + 1, 4] = wave.max_per_line
    waits[:, count + 1, _EMPTY] = (1 + leave)[:, None]
    return waits


def tight_waits(nest: LoopNest, hardware: Hardware, tile: Tile, leave: int) -> IntArray:
    """Return waits of one tile, shape (waits, COLUMNS).

    Parameters
    ----------
    nest
        The layer; a part whose sums are continued if sums come back into the array.
    leave
        Of `exit_time`.
    """
    wave = _LastWave(nest, hardware, tile)
    found: dict[tuple[int, ...], tuple[int, ...]] = {}
    for words in np.unique(wave.words, axis=0):
        behind = (wave.words >= words).all(axis=1)
        left = wave.left(behind, wave.sent)
        found[tuple(words.tolist())] = tuple(max(leave, drain) for drain in left)
    last = np.zeros_like(wave.sent)
    generated = wave.left(np.ones(len(last), dtype=bool), last)
    per_line = int(np.bincount(wave.replay.line).max())
    first = int(wave.words[:, 0][wave.words[:, 1] > 0].min())
    unknown = (0,) * (COLUMNS - len(WAITS))
    rows = [
        *((*words, 0, *drains, 0, *wave.held_by(words)) for words, drains in _longest(found)),
        (1, 1, 1, 0, 0, *(max(drain, leave) - 1 for drain in generated), 0, *unknown),
        (0, 0, 0, 0, per_line, first + leave, first + leave, 0, *unknown),
    ]
    return np.array(rows, dtype=np.int64)


def _longest(found: dict[tuple[int, ...], tuple[int, ...]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the waits, words and drains, that no other exceeds in everything."""

    def exceeds(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        figures = zip((*one, *found[one]), (*other, *found[other]), strict=True)
        return one != other and all(a >= b for a, b in figures)

    return [(words, drains) for words, drains in found.items() if not any(exceeds(o, words) for o in found)]


class _LastWave:
    """The outputs of an iteration's last window, on their way from the multipliers to the memory.

    Attributes
    ----------
    words
        Shape (ports, 4): words (w, a, b, q) of the ports in use.
    sent
        Words of the last window per port, as a negative number: cycles from its first to its last word.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
        self.replay = ContinuedReplay(nest, hardware, tile) if nest.partial else Replay(nest, hardware, tile)
        replay = self.replay
        ports = replay.ports
        self.words = np.stack([ports.weights, ports.inputs, ports.slides, ports.sums], axis=1)
        self.lines = hardware.rn_bw
        self.sent = np.zeros(len(self.words), dtype=np.int64) - 1
        ways = [(replay.order, ports.inputs)]
        if replay.forwards:
            ways.append((replay.slide_order, ports.slides))
        self._ways = ways
        self._sums = ports.sums
        self._known: dict[bytes, int] = {}

    def left(self, behind: BoolArray, sent: IntArray) -> tuple[int, int]:
        """Return when the memory has all outputs that wait for the last words of some ports.

        Without sums that come back, and with them. In cycles after the ports have sent their last words where
        `sent` is negative, else after the cycle before their first. A window may be a row's first or a later
        one: the least of both counts.
        """
        alone = min(map(self._out, self._ready(behind, sent, np.zeros_like(self._sums))))
        if not self._sums.any():
            return alone, alone
        return alone, min(map(self._out, self._ready(behind, sent, self._sums)))

    def held_by(self, words: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Return who waits for ports with so many words or more, and what for: `BEGUN` and `CONTINUED`."""
        behind = np.all(self.words >= words, axis=1)
        last = np.zeros(len(behind), dtype=np.int64) - 1
        result: list[int] = []
        for sums in (np.zeros_like(self._sums), self._sums):
            # The least of a row's first window and of later ones; `NEVER` where either does not wait.
            least = np.minimum.reduce(list(self._ready(behind, last, sums)))
            there = least[least > NEVER // 2]
            result += (len(there), int(there.min()) + 1) if len(there) else (0, 0)
        begun, leave, continued, later = result
        return begun, leave, continued, later

    def _ready(self, behind: BoolArray, sent: IntArray, sums: IntArray) -> Iterator[IntArray]:
        """Yield when outputs of a row's first window, and of later ones, may be on their lines (`left`)."""
        for order, words in self._ways:
            after = order + np.where(sent < 0, -(words + sums), 0)[self.replay.port]
            after = np.where((order > 0) & behind[self.replay.port], after, NEVER)
            if sums.any():
                self._back(after, behind, words, sent)
            ready: IntArray = np.maximum.reduceat(after + self.replay.delay, self.replay.vn_starts)
            yield ready

    def _back(self, after: IntArray, behind: BoolArray, words: IntArray, sent: IntArray) -> None:
        """Put in when the sums that come back are sent."""
        replay = self.replay
        assert isinstance(replay, ContinuedReplay)
        port = replay.port[replay.aux]
        start = np.where(sent < 0, -self._sums, words)[port]
        after[replay.aux] = np.where(behind[port], start + replay.place, NEVER)

    def _out(self, by_vn: IntArray) -> int:
        """Return when the memory has what may be on its line in some cycles, one for each virtual neuron."""
        there = by_vn > NEVER // 2
        if not there.any():
            return 0
        key = np.where(there, by_vn, NEVER).tobytes()
        if key not in self._known:
            memory = Memory(self.lines)
            memory.add(by_vn[there], self.replay.line[there])
            self._known[key] = memory.time_of(int(there.sum()))
        return self._known[key]
