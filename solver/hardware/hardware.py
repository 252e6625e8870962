"""What a MAERI instance is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, get_args

from solver.errors import InputError
from solver.hardware.array_kind import KINDS, ArrayKind, Forwarding, Reduction
from solver.hardware.energy_table import DIGITS, EXACT, EnergyTable
from solver.hardware.memory import Memory
from solver.hardware.words import OPERANDS

MIN_NUM_MS = 4
"""Fewest multiplier switches of an array."""

_BY_REDUCTION: Any = None


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """A MAERI instance.

    Parameters
    ----------
    name
        Preset or file it came from.
    num_ms
        Multiplier switches, a power of two.
    dn_bw, rn_bw
        Read ports of the distribution network and write ports (collection bus lines) of the reduction
        network, words per cycle; powers of two, at most `num_ms`.
    accumulation_buffer
        Whether folds are summed beside the reduction network; without it partial sums travel through memory.
        By default there is one with `reduction` simulator. The real hardware has none.
    energy_table
        Energy per event and per cycle.
    reduction
        Whose adder tree, distribution and multipliers: the reference simulator's or the public RTL's.
    forwarding
        ``none`` keeps the multipliers from handing on inputs. With `reduction` rtl that is the default,
        because the shipped multiplier controller discards operands; ``sliding`` then says it is repaired.
    memory
        Prefetch buffer and DRAM behind the array; without them the buffer holds every layer. Behind the real
        hardware, whose partial sums are added outside of the array, the buffer has an adder.
    count_setup
        Whether the cycles that setting up takes count: those of the adder tree, and on the simulator's array,
        whose runs have none of them, those of the multipliers (`solver.cost.setup`).
    clock
        Cycles per second, or None. It changes no mapping and no cost; results are shown in seconds too.

    Raises
    ------
    InputError
        If a size is not a power of two, a bandwidth exceeds `num_ms`, or the real hardware is said to have
        what it has not.
    """

    name: str
    num_ms: int
    dn_bw: int
    rn_bw: int
    accumulation_buffer: bool = _BY_REDUCTION
    energy_table: EnergyTable
    reduction: Reduction = "simulator"
    forwarding: Forwarding = _BY_REDUCTION
    memory: Memory | None = None
    count_setup: bool = False
    clock: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.count_setup, bool):
            raise InputError(field="count_setup", found=self.count_setup, expected="true or false")
        self._follow_reduction()
        check_array(self.num_ms, self.dn_bw, self.rn_bw, self.kind.max_num_ms)
        if self.memory is not None:
            self._follow_memory(self.memory)
        if self.memory is not None and None in (self.energy_table.dram_read, self.energy_table.dram_write):
            raise InputError(
                field="energy_table",
                found=f"{self.energy_table.name}, which has no dram_read and dram_write",
                expected="a table with the energy of a DRAM word, as the hardware has a DRAM",
            )

    def _follow_reduction(self) -> None:
        """Fill in what follows from `reduction`, and refuse what contradicts it."""
        if self.reduction not in get_args(Reduction):
            raise InputError(field="reduction", found=self.reduction, expected="simulator or rtl")
        for name, value in self.kind.defaults.items():
            if getattr(self, name) is _BY_REDUCTION:
                object.__setattr__(self, name, value)
        if not isinstance(self.accumulation_buffer, bool):
            found = self.accumulation_buffer
            raise InputError(field="accumulation_buffer", found=found, expected="true or false")
        if self.forwarding not in get_args(Forwarding):
            raise InputError(field="forwarding", found=self.forwarding, expected="sliding or none")
        self.kind.check(self.accumulation_buffer)

    def _follow_memory(self, memory: Memory) -> None:
        """Settle who adds partial sums, and refuse levels that the array cannot work with."""
        self.kind.check_memory(memory, self.accumulation_buffer, self.forwarding)
        if memory.buffer.adder is None:
            settled = replace(memory, buffer=replace(memory.buffer, adder=self.kind.adds_outside))
            object.__setattr__(self, "memory", settled)

    @property
    def kind(self) -> ArrayKind:
        """What the public RTL's array and the reference simulator's more forgiving one do differently."""
        return KINDS[self.reduction]

    @property
    def sums_return(self) -> bool:
        """Whether partial sums of folds travel through memory, back into the array."""
        return self.kind.returns_sums(self.accumulation_buffer)

    @cached_property
    def prices(self) -> EnergyTable:
        """The energy table with the prices of the buffer that is described; without one, its own."""
        if self.memory is None:
            return self.energy_table
        return self.energy_table.for_capacity(self.memory.buffer.bytes)

    @cached_property
    def word_factors(self) -> dict[str, Decimal]:
        """How many times the energy of the table's word a word of each operand takes in buffer and DRAM.

        As many times as it has bytes: as many cells and lines. To four digits where that is no short decimal.
        """
        if self.memory is None:
            return dict.fromkeys(OPERANDS, Decimal(1))
        sizes = self.memory.buffer.sizes
        base = self.energy_table.word_bytes or sizes.least
        return {name: DIGITS.divide(Decimal(sizes.of(name)), Decimal(base)) for name in OPERANDS}

    def price_of_word(self, entry: str, operand: str) -> Decimal:
        """Return the energy of an operand's word by its entry of the table, which must have it."""
        price: Decimal = getattr(self.prices, entry)
        factor = self.word_factors[operand]
        return price if factor == 1 else EXACT.multiply(price, factor)

    @property
    def one_image(self) -> bool:
        """Whether the array works on one image at a time.

        So do the real hardware, whose controller knows no images, and buffer tiles of a prefetch buffer.
        """
        return self.kind.passes or self.memory is not None

    @property
    def port_width(self) -> int:
        """Multiplier switches behind one read port (m of the timing rules)."""
        return self.num_ms // self.dn_bw

    def to_dict(self) -> dict[str, Any]:
        """Return the hardware under the keys of its YAML form."""
        array = {each.name: getattr(self, each.name) for each in fields(self) if each.compare}
        memory = array.pop("memory")
        if not self.count_setup:
            del array["count_setup"]
        return array | {"energy_table": self.energy_table.name} | (memory.to_dict() if memory else {})


def check_size(field: str, value: object) -> None:
    """Raise an `InputError` that names the field unless a size of the array is a power of two."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1 or value & (value - 1):
        raise InputError(field=field, found=value, expected="a power of two" + _nearest(value))


def _nearest(value: object) -> str:
    """Return the powers of two beside a number, in words."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return ""
    below = 1 << (value.bit_length() - 1)
    return f", such as {below} or {2 * below}"


def check_array(num_ms: int, dn_bw: int, rn_bw: int, most: int) -> None:
    """Raise an `InputError` unless switches, ports and buses are powers of two that go together.

    Parameters
    ----------
    most
        Largest number of switches: `MAX_NUM_MS`, or `MAX_CONFIGURED`.
    """
    for name, value in (("num_ms", num_ms), ("dn_bw", dn_bw), ("rn_bw", rn_bw)):
        check_size(name, value)
    if not MIN_NUM_MS <= num_ms <= most:
        raise InputError(field="num_ms", found=num_ms, expected=f"from {MIN_NUM_MS} to {most} switches")
    for name, value in (("dn_bw", dn_bw), ("rn_bw", rn_bw)):
        if value > num_ms:
            raise InputError(field=name, found=value, expected=f"at most num_ms = {num_ms}")
