"""The collection buses on the clock: in which cycle every sum leaves, and how many wait.

Source: rules S4, S15 and S16. A sum that passes l levels is at its bus 2 l
cycles after its last product is at the leaves and leaves one cycle later; a bus takes one value per cycle
from one of its 4-deep input fifos. Among several that wait the matrix arbiter takes the one served longest
ago in the whole run, what was before the waves at hand included; of those never served double switches come
before single ones, by id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.adder_tree import WaveResult

FIFO_DEPTH = 4
"""Values that the fifo between an output and its bus holds."""


Turns = Mapping[int, tuple[str, ...]]
"""The outputs that each bus has served, the one served longest ago first."""


class OnBus(Protocol):
    """A value of every wave: the output that emits it, such as ``D1.R``, and its bus."""

    @property
    def output(self) -> str: ...  # noqa: D102

    @property
    def bus(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Served:
    """What leaves one bus, in order.

    Parameters
    ----------
    bus
        Its number.
    sources
        What the outputs that share it emit.
    cycle, wave, source
        One element per value: when it leaves, its wave, and the number of its source.
    """

    bus: int
    sources: tuple[OnBus, ...]
    cycle: IntArray
    wave: IntArray
    source: IntArray


@dataclass(frozen=True)
class Collection:
    """Everything that leaves the buses.

    Parameters
    ----------
    served
        What leaves each bus that is in use.
    blocked
        Cycle and output of the first value that found its fifo full; the tree behind it backs up from then
        on. None if there was room for all.
    turns
        Whom the buses have served by then.
    """

    served: tuple[Served, ...]
    blocked: tuple[int, str] | None
    turns: Turns

    @property
    def last_cycle(self) -> int:
        """Cycle in which the last value leaves."""
        return max(int(bus.cycle[-1]) for bus in self.served)


def collect(result: WaveResult, leaf_times: IntArray) -> Collection:
    """Return when every value of a sequence of waves leaves its bus.

    Parameters
    ----------
    result
        What the loaded setting does with one wave.
    leaf_times
        Shape (waves, num_ms): the cycle in which the product of a leaf enters the tree, never falling from
        wave to wave. Entries of leaves that are not in use do not matter.

    Returns
    -------
    Collection
        The transfers. Values behind a full fifo wait in the tree, which does not change when they leave.
    """
    arrivals = [
        np.maximum.accumulate(leaf_times[:, value.leaves].max(axis=1) + 2 * value.levels)
        for value in result.values
    ]
    return serve_buses(result.values, arrivals)


def serve_buses(
    values: Sequence[OnBus], arrivals: Sequence[IntArray], turns: Turns | None = None
) -> Collection:
    """Return when every value leaves its bus.

    Parameters
    ----------
    values
        What each output emits.
    arrivals
        Per output the cycles in which its values, wave after wave, are at their bus; never falling.
    turns
        Whom the buses have served before.

    Returns
    -------
    Collection
        The transfers.
    """
    after = dict(turns or {})
    queues: dict[int, list[tuple[OnBus, IntArray]]] = defaultdict(list)
    for value, times in sorted(zip(values, arrivals, strict=True), key=lambda pair: _arbiter_order(pair[0])):
        queues[value.bus].append((value, times))
    found, blocked = [], None
    for bus, sources in queues.items():
        before = after.get(bus, ())
        line = _Line([value.output for value, _ in sources], [times for _, times in sources], before)
        line.serve()
        served = [line.names[source] for source in line.order]
        after[bus] = (*(output for output in before if output not in served), *served)
        found.append(Served(bus, tuple(value for value, _ in sources), *line.sent))
        if line.blocked is not None and (blocked is None or line.blocked < blocked):
            blocked = line.blocked
    return Collection(tuple(found), blocked, after)


class _Line:
    """One bus at work, value by value until its course repeats itself from wave to wave.

    From some wave on every source's values mostly come as many cycles after the ones before. Once the bus is
    then as it was a wave ago (what is to come, and who was served longest ago), it goes on like that as long
    as there are values, and what leaves it is copied.

    Parameters
    ----------
    names
        The outputs that share the bus.
    arrivals
        When their values come.
    before
        Outputs that were served before, the one served longest ago first.
    """

    def __init__(self, names: Sequence[str], arrivals: Sequence[IntArray], before: Sequence[str]) -> None:
        self.names = names
        self.times = [times.tolist() for times in arrivals]
        self.heads = [0] * len(names)
        last = {name: place for place, name in enumerate(before)}
        self.order = sorted(
            range(len(names)), key=lambda source: last.get(names[source], -1)
        )  # longest first
        self.cycle = 0
        self.blocked: tuple[int, str] | None = None
        self.fresh: list[tuple[int, int, int]] = []
        self.parts: list[IntArray] = []
        self.even, self.pace = _even_from(arrivals)

    @property
    def sent(self) -> IntArray:
        """Cycle, wave and source of the values that have left, shape (3, values)."""
        self._store()
        empty = np.zeros((3, 0), dtype=np.int64)
        return np.concatenate([empty, *self.parts], axis=1)

    def serve(self) -> None:
        """Serve all values."""
        state: tuple[object, ...] | None = None
        while any(head < len(times) for head, times in zip(self.heads, self.times, strict=True)):
            chosen = self._serve_one()
            if chosen == 0 and min(self.heads) > self.even:
                wave = self.heads[0]
                before, state = state, self._state(wave)
                if state == before:
                    self._repeat()
                    state = None
                else:
                    self._store()

    def _serve_one(self) -> int:
        """Serve the value of the source served longest ago that has one; return the source."""
        waiting = [
            (source, times[head])
            for source, (head, times) in enumerate(zip(self.heads, self.times, strict=True))
            if head < len(times)
        ]
        self.cycle = cycle = max(self.cycle, min(time for _, time in waiting))
        if self.blocked is None:
            for source, _ in waiting:
                behind, times = self.heads[source] + FIFO_DEPTH, self.times[source]
                if self.blocked is None and behind < len(times) and times[behind] <= cycle:
                    self.blocked = cycle, self.names[source]
        there = {source for source, time in waiting if time <= cycle}
        chosen = next(source for source in self.order if source in there)
        self.fresh.append((cycle + 1, self.heads[chosen], chosen))
        self.heads[chosen] += 1
        self.order.remove(chosen)
        self.order.append(chosen)
        self.cycle = cycle + 1
        return chosen

    def _state(self, wave: int) -> tuple[object, ...]:
        """Return what decides the course from here on, relative to a wave of the first source."""
        since = self.cycle - self.times[0][wave - 1]
        return since, tuple(self.order), tuple(head - wave for head in self.heads)

    def _repeat(self) -> None:
        """Copy what left since the state before, as often as every source has values for it."""
        length = min(map(len, self.times))
        period = np.array(self.fresh, dtype=np.int64).T
        times = length - 1 - int(period[1].max())
        self._store()
        if times > 0:
            shift = np.repeat(np.arange(1, times + 1), period.shape[1])
            copies = np.tile(period, times)
            copies[0] += shift * self.pace
            copies[1] += shift
            self.parts.append(copies)
            self.heads = [head + times for head in self.heads]
            self.cycle += times * self.pace

    def _store(self) -> None:
        if self.fresh:
            self.parts.append(np.array(self.fresh, dtype=np.int64).T)
            self.fresh = []


def _even_from(arrivals: Sequence[IntArray]) -> tuple[int, int]:
    """Return from which wave on every source's values are equally far apart, and how far."""
    length = min(map(len, arrivals))
    if length < 2 or any(len(times) != length for times in arrivals):
        return max(map(len, arrivals)), 0
    apart = np.diff(np.stack(arrivals), axis=1)
    pace = int(apart[0, -1])
    uneven = np.flatnonzero((apart != pace).any(axis=0))
    return (int(uneven[-1]) + 1 if len(uneven) else 0), pace


def _arbiter_order(value: OnBus) -> tuple[str, int, str]:
    switch, _, side = value.output.partition(".")
    return switch[0], int(switch[1:]), side
