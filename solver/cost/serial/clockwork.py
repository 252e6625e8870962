"""How a replay of folds through memory stands, relative to the present cycle."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

from solver.arithmetic.arrays import IntArray
from solver.cost.serial.ports import SerialPorts
from solver.cost.serial.tile import SerialTile

Pair = tuple[int, int]
"""A VN and a stream that one of its sums has waited for."""


class Clockwork(Protocol):
    """What is looked at, and set forward, in a replay; `solver.cost.serial.replay` says what each part is."""

    tile: SerialTile
    ports: SerialPorts
    thresholds: IntArray
    cycle: int
    received: int
    opens: int
    timed: int
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
    queued: int
    psums: dict[int, deque[int]]
    idle: list[int]
    bound: dict[Pair, int]

    def reschedule(self) -> None:
        """Build the calendar anew, after `due` has been changed."""


class State(NamedTuple):
    """What is on its way at the end of a cycle.

    Attributes
    ----------
    due
        Per VN, in how many cycles its next sum reaches the line, 0 if that is not known.
    ahead
        Per VN, how many of its sums the memory has yet to take.
    psums
        The VNs whose partial sums have to be sent; those of one stream together.
    queues
        The VNs that wait for a turn of their line; those of one rank together.

    The others are parts of the replay as they are.
    """

    due: tuple[int, ...]
    ahead: tuple[int, ...]
    unsure: tuple[bool, ...]
    waiting: tuple[int, ...]
    on_line: tuple[int, ...]
    psums: tuple[tuple[int, ...], ...]
    queues: tuple[tuple[int, ...], ...]
    turn: tuple[int, ...]
    idle: tuple[int, ...]


def state_of(run: Clockwork) -> State:
    """Return how a replay stands, relative to the present cycle."""
    now = run.cycle
    return State(
        tuple([due - now if due else 0 for due in run.due]),
        tuple([at - taken for at, taken in zip(run.step, run.taken, strict=True)]),
        tuple(run.unsure),
        tuple(run.waiting),
        tuple(run.on_line),
        tuple([(*run.psums[stream],) for stream in sorted(run.psums)]),
        tuple([(*q,) for queues in run.lines.values() if queues for q in queues.values()]),
        tuple(run.turn.values()),
        tuple(run.idle),
    )


def set_forward(run: Clockwork, state: State, cycles: int, received: int, steps: list[int]) -> None:
    """Let a replay, whose words are all ahead of its sums, stand some cycles later as a state says.

    Parameters
    ----------
    cycles, received
        Cycles, and sums that the memory takes, until then.
    steps
        Per VN, how many sums have reached its line by then.
    """
    tile = run.tile
    run.cycle += cycles
    run.received += received
    run.step[:] = steps
    run.taken[:] = [at - ahead for at, ahead in zip(steps, state.ahead, strict=True)]
    run.due[:] = [run.cycle + due if due else 0 for due in state.due]
    run.unsure[:] = state.unsure
    for vn, due in enumerate(run.due):
        # Of a sum that waits for no word, its partial sum is the last to come; others had theirs before.
        if due:
            run.psum_due[vn] = due
    run.waiting.clear()
    run.waiting.extend(state.waiting)
    run.on_line[:] = state.on_line
    run.psums.clear()
    run.psums.update((tile.psum_stream[vns[0]], deque(vns)) for vns in state.psums)
    for queues in run.lines.values():
        queues.clear()
    for vns in state.queues:
        run.lines[tile.line[vns[0]]][tile.rank[vns[0]]] = deque(vns)
    run.queued = sum(map(len, state.queues))
    run.turn.update(zip(run.turn, state.turn, strict=True))
    run.idle[:] = state.idle
    run.reschedule()
