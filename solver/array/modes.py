"""Modes of the adder switches, and when they fire.

Source: rules S1 to S4. A mode takes one value from every input it reads, at
once, and puts their sum on its output; it waits until all of them have data. The two sides of a double switch
are guarded so that they never take the same inner input.
"""

from __future__ import annotations

from enum import IntEnum


class DoubleMode(IntEnum):
    """Mode of one side of a double switch; the value is its code in the configuration word."""

    IDLE = 0
    ADD_ONE = 1
    ADD_TWO = 2
    ADD_THREE = 3


class SingleMode(IntEnum):
    """Mode of a single switch; the value is its code in the configuration word."""

    IDLE = 0
    ADD_TWO = 1
    FLOW_LEFT = 2
    FLOW_RIGHT = 3


Mode = DoubleMode | SingleMode

DOUBLE_READS: tuple[dict[DoubleMode, tuple[int, ...]], dict[DoubleMode, tuple[int, ...]]] = (
    {
        DoubleMode.IDLE: (),
        DoubleMode.ADD_ONE: (0,),
        DoubleMode.ADD_TWO: (0, 1),
        DoubleMode.ADD_THREE: (0, 1, 2),
    },
    {
        DoubleMode.IDLE: (),
        DoubleMode.ADD_ONE: (3,),
        DoubleMode.ADD_TWO: (2, 3),
        DoubleMode.ADD_THREE: (1, 2, 3),
    },
)
"""Inputs (0..3 = LL, LR, RL, RR) that a mode takes, for the left and the right side."""

SINGLE_READS: dict[SingleMode, tuple[int, ...]] = {
    SingleMode.IDLE: (),
    SingleMode.ADD_TWO: (0, 1),
    SingleMode.FLOW_LEFT: (0,),
    SingleMode.FLOW_RIGHT: (1,),
}
"""Inputs (0, 1 = L, R) that a mode of a single switch takes."""


def left_may_fire(left: DoubleMode, right: DoubleMode) -> bool:
    """Return whether the guard lets the left side fire beside the mode of the right side."""
    if left is DoubleMode.ADD_THREE:
        return right in (DoubleMode.IDLE, DoubleMode.ADD_ONE)
    if left is DoubleMode.ADD_TWO:
        return right is not DoubleMode.ADD_THREE
    return True


def right_may_fire(left: DoubleMode, right: DoubleMode) -> bool:
    """Return whether the guard lets the right side fire; AddThree on the right has no effective guard."""
    return right is not DoubleMode.ADD_TWO or left is not DoubleMode.ADD_THREE
