"""Replay of folding without accumulation buffer: every partial sum on its way through the memory.

A sum leaves the adder tree, waits for its bus line, then for the memory, and unless it was the window's last
one the port of its virtual neuron's (VN's) auxiliary multiplier sends it back, in place of another word. With
it the next fold's sum is complete. So ports, bus and memory push back on each other, and their order counts:

* a line serves its VNs in turn, beginning after the one that it served last;
* the memory takes the older half of what waits (rounded up), of one cycle in the order of the lines;
* a port sends partial sums first, in the order in which the memory took them, and in the same cycle.

What is computed is the cycle of every sum; `solver.cost.serial.periods` leaves out what only repeats. The
cycles are those of the reference simulator (benchmarks/README.md).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

import numpy as np

from solver.cost.overtaking import Overtaking, may_overtake
from solver.cost.replay import ReplayLimitError
from solver.cost.serial.periods import Periods
from solver.cost.serial.ports import SerialPorts
from solver.cost.serial.tile import SerialTile
from solver.cost.serial.watch import SerialWatch
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.stopping import go_on

_LONG_AGO = -(2**60)

MAX_REPLAYED_SUMS = 400_000
"""Sums that a replay may time one by one: some seconds."""

_LOOK_AHEAD = 1_000
"""Sums that are timed between two looks at what a replay takes at least."""


class TooSlowError(Exception):
    """A replay takes more cycles than are of interest."""


class SerialReplay:
    """One mapping on the clock.

    Attributes
    ----------
    cycle
        The present cycle; cycles count from 1.
    most
        Sums that it may time one by one.
    at_most
        Cycles beyond which it is of no interest.
    step, taken
        Per VN, how many sums have reached its bus line, and how many of them the memory has taken.
    due, unsure
        Per VN, the cycle in which its next sum reaches the line if that is known, else 0; and whether partial
        sums that are still to be sent may delay it.
    psum_due
        Per VN, the cycle from which on its partial sum is at the line's adder for the next sum.
    lines
        Per bus line, the waiting VNs by their rank; `turn` is the rank that it looks at first.
    on_line, waiting
        VNs whose sums are on a line, and in the memory's queue, oldest first.
    psums
        Per stream, the VNs whose partial sums its port has to send.
    idle
        VNs that have done all iterations generated so far.
    """

    def __init__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        tile: Tile,
        most: int = MAX_REPLAYED_SUMS,
        at_most: float = inf,
    ) -> None:
        self.most, self.at_most = most, at_most
        self.tile = asked = SerialTile(nest, hardware, tile)
        doubtful = may_overtake(nest, hardware, np.array([tile.sizes], dtype=np.int64))[0]
        self.watch = SerialWatch(asked) if doubtful else None
        self.ports = SerialPorts(asked, self.watch)
        self.thresholds = asked.thresholds()
        count = asked.num_vns
        self.cycle = self.received = self.timed = 0
        self.step, self.taken = [0] * count, [0] * count
        self.due, self.unsure = [0] * count, [False] * count
        self.reached = [_LONG_AGO] * count
        # Auxiliary multipliers send their first zeros in the first cycle.
        self.psum_due = [1 + climb for climb in asked.psum_climb]
        self.lines: dict[int, dict[int, deque[int]]] = {line: {} for line in sorted(asked.ranks)}
        self.turn = dict.fromkeys(self.lines, 0)
        self.on_line: list[int] = []
        self.waiting: deque[int] = deque()
        self.psums: dict[int, deque[int]] = {}
        self.idle: list[int] = []
        self.opens = asked.folds + asked.steps  # the generator is busy up to this cycle
        self._due: dict[int, list[int]] = {}
        self._when: list[int] = []
        self.queued = 0
        self.bound: dict[tuple[int, int], int] = {}

    def cycles(self, *, to_the_end: bool = True) -> int | None:
        """Return the cycles of the whole layer; None if it ends where weights overtake inputs.

        Raises
        ------
        ReplayLimitError
            If more than `most` sums would have to be timed one by one, or what was left out is not enough to
            tell when a word that is waited for was sent.
        TooSlowError
            As soon as it is sure to take more than `at_most` cycles.
        StoppedError
            If there is no time for more.
        """
        tile, periods = self.tile, Periods(self)
        look_again = _LOOK_AHEAD
        total = tile.iterations * tile.steps * tile.num_vns
        for vn in range(tile.num_vns):
            self._schedule(vn)
        if tile.iterations > 1:
            heappush(self._when, self.opens)
        while True:
            self._next_cycle()
            self._memory()
            if self.received == total:
                self._compare()
                return self.cycle
            self._send_psums()
            arrived = self._arrivals()
            self._serve_lines()
            self._generator(periods)
            if self.watch is not None and self.watch.found is not None and not to_the_end:
                return None
            if arrived:
                self.timed += len(arrived)
                if self.timed > self.most:
                    self._compare()
                    raise ReplayLimitError
                periods.look(arrived)
                if self.timed >= look_again:
                    look_again = self.timed + _LOOK_AHEAD
                    go_on()
                    if self._least() > self.at_most:
                        raise TooSlowError

    def _least(self) -> int:
        """Return the cycles that the replay takes at least, as it stands at the end of a cycle.

        Of a VN's sums that have yet to come, the first one comes in the next cycle at the earliest, the last
        one is in memory a cycle after it has come, and between two lies the way round, but where the first of
        them ends a window.
        """
        tile = self.tile
        least = 0
        for step, climb in zip(self.step, tile.psum_climb, strict=True):
            between = max(0, tile.iterations * tile.steps - step - 1)
            ends = min(between, between // tile.folds + 1)
            least = max(least, ends + (between - ends) * (1 + tile.latch + climb))
        return self.cycle + least

    def _next_cycle(self) -> None:
        self.cycle += 1
        if not (self.waiting or self.on_line or self.psums or self.queued):
            self.cycle = max(self.cycle, self._when[0])
        while self._when and self._when[0] <= self.cycle:
            heappop(self._when)

    def _memory(self) -> None:
        """Take half of the sums that wait; queue those that have further folds at their ports."""
        waiting, folds = self.waiting, self.tile.folds
        waiting.extend(self.on_line)
        for _ in range((len(waiting) + 1) // 2):
            vn = waiting.popleft()
            self.received += 1
            self.taken[vn] += 1
            if self.taken[vn] % folds:
                self.psums.setdefault(self.tile.psum_stream[vn], deque()).append(vn)

    def _send_psums(self) -> None:
        sent = []
        for stream in list(self.psums):
            queue = self.psums[stream]
            sent.append(queue.popleft())
            if not queue:
                del self.psums[stream]
            self.ports.psum(stream, self.cycle)
        arrives = self.cycle + self.tile.latch
        for vn in sent:
            self.psum_due[vn] = arrives + self.tile.psum_climb[vn]
            self._schedule(vn)

    def _arrivals(self) -> list[int]:
        """Let the sums that are complete wait for their lines, and look at each VN's next one."""
        arrived = self._due.pop(self.cycle, [])
        tile, done = self.tile, []
        for vn in arrived:
            if self.unsure[vn] and self._complete(vn) > self.cycle:
                self._at(vn, self.due[vn])
                continue
            done.append(vn)
            self.due[vn] = 0
            self.reached[vn] = self.cycle
            self.lines[tile.line[vn]].setdefault(tile.rank[vn], deque()).append(vn)
            self.queued += 1
            self.step[vn] += 1
            if self.step[vn] % tile.folds == 0:
                # The next window needs no partial sum: a zero follows the last one up the tree.
                self.psum_due[vn] += 1
                if self.step[vn] == (self.ports.iteration + 1) * tile.steps:
                    self.idle.append(vn)
                else:
                    self._schedule(vn)
        return done

    def _serve_lines(self) -> None:
        self.on_line = []
        if not self.queued:
            return
        for line, queues in self.lines.items():
            if queues:
                ranks, turn = self.tile.ranks[line], self.turn[line]
                rank = (
                    min(queues, key=lambda r: (r - turn) % ranks) if len(queues) > 1 else next(iter(queues))
                )
                self.on_line.append(queues[rank].popleft())
                if not queues[rank]:
                    del queues[rank]
                self.turn[line] = (rank + 1) % ranks
                self.queued -= 1

    def _generator(self, periods: Periods) -> None:
        """Begin the next filter iteration if its outputs are awaited no more (rule T8)."""
        following = self.ports.iteration + 1
        if following == self.tile.iterations or self.cycle < self.opens:
            return
        if self.received >= self.thresholds[following]:
            periods.iteration()
            self.ports.open(self.cycle)
            if following & (following - 1) == 0:
                self._compare()
            self.opens = self.cycle + self.tile.folds + self.tile.steps
            heappush(self._when, self.opens)
            idle, self.idle = self.idle, []
            for vn in idle:
                self._schedule(vn)

    def _compare(self) -> None:
        """Compare the iterations whose predecessors have formed all their sums."""
        if self.watch is not None:
            self.watch.compare(min(self.step) // self.tile.steps)

    def _schedule(self, vn: int) -> None:
        self._at(vn, self._complete(vn))

    def _at(self, vn: int, cycle: int) -> None:
        if cycle not in self._due:
            self._due[cycle] = []
            heappush(self._when, cycle)
        self._due[cycle].append(vn)

    def reschedule(self) -> None:
        """Build the calendar anew, after `due` has been changed."""
        self._due, self._when = {}, [self.opens] if self.ports.iteration + 1 < self.tile.iterations else []
        for vn, cycle in enumerate(self.due):
            if cycle:
                self._at(vn, cycle)

    def _complete(self, vn: int) -> int:
        """Find the cycle in which a VN's next sum reaches its line, as far as it is known by now."""
        tile, ports = self.tile, self.ports
        iteration, at = divmod(self.step[vn], tile.steps)
        least = cycle = max(self.psum_due[vn], self.reached[vn] + 1)
        unsure = False
        row, within = divmod(at, tile.cols * tile.folds)
        later = within - tile.folds
        for stream, place, delay in tile.wanted_first[vn] if later < 0 else tile.wanted_later[vn]:
            word = tile.folds * tile.weights[stream] + row * tile.row_words[stream] + place
            if later < 0:
                word += within * tile.first[stream]
            else:
                word += tile.folds * tile.first[stream] + later * tile.later[stream]
            sent = ports.sent(stream, iteration, word, min(self.cycle, least - delay))
            if sent > self.cycle:
                unsure = True
            elif sent + delay <= least:
                continue
            if stream in ports.doubtful:
                raise ReplayLimitError
            self.bound[vn, stream] = self.cycle
            cycle = max(cycle, sent + delay)
        self.due[vn], self.unsure[vn] = cycle, unsure
        return cycle


def serial_replay_cycles(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of one mapping that folds without accumulation buffer, its outputs right or not.

    Raises
    ------
    ReplayLimitError
        If too much of it would have to be timed one by one.
    """
    told = _told(nest, hardware, tile)
    # Where weights overtake inputs it ended there.
    cycles = told.cycles if told.overtaking is None else SerialReplay(nest, hardware, tile).cycles()
    if cycles is None:
        raise ReplayLimitError
    return cycles


def serial_overtaking(nest: LoopNest, hardware: Hardware, tile: Tile) -> Overtaking | None:
    """Return where weights overtake inputs first (rule T11) in such a mapping; None if nowhere.

    Raises
    ------
    ReplayLimitError
        If too much of it would have to be timed one by one to rule it out.
    """
    told = _told(nest, hardware, tile)
    if told.overtaking is None and told.cycles is None:
        raise ReplayLimitError
    return told.overtaking


def serial_exceeds(nest: LoopNest, hardware: Hardware, tile: Tile, cycles: float) -> bool:
    """Return whether such a mapping is seen to take more cycles before its replay ends.

    A replay that ends is remembered, for those who ask for its cycles or for overtaking.
    """
    try:
        _told(nest, hardware, tile, cycles)
    except TooSlowError:
        return True
    return False


@dataclass(frozen=True)
class _Told:
    """What a replay tells that ends where weights overtake inputs.

    Attributes
    ----------
    cycles
        None if they do, or if too many sums would have to be timed.
    """

    cycles: int | None
    overtaking: Overtaking | None


_known: dict[tuple[LoopNest, Hardware, Tile, int], _Told] = {}
"""What replays that ended have told."""

_MOST_KNOWN = 4096


def _told(nest: LoopNest, hardware: Hardware, tile: Tile, at_most: float = inf) -> _Told:
    """Return what the replay tells; raises `TooSlowError` if it takes more than `at_most` cycles."""
    key = nest, hardware, tile, MAX_REPLAYED_SUMS
    if key not in _known:
        replay = SerialReplay(nest, hardware, tile, MAX_REPLAYED_SUMS, at_most)
        try:
            cycles = replay.cycles(to_the_end=False)
        except ReplayLimitError:
            cycles = None
        if len(_known) == _MOST_KNOWN:
            del _known[next(iter(_known))]
        _known[key] = _Told(cycles, replay.watch.found if replay.watch else None)
    return _known[key]
