"""Tiles of large spaces that may be of interest, found without a list of all.

A box is a range of sizes along every loop. What its tiles cost at least (`solver.cost.boxes`) excludes most
boxes while they are large; the others are halved until they hold few tiles, which are listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.boxes import BoxCost, box_cost
from solver.cost.traffic import G, K, N, S, X, Y
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits, keeping_the_rules, most_at_once

_FEW = 24
"""Tiles of a box that are listed: one by one they take as long to bound as the halves of the box."""

_AT_ONCE = 1 << 14
"""Boxes that are bounded at once."""

_LISTED = 1 << 18
"""Tiles that are listed at once."""

Values = Callable[[BoxCost, "Boxes"], FloatArray]
"""What the tiles of boxes are worth at least."""


@dataclass(frozen=True)
class Boxes:
    """Smallest and largest sizes, shape (boxes, 8) each."""

    low: IntArray
    high: IntArray

    def __len__(self) -> int:
        return len(self.low)

    def take(self, index: IntArray | BoolArray | slice) -> Boxes:
        """Return some of the boxes."""
        return Boxes(self.low[index], self.high[index])

    @property
    def tiles(self) -> FloatArray:
        """How many tiles each holds, those included that do not fit on the multipliers."""
        result: FloatArray = (self.high - self.low + 1).astype(np.float64).prod(axis=1)
        return result

    @staticmethod
    def joined(parts: list[Boxes]) -> Boxes:
        """Return the boxes of several."""
        none = np.empty((0, len(DIMS)), dtype=np.int64)
        return Boxes(
            np.concatenate([none, *(part.low for part in parts)]),
            np.concatenate([none, *(part.high for part in parts)]),
        )


class CoarseSpace:
    """All tiles of a loop nest that keep the rules, in boxes.

    Parameters
    ----------
    nest, hardware, limits
        The loops, the array, and bounds on the tiles.
    cut
        The loop whose iterations are asked for one by one, see `solver.cost.boxes`.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, limits: Limits, cut: int | None = None) -> None:
        self.nest, self.hardware, self.limits, self.cut = nest, hardware, limits, cut
        self._sizes = np.array(nest.sizes, dtype=np.int64)
        self._counted = nest if cut is None else replace(nest, **{DIMS[cut]: 1})  # type: ignore[arg-type]

    def below(self, values: Values, most: float) -> IntArray:
        """Return the tiles that may be worth at most so much, shape (tiles, 8), in the order of `DIMS`.

        Parameters
        ----------
        values
            What the tiles of boxes are worth at least.
        """
        waiting, small = [self._roots()], []
        while waiting:
            boxes = waiting.pop()
            if len(boxes) > _AT_ONCE:
                waiting.append(boxes.take(slice(_AT_ONCE, None)))
                boxes = boxes.take(slice(_AT_ONCE))
            boxes = boxes.take(self._values(values, boxes) <= most)
            few = boxes.tiles <= _FEW
            small.append(boxes.take(few))
            if not few.all():
                waiting.append(self._halves(boxes.take(~few)))
        return self._listed(Boxes.joined(small))

    def _values(self, values: Values, boxes: Boxes) -> FloatArray:
        return values(box_cost(self._counted, self.hardware, boxes.low, boxes.high, self.cut), boxes)

    def _roots(self) -> Boxes:
        """Return boxes that hold all tiles: of one window or several, one image or several, and so on."""
        ranges = []
        for dim, size in zip(DIMS, self.nest.sizes, strict=True):
            choices = self.limits.range(
                dim, min(most_at_once(dim, size, self.hardware), self.hardware.num_ms)
            )
            if not choices:
                return Boxes.joined([])
            ranges.append((choices[0], choices[-1]))
        boxes = Boxes(*(np.array([[ends[i] for ends in ranges]], dtype=np.int64) for i in (0, 1)))
        for loop in (K, G, N, X, Y):
            boxes = self._split(boxes, loop, [2])
        boxes = boxes.take((boxes.high[:, N] == 1) | (boxes.high[:, G] == 1))
        if self.nest.stride != (1, 1):
            boxes = boxes.take((boxes.high[:, X] == 1) & (boxes.high[:, Y] == 1))
        if self.nest.Y > 1:
            slides = boxes.high[:, Y] == 1
            taps = [
                size + more for size in range(2, self.nest.S + 1) if not self.nest.S % size for more in (0, 1)
            ]
            boxes = Boxes.joined([self._split(boxes.take(slides), S, taps), boxes.take(~slides)])
        return self._fitting(boxes)

    def _split(self, boxes: Boxes, loop: int, begins: list[int]) -> Boxes:
        """Return parts of boxes that begin at some sizes of a loop."""
        for begin in begins:
            across = (boxes.low[:, loop] < begin) & (boxes.high[:, loop] >= begin)
            lower, upper = boxes.take(across), boxes.take(across)
            lower.high[:, loop], upper.low[:, loop] = begin - 1, begin
            boxes = Boxes.joined([boxes.take(~across), lower, upper])
        return boxes

    def _fitting(self, boxes: Boxes) -> Boxes:
        return boxes.take(boxes.low.astype(np.float64).prod(axis=1) <= self.hardware.num_ms)

    def _halves(self, boxes: Boxes) -> Boxes:
        """Halve boxes along the loop whose sizes differ most, where trip counts change if they do."""
        low, high = boxes.low, boxes.high
        # No loop is longer than the multipliers hold beside the least of all others.
        high = np.minimum(high, self.hardware.num_ms // (low.prod(axis=1)[:, None] // low))
        rows, loop = np.arange(len(low)), np.argmax(high / low, axis=1)
        begin, end = low[rows, loop], high[rows, loop]
        middle = np.sqrt(begin * end.astype(np.float64)).astype(np.int64) + 1
        size = self._sizes[loop]
        # The smallest tile that takes as few steps as the one in the middle.
        first = -(-size // -(-size // middle))
        first = np.where((first > begin) & (loop != self.cut), first, middle)
        lower, upper = Boxes(low.copy(), high.copy()), Boxes(low.copy(), high.copy())
        lower.high[rows, loop] = first - 1
        upper.low[rows, loop] = first
        return self._fitting(Boxes.joined([lower, upper]))

    def _listed(self, boxes: Boxes) -> IntArray:
        """Return the tiles of boxes that keep the rules."""
        parts = [np.empty((0, len(DIMS)), dtype=np.int64)]
        ends = np.cumsum(boxes.tiles)
        first = 0
        while first < len(boxes):
            begin = ends[first - 1] if first else 0.0
            last = max(first + 1, int(np.searchsorted(ends, begin + _LISTED)))
            tiles = _each(boxes.take(slice(first, last)), self.hardware.num_ms)
            parts.append(keeping_the_rules(self.nest, self.hardware, tiles))
            first = last
        found = np.concatenate(parts)
        return found[np.lexsort(found.T[::-1])]


def _each(boxes: Boxes, most: int) -> IntArray:
    """Return all tiles of boxes of at most so many multiplications."""
    tiles, high = boxes.low, boxes.high
    for loop in range(len(DIMS)):
        count = high[:, loop] - tiles[:, loop] + 1
        parent = np.repeat(np.arange(len(tiles)), count)
        place = np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count)
        tiles, high = tiles[parent], high[parent]
        tiles[:, loop] += place
        fits = tiles.prod(axis=1) <= most
        tiles, high = tiles[fits], high[fits]
    return tiles
