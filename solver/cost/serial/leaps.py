"""Where a replay of folds through memory has been before, it goes on as it did then.

Virtual neurons (VNs) of different speeds drift apart, and the end of a window, which needs no partial sum,
comes to each of them at another time. So nothing repeats as a whole for long
(`solver.cost.serial.periods`), but a replay stands in one of some thousand ways only. How it stands, and
which of the VNs' next sums end a window, decides how it stands a fold later as long as no word is waited
for. These folds are remembered, and doubled (2, 4, 8, ... folds away from the ends of windows); a replay that
stands as it once stood is set forward over as many as are known.

No word is waited for while every word that a sum on the way can want was sent before.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from operator import add, le, sub
from typing import NamedTuple

from solver.cost.serial.clockwork import Clockwork, State, set_forward
from solver.cost.serial.tile import SerialTile

_NEAR = 3
"""Most sums of a VN in a fold that is remembered; whether one of so many ends a window is part of its key."""

_WORTH = 6
"""Folds from which on they are set forward rather than timed."""

_MOST_STATES = 50_000
"""Ways to stand that are remembered, a few hundred bytes each."""

Near = tuple[int, ...] | None
"""Per VN, which of its next sums ends a window, 0 if none of the next few does; None if no VN's does."""

Steps = tuple[int, ...]
"""Per VN, sums that reached its line."""


class _Leap(NamedTuple):
    """What lies between two sums of the VN that is looked at.

    Attributes
    ----------
    end
        How the replay stands then.
    steps, psums
        Per VN, sums that reached its line, and per port that sends partial sums, how many it sent.
    """

    end: int
    cycles: int
    received: int
    steps: tuple[int, ...]
    psums: tuple[int, ...]

    def then(self, other: _Leap) -> _Leap:
        """Return both, one after the other."""
        return _Leap(
            other.end,
            self.cycles + other.cycles,
            self.received + other.received,
            tuple(map(add, self.steps, other.steps)),
            tuple(map(add, self.psums, other.psums)),
        )


class _Seen(NamedTuple):
    """Where a replay was when it was looked at last."""

    number: int
    near: Near
    idle: tuple[int, ...]
    iteration: int
    cycle: int
    received: int
    steps: list[int]
    psums: list[int]


class _Memory:
    """The folds that replays of one way round went through.

    Attributes
    ----------
    wanted
        Whether one of the replays was so long that it was set forward: others begin with that.
    """

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, State], int] = {}
        self.states: list[State] = []
        self.folds: dict[tuple[int, Steps, Near], _Leap] = {}
        self.steps: dict[int, list[Steps]] = {}
        self.doubled: list[dict[int, _Leap]] = [{}]
        self.wanted = False


@lru_cache(maxsize=8)
def _memory(way: Hashable) -> _Memory:
    """Return what is remembered of a way round, the last few of them."""
    return _Memory()


def _way_of(tile: SerialTile) -> Hashable:
    """Return all that decides how sums go round while no word is waited for, but for windows' ends.

    Of windows of so few folds that two ends may be near, all have to be of the same length.
    """
    climb, places = tuple(tile.psum_climb), (*tile.line, *tile.rank)
    carriers = sorted(set(tile.psum_stream))
    streams = tuple([carriers.index(stream) for stream in tile.psum_stream])
    few = min(tile.folds, 2 * _NEAR)
    return climb, streams, places, tuple(tile.ranks.items()), tile.latch, few


class Leaps:
    """Remembers the folds of replays, and sets one forward over those that come again.

    Mappings whose sums go round the same way, as K9, K3 X3 and X9 of one size of VNs, share what they know.

    Parameters
    ----------
    reach
        Cycles after which a word that was sent is not waited for.
    """

    def __init__(self, run: Clockwork, reach: int) -> None:
        self.run, self.tile, self.reach = run, run.tile, reach
        self.known = _memory(_way_of(run.tile))
        self.carriers = sorted(set(run.tile.psum_stream))
        self._last: _Seen | None = None

    def forget(self) -> None:
        """Do not take what comes for what follows from the last look."""
        self._last = None

    def note(self, anchor: int, state: State, waited: bool) -> None:
        """Remember how the replay came to stand as it does, in a cycle in which a sum of `anchor` arrived.

        Parameters
        ----------
        waited
            Whether a sum has waited for a word since the last look.
        """
        run, last = self.run, self._last
        self._last = None
        if any(state.unsure):
            return
        number = self.known.numbers.get((anchor, state))
        if number is None:
            if len(self.known.states) >= _MOST_STATES:
                return
            number = self.known.numbers[anchor, state] = len(self.known.states)
            self.known.states.append(state)
        iteration = run.ports.iteration
        # The end of an iteration looks like that of a window, but is not followed by another sum.
        if last is not None and not waited and (last.iteration, last.idle) == (iteration, state.idle):
            steps = tuple(at - before for at, before in zip(run.step, last.steps, strict=True))
            if max(steps) <= _NEAR:
                psums = tuple(at - before for at, before in zip(self._psums(), last.psums, strict=True))
                leap = _Leap(number, run.cycle - last.cycle, run.received - last.received, steps, psums)
                ways = self.known.steps.setdefault(last.number, [])
                if steps not in ways:
                    ways.append(steps)
                self.known.folds[last.number, steps, _within(last.near, steps)] = leap
        self._last = self._seen(number)

    def leap(self) -> bool:
        """Set the replay forward over what is known to come, if it is much; return whether."""
        if self._last is None or self._fold(self._last.number, self._last.near) is None:
            return False
        run = self.run
        way = _Leap(self._last.number, 0, 0, (0,) * self.tile.num_vns, (0,) * len(self.carriers))
        most, last_cycle, last_received = self._limits(), *self._before_opening()
        folds, power = 0, 0
        while True:
            steps = [*map(add, run.step, way.steps)]
            near = self._near(steps)
            if near is None:
                ends = [at + self.tile.folds - at % self.tile.folds - _NEAR - 1 for at in steps]
                room = min(map(sub, ends, steps))
                power = min(power, room.bit_length()) if power else room.bit_length()
            else:
                power = 0
            while power >= 0:
                leap = self._ahead(way.end, near, power)
                if leap is not None:
                    further = way.then(leap)
                    later = [*map(add, run.step, further.steps)]
                    if (
                        (not power or all(map(le, later, ends)))
                        and all(map(le, later, most))
                        and (
                            run.cycle + further.cycles <= last_cycle
                            or run.received + further.received <= last_received
                        )
                    ):
                        break
                power -= 1
            else:
                break
            way = further
            folds += 1 << power
            run.timed += 1
        if folds < _WORTH:
            return False
        self._go(way)
        return True

    def _psums(self) -> list[int]:
        """Return how many partial sums each port that sends any has sent."""
        return [self.run.ports.psums[stream] for stream in self.carriers]

    def _seen(self, number: int) -> _Seen:
        run, ports = self.run, self.run.ports
        near, idle = self._near(run.step), tuple(run.idle)
        return _Seen(number, near, idle, ports.iteration, run.cycle, run.received, [*run.step], self._psums())

    def _near(self, steps: list[int]) -> Near:
        folds = self.tile.folds
        left = tuple([folds - at % folds for at in steps])
        if min(left) > _NEAR:
            return None
        return tuple([at if at <= _NEAR else 0 for at in left])

    def _fold(self, number: int, near: Near) -> _Leap | None:
        """Return the next fold if it is known: as one in which the same sums ended windows."""
        for steps in self.known.steps.get(number, ()):
            known = self.known.folds.get((number, steps, _within(near, steps)))
            if known is not None:
                return known
        return None

    def _ahead(self, number: int, near: Near, power: int) -> _Leap | None:
        """Return the next 2^power folds if they are known; several are away from the ends of windows."""
        if not power:
            return self._fold(number, near)
        while len(self.known.doubled) <= power:
            self.known.doubled.append({})
        known = self.known.doubled[power].get(number)
        if known is None:
            half = self._ahead(number, None, power - 1)
            other = None if half is None else self._ahead(half.end, None, power - 1)
            if half is not None and other is not None:
                known = self.known.doubled[power][number] = half.then(other)
        return known

    def _limits(self) -> list[int]:
        """Return per VN how many of its sums have all their words for certain, and end no iteration."""
        run, tile, ports = self.run, self.tile, self.run.ports
        end = (ports.iteration + 1) * tile.steps - 1
        sent = [ports.sent_before(stream, run.cycle - self.reach) for stream in range(len(tile.words))]
        result = []
        for vn, at in enumerate(run.step):
            most = end
            for stream in tile.streams_of(vn):
                everything = (ports.iteration + 1) * tile.words[stream]
                if sent[stream] < everything:
                    # A sum that comes soon after the leap finds its words, too.
                    most = min(most, self._supplied(vn, stream, sent[stream]) - self.reach)
            result.append(at if vn in run.idle else most)
        return result

    def _supplied(self, vn: int, stream: int, sent: int) -> int:
        """Return how many sums of a VN have all the words of a stream that they want, or fewer.

        Those of the iteration that the VN is in, and if all of them have, of the one that is being sent.
        """
        tile, at, iteration = self.tile, self.run.step[vn], self.run.ports.iteration
        begun = iteration * tile.steps
        if at < begun and sent >= iteration * tile.words[stream]:
            if sent < tile.words_before(begun + 1, stream):
                return begun - 1
            at = begun
        most = at + (sent - tile.words_before(at + 1, stream)) // max(tile.first[stream], tile.later[stream])
        # Where another iteration begins its weights come first.
        return min(most, at + tile.steps - 1 - at % tile.steps)

    def _before_opening(self) -> tuple[int, int]:
        """Return the last cycle, and the most sums in memory, with which the next iteration cannot begin."""
        run = self.run
        following = run.ports.iteration + 1
        if following == self.tile.iterations:
            return 2**62, 2**62
        return run.opens - 1, int(run.thresholds[following]) - 1

    def _go(self, way: _Leap) -> None:
        run, ports = self.run, self.run.ports
        psums = dict(zip(self.carriers, way.psums, strict=True))
        for stream in range(len(self.tile.words)):
            ports.set_forward(stream, run.cycle, way.cycles, psums.get(stream, 0), run.step)
        steps = [*map(add, run.step, way.steps)]
        set_forward(run, self.known.states[way.end], way.cycles, way.received, steps)
        self._last = self._seen(way.end)


def _within(near: Near, steps: Steps) -> Near:
    """Return which sums of a fold end windows: ends beyond its sums make no difference to it."""
    if near is None:
        return None
    ends = tuple([at if at <= sums else 0 for at, sums in zip(near, steps, strict=True)])
    return ends if any(ends) else None
