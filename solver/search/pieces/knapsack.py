"""The cheapest way to make up a layer of pieces, from the cost of a piece of every size.

A dynamic programme over sizes, the smallest first: with one more size the best of j filters may take so many
of it, which as many steps find as that number has bits, each for all j at once. It is exact over every number
of pieces. Only sizes count that no sum of smaller pieces equals, mostly the tile sizes themselves, so it
takes some additions for each of them: a hundredth of what CP-SAT needs for the same sums, which has nothing
to prune here (every bound is used as it stands). To go through the filters instead, the best of j as a piece
of s and the best of j - s, takes longer: one step for each of them and not for each useful size.

Costs that 64 bits do not hold are divided and rounded down first. Where that leaves the answer open they are
added as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import IntArray

_ROUNDING = 1e-14
"""Relative error of a sum of two integers in floats, and more."""

_BITS = 60
"""Bits of costs whose sums fit into 64, and of a limb of a long integer: the sum of two and a carry does."""


@dataclass(frozen=True)
class Filled:
    """The cheapest sums.

    Attributes
    ----------
    least
        Least cost of j filters, j from 0 to the layer's; shape (size + 1,). Where `fill` was told what is
        enough, no sum costs less, and those that may be part of a layer that costs less than that do cost
        so much, but of long integers a little more.
    sizes
        The pieces of the whole layer, any if none cost less than what is enough.
    """

    least: NDArray
    sizes: tuple[int, ...]


def fill(costs: NDArray, most: int | None = None, enough: int | None = None) -> Filled:
    """Return the cheapest sums of pieces.

    Parameters
    ----------
    costs
        Cost of a piece of every size, from 0 on; that of size 0 does not count. In 64 bits less than 2^60.
    most
        How many pieces there may be; None for any number.
    enough
        What the layer need not cost less than; None if all sums are of interest.
    """
    if costs.dtype != object:
        return _any_number(costs, enough) if most is None else _at_most(costs, most)
    if enough is not None:
        unit = 1 + (int(max(costs)) >> _BITS)
        short = np.array([int(cost) // unit for cost in costs], dtype=np.int64)
        rounded = fill(short, most, -(-enough // unit))
        value = int(rounded.least[-1])
        # Every piece lost less than a unit.
        if value * unit >= enough or (value + len(rounded.sizes)) * unit < enough:
            return Filled(rounded.least.astype(object) * unit, rounded.sizes)
    return _LongSums(costs).filled(enough) if most is None else _at_most(costs, most)


def _of_interest(costs: NDArray, enough: int | None) -> tuple[IntArray, NDArray]:
    """Return the sizes of pieces with which a layer may cost less than is enough.

    All other filters cost no less than the least that any takes, c. So a layer with a piece of s that is left
    out costs at least cost(s) + (size - s) c, no less than what is enough, and any j filters with it cost at
    least (size - j) c less than that.

    Returns
    -------
    tuple of arrays
        The sizes, ascending, and what sums with others cost at least, by their filters; shape (size + 1,).
    """
    size = len(costs) - 1
    filters = np.arange(size + 1)
    if enough is None:
        return filters[1:], np.full(size + 1, 2 * int(costs[1:].max()) + 1, dtype=costs.dtype)
    one = costs[1:].astype(np.float64)
    each = float((one / filters[1:]).min()) * (1 - _ROUNDING)
    mine = (one + each * (size - filters[1:])) * (1 - _ROUNDING) < float(enough)
    rest = np.ceil(each * (size - filters))
    if costs.dtype == object:
        return filters[1:][mine], np.array([enough - int(value) for value in rest], dtype=object)
    # Sums in 64 bits stay below 2^62: a higher value leaves nothing out, either.
    return filters[1:][mine], min(enough, 1 << _BITS + 2) - rest.astype(np.int64)


def _any_number(costs: IntArray, enough: int | None) -> Filled:
    size, highest = len(costs) - 1, int(costs[1:].max())
    least = np.full(size + 1, highest + 1)
    least[0] = 0
    sizes_of_interest, others = _of_interest(costs, enough)
    for piece in sizes_of_interest.tolist():
        cost, count = int(costs[piece]), piece
        if cost >= least[piece]:
            continue
        # One of it, then two, four, ...: together any number.
        while count <= size and cost <= highest:
            np.minimum(least[count:], least[: size + 1 - count] + cost, out=least[count:])
            cost, count = 2 * cost, 2 * count
    sizes, left = [], size
    while left:
        # The largest: of sums that cost the same one with few pieces is found; one piece if there is none.
        same = costs[left:0:-1] + least[:left] == least[left]
        sizes.append(left - int(same.argmax()))
        left -= sizes[-1]
    return Filled(np.minimum(least, others), tuple(sizes))


class _LongSums:
    """Sums of integers that 64 bits do not hold.

    The best of j filters is a piece of s and the best of j - s. Floats leave those that may be least. They
    may be all, as sums of equal pieces are equal: these are compared limb by limb.
    """

    def __init__(self, costs: NDArray) -> None:
        self.costs, self.least = costs, costs.copy()
        self.least[0] = 0
        self._costs = costs.astype(np.float64)
        self._least = self._costs.copy()
        self._least[0], self._known = 0.0, 1
        self._most = int(costs.max())
        self._count = -(-(self._most.bit_length() + 2) // _BITS)
        self._cost_limbs = self._limbs(costs)
        self._least_limbs = self._cost_limbs.copy()
        self._least_limbs[:, 0] = 0

    def filled(self, enough: int | None) -> Filled:
        """Return the cheapest sums of any number of pieces, see `fill`."""
        size = len(self.costs) - 1
        last = np.arange(size + 1)
        sizes_of_interest, others = _of_interest(self.costs, enough)
        mine = np.zeros(size + 1, dtype=bool)
        mine[sizes_of_interest] = True
        # Useful sizes, the largest first: of sums that cost the same one with few pieces is found.
        useful, first = np.zeros(size + 1, dtype=np.int64), size + 1
        for j in range(1, size + 1):
            if first <= size:
                sizes = useful[first:]
                at, cost = self._least_of(sizes, j - sizes)
                if not mine[j] or cost < self.costs[j]:
                    self.least[j], last[j] = min(cost, self._most + 1), sizes[at]
                    continue
                if cost == self.costs[j]:
                    continue  # one piece, but nothing that its parts do not give
            elif not mine[j]:
                self.least[j] = self._most + 1
                continue
            first -= 1
            useful[first] = j
        sizes_used, left = [], size
        while left:
            sizes_used.append(int(last[left]))
            left -= int(last[left])
        return Filled(np.minimum(self.least, others), tuple(sizes_used))

    def _least_of(self, sizes: NDArray, rest: NDArray) -> tuple[int, int]:
        """Return the place of the least sum, and the sum; least costs below it do not change any more."""
        end = int(sizes[0] + rest[0])
        self._least[self._known : end] = self.least[self._known : end]
        self._least_limbs[:, self._known : end] = self._limbs(self.least[self._known : end])
        self._known = end
        sums = self._costs[sizes] + self._least[rest]
        near = np.flatnonzero(sums <= sums.min() * (1 + _ROUNDING))
        at = int(near[self._first_least(sizes[near], rest[near])]) if len(near) > 1 else int(near[0])
        return at, self.costs[sizes[at]] + self.least[rest[at]]

    def _first_least(self, sizes: NDArray, rest: NDArray) -> int:
        """Return the first place of the least sum, exactly."""
        limbs = self._cost_limbs[:, sizes] + self._least_limbs[:, rest]
        for place in range(self._count - 1, 0, -1):
            limbs[place - 1] += limbs[place] >> _BITS
            limbs[place] &= (1 << _BITS) - 1
        left = np.arange(len(sizes))
        for limb in limbs:
            left = left[limb[left] == limb[left].min()]
        return int(left[0])

    def _limbs(self, values: NDArray) -> NDArray:
        """Return the limbs of integers from 0 on, the highest first, shape (limbs, values)."""
        mask = (1 << _BITS) - 1
        whole = [int(value) for value in values]
        places = range(self._count - 1, -1, -1)
        return np.array([[v >> _BITS * place & mask for v in whole] for place in places], dtype=np.int64)


def _at_most(costs: NDArray, most: int) -> Filled:
    size = len(costs) - 1
    levels = [costs.copy()]
    levels[0][0] = 0
    for _ in range(most - 1):
        before, after = levels[-1], levels[-1].copy()
        for j in range(2, size + 1):
            after[j] = min(before[j], (costs[1:j] + before[j - 1 : 0 : -1]).min())
        levels.append(after)
    sizes, left = [], size
    for level in reversed(range(most)):
        if not left:
            break
        if level and levels[level - 1][left] == levels[level][left]:
            continue
        if not level:
            sizes.append(left)
            break
        sums = costs[1:left] + levels[level - 1][left - 1 : 0 : -1]
        chosen = int(sums.argmin()) + 1
        sizes.append(chosen)
        left -= chosen
    return Filled(levels[-1], tuple(sizes))
