"""Waits that no replay of the array's work on the buffer tiles avoids, as sums of steps and outputs.

Each wait is linear in how often a layer sends the words of a step (`WAITS`). A port sends one word per cycle,
the controller generates one step per cycle, a bus line carries one output per cycle; and after the last word
of each time that the array fills, the outputs that wait for it still have to leave.

`surest_waits` knows the shortest way through the adder tree only. `tight_waits` lays the tile out and lets
the outputs of the last window leave on their own: where an iteration drains, that is nearly always the
replay's cycle.
"""

from __future__ import annotations

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


def vns_behind(words: IntArray, some: IntArray, size: IntArray, width: int) -> IntArray:
    """Return how many virtual neurons wait for last words of ports that send as much as some, at least.

    Each such port sends its last word to one of them, which has multipliers at a few ports only.

    Parameters
    ----------
    words, some
        Words (w, a, b, q) of all ports and of some, shape (tiles, ports, 4).
    size
        Multipliers of each tile's virtual neurons.
    width
        Multipliers at a port.

    Returns
    -------
    array
        Shape (tiles, some); 1 where no inputs are sent in every step.
    """
    ports = (words[:, :, None] >= some[:, None]).all(axis=3).sum(axis=1)
    at_most = (size + width - 2) // width + 1
    count: IntArray = np.where((some[:, :, 1:3] > 0).all(axis=2), -(-ports // at_most[:, None]), 1)
    return count


def surest_waits(ports: IntArray, wave: Wave, leave: IntArray, vns: IntArray, behind: IntArray) -> IntArray:
    """Return waits from words per port, shape (tiles, ports + 2, COLUMNS).

    Parameters
    ----------
    ports
        Words (w, a, b, q) of ports, shape (tiles, ports, 4).
    wave
        Reduction figures.
    leave
        Of `exit_time`.
    vns
        Virtual neurons.
    behind
        Of `vns_behind`.
    """
    tiles, count = ports.shape[:2]
    waits = np.zeros((tiles, count + 2, COLUMNS), dtype=np.int64)
    waits[:, :count, :4] = ports
    # Some wait for the last word of a port; of outputs that come together the memory takes half in a cycle
    # (rule T7).
    waits[:, :count, _EMPTY] = (leave[:, None] + _halvings(behind))[:, :, None]
    # A step's words follow its generation: one is behind the others of its port, and every virtual neuron
    # waits for one.
    waits[:, count, :3] = 1
    last = np.maximum(1, ports[:, :, 2].max(axis=1)) - 1
    waits[:, count, _EMPTY] = (leave + np.maximum(last, _halvings(vns)))[:, None]
    # No output leaves in the first cycle, in which a weight is sent.
    waits[:, count + 1, 4] = wave.max_per_line
    waits[:, count + 1, _EMPTY] = (1 + leave)[:, None]
    return waits


def _halvings(outputs: IntArray) -> IntArray:
    """Return how often outputs are halved until one is left."""
    return np.frexp(outputs)[1].astype(np.int64) - 1


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
    ready = {tuple(words.tolist()): wave.ready((wave.words >= words).all(axis=1), -1) for words in wave.words}
    found = {words: tuple(max(leave, drain) for drain in wave.left(at)) for words, at in ready.items()}
    generated = wave.left(wave.ready(np.ones(len(wave.words), dtype=bool), 0))
    per_line = int(np.bincount(wave.replay.line).max())
    first = int(wave.words[:, 0][wave.words[:, 1] > 0].min())
    unknown = (0,) * (COLUMNS - len(WAITS))
    rows = [
        *((*words, 0, *drains, 0, *wave.held_by(ready[words])) for words, drains in _longest(found)),
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
        Shape (ports, 4): words (w, a, b, q) of the different ports in use.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
        self.replay = ContinuedReplay(nest, hardware, tile) if nest.partial else Replay(nest, hardware, tile)
        replay = self.replay
        ports = replay.ports
        self.words = np.stack([ports.weights, ports.inputs, ports.slides, ports.sums], axis=1)
        self.lines = hardware.rn_bw
        self._ways = [(replay.order, ports.inputs)]
        if replay.forwards:
            self._ways.append((replay.slide_order, ports.slides))
        self._sums = ports.sums
        self._known: dict[bytes, int] = {}

    def ready(self, behind: BoolArray, sent: int) -> tuple[list[IntArray], list[IntArray]]:
        """Return when outputs that wait for the last words of some ports may be on their lines.

        Without sums that come back, and with them, of a row's first window and of later ones; `NEVER` where
        an output does not wait. In cycles after the ports have sent their last words where `sent` is
        negative, else after the cycle before their first.
        """
        alone = self._ready(behind, sent, np.zeros_like(self._sums))
        return alone, self._ready(behind, sent, self._sums) if self._sums.any() else alone

    def left(self, ready: tuple[list[IntArray], list[IntArray]]) -> tuple[int, int]:
        """Return when the memory has all of some outputs (`ready`), at least: the less of both windows."""
        alone, back = (min(map(self._out, windows)) for windows in ready)
        return alone, back

    def held_by(self, ready: tuple[list[IntArray], list[IntArray]]) -> tuple[int, int, int, int]:
        """Return who waits for some ports and what for: `BEGUN` and `CONTINUED`."""
        result: list[int] = []
        for windows in ready:
            # The least of a row's first window and of later ones; `NEVER` where either does not wait.
            least = np.minimum.reduce(windows)
            there = least[least > NEVER // 2]
            result += (len(there), int(there.min()) + 1) if len(there) else (0, 0)
        begun, leave, continued, later = result
        return begun, leave, continued, later

    def _ready(self, behind: BoolArray, sent: int, sums: IntArray) -> list[IntArray]:
        waits = behind[self.replay.port]
        result = []
        for order, words in self._ways:
            after = order if sent >= 0 else order - (words + sums)[self.replay.port]
            after = np.where((order > 0) & waits, after, NEVER)
            if sums.any():
                self._back(after, behind, words, sent)
            result.append(np.maximum.reduceat(after + self.replay.delay, self.replay.vn_starts))
        return result

    def _back(self, after: IntArray, behind: BoolArray, words: IntArray, sent: int) -> None:
        """Put in when the sums that come back are sent."""
        replay = self.replay
        assert isinstance(replay, ContinuedReplay)
        port = replay.port[replay.aux]
        start = (-self._sums if sent < 0 else words)[port]
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
