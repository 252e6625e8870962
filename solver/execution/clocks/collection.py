"""The collection buses on the clock: in which cycle every sum leaves, and how many wait.

Source: rules S4, S15 and S16. A sum that passes l levels is at its bus 2 l
cycles after its last product is at the leaves and leaves one cycle later; a bus takes one value per cycle
from one of its 4-deep input fifos. Among several that wait the matrix arbiter takes the one served longest
ago; which comes first when none was served is not documented, here it is double switches before single ones,
by id.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.adder_tree import WaveResult

FIFO_DEPTH = 4
"""Values that the fifo between an output and its bus holds."""


class OnBus(Protocol):
    """A value of every wave: the output that emits it, such as ``D1.R``, and its bus."""

    @property
    def output(self) -> str: ...  # noqa: D102

    @property
    def bus(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Transfer:
    """One value leaving a bus.

    Parameters
    ----------
    cycle
        When, on the clock of the leaf times.
    wave
        Its wave.
    value
        What it is and where it comes from.
    """

    cycle: int
    wave: int
    value: OnBus


@dataclass(frozen=True)
class Collection:
    """Everything that leaves the buses.

    Parameters
    ----------
    transfers
        All values in the order in which they leave, by cycle and bus.
    blocked
        Cycle and output of the first value that found its fifo full; the tree behind it backs up from then
        on. None if there was room for all.
    """

    transfers: tuple[Transfer, ...]
    blocked: tuple[int, str] | None

    @property
    def last_cycle(self) -> int:
        """Cycle in which the last value leaves."""
        return self.transfers[-1].cycle


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


def serve_buses(values: Sequence[OnBus], arrivals: Sequence[IntArray]) -> Collection:
    """Return when every value leaves its bus.

    Parameters
    ----------
    values
        What each output emits.
    arrivals
        Per output the cycles in which its values, wave after wave, are at their bus; never falling.

    Returns
    -------
    Collection
        The transfers.
    """
    queues: dict[int, list[tuple[OnBus, IntArray]]] = defaultdict(list)
    for value, times in sorted(zip(values, arrivals, strict=True), key=lambda pair: _arbiter_order(pair[0])):
        queues[value.bus].append((value, times))
    transfers: list[Transfer] = []
    blocked = None
    for sources in queues.values():
        sent, first_full = _serve(sources)
        transfers += sent
        if first_full is not None and (blocked is None or first_full < blocked):
            blocked = first_full
    transfers.sort(key=lambda transfer: (transfer.cycle, transfer.value.bus))
    return Collection(tuple(transfers), blocked)


def _serve(
    sources: list[tuple[OnBus, IntArray]],
) -> tuple[list[Transfer], tuple[int, str] | None]:
    """Serve one bus: its transfers, and the first value that found its fifo full."""
    pending = [deque(enumerate(arrivals.tolist())) for _, arrivals in sources]
    order = list(range(len(sources)))  # longest unserved first
    sent: list[Transfer] = []
    blocked = None
    cycle = 0
    while any(pending):
        cycle = max(cycle, min(queue[0][1] for queue in pending if queue))
        for source, queue in enumerate(pending):
            too_many = len(queue) > FIFO_DEPTH and queue[FIFO_DEPTH][1] <= cycle
            if too_many and blocked is None:
                blocked = (cycle, sources[source][0].output)
        chosen = next(source for source in order if pending[source] and pending[source][0][1] <= cycle)
        wave, _ = pending[chosen].popleft()
        sent.append(Transfer(cycle + 1, wave, sources[chosen][0]))
        order.remove(chosen)
        order.append(chosen)
        cycle += 1
    return sent, blocked


def _arbiter_order(value: OnBus) -> tuple[str, int, str]:
    switch, _, side = value.output.partition(".")
    return switch[0], int(switch[1:]), side
