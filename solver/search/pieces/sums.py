"""All sums of pieces that no other sum beats in both cycles and energy, among those that are wanted.

A dynamic programme over the filters as in `solver.search.pieces.knapsack`, but what is kept for j filters is
a front: a sum that takes no fewer cycles and no less energy than another one is not needed, whatever is added
to both. A piece that sums of smaller ones equal or beat is in no other sum, and the last piece of a sum is
its smallest one, so at most half of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.search.pieces.goal import SLACK

MOST_SUMS, MOST_STEPS = 1 << 20, 1 << 25
"""Sums that are kept, of all numbers of filters, and pieces times filters; above them there is no answer."""


@dataclass(frozen=True)
class Below:
    """Which sums are wanted: those that can be a part of one that stays below a limit.

    Attributes
    ----------
    cycles, energy
        Weights of a cycle and of a unit of energy.
    rest
        What so many filters cost at least under these weights.
    limit
        What the sum of a whole layer stays below.
    """

    cycles: float
    energy: float
    rest: FloatArray
    limit: float

    def values(self, cycles: IntArray, energy: NDArray) -> FloatArray:
        """Return weighted sums."""
        values: FloatArray = self.cycles * cycles.astype(np.float64)
        return values + self.energy * energy.astype(np.float64)

    def wanted(self, values: FloatArray, left: int) -> BoolArray:
        """Return which weighted sums are wanted of all but so many filters."""
        wanted: BoolArray = (values + self.rest[left]) * (1 - SLACK) < self.limit
        return wanted


@dataclass(frozen=True)
class Found:
    """A sum of a whole layer: cycles, energy, and the places of its pieces."""

    cycles: int
    energy: int
    pieces: tuple[int, ...]


class _Rows(NamedTuple):
    """Sums: what they cost, their last piece (-1: none), and the place of the sum before it."""

    cycles: IntArray
    energy: NDArray
    piece: IntArray
    before: IntArray

    def take(self, rows: IntArray | BoolArray | slice) -> _Rows:
        return _Rows(*(column[rows] for column in self))

    def best(self) -> _Rows:
        """Return those that no other beats, fastest first; of equal ones the first."""
        # Long integers are sorted and compared by their ranks.
        long = self.energy.dtype == object
        energy = np.unique(self.energy, return_inverse=True)[1] if long else self.energy
        order = np.lexsort((energy, self.cycles))
        lower = np.ones(len(order), dtype=bool)
        lower[1:] = energy[order][1:] < np.minimum.accumulate(energy[order])[:-1]
        return self.take(order[lower])


class _TooManyError(Exception):
    """More sums than are kept."""


class _Sums:
    """Sums of every number of filters, one behind the other; at first that of none."""

    def __init__(self, size: int, kind: np.dtype) -> None:
        self.begin, self.number = (np.zeros(size + 1, dtype=np.int64) for _ in range(2))
        self.least = np.full(size + 1, np.inf)
        none = np.zeros(1, dtype=np.int64)
        self.rows, self._kept = _Rows(none, np.zeros(1, dtype=kind), none - 1, none), 0
        self.keep(0, self.rows, np.zeros(1))

    def keep(self, count: int, rows: _Rows, values: FloatArray) -> None:
        """Keep sums of so many filters, with their weighted sums."""
        first, self._kept = self._kept, self._kept + len(rows.cycles)
        if self._kept > MOST_SUMS:
            raise _TooManyError
        if self._kept > len(self.rows.cycles):
            self.rows = _Rows(*(np.resize(column, 2 * self._kept) for column in self.rows))
        for column, new in zip(self.rows, rows, strict=True):
            column[first : self._kept] = new
        self.begin[count], self.number[count] = first, len(rows.cycles)
        self.least[count] = values.min(initial=np.inf)

    def places(self, count: int) -> IntArray:
        """Return the places of the sums of so many filters."""
        return np.arange(self.begin[count], self.begin[count] + self.number[count])

    def same(self, count: int) -> _Rows:
        """Return the sums of so many filters as they are added to in another table: nothing comes to them."""
        at = self.places(count)
        return _Rows(self.rows.cycles[at], self.rows.energy[at], np.full(len(at), -1), at)

    def added(self, sizes: IntArray, pieces: _Rows, count: int) -> _Rows:
        """Return all sums of so many filters that end in some piece."""
        rest = count - sizes
        number = self.number[rest]
        came = np.repeat(np.arange(len(sizes)), number)
        first = np.repeat(self.begin[rest] - (np.cumsum(number) - number), number)
        at = first + np.arange(len(came))
        cycles = pieces.cycles[came] + self.rows.cycles[at]
        return _Rows(cycles, pieces.energy[came] + self.rows.energy[at], pieces.piece[came], at)


class UndominatedSums:
    """The sums of pieces of a layer.

    Parameters
    ----------
    sizes, cycles, energy
        Of each piece: its filters, and what it costs.
    size
        Filters of the layer.
    below
        Which sums are wanted.
    """

    def __init__(self, sizes: IntArray, cycles: IntArray, energy: NDArray, size: int, below: Below) -> None:
        self._size, self._below = size, below
        order = np.argsort(sizes, kind="stable")
        rows = _Rows(cycles[order], energy[order], order, np.zeros(len(order), dtype=np.int64))
        ends = np.searchsorted(sizes[order], np.arange(size + 2))
        parts = [self._wanted(rows.take(slice(*ends[n : n + 2])), n)[0] for n in range(1, size + 1)]
        self._ends = np.cumsum([0, 0, *(len(part.cycles) for part in parts)])
        self._pieces = _joined(parts)
        self._sizes = sizes[self._pieces.piece]
        self._values = below.values(self._pieces.cycles, self._pieces.energy)

    def found(self, most: int | None = None) -> list[Found] | None:
        """Return the sums that make up the layer, fastest first; None if there are too many on the way.

        Parameters
        ----------
        most
            How many pieces there may be; None for any number.
        """
        if len(self._sizes) * self._size > MOST_STEPS:
            return None
        try:
            tables = [self._any_number()] if most is None else self._at_most(most)
        except _TooManyError:
            return None
        every = []
        for last in tables[-1].places(self._size).tolist():
            at, level, chosen = last, len(tables) - 1, list[int]()
            while at:
                rows = tables[level].rows
                if rows.piece[at] >= 0:
                    chosen.append(int(rows.piece[at]))
                at, level = int(rows.before[at]), max(0, level - 1)
            rows = tables[-1].rows
            every.append(Found(int(rows.cycles[last]), int(rows.energy[last]), tuple(chosen)))
        return every

    def _alone(self, count: int) -> _Rows:
        """Return the pieces of so many filters."""
        return self._pieces.take(slice(self._ends[count], self._ends[count + 1]))

    def _any_number(self) -> _Sums:
        sums = _Sums(self._size, self._pieces.energy.dtype)
        useful = np.zeros(len(self._sizes), dtype=np.int64)  # pieces that sums of smaller ones do not beat
        number = 0
        for count in range(1, self._size + 1):
            half = useful[: np.searchsorted(self._sizes[useful[:number]], count // 2, side="right")]
            parts = [self._added(half, sums, count), self._alone(count)]
            found, values = self._wanted(_joined(parts), count)
            alone = np.arange(self._ends[count], self._ends[count + 1])
            alone = alone[np.isin(self._pieces.piece[alone], found.piece[found.before == 0])]
            useful[number : number + len(alone)] = alone
            number += len(alone)
            sums.keep(count, found, values)
        return sums

    def _at_most(self, most: int) -> list[_Sums]:
        kind = self._pieces.energy.dtype
        tables = [_Sums(self._size, kind)]
        for count in range(1, self._size + 1):
            tables[0].keep(count, *self._wanted(self._alone(count), count))
        for _ in range(most - 1):
            before, after = tables[-1], _Sums(self._size, kind)
            for count in range(1, self._size + 1):
                half = np.arange(self._ends[count // 2 + 1])
                parts = [before.same(count), self._added(half, before, count)]
                after.keep(count, *self._wanted(_joined(parts), count))
            tables.append(after)
        return tables

    def _added(self, pieces: IntArray, sums: _Sums, count: int) -> _Rows:
        """Return all sums of so many filters that end in some shorter piece, as far as they may be wanted."""
        least = self._values[pieces] + sums.least[count - self._sizes[pieces]]
        pieces = pieces[self._below.wanted(least, self._size - count)]
        return sums.added(self._sizes[pieces], self._pieces.take(pieces), count)

    def _wanted(self, rows: _Rows, count: int) -> tuple[_Rows, FloatArray]:
        """Return which of some sums are wanted and not beaten, and their weighted sums."""
        values = self._below.values(rows.cycles, rows.energy)
        kept = rows.take(self._below.wanted(values, self._size - count)).best()
        return kept, self._below.values(kept.cycles, kept.energy)


def _joined(parts: list[_Rows]) -> _Rows:
    return _Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
