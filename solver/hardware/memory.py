"""The levels behind the array: prefetch buffer and DRAM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from solver.arithmetic.numbers import MAX_BYTES
from solver.errors import InputError
from solver.hardware.words import OPERANDS, WordBytes
from solver.keyed import Keyed
from solver.layer import check_positive

Controller = Literal["fixed", "programmable"]
"""Whether the array runs the shipped controller's loop order only, or any of the three stationary orders."""

MAX_AMOUNT = 2**31 - 1
"""Largest bandwidth, word and number of weights per switch accepted, far beyond any chip: the vectorised cost
model divides by them in 64-bit integers."""


@dataclass(frozen=True, kw_only=True)
class PrefetchBuffer:
    """The buffer between DRAM and the array.

    Parameters
    ----------
    capacity
        Bytes shared by all operands, or None if split.
    weights, inputs, outputs
        Bytes of each operand's own part; all three or none.
    double_buffered
        Whether the next tile is fetched while the array works on this one; each tile then takes its room
        twice.
    word_bytes
        Bytes of a word; one number is of every operand (partial sums included).
    bandwidth
        Words per cycle between the buffer and both its neighbours together; None is unlimited. Of words of
        several sizes it counts the narrowest; a word twice as wide takes twice the room and time.
    adder
        Whether the buffer adds a partial sum that the array writes to the one that it holds. Without, a sum
        that a later buffer tile continues comes back into the array, as the public simulator's partial sums
        do: through the distribution ports into a multiplier that its virtual neuron keeps for it. None
        follows the array (`Hardware`): the real one has no other way than to add outside of it.

    Raises
    ------
    InputError
        If capacities are both shared and split, or neither, or a size is not positive or beyond its limit.
    """

    capacity: int | None = None
    weights: int | None = None
    inputs: int | None = None
    outputs: int | None = None
    double_buffered: bool = True
    word_bytes: WordBytes | int = 2
    bandwidth: int | None = None
    adder: bool | None = None

    def __post_init__(self) -> None:
        given = tuple(name for name in ("capacity", *OPERANDS) if getattr(self, name) is not None)
        if given not in (("capacity",), OPERANDS):
            raise InputError(
                field="prefetch_buffer",
                found=", ".join(given) or "no capacity",
                expected="either capacity, or all of weights, inputs and outputs",
            )
        if not isinstance(self.word_bytes, WordBytes):
            object.__setattr__(self, "word_bytes", WordBytes.same(self.word_bytes))
        for name in ("capacity", *OPERANDS, "bandwidth"):
            if getattr(self, name) is not None:
                check_positive(name, getattr(self, name), MAX_AMOUNT if name == "bandwidth" else MAX_BYTES)
        for name in ("double_buffered", "adder"):
            value = getattr(self, name)
            if not isinstance(value, bool) and not (name == "adder" and value is None):
                raise InputError(field=name, found=value, expected="true or false")

    @property
    def sizes(self) -> WordBytes:
        """Bytes of each operand's word."""
        assert isinstance(self.word_bytes, WordBytes)
        return self.word_bytes

    @property
    def copies(self) -> int:
        """How often each tile is held."""
        return 2 if self.double_buffered else 1

    def words(self, operand: str) -> int | None:
        """Return how many words a tile of one operand may have in its own part, or None if shared."""
        part: int | None = getattr(self, operand)
        return None if part is None else part // (self.sizes.of(operand) * self.copies)

    @property
    def bytes(self) -> int:
        """Bytes of all its parts together."""
        parts = (self.weights or 0) + (self.inputs or 0) + (self.outputs or 0)
        return parts if self.capacity is None else self.capacity

    @property
    def shared_units(self) -> int | None:
        """How many units (`WordBytes`) the tiles may have together, or None if the buffer is split."""
        return None if self.capacity is None else self.capacity // (self.sizes.unit * self.copies)

    @property
    def units_per_cycle(self) -> int | None:
        """The bandwidth in units, None if unlimited."""
        return None if self.bandwidth is None else self.bandwidth * self.sizes.units_per_least

    def to_dict(self) -> dict[str, Any]:
        """Return the buffer under its YAML keys."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return given | {"word_bytes": self.sizes.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Memory(Keyed):
    """What lies behind the array.

    Parameters
    ----------
    buffer
        The prefetch buffer.
    dram_bandwidth
        Words per cycle between DRAM and buffer, both directions together; of several sizes the narrowest.
    controller
        See `Controller`.
    weights_per_switch
        Stationary words that a multiplier switch can hold (folds per pass); None is unlimited, as in the
        simulator.

    Raises
    ------
    InputError
        If a figure is not positive or beyond its limit, or the controller unknown.
    """

    KEYS = "prefetch_buffer=buffer dram_bandwidth controller weights_per_switch?"

    buffer: PrefetchBuffer
    dram_bandwidth: int
    controller: Controller = "fixed"
    weights_per_switch: int | None = None

    def __post_init__(self) -> None:
        check_positive("dram_bandwidth", self.dram_bandwidth, MAX_AMOUNT)
        if self.weights_per_switch is not None:
            check_positive("weights_per_switch", self.weights_per_switch, MAX_AMOUNT)
        if self.controller not in get_args(Controller):
            raise InputError(field="controller", found=self.controller, expected="fixed or programmable")

    @property
    def units_per_cycle(self) -> int:
        """The DRAM's bandwidth in units (`WordBytes`)."""
        return self.dram_bandwidth * self.buffer.sizes.units_per_least
