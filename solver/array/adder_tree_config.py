"""The setting of every adder switch of the real hardware, as the configuration memory holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from solver.array.modes import (
    DOUBLE_READS,
    SINGLE_READS,
    DoubleMode,
    Mode,
    SingleMode,
    left_may_fire,
    right_may_fire,
)
from solver.array.topology import Switch, SwitchKind, adder_tree

WORD_BITS = 32
DOUBLE_BITS, SINGLE_BITS = 8, 4
DOUBLES_PER_WORD = WORD_BITS // DOUBLE_BITS
SINGLES_PER_WORD = WORD_BITS // SINGLE_BITS


def word_counts(num_ms: int) -> tuple[int, int]:
    """Return how many words hold the double and the single switches of an array of any size (rule S8)."""
    # The root, and the first and last adder of every other level, stand alone.
    singles = 2 * (num_ms.bit_length() - 1) - 1
    doubles = (num_ms - 1 - singles) // 2
    return -(-doubles // DOUBLES_PER_WORD), -(-singles // SINGLES_PER_WORD)


@dataclass(frozen=True, slots=True)
class OutputSetting:
    """What one output of a switch does.

    Parameters
    ----------
    mode
        Its mode.
    reads
        Indices of the switch's inputs that the mode takes.
    may_fire
        Whether the guard ever lets it fire beside the mode of the other side.
    emits
        Whether its values go to the collection bus (genOutput) instead of to the parent.
    """

    mode: Mode
    reads: tuple[int, ...]
    may_fire: bool
    emits: bool


@dataclass(frozen=True, slots=True)
class DoubleSetting:
    """Setting of a double switch: mode and genOutput of its left and its right side."""

    left: DoubleMode = DoubleMode.IDLE
    right: DoubleMode = DoubleMode.IDLE
    emit_left: bool = False
    emit_right: bool = False

    @property
    def outputs(self) -> tuple[OutputSetting, ...]:
        """What the left and the right output do."""
        return _double_outputs(self)


@dataclass(frozen=True, slots=True)
class SingleSetting:
    """Setting of a single switch: mode and genOutput."""

    mode: SingleMode = SingleMode.IDLE
    emit: bool = False

    @property
    def outputs(self) -> tuple[OutputSetting, ...]:
        """What the one output does."""
        return (OutputSetting(self.mode, SINGLE_READS[self.mode], True, self.emit),)


Setting = DoubleSetting | SingleSetting


@dataclass(frozen=True)
class AdderTreeConfig:
    """The setting of every adder switch; any setting the memory can hold, right or wrong.

    The hardware loads it once per layer. Phases that use fewer of the virtual neurons that it is made for run
    under the same setting; the switches of the others receive nothing and do nothing.

    Parameters
    ----------
    num_ms
        Multiplier switches of the array.
    doubles, singles
        Settings by switch id.

    Raises
    ------
    InputError
        If the numbers of settings are not those of the tree.
    """

    num_ms: int
    doubles: tuple[DoubleSetting, ...]
    singles: tuple[SingleSetting, ...]

    def __post_init__(self) -> None:
        adder_tree(self.num_ms).check_counts(len(self.doubles), len(self.singles))

    def of(self, switch: Switch) -> Setting:
        """Return the setting of a switch."""
        return self.doubles[switch.id] if switch.kind is SwitchKind.DOUBLE else self.singles[switch.id]

    def in_use(self) -> Iterator[tuple[Switch, Setting]]:
        """Yield the switches that are not wholly idle with their settings, double switches first, by id."""
        tree = adder_tree(self.num_ms)
        for switch in (*tree.doubles, *tree.singles):
            setting = self.of(switch)
            if setting not in (DoubleSetting(), SingleSetting()):
                yield switch, setting


@lru_cache(maxsize=64)  # there are 4 * 4 * 2 * 2 settings
def _double_outputs(setting: DoubleSetting) -> tuple[OutputSetting, ...]:
    left, right = setting.left, setting.right
    return (
        OutputSetting(left, DOUBLE_READS[0][left], left_may_fire(left, right), setting.emit_left),
        OutputSetting(right, DOUBLE_READS[1][right], right_may_fire(left, right), setting.emit_right),
    )
