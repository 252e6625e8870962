"""What the two kinds of array do differently, as facts that every room asks for by name.

Where a room does more than ask, it has an object per array of its own: `solver.array.positions`,
`solver.cost.timing`, `solver.cost.two_level.array`, `solver.switches.decode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from solver.errors import InputError
from solver.hardware.memory import Memory

Reduction = Literal["simulator", "rtl"]
"""Whose array: the reference simulator's, or the public RTL's, whose adder tree is less forgiving."""

Forwarding = Literal["sliding", "none"]
"""Whether neighbouring multipliers hand on their inputs while the window slides."""

MAX_NUM_MS, MAX_CONFIGURED = 2**16, 2**12
"""Sizes of an array; the memory that configures the adder tree (1,024 words) holds the last one at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayKind:
    """A kind of array.

    Attributes
    ----------
    reduction
        Its name in files and flags.
    title, array, tree
        Its name, the array's and the adder tree's, for people.
    max_num_ms
        Most multiplier switches.
    defaults
        What a description means that does not state these fields.
    packs
        Whether virtual neurons stand side by side from the first switch on (rule T2); else each stands on the
        first leaves where the adder tree can add it up (rule S7).
    passes
        Whether every fold of a filter iteration is a pass of its own: the multipliers are set and loaded for
        it, its windows are streamed, the array drains (rule S14). Else the folds of a window follow one
        another, and filter iterations overlap (rules T1 and T8).
    adds_outside
        Whether the sums of every fold leave the array and are added outside of it.
    buses_wait
        Whether a collection bus holds the tree back while it is busy; else sums are lost.
    compares
        Whether its adders find maxima too.
    hands_to
        Where the multiplier stands that is handed an input, counted from the one that hands it on.
    start_up
        Cycles of a run outside its weight loads and streams, however often they are run (measured).
    """

    reduction: Reduction
    title: str
    array: str
    tree: str
    max_num_ms: int
    defaults: dict[str, Any]
    packs: bool
    passes: bool
    adds_outside: bool
    buses_wait: bool
    compares: bool
    hands_to: Literal[-1, 1]
    start_up: int

    def returns_sums(self, accumulation_buffer: bool) -> bool:
        """Return whether partial sums of folds travel through memory, back into the array."""
        return not accumulation_buffer and not self.adds_outside

    def check(self, accumulation_buffer: bool) -> None:
        """Raise an `InputError` if the array cannot have an accumulation buffer that it is said to have."""

    def check_memory(self, memory: Memory, accumulation_buffer: bool, forwarding: Forwarding) -> None:
        """Raise an `InputError` if the array cannot work behind the levels of a memory."""


class _Simulator(ArrayKind):
    def check_memory(self, memory: Memory, accumulation_buffer: bool, forwarding: Forwarding) -> None:
        if not accumulation_buffer:
            raise InputError(
                "the folds of a buffer tile are added in the accumulators",
                field="prefetch_buffer",
                found="a prefetch buffer without accumulation buffer",
                expected="accumulation_buffer: true, or reduction: rtl",
            )


class _Rtl(ArrayKind):
    def check(self, accumulation_buffer: bool) -> None:
        if accumulation_buffer:
            raise InputError(
                "the real hardware has no accumulation buffer, its partial sums are added outside the array",
                field="accumulation_buffer",
                found="true",
                expected="false with reduction rtl",
            )

    def check_memory(self, memory: Memory, accumulation_buffer: bool, forwarding: Forwarding) -> None:
        if memory.buffer.adder is False:
            raise InputError(
                "nothing brings partial sums back into the real hardware, they are added at the buffer",
                field="prefetch_buffer",
                found="adder: false",
                expected="adder: true with reduction rtl",
            )
        if memory.controller != "fixed":
            raise InputError(
                "the multipliers of the real hardware keep their weights",
                field="controller",
                found=memory.controller,
                expected="fixed with reduction rtl",
            )
        if memory.weights_per_switch is not None:
            raise InputError(
                "a multiplier of the real hardware holds one weight, and every fold is loaded anew",
                field="weights_per_switch",
                found=memory.weights_per_switch,
                expected="none with reduction rtl",
            )
        if forwarding != "none":
            raise InputError(
                "how a repaired controller slides over a buffer tile was never measured",
                field="forwarding",
                found=forwarding,
                expected="none with reduction rtl and a prefetch buffer",
            )


SIMULATOR = _Simulator(
    reduction="simulator",
    title="simulator",
    array="simulator's array",
    tree="adder tree of the simulator",
    max_num_ms=MAX_NUM_MS,
    defaults={"accumulation_buffer": True, "forwarding": "sliding"},
    packs=True,
    passes=False,
    adds_outside=False,
    buses_wait=True,
    compares=True,
    hands_to=-1,
    start_up=0,
)
RTL = _Rtl(
    reduction="rtl",
    title="real hardware",
    array="real hardware",
    tree="adder tree of the RTL",
    max_num_ms=MAX_CONFIGURED,
    defaults={"accumulation_buffer": False, "forwarding": "none"},
    packs=False,
    passes=True,
    adds_outside=True,
    buses_wait=False,
    compares=False,
    hands_to=1,
    start_up=13,
)

KINDS: dict[Reduction, ArrayKind] = {kind.reduction: kind for kind in (SIMULATOR, RTL)}
