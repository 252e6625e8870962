"""Where virtual neurons sit on the multiplier switches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from solver.array.topology import adder_tree
from solver.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class VirtualNeuron:
    """`size` neighbouring multiplier switches from `start` on, whose products make one sum."""

    start: int
    size: int

    @property
    def last(self) -> int:
        """Its last leaf."""
        return self.start + self.size - 1

    @property
    def leaves(self) -> range:
        """Its leaves, left to right."""
        return range(self.start, self.start + self.size)

    def __str__(self) -> str:
        return f"leaves {self.start}..{self.last}" if self.size > 1 else f"leaf {self.start}"


@dataclass(frozen=True)
class Placement:
    """Virtual neurons on an array; their index is their name, whatever their order on the leaves.

    Parameters
    ----------
    num_ms
        Multiplier switches of the array.
    vns
        The virtual neurons. They may have gaps between them; whether the tree can add them up is asked of
        `solver.array.fit`.

    Raises
    ------
    InputError
        If a virtual neuron has no leaf, leaves the array, or shares a leaf with another.
    """

    num_ms: int
    vns: tuple[VirtualNeuron, ...]

    def __post_init__(self) -> None:
        adder_tree(self.num_ms)
        end = 0
        for vn in sorted(self.vns):
            if vn.size < 1 or vn.start < 0 or vn.last >= self.num_ms:
                raise InputError(
                    field="placement",
                    found=f"a virtual neuron of size {vn.size} on leaf {vn.start}",
                    expected=f"leaves 0..{self.num_ms - 1}",
                )
            if vn.start < end:
                raise InputError(
                    field="placement",
                    found=f"leaf {vn.start} used twice",
                    expected="one virtual neuron per leaf",
                )
            end = vn.last + 1

    @classmethod
    def of(cls, num_ms: int, pairs: Iterable[tuple[int, int]]) -> Placement:
        """Build a placement from (start leaf, size) pairs."""
        return cls(num_ms, tuple(VirtualNeuron(int(start), int(size)) for start, size in pairs))

    def owners(self) -> list[int | None]:
        """Return for every leaf the index of the virtual neuron on it."""
        owner: list[int | None] = [None] * self.num_ms
        for index, vn in enumerate(self.vns):
            owner[vn.start : vn.last + 1] = [index] * vn.size
        return owner
