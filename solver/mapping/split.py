"""How a tile splits the loops: sizes, trip counts and what divides, of many tiles or in variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from solver.arithmetic.algebra import Truth, Value
from solver.arithmetic.arrays import IntArray
from solver.layer import DIMS, LoopNest


@dataclass(frozen=True)
class Split:
    """Values by loop.

    Attributes
    ----------
    tile, trip
        T_d, and ceil(D / T_d).
    whole
        Whether T_d divides D.
    """

    tile: Mapping[str, Value]
    trip: Mapping[str, Value]
    whole: Mapping[str, Truth]

    @property
    def columns(self) -> Split:
        """The same of arrays with a second axis, of length 1."""
        return Split(*map(_as_column, (self.tile, self.trip, self.whole)))


@dataclass(frozen=True)
class LevelSplit:
    """How an array tile and a buffer tile split the loops, by loop.

    Attributes
    ----------
    tile
        T_d.
    trip
        o_d = ceil(D / B_d): buffer tiles.
    passes
        n_d: array tiles, over all buffer tiles (`solver.mapping.buffer_tile`).
    """

    tile: Mapping[str, Value]
    trip: Mapping[str, Value]
    passes: Mapping[str, Value]


class _ByLoop(Mapping[str, Value]):
    """Values by loop, each computed when it is asked for."""

    def __init__(self, compute: Callable[[str], Value]) -> None:
        self._compute = compute
        self._known: dict[str, Value] = {}

    def __getitem__(self, dim: str) -> Value:
        if dim not in self._known:
            self._known[dim] = self._compute(dim)
        return self._known[dim]

    def __iter__(self) -> Iterator[str]:
        return iter(DIMS)

    def __len__(self) -> int:
        return len(DIMS)


def _as_column(values: Mapping[str, Value]) -> _ByLoop:
    return _ByLoop(lambda dim: values[dim][:, None])


def level_split_of(tiles: IntArray, trips: IntArray, passes: IntArray) -> LevelSplit:
    """Return the same of rows of T_d, o_d and n_d, each of shape (rows, 8)."""
    return LevelSplit(*(dict(zip(DIMS, rows.T, strict=True)) for rows in (tiles, trips, passes)))


def split_of(nest: LoopNest, tiles: IntArray) -> Split:
    """Return how each of some tiles splits the loops.

    Parameters
    ----------
    tiles
        Shape (tiles, 8), sizes in the order of `DIMS`.
    """
    tile = dict(zip(DIMS, tiles.T, strict=True))
    size = dict(zip(DIMS, nest.sizes, strict=True))
    return Split(
        tile,
        _ByLoop(lambda dim: -(-size[dim] // tile[dim])),
        _ByLoop(lambda dim: size[dim] % tile[dim] == 0),
    )
