"""What can go wrong in a loaded configuration; every fault names the switch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from solver.errors import ExitCode, MapperError


class FaultKind(StrEnum):
    """Kinds of fault, as they are told to the user."""

    UNREAD = "no mode takes the value"
    BLOCKED = "the mode waits for ever for another input"
    CONFLICT = "the modes of the two sides exclude each other"
    ROOT = "the value reaches the root without going to a bus"
    WRONG_SUM = "the value on the bus is not the sum of a virtual neuron"
    DUPLICATE = "the virtual neuron already has a value on a bus"
    LOST_WORD = "the multiplier is sent a word that it does not take"
    NO_WORD = "the multiplier waits for ever for a word"
    LOST_INPUT = "the input that is passed on here is not taken"
    NO_INPUT = "the multiplier waits for ever for its neighbour's input"
    NO_WEIGHT = "the multiplier holds no weight"
    NO_PRODUCT = "the multiplier gives no product, but its virtual neuron waits for one"
    EXTRA_PRODUCT = "the multiplier gives a product, but belongs to no virtual neuron at work"
    OVERTAKEN = "the next weights overtake inputs that the multiplier is still handed"
    STATE = "the multiplier is in a state for something else"
    COUNT = "the count of the multiplier is not what it does"
    HANG = "the multiplier never takes its next configuration: its psumCount does not come down to 0"
    OUTSIDE = "what is addressed lies outside the tile"
    PORT = "the mask addresses multipliers behind other ports"
    PHASES = "not exactly one phase describes this step"
    OUTPUT = "the value on the bus is not the decoded one"
    RESULT = "the value on the bus is not the expected one"
    OVERLOAD = "the bus does not keep up, the fifo behind this output runs full"
    WRONG_OUTPUT = "the output of the layer is not what its definition gives"
    TWICE = "the output of the layer is written twice"
    MISSING = "the output of the layer is never written"
    NOT_HELD = "the word is not in the buffer"
    HELD = "the word is fetched, but it is in the buffer already"
    FULL = "the buffer overflows"
    BEYOND = "the buffer tile lies outside the layer"
    DROPPED = "the sum leaves the buffer and is not written to DRAM"
    NO_SUM = "a partial sum is fetched that was never written to DRAM"
    RESTARTED = "the sum starts anew, but partial sums of it are in DRAM"
    MOVED = "the words moved are not those that the schedule counts"
    TRAFFIC = "the words moved are not those of the cost model"


STUCK_KINDS = frozenset({FaultKind.UNREAD, FaultKind.BLOCKED, FaultKind.CONFLICT, FaultKind.ROOT})
"""Faults that leave a value in the tree for ever."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong when a wave runs.

    Parameters
    ----------
    kind
        What.
    place
        Where: an input such as ``D12.LR`` or ``S3.L`` for values that stay in the tree (``S0`` for the root's
        output), an output such as ``D12.L`` for values on a bus, ``MS7`` for a multiplier. In a schedule the
        buffer tile comes first, and the place may be a word.
    leaves
        The leaves whose products the value holds, if it is one of the tree's.
    waits_for
        Inputs that a blocked mode still waits for, or other details.
    """

    kind: FaultKind
    place: str
    leaves: tuple[int, ...] = ()
    waits_for: tuple[str, ...] = ()

    @property
    def stuck(self) -> bool:
        """Whether the value stays in the tree for ever."""
        return self.kind in STUCK_KINDS

    def __str__(self) -> str:
        waiting = f" ({', '.join(self.waits_for)})" if self.waits_for else ""
        holding = f"; it holds leaves {_runs(self.leaves)}" if self.leaves else ""
        return f"{self.place}: {self.kind}{waiting}{holding}"


class SwitchFaultError(MapperError):
    """A configuration, as loaded, does not compute what it should; the message names the switch."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, faults: tuple[Fault, ...], source: str = "", notes: tuple[str, ...] = ()) -> None:
        self.faults = faults
        more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
        super().__init__(f"{source}{faults[0]}{more}{''.join(f'; {note}' for note in notes)}")

    def read_from(self, path: str, notes: tuple[str, ...]) -> SwitchFaultError:
        """Return the same faults, with the folder or file they were read from, and what is odd about it."""
        return SwitchFaultError(self.faults, f"{path}: ", notes)

    def within(self, place: str) -> SwitchFaultError:
        """Return the same faults, with what they happen in before their places."""
        return SwitchFaultError(tuple(replace(f, place=f"{place}: {f.place}") for f in self.faults))


def _runs(leaves: tuple[int, ...]) -> str:
    runs: list[list[int]] = []
    for leaf in leaves:
        if runs and leaf == runs[-1][1] + 1:
            runs[-1][1] = leaf
        else:
            runs.append([leaf, leaf])
    return ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in runs)
