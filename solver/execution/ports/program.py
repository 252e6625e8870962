"""A run of the real hardware as what is put on its ports: a few instructions in loops around tables of puts.

The order of a run is that of rules S11 and S13 to S15: the multipliers are configured to load, weights are
put, the distribution network runs empty; then they are configured for a stream of windows, the windows are
put, and the results are waited for. What repeats is said once. A player has a program counter, two base
addresses (one for weights, one for inputs) and a counter for every loop; an instruction that waits for
nothing takes one cycle, each row of puts another one, and loops take none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Op(IntEnum):
    """What an instruction does; the value is its code."""

    STOP = 0
    """The run is over."""
    CONFIGURE = 1
    """Put row `first` of the multipliers' table, as soon as every multiplier takes it."""
    PUT_WEIGHTS = 2
    """Put rows `first` .. `first + count - 1` of the puts' table, one a cycle as long as no port is full; the
    words are those of the weights at base of weights + `offset` + the slot's address."""
    PUT_INPUTS = 3
    """The same with inputs."""
    EMPTY = 4
    """Wait until the distribution network is empty."""
    RESULTS = 5
    """Wait until `count` results have come since the last instruction of this kind."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; see `Op` for what the numbers mean, those that it does not use are 0."""

    op: Op
    first: int = 0
    count: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """Instructions that repeat.

    After the instruction `last` the loop goes back to `first` until it has run `count` times; every time
    the bases grow by the steps, and after the last time they are what they were before the loop. Loops are
    nested or apart; the outer one comes first in the table.
    """

    first: int
    last: int
    count: int
    weight_step: int
    input_step: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What a row of puts gives one distribution port: nothing if the mask is 0.

    Parameters
    ----------
    mask
        Destinations, bit k is the port's multiplier k.
    address
        Of the word, counted from the base.
    """

    mask: int
    address: int


@dataclass(frozen=True, slots=True)
class MultiplierRow:
    """One configuration of the multipliers.

    Parameters
    ----------
    active
        Multipliers that it reaches: those below this number.
    settings
        (code of the state, psumCount) of every multiplier.
    """

    active: int
    settings: tuple[tuple[int, int], ...]


PutRow = tuple[Slot, ...]
"""A slot for every port."""


@dataclass(frozen=True)
class PortProgram:
    """A program with its tables.

    Parameters
    ----------
    num_ms, dn_bw, rn_bw
        The array that it is for.
    instructions, loops, puts, multipliers
        Its content.
    """

    num_ms: int
    dn_bw: int
    rn_bw: int
    instructions: tuple[Instruction, ...]
    loops: tuple[Loop, ...]
    puts: tuple[PutRow, ...]
    multipliers: tuple[MultiplierRow, ...]
