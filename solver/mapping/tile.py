"""What a mapping is: how much of each loop the array works on at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from solver.arithmetic.numbers import parse_integer
from solver.errors import InputError
from solver.layer import DIMS, LoopNest, check_positive


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The part of the loop nest that is on the multipliers at once.

    Attributes
    ----------
    R, S
        Filter rows and columns.
    C
        Channels of a group.
    K
        Filters of a group.
    G
        Groups.
    N
        Images of the batch.
    X, Y
        Rows and columns of the output.
    """

    R: int = 1
    S: int = 1
    C: int = 1
    K: int = 1
    G: int = 1
    N: int = 1
    X: int = 1
    Y: int = 1

    def __post_init__(self) -> None:
        for dim in DIMS:
            check_positive(f"T_{dim}", getattr(self, dim))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Tile sizes in the order of `DIMS`."""
        return (self.R, self.S, self.C, self.K, self.G, self.N, self.X, self.Y)

    @property
    def vn_size(self) -> int:
        """Products that one virtual neuron adds up (vn of the timing rules)."""
        return self.R * self.S * self.C

    @property
    def num_vns(self) -> int:
        """Virtual neurons on the array (V of the timing rules)."""
        return self.K * self.G * self.N * self.X * self.Y

    def to_dict(self) -> dict[str, int]:
        """Return the tile under its JSON keys."""
        return dict(zip(DIMS, self.sizes, strict=True))

    @classmethod
    def of(cls, sizes: Iterable[int]) -> Tile:
        """Build a tile from eight sizes in the order of `DIMS` (numpy integers are welcome)."""
        return cls(*(int(size) for size in sizes))

    def __str__(self) -> str:
        shown = [f"{dim}{size}" for dim, size in zip(DIMS, self.sizes, strict=True) if size > 1]
        return " ".join(shown) if shown else "1"


def parse_tile(text: str) -> Tile:
    """Read a tile as people write it.

    Accepted: ``T_R=3 T_S=3 T_K=8`` (commas or blanks, ``T_`` optional), ``R3 S3 K8`` (as tables print it),
    and ``3x3x1x8x1x1x1x1`` (all eight sizes in the order R S C K G N X Y). Sizes not named are 1.

    Raises
    ------
    InputError
        If a name is unknown or given twice, or a size is not a positive integer.
    """
    words = re.sub(r"\s*=\s*", "=", text.replace(",", " ")).split()
    if words == ["1"]:
        return Tile()
    if len(words) == 1 and re.fullmatch(r"\d+(x\d+)+", words[0]):
        sizes = words[0].split("x")
        if len(sizes) != len(DIMS):
            raise InputError(
                field="mapping", found=text, expected=f"{len(DIMS)} sizes in the order {' '.join(DIMS)}"
            )
        return Tile(**{dim: _size(dim, size) for dim, size in zip(DIMS, sizes, strict=True)})
    given: dict[str, int] = {}
    for word in words:
        match = re.fullmatch(r"(?:[Tt]_?)?([A-Za-z])[_']?=?(-?\d.*)", word)
        if match is None or match[1].upper() not in DIMS:
            raise InputError(
                field="mapping", found=word, expected="tile sizes such as T_R=3 or R3, of " + " ".join(DIMS)
            )
        dim = match[1].upper()
        if dim in given:
            raise InputError(field="mapping", found=f"T_{dim} twice", expected="each size once")
        given[dim] = _size(dim, match[2])
    if not given:
        raise InputError(field="mapping", found="nothing", expected="tile sizes such as T_R=3 T_S=3")
    return Tile(**given)


def _size(dim: str, text: str) -> int:
    size = parse_integer(text)
    if size is None or size < 1:
        raise InputError(field=f"T_{dim}", found=text, expected="an integer of at least 1")
    return size


def trips(nest: LoopNest, tile: Tile) -> dict[str, int]:
    """Return how often each loop outside the array runs: ceil(size / tile)."""
    return {dim: -(-getattr(nest, dim) // getattr(tile, dim)) for dim in DIMS}


def folds(nest: LoopNest, tile: Tile) -> int:
    """Return the passes whose partial sums make one output (F of the timing rules)."""
    count = trips(nest, tile)
    return prod(count[dim] for dim in ("R", "S", "C"))
