"""The adder tree of the real hardware: which switches there are, how they are numbered and wired.

Source: rules S1 to S4. A binary tree of adder nodes over N leaves (the
multiplier switches) is cut into switches: the first and the last node of a level are *single* switches, the
nodes between them are paired into *double* switches, each pair joining neighbours that have different
parents. Level 0 is the root, level log2(N) - 1 lies over the leaves; "positions of level log2(N)" are the
leaves themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from solver.errors import InputError
from solver.hardware.array_kind import MAX_CONFIGURED
from solver.hardware.hardware import MIN_NUM_MS


class SwitchKind(StrEnum):
    """The two kinds of adder switch; the value is the letter their names start with."""

    SINGLE = "S"
    DOUBLE = "D"


INPUT_NAMES: dict[SwitchKind, tuple[str, ...]] = {
    SwitchKind.SINGLE: ("L", "R"),
    SwitchKind.DOUBLE: ("LL", "LR", "RL", "RR"),
}


@dataclass(frozen=True, slots=True)
class Switch:
    """One adder switch.

    Parameters
    ----------
    kind
        Single or double; each kind has its own ids.
    id
        Number within the kind, from the root down and left to right.
    level
        Tree level, 0 at the root.
    node
        Adder node of the level that it holds; of a double switch the left one of the two.
    """

    kind: SwitchKind
    id: int
    level: int
    node: int

    @property
    def name(self) -> str:
        """Name such as ``S3`` or ``D12``."""
        return f"{self.kind}{self.id}"

    @property
    def nodes(self) -> range:
        """Adder nodes of the level that the switch holds, left to right (one output each)."""
        return range(self.node, self.node + (2 if self.kind is SwitchKind.DOUBLE else 1))

    @property
    def inputs(self) -> range:
        """Positions of the level below that are wired to its inputs, left to right."""
        return range(2 * self.nodes.start, 2 * self.nodes.stop)

    def output_name(self, side: int) -> str:
        """Name of an output such as ``D12.L``; a single switch has one output, named like the switch."""
        return self.name if self.kind is SwitchKind.SINGLE else f"{self.name}.{'LR'[side]}"

    def input_name(self, index: int) -> str:
        """Name of an input such as ``D12.LR`` or ``S3.L``."""
        return f"{self.name}.{INPUT_NAMES[self.kind][index]}"

    def bus(self, buses: int) -> int:
        """Collection bus of its outputs: id mod `buses`, the same for both sides of a double switch."""
        return self.id % buses


@dataclass(frozen=True)
class AdderTree:
    """The adder tree over `num_ms` multiplier switches; get one from `adder_tree`."""

    num_ms: int

    @property
    def levels(self) -> int:
        """Adder levels, log2(num_ms)."""
        return self.num_ms.bit_length() - 1

    @cached_property
    def rows(self) -> tuple[tuple[Switch, ...], ...]:
        """Switches of every level, root first, left to right."""
        return tuple(tuple(_row(level)) for level in range(self.levels))

    @cached_property
    def singles(self) -> tuple[Switch, ...]:
        """Single switches by id: 2 log2(num_ms) - 1 of them."""
        return self._of_kind(SwitchKind.SINGLE)

    @cached_property
    def doubles(self) -> tuple[Switch, ...]:
        """Double switches by id: half of the remaining adder nodes."""
        return self._of_kind(SwitchKind.DOUBLE)

    def switch_at(self, level: int, node: int) -> tuple[Switch, int]:
        """Return the switch that holds an adder node, and the side (0 left or single, 1 right)."""
        position, side = (0, 0) if node == 0 else ((node + 1) // 2, (node + 1) % 2)
        switch = self.rows[level][position]
        return (switch, side) if switch.kind is SwitchKind.DOUBLE else (switch, 0)

    def check_counts(self, doubles: int, singles: int) -> None:
        """Raise an `InputError` unless there are as many settings as switches of each kind."""
        for name, found, wanted in (
            ("double", doubles, len(self.doubles)),
            ("single", singles, len(self.singles)),
        ):
            if found != wanted:
                raise InputError(
                    field="adder tree",
                    found=f"settings for {found} {name} switches",
                    expected=f"{wanted} on {self.num_ms} multiplier switches",
                )

    def _of_kind(self, kind: SwitchKind) -> tuple[Switch, ...]:
        found = [switch for row in self.rows for switch in row if switch.kind is kind]
        return tuple(sorted(found, key=lambda switch: switch.id))


@lru_cache(maxsize=16)
def adder_tree(num_ms: int) -> AdderTree:
    """Return the adder tree over `num_ms` leaves.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.

    Returns
    -------
    AdderTree
        The tree, shared between callers.

    Raises
    ------
    InputError
        If `num_ms` is not a power of two from 4 to 4096.
    """
    if num_ms & (num_ms - 1) or not MIN_NUM_MS <= num_ms <= MAX_CONFIGURED:
        raise InputError(
            "the memory that configures the adder tree holds no larger one",
            field="num_ms",
            found=num_ms,
            expected=f"a power of two from {MIN_NUM_MS} to {MAX_CONFIGURED}",
        )
    return AdderTree(num_ms)


def _row(level: int) -> list[Switch]:
    if level == 0:
        return [Switch(SwitchKind.SINGLE, 0, 0, 0)]
    # The levels above hold 2**(k-1) - 1 double switches each, k = 2 .. level - 1.
    first_double = 2 ** (level - 1) - level
    doubles = [
        Switch(SwitchKind.DOUBLE, first_double + pair, level, 2 * pair + 1)
        for pair in range(2 ** (level - 1) - 1)
    ]
    left = Switch(SwitchKind.SINGLE, 2 * level - 1, level, 0)
    right = Switch(SwitchKind.SINGLE, 2 * level, level, 2**level - 1)
    return [left, *doubles, right]
