"""What only repeats in a replay of folds through memory is left out (`solver.cost.serial_replay`).

After some folds, windows, rows or filter iterations everything on its way stands as it once stood, later by a
number of cycles and further on by a number of sums per virtual neuron (VN). From there on the same follows
again and again, until something else comes: the end of a window, a row or an iteration, or a word that is not
there in time. As many repetitions as certainly come before that are added at once.

Ports run ahead of the sums, so their words need not stand as they did. A word that a sum did wait for must:
equally many words ahead, after partial sums at the same distances. One that was there in time must stay so:
its port does not fall behind, or by so much less than its lead that it still is ahead at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.serial_ports import Sent, SerialPorts
from solver.cost.serial_tile import SerialTile

_MANY_FOLDS = 6
"""Folds per window from which on single folds are compared."""

Pair = tuple[int, int]
"""A VN and a stream that one of its sums has waited for."""


class Clockwork(Protocol):
    """What is looked at, and set forward, in a replay; `solver.cost.serial_replay` says what each part is."""

    tile: SerialTile
    ports: SerialPorts
    thresholds: IntArray
    cycle: int
    received: int
    opens: int
    step: list[int]
    taken: list[int]
    due: list[int]
    unsure: list[bool]
    reached: list[int]
    psum_due: list[int]
    lines: dict[int, dict[int, deque[int]]]
    turn: dict[int, int]
    on_line: list[int]
    waiting: deque[int]
    psums: dict[int, deque[int]]
    idle: list[int]
    bound: dict[Pair, int]

    def reschedule(self) -> None:
        """Build the calendar anew, after `due` has been changed."""


@dataclass
class _Snapshot:
    """How a replay stood at the end of a cycle."""

    cycle: int
    received: int
    step: list[int]
    words: list[int]
    recent: dict[int, tuple[int, ...]]
    number: int
    iteration: int


@dataclass
class _Level:
    """Snapshots of one kind, by what must be equal; `waited`: the pairs between one and the one before."""

    seen: dict[Hashable, _Snapshot] = field(default_factory=dict)
    waited: list[set[Pair]] = field(default_factory=list)
    pending: set[Pair] = field(default_factory=set)

    def clear(self) -> None:
        self.seen.clear()
        self.waited.clear()
        self.pending.clear()


class Periods:
    """Looks for repetitions in one replay, at the sums of one VN and at the start of filter iterations."""

    def __init__(self, run: Clockwork) -> None:
        self.run, self.tile = run, run.tile
        wanted = (*run.tile.wanted_first, *run.tile.wanted_later)
        self.reach = max(delay for words in wanted for _, _, delay in words) + 2
        self.anchor = max(range(run.tile.num_vns), key=lambda vn: run.tile.psum_climb[vn])
        self.folds, self.windows, self.rows, self.iterations = (_Level() for _ in range(4))
        self.below = (self.folds, self.windows, self.rows)
        self.awaited: list[bool] = []
        self.streams = [
            sorted({stream for stream, _, _ in (*first, *later)})
            for first, later in zip(run.tile.wanted_first, run.tile.wanted_later, strict=True)
        ]

    def look(self, arrived: list[int]) -> None:
        """Look for a repetition at the end of a cycle in which the given VNs' sums came to their lines."""
        run, tile = self.run, self.tile
        if self.anchor not in arrived:
            if self.anchor not in run.idle:
                return
            self.anchor = arrived[-1]
        for level in self.below:
            level.pending.update(run.bound)
        run.bound.clear()
        step, folds = run.step[self.anchor], tile.folds
        state = self._state()
        if folds >= _MANY_FOLDS and 0 < step % folds < folds - 1 and self._compare(self.folds, state):
            self.folds.clear()
            return
        if step % folds != min(1, folds - 1):
            return
        row = folds * tile.cols
        if tile.forwards and step % row < folds:
            phases = tuple([at % row for at in run.step])
            if self._compare(self.rows, (state, phases)):
                for level in self.below:
                    level.clear()
                return
        phases = tuple([at % folds for at in run.step])
        if self._compare(self.windows, (state, phases)):
            self.folds.clear()
            self.windows.clear()

    def iteration(self) -> None:
        """Look for a repetition in the cycle in which the next filter iteration begins."""
        run, tile = self.run, self.tile
        for level in self.below:
            level.clear()
        run.bound.clear()
        self.awaited.append(run.cycle > run.opens)
        following = run.ports.iteration + 1
        steps = tuple([following * tile.steps - at for at in run.step])
        words = [run.ports.words_by(stream, run.cycle) for stream in range(len(tile.words))]
        left = tuple([following * all_ - sent for all_, sent in zip(tile.words, words, strict=True)])
        recent = tuple([self._recent(stream) for stream in range(len(words))])
        zeros = tuple([max(0, due - run.cycle) for due in run.psum_due])
        key = (self._state(), steps, left, recent, zeros)
        new = _Snapshot(run.cycle, run.received, [*run.step], words, {}, 0, following)
        old = self.iterations.seen.get(key)
        self.iterations.seen[key] = new
        if old is None:
            return
        period = following - old.iteration
        times = self._iterations_alike(old, new) // period
        times = min(times, (tile.iterations - 1 - following) // period)
        if times > 0:
            self._repeat(old, new, times, period, set(range(len(words))))
            self.iterations.seen.clear()

    def _iterations_alike(self, old: _Snapshot, new: _Snapshot) -> int:
        """Return how many iterations after the new one begin as those one period before them do."""
        thresholds = self.run.thresholds
        period, more = new.iteration - old.iteration, new.received - old.received
        rise = thresholds[new.iteration + 1 :] - thresholds[old.iteration + 1 : -period]
        # Iterations that waited for outputs wait for just as many more; the others find enough.
        waited = any(self.awaited[-period:])
        differs = np.flatnonzero(rise != more if waited else rise > more)
        return int(differs[0]) if len(differs) else len(rise)

    def _state(self) -> Hashable:
        """Return what is on its way, relative to the present cycle."""
        run = self.run
        now = run.cycle
        return (
            tuple([due - now if due else 0 for due in run.due]),
            tuple([at - taken for at, taken in zip(run.step, run.taken, strict=True)]),
            tuple(run.unsure),
            tuple(run.waiting),
            tuple(run.on_line),
            tuple([(stream, *run.psums[stream]) for stream in sorted(run.psums)]),
            tuple([(*q,) for queues in run.lines.values() if queues for q in queues.values()]),
            tuple(run.turn.values()),
            tuple(run.idle),
        )

    def _recent(self, stream: int) -> tuple[int, ...]:
        """Return how long ago partial sums took a stream's cycles, as far as that still matters."""
        run = self.run
        notes = (run.ports.now[stream], *reversed(run.ports.before[stream]))
        ages = []
        for note in notes:
            age = run.cycle - note.cycle
            if age > self.reach:
                break
            ages.append(age)
        return tuple(ages)

    def _compare(self, level: _Level, key: Hashable) -> bool:
        """Note how the replay stands; if it has stood so before, leave out repetitions. Return whether."""
        run = self.run
        ports = run.ports
        pairs, level.pending = level.pending, set()
        level.waited.append(pairs)
        new = _Snapshot(
            run.cycle,
            run.received,
            [*run.step],
            [ports.words_by(stream, run.cycle) for stream in range(len(ports.now))],
            {stream: self._recent(stream) for stream in {stream for _, stream in pairs}},
            len(level.waited),
            ports.iteration,
        )
        old = level.seen.get(key)
        level.seen[key] = new
        if old is None:
            return False
        waited = set().union(*level.waited[old.number : new.number])
        times = self._times(old, new, waited, level)
        if times * (new.cycle - old.cycle) < 2 * self.reach:
            return False
        self._repeat(old, new, times, 0, {stream for _, stream in waited})
        return True

    def _times(self, old: _Snapshot, new: _Snapshot, waited: set[Pair], level: _Level) -> int:
        """Return how often what happened between two snapshots certainly happens again."""
        tile = self.tile
        times = self._before_opening(old, new)
        for at, before in zip(new.step, old.step, strict=True):
            further = at - before
            if not further:
                continue
            span = tile.folds if level is self.folds else tile.steps
            if at // span != before // span:
                return 0
            left = span - 1 - at % span if level is self.folds else span - tile.folds - at % span
            times = min(times, max(0, left) // further)
        for pair in waited:
            times = min(times, self._waits_again(old, new, pair, level))
            if times <= 0:
                return 0
        for vn, further in enumerate(map(int.__sub__, new.step, old.step)):
            if further:
                for stream in self.streams[vn]:
                    if (vn, stream) not in waited:
                        times = self._stays_ahead(old, new, (vn, stream), times)
        return times

    def _before_opening(self, old: _Snapshot, new: _Snapshot) -> int:
        """Return how many repetitions end before the next filter iteration begins."""
        run, period = self.run, new.cycle - old.cycle
        following = new.iteration + 1
        if old.iteration != new.iteration:
            return 0
        if following == self.tile.iterations:
            return 2**62
        busy = (run.opens - 1 - new.cycle) // period
        missing = int(run.thresholds[following]) - 1 - new.received
        return max(0, busy, missing // max(1, new.received - old.received))

    def _words_before(self, step: int, stream: int) -> int:
        """Return a stream's words before those of a step, over all iterations."""
        tile = self.tile
        iteration, at = divmod(step, tile.steps)
        row, within = divmod(at, tile.cols * tile.folds)
        later = max(0, within - tile.folds)
        return (
            iteration * tile.words[stream]
            + tile.folds * tile.weights[stream]
            + row * tile.row_words[stream]
            + min(within, tile.folds) * tile.first[stream]
            + later * tile.later[stream]
        )

    def _waits_again(self, old: _Snapshot, new: _Snapshot, pair: Pair, level: _Level) -> int:
        """Return how often a sum that waits for a stream finds it again as it did."""
        vn, stream = pair
        tile = self.tile
        if self.run.ports.starved[stream] or old.recent.get(stream) != self._recent(stream):
            return 0
        at, before = new.step[vn], old.step[vn]
        sent = new.words[stream] - old.words[stream]
        if sent != self._words_before(at, stream) - self._words_before(before, stream):
            return 0
        if level is self.rows or not tile.forwards:
            return 2**62
        # The words of a step change from the first window of a row to the later ones.
        row = tile.cols * tile.folds
        end = at - at % row + (tile.folds if at % row < tile.folds else row)
        begin = end - tile.folds if at % row < tile.folds else end - row + tile.folds
        lead = new.words[stream] - self._words_before(at, stream)
        step_words = tile.first[stream] if at % row < tile.folds else tile.later[stream]
        ahead = at + max(0, -(-lead // max(1, step_words)))
        if min(before, at) < begin or ahead >= end:
            return 0
        return max(0, (end - 2 - ahead) // max(1, at - before) - 1)

    def _stays_ahead(self, old: _Snapshot, new: _Snapshot, pair: Pair, times: int) -> int:
        """Return how often, at most `times`, a stream that no sum waited for is in time again."""
        vn, stream = pair
        tile = self.tile
        everything = (new.iteration + 1) * tile.words[stream]
        if old.words[stream] == everything:
            return times
        at, further = new.step[vn], new.step[vn] - old.step[vn]
        more = new.words[stream] - old.words[stream]
        enough = (
            2 * self.reach + more + (further + 2) * max(tile.first[stream], tile.later[stream])
            + (tile.folds * abs(tile.first[stream] - tile.later[stream]) if tile.forwards else 0)
        )  # fmt: skip
        lead = new.words[stream] - self._words_before(at, stream)
        if self.run.ports.starved[stream]:
            while times:
                needed = self._words_before(at + times * further, stream)
                if self._starved_words(new, stream, times, new.cycle - old.cycle) - needed >= min(
                    enough, everything - needed
                ):
                    break
                times //= 2
            return times
        if not tile.forwards and more >= further * tile.first[stream]:
            return times
        if tile.forwards and lead < enough:
            return 0
        last = -(-(everything - new.words[stream]) // more) if more else times
        while times:
            check = min(times, last)
            words = min(everything, new.words[stream] + check * more)
            if words - self._words_before(at + check * further, stream) >= enough:
                return times
            times //= 2
        return times

    def _starved_words(self, new: _Snapshot, stream: int, times: int, period: int) -> int:
        """Return at least how many words a starved stream has sent after some repetitions.

        A partial sum delays words by a cycle at most. A virtual neuron behind the port has sent one per step
        at most, and sends no two within the shortest way round.
        """
        run, tile = self.run, self.tile
        cycles, lost = times * period, 0
        for vn, behind in enumerate(tile.psum_stream):
            if behind == stream:
                lost += max(0, new.step[vn] - new.iteration * tile.steps)
                lost += cycles // (tile.psum_climb[vn] + 1 + tile.latch) + 1
        age = new.cycle - run.ports.start + cycles - lost
        return max(new.words[stream], new.iteration * tile.words[stream] + run.ports.generated(stream, age))

    def _repeat(self, old: _Snapshot, new: _Snapshot, times: int, iterations: int, exact: set[int]) -> None:
        """Add repetitions to the replay; `exact`: the streams whose recent cycles matter."""
        run, tile = self.run, self.tile
        ports = run.ports
        if ports.watch is not None:
            ports.watch.repeat(old.cycle, new.cycle, times, iterations)
        later = times * (new.cycle - old.cycle)
        run.cycle += later
        run.received += times * (new.received - old.received)
        for vn, (at, before) in enumerate(zip(new.step, old.step, strict=True)):
            run.step[vn] += times * (at - before)
            run.taken[vn] += times * (at - before)
            run.reached[vn] += later
            run.psum_due[vn] += later
            if run.due[vn]:
                run.due[vn] += later
        skipped = times * iterations
        ports.iteration += skipped
        if skipped:
            ports.start += later
            run.opens += later
        for stream, (now, before) in enumerate(zip(new.words, old.words, strict=True)):
            more = times * (now - before)
            words = min(now + more, (ports.iteration + 1) * tile.words[stream])
            if ports.starved[stream] and not skipped:
                words = self._starved_words(new, stream, times, new.cycle - old.cycle)
            notes = [ports.now[stream], *reversed(ports.before[stream])] if stream in exact else []
            ports.before[stream].clear()
            for note in reversed(notes):
                start = note.start + later if skipped else note.start
                ports.before[stream].append(
                    Sent(note.cycle + later, note.words + more, note.iteration + skipped, start)
                )
            ports.now[stream] = Sent(run.cycle, words, ports.iteration, ports.start)
        run.bound.clear()
        run.reschedule()
