"""What only repeats in a replay of folds through memory is left out (`solver.cost.serial.replay`).

After some folds, windows, rows or filter iterations everything on its way stands as it once stood, later by a
number of cycles and further on by a number of sums per virtual neuron (VN). From there on the same follows
again and again, until something else comes: the end of a window, a row or an iteration, or a word that is not
there in time. As many repetitions as certainly come before that are added at once.

Ports run ahead of the sums, so their words need not stand as they did. A word that a sum did wait for must:
equally many words ahead, after partial sums at the same distances. One that was there in time must stay so:
its port does not fall behind, or by so much less than its lead that it still is ahead at the end.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from solver.cost.serial.clockwork import Clockwork, Pair, state_of
from solver.cost.serial.leaps import Leaps
from solver.cost.serial.ports import Sent

_PATIENCE = 30_000
"""Sums that are timed one by one, while no window, row or iteration repeats, before folds are remembered."""

_MANY_FOLDS = 6
"""Folds per window from which on single folds are compared."""


@dataclass
class _Snapshot:
    """How a replay stood at the end of a cycle."""

    cycle: int
    received: int
    step: list[int]
    words: list[int]
    recent: list[tuple[int, ...]]
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
        self.slowest = max(range(run.tile.num_vns), key=lambda vn: run.tile.psum_climb[vn])
        self.anchor = self.slowest
        self.folds, self.windows, self.rows, self.iterations = (_Level() for _ in range(4))
        self.below = (self.folds, self.windows, self.rows)
        self.awaited: list[bool] = []
        self.streams = [*map(run.tile.streams_of, range(run.tile.num_vns))]
        # Words that overtake others would have to be told of every word.
        self.leaps = Leaps(run, self.reach) if run.ports.watch is None else None
        self.repeated = 0

    def look(self, arrived: list[int]) -> None:
        """Look for a repetition at the end of a cycle in which the given VNs' sums came to their lines."""
        run, tile = self.run, self.tile
        if self.anchor not in arrived:
            if self.anchor not in run.idle:
                return
            self.anchor = arrived[-1]
        for level in self.below:
            level.pending.update(run.bound)
        state = state_of(run)
        if self.leaps is not None:
            self.leaps.note(self.anchor, state, bool(run.bound))
        run.bound.clear()
        if self.leaps is not None and run.timed - self.repeated > _PATIENCE and self.leaps.leap():
            return
        step, folds = run.step[self.anchor], tile.folds
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
                self.repeated = run.timed
                return
        phases = tuple([at % folds for at in run.step])
        if self._compare(self.windows, (state, phases)):
            self.folds.clear()
            self.windows.clear()
            self.repeated = run.timed

    def iteration(self) -> None:
        """Look for a repetition in the cycle in which the next filter iteration begins."""
        run, tile = self.run, self.tile
        for level in self.below:
            level.clear()
        run.bound.clear()
        self.anchor = self.slowest  # what is remembered of it holds in every iteration
        self.awaited.append(run.cycle > run.opens)
        following = run.ports.iteration + 1
        steps = tuple([following * tile.steps - at for at in run.step])
        words = [run.ports.words_by(stream, run.cycle) for stream in range(len(tile.words))]
        if run.ports.doubtful:
            return
        left = tuple([following * all_ - sent for all_, sent in zip(tile.words, words, strict=True)])
        recent = tuple([self._recent(stream) for stream in range(len(words))])
        zeros = tuple([max(0, due - run.cycle) for due in run.psum_due])
        key = (state_of(run), steps, left, recent, zeros)
        new = _Snapshot(run.cycle, run.received, [*run.step], words, [*recent], 0, following)
        old = self.iterations.seen.get(key)
        self.iterations.seen[key] = new
        if old is None:
            return
        period = following - old.iteration
        times = self._iterations_alike(old, new) // period
        times = min(times, (tile.iterations - 1 - following) // period)
        if times > 0:
            self._repeat(old, new, times, period)
            self.iterations.seen.clear()
            self.repeated = run.timed

    def _iterations_alike(self, old: _Snapshot, new: _Snapshot) -> int:
        """Return how many iterations after the new one begin as those one period before them do."""
        thresholds = self.run.thresholds
        period, more = new.iteration - old.iteration, new.received - old.received
        rise = thresholds[new.iteration + 1 :] - thresholds[old.iteration + 1 : -period]
        # Iterations that waited for outputs wait for just as many more; the others find enough.
        waited = any(self.awaited[-period:])
        differs = np.flatnonzero(rise != more if waited else rise > more)
        return int(differs[0]) if len(differs) else len(rise)

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
            [self._recent(stream) for stream in range(len(ports.now))],
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
        self._repeat(old, new, times, 0)
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

    def _waits_again(self, old: _Snapshot, new: _Snapshot, pair: Pair, level: _Level) -> int:
        """Return how often a sum that waits for a stream finds it again as it did."""
        vn, stream = pair
        tile = self.tile
        if self.run.ports.starved[stream] or old.recent[stream] != new.recent[stream]:
            return 0
        at, before = new.step[vn], old.step[vn]
        sent = new.words[stream] - old.words[stream]
        if sent != tile.words_before(at, stream) - tile.words_before(before, stream):
            return 0
        if level is self.rows or not tile.forwards:
            return 2**62
        # The words of a step change from the first window of a row to the later ones.
        row = tile.cols * tile.folds
        end = at - at % row + (tile.folds if at % row < tile.folds else row)
        begin = end - tile.folds if at % row < tile.folds else end - row + tile.folds
        lead = new.words[stream] - tile.words_before(at, stream)
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
        lead = new.words[stream] - tile.words_before(at, stream)
        if self.run.ports.starved[stream]:
            while times:
                needed = tile.words_before(at + times * further, stream)
                later = times * (new.cycle - old.cycle)
                words = self.run.ports.starved_words(stream, new.cycle, later, new.step)
                if words - needed >= min(enough, everything - needed):
                    break
                times //= 2
            return times
        alike = old.recent[stream] == new.recent[stream]
        if not tile.forwards and more >= further * tile.first[stream] and (alike or lead >= enough):
            return times
        if tile.forwards and lead < enough:
            return 0
        last = -(-(everything - new.words[stream]) // more) if more else times
        while times:
            check = min(times, last)
            words = min(everything, new.words[stream] + check * more)
            if words - tile.words_before(at + check * further, stream) >= enough:
                return times
            times //= 2
        return times

    def _repeat(self, old: _Snapshot, new: _Snapshot, times: int, iterations: int) -> None:
        """Add repetitions to the replay."""
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
        if self.leaps is not None:
            self.leaps.forget()
        ports.iteration += skipped
        if skipped:
            ports.start += later
            run.opens += later
        for stream, (now, before) in enumerate(zip(new.words, old.words, strict=True)):
            more = times * (now - before)
            words = min(now + more, (ports.iteration + 1) * tile.words[stream])
            if ports.starved[stream] and not skipped:
                words = ports.starved_words(stream, new.cycle, later, new.step)
                ports.doubtful.add(stream)
            alike = old.recent[stream] == new.recent[stream]
            notes = [ports.now[stream], *reversed(ports.before[stream])] if alike else []
            ports.before[stream].clear()
            for note in reversed(notes):
                start = note.start + later if skipped else note.start
                ports.before[stream].append(
                    Sent(note.cycle + later, note.words + more, note.iteration + skipped, start)
                )
            ports.now[stream] = Sent(run.cycle, words, ports.iteration, ports.start)
        run.bound.clear()
        run.reschedule()
