"""The prefetch buffer before DRAM, word by word: what it holds, and what may be done with it.

A word is in the buffer or not; what is not there reads as `POISON`, so that an array which looked at it would
give wrong outputs even if no check saw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.execution.arithmetic import Arithmetic, nothing, wrap
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.hardware.memory import PrefetchBuffer
from solver.schedule.schedule import Source

Box = tuple[Sequence[int], ...]
"""Words of an operand: the numbers along each of its axes, all crossings of them."""

POISON = 1_000_003
"""What a word that is not in the buffer reads as."""


def box_words(box: Box | None) -> int:
    """Return the words of a box."""
    return prod(len(axis) for axis in box) if box is not None else 0


class OperandPart:
    """The weights or inputs: what DRAM has of them, and which of them the buffer holds.

    Parameters
    ----------
    operand, axes
        Its name, and those of its axes.
    dram
        Its words.
    """

    def __init__(self, operand: str, axes: tuple[str, ...], dram: IntArray) -> None:
        self.operand, self.axes, self.dram = operand, axes, dram
        self.words = np.full(dram.shape, POISON, dtype=np.int64)
        self.held = np.zeros(dram.shape, dtype=bool)
        self.moved = 0
        self._boxes: list[Box] = []

    @property
    def count(self) -> int:
        """Words held."""
        return sum(box_words(box) for box in self._boxes)

    def turn(self, kept: Box | None, fetched: Box | None) -> None:
        """Keep some words, let all others go, and fetch some from DRAM.

        Raises
        ------
        SwitchFaultError
            If a word to keep is not there, or one to fetch is.
        """
        if kept is not None:
            self.demand(kept)
            if fetched is None and box_words(kept) == self.count:
                return
            values = self.words[np.ix_(*kept)]
        for box in self._boxes:
            at = np.ix_(*box)
            self.held[at], self.words[at] = False, POISON
        self._boxes = []
        if kept is not None:
            at = np.ix_(*kept)
            self.held[at], self.words[at] = True, values
            self._boxes.append(kept)
        if fetched is not None:
            self._fetch(fetched)

    def _fetch(self, box: Box) -> None:
        at = np.ix_(*box)
        self._refuse(box, self.held[at], FaultKind.HELD)
        self.held[at], self.words[at] = True, self.dram[at]
        self.moved += box_words(box)
        self._boxes.append(box)

    def demand(self, box: Box) -> None:
        """Raise a `SwitchFaultError` unless all words of a box are in the buffer."""
        self._refuse(box, ~self.held[np.ix_(*box)], FaultKind.NOT_HELD)

    def _refuse(self, box: Box, wrong: BoolArray, kind: FaultKind) -> None:
        refuse(self.operand, self.axes, box, wrong, kind)


class SumsPart:
    """The outputs: finished and partial sums in DRAM and in the buffer, and how many terms each has.

    Parameters
    ----------
    shape
        (N, G, K, X, Y) of the layer.
    terms
        Products that a finished output adds up.
    operation, arithmetic
        How partial sums are added.
    """

    axes = ("n", "g", "k", "x", "y")

    def __init__(self, shape: tuple[int, ...], terms: int, operation: str, arithmetic: Arithmetic) -> None:
        self.dram, self.dram_terms = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.words, self.terms = np.full(shape, POISON, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.wanted, self.arithmetic = terms, arithmetic
        self.combine: np.ufunc = np.maximum if operation == "max" else np.add
        self.nothing = nothing("max" if operation == "max" else "mac", arithmetic)
        self.fetched = self.written = self.read_by_array = self.added = self.written_by_array = 0
        self._box: Box | None = None
        self._unsaved = False
        self._added_to = False

    @property
    def count(self) -> int:
        """Sums held."""
        return box_words(self._box)

    def turn(self, source: Source, box: Box) -> None:
        """Make the sums of a buffer tile ready.

        Raises
        ------
        SwitchFaultError
            If they are not where they are said to be, or others would be lost.
        """
        at = np.ix_(*box)
        self._added_to = source is not Source.NEW
        if source is Source.KEEP:
            if box != self._box:
                missing = ~self._held()[at]
                refuse("output", self.axes, box, missing, FaultKind.NOT_HELD)
                self._leave(except_for=box)
        else:
            self._leave()
            stored = self.dram_terms[at]
            if source is Source.NEW:
                refuse("output", self.axes, box, stored > 0, FaultKind.RESTARTED)
                self.words[at], self.terms[at] = self.nothing, 0
            else:
                refuse("output", self.axes, box, stored == 0, FaultKind.NO_SUM)
                self.words[at], self.terms[at] = self.dram[at], stored
                self.fetched += box_words(box)
        self._box = box

    def _held(self) -> BoolArray:
        held = np.zeros(self.words.shape, dtype=bool)
        if self._box is not None:
            held[np.ix_(*self._box)] = True
        return held

    def _leave(self, except_for: Box | None = None) -> None:
        """Let the sums go; what is not in DRAM would be lost."""
        if self._box is None:
            return
        if self._unsaved:
            lost = self._held()
            if except_for is not None:
                lost[np.ix_(*except_for)] = False
            refuse("output", self.axes, self._box, lost[np.ix_(*self._box)], FaultKind.DROPPED)
        self.words[np.ix_(*self._box)] = POISON

    @property
    def tile(self) -> IntArray:
        """The sums of the buffer tile as the buffer holds them."""
        assert self._box is not None
        held: IntArray = self.words[np.ix_(*self._box)]
        return held

    def add(self, sums: IntArray, terms: int, leaving: int = 1) -> None:
        """Add what the array computed of the buffer tile; the errors are those of `take`.

        Parameters
        ----------
        leaving
            Partial sums of every output that leave the array, and are added here one by one.
        """
        self.added += sums.size * (leaving - 1 + self._added_to)
        self.take(wrap(self.combine(self.tile, sums), self.arithmetic), terms, leaving)

    def take(self, sums: IntArray, terms: int, leaving: int = 1) -> None:
        """Put what the array computed of the buffer tile in the place of what the buffer held.

        Raises
        ------
        SwitchFaultError
            If an output then has more terms than products.
        """
        assert self._box is not None
        at = np.ix_(*self._box)
        self.words[at] = sums
        self.terms[at] += terms
        refuse("output", self.axes, self._box, self.terms[at] > self.wanted, FaultKind.TWICE)
        self.written_by_array += sums.size * leaving
        self._unsaved = True

    def write(self) -> None:
        """Write the sums to DRAM; they stay in the buffer until others need the room."""
        assert self._box is not None
        at = np.ix_(*self._box)
        self.dram[at], self.dram_terms[at] = self.words[at], self.terms[at]
        self.written += box_words(self._box)
        self._unsaved = False

    def check_finished(self) -> None:
        """Raise a `SwitchFaultError` unless every output is in DRAM with all of its terms."""
        whole = tuple(range(size) for size in self.dram.shape)
        refuse("output", self.axes, whole, self.dram_terms != self.wanted, FaultKind.MISSING)


def refuse(operand: str, axes: Sequence[str], box: Box, wrong: BoolArray, kind: FaultKind) -> None:
    """Raise a `SwitchFaultError` that names the first wrong word of a box, if one is."""
    if not wrong.any():
        return
    first = np.argwhere(wrong)[0].tolist()
    where = ", ".join(f"{axis} = {box[i][at]}" for i, (axis, at) in enumerate(zip(axes, first, strict=True)))
    others = int(wrong.sum()) - 1
    more = (f"and {others} more words",) if others else ()
    raise SwitchFaultError((Fault(kind, f"{operand} {where}", (), more),))


def check_room(buffer: PrefetchBuffer, held: dict[str, int]) -> None:
    """Raise a `SwitchFaultError` if the words held do not fit into the buffer, or into their parts of it."""
    shared = buffer.shared_units
    rooms = {name: buffer.words(name) for name in held} if shared is None else {"": shared}
    for name, room in rooms.items():
        units = held[name] if name else sum(buffer.sizes.units(each) * words for each, words in held.items())
        if room is not None and units > room:
            place = f"buffer part for {name}" if name else "buffer"
            times = ", each tile held twice" if buffer.double_buffered else ""
            what = "words" if name or buffer.sizes.uniform else f"times {buffer.sizes.unit} bytes"
            raise SwitchFaultError(
                (Fault(FaultKind.FULL, place, (), (f"{units} {what}, room for {room}{times}",)),)
            )
