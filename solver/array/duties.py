"""What multipliers do besides multiplying, each rule one formula: hand inputs on, carry partial sums."""

from __future__ import annotations

from solver.arithmetic.algebra import Algebra, Truth, Value
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import Split


def forwarding(a: Algebra, nest: LoopNest, hardware: Hardware, split: Split) -> Truth:
    """Return whether multipliers hand inputs on to their neighbours as the window slides along Y (FW).

    On iff T_Y = 1, T_S > 1, stride 1 and T_S divides S (rule T4). A dilated filter is our extension: the
    neighbour then holds another window's value, so forwarding is off. On the real hardware a window that
    never moves (Y = 1) has every operand distributed.
    """
    if hardware.forwarding == "none" or nest.stride != (1, 1) or nest.dilation[1] != 1:
        return False
    if hardware.kind.passes and nest.Y == 1:
        return False
    return a.both(a.at_most(split.tile["Y"], 1), a.at_most(2, split.tile["S"]), split.whole["S"])


def auxiliary(a: Algebra, nest: LoopNest, hardware: Hardware, folds: Value) -> Value:
    """Return 1 where a multiplier of each virtual neuron carries a partial sum that travels through memory.

    With several folds and no accumulation buffer; not on the real hardware, whose partial sums are added
    outside the array; and always in a part of a layer whose sums are continued in another.
    """
    if nest.partial:
        return 1
    return a.choose(a.at_most(folds, 1), 0, 1) if hardware.sums_return else 0
