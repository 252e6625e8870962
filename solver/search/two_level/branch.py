"""Best-first branch and bound over pairs of an array tile and a box of refill counts.

Every array tile begins with all refill counts (ROOT). The pair with the least bound is halved next, until
boxes hold one vector of refill counts each; then their buffer tiles are evaluated (`expand`). What is dropped
has a lower bound that cannot improve on the goal, so when nothing is left the goal is proved.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.two_level.array import ArrayShapes, tightened
from solver.search.progress import ENDLESS, Clock, OutOfTime
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds
from solver.search.two_level.boxes import Boxes, BufferBounds
from solver.search.two_level.expand import Expansion
from solver.search.two_level.goal import Goal
from solver.search.two_level.pairs import ROOT, PairBounds, Pairs

_NEAR = 1 << 15
"""Pairs among which the best are looked for; the others wait."""

_LEAST_BATCH, _MOST_BATCH = 256, 4096
_ROOTS = 64
_AT_ONCE = 4096
"""Array tiles whose pairs are held at once, where only the tiles are of interest."""

_FEW = 300
"""Boxes up to which all are tried to see which array tiles promise nothing, some 0.2 us each; of more the
widest are halved, some 70 us for an array tile."""

_ROUNDS, _OPEN = 22, 64
"""How often they are halved, and the open pairs with which an array tile is taken to promise something:
most that promise nothing never have more than ten, and those of many array tiles are held at once."""

_JOINED = 1 << 18
_WIDTH = 256
"""Pairs kept at each depth of a dive."""

_SEEDS = 2048
"""Pairs that a dive begins with."""

_OFFERED = 16
"""Pairs evaluated at each depth of a dive, and mappings replayed."""

_LAID_OUT = 32
"""Array tiles laid out between two looks at the clock."""

_TIGHTEN = 32
"""Pairs of an array tile that are halved before the tile is laid out for its waits, a millisecond."""


class Waiting:
    """Pairs that are still open, those with the least bounds at hand.

    Parameters
    ----------
    still
        Returns those that are.
    """

    def __init__(self, pairs: Pairs, still: Callable[[Goal, Pairs], Pairs]) -> None:
        self._near, self._far, self._still = Pairs.none(), [pairs], still

    def push(self, pairs: Pairs, goal: Goal) -> None:
        """Add pairs."""
        self._near = Pairs.joined([self._near, pairs])
        if len(self._near) > 2 * _NEAR:
            self._part(goal)

    def _part(self, goal: Goal) -> None:
        """Leave the best pairs at hand only."""
        if len(self._near) > _NEAR:
            rank = goal.rank(self._near.latency, self._near.energy)
            order = np.argpartition(rank, _NEAR)
            self._far.append(self._near.take(order[_NEAR:]))
            self._near = self._near.take(order[:_NEAR])

    def pop(self, goal: Goal, count: int) -> Pairs:
        """Take the best pairs out, the best first; none if no pair is open."""
        near = self._still(goal, self._near)
        if not len(near) and self._far:
            near = Pairs.joined([self._still(goal, each) for each in self._far])
            self._far = []
        self._near = near
        self._part(goal)
        rank = goal.rank(self._near.latency, self._near.energy)
        order = np.argsort(rank, kind="stable")
        best = self._near.take(order[:count])
        self._near = self._near.take(order[count:])
        return best

    def least(self) -> tuple[float, float]:
        """Return the least latency and energy of all pairs."""
        parts = [self._near, *self._far]
        return (
            min(float(each.latency.min(initial=np.inf)) for each in parts),
            min(float(each.energy.min(initial=np.inf)) for each in parts),
        )


class Branching:
    """Branch and bound over some array tiles of a layer.

    Attributes
    ----------
    pairs
        Bounds on their pairs.
    """

    def __init__(
        self,
        boxes: Boxes,
        buffers: BufferBounds,
        pairs: PairBounds,
        expansion: Expansion,
        tight: dict[tuple[bool, tuple[int, ...]], IntArray],
        joined: JoinedBounds,
    ) -> None:
        self.boxes, self.buffers, self.pairs, self.expansion = boxes, buffers, pairs, expansion
        self.joined = joined
        self._tight = tight
        self._halved = np.zeros(len(pairs.shapes.tiles), dtype=np.int64)
        self._laid_out = np.zeros(len(pairs.shapes.tiles), dtype=bool)

    def dive(self, goal: Goal, clock: Clock = ENDLESS) -> None:
        """Look for good incumbents: of each depth only the best pairs are followed.

        When time is up, to the first incumbent only.
        """
        pairs = self._with_boxes(goal, np.arange(len(self.pairs.arrays.tile)), _SEEDS)
        while len(pairs) and not (goal.has_mapping and clock.expired):
            best = np.argsort(goal.rank(pairs.latency, pairs.energy), kind="stable")[:_WIDTH]
            pairs = pairs.take(best)
            single = self.boxes.single(pairs.box)
            self._offer(goal, pairs.take(single).take(slice(None, _OFFERED)), _OFFERED)
            pairs = self._halves(goal, pairs.take(~single))

    def close(
        self, goal: Goal, clock: Clock, on_point: Callable[[], None] | None = None
    ) -> tuple[float, float]:
        """Search until nothing is open, or time is up; return the least bounds of what was left open."""
        waiting = Waiting(self._roots(), self._still)
        count = _LEAST_BATCH
        while True:
            batch = waiting.pop(goal, count)
            if not len(batch):
                return np.inf, np.inf
            if clock.expired:
                waiting.push(batch, goal)
                return waiting.least()
            roots = np.flatnonzero(batch.order == ROOT)
            waiting.push(batch.take(roots[_ROOTS:]), goal)
            waiting.push(self._with_boxes(goal, batch.array[roots[:_ROOTS]]), goal)
            batch = batch.take(batch.order != ROOT)
            single = self.boxes.single(batch.box)
            leaves, wide = batch.take(single), batch.take(~single)
            try:
                self._count(wide, clock)
                self._offer(goal, leaves, clock=clock)
            except OutOfTime:
                waiting.push(batch, goal)
                return waiting.least()
            if len(leaves) and on_point is not None:
                on_point()
            waiting.push(self._halves(goal, wide), goal)
            count = min(2 * count, _MOST_BATCH)

    def promising(self, goal: Goal, clock: Clock = ENDLESS) -> IntArray:
        """Return the elements of the array bounds that some box of refill counts may leave open.

        Every refill count of an element lies in one of the boxes that are tried, with every order worth
        trying, and an element is left out only when all of its boxes have bounds that cannot improve on
        the goal.

        Raises
        ------
        OutOfTime
            If the time limit passes.
        """
        count, few = len(self.pairs.arrays.tile), len(self.buffers.order) <= _FEW
        left = self._left_by_all if few else self._left_by_halves
        parts = []
        for first in range(0, count, _AT_ONCE):
            if clock.expired:
                raise OutOfTime
            parts.append(left(goal, np.arange(first, min(first + _AT_ONCE, count))))
        return np.concatenate(parts)

    def _left_by_all(self, goal: Goal, array: IntArray) -> IntArray:
        """Try every box that no bound of its own has excluded."""
        return np.unique(self._with_boxes(goal, array).array)

    def _left_by_halves(self, goal: Goal, array: IntArray) -> IntArray:
        """Halve the widest boxes of all elements at once: most are given up by a few wide ones.

        An element is kept, and no longer looked at, once a single vector of refill counts leaves it open,
        or so many boxes do that it takes more to give it up than to search it.
        """
        roots, found = self.boxes.roots(), np.zeros(len(self.pairs.arrays.tile), dtype=bool)
        at, root = np.nonzero(self.pairs.arrays.back[array, None] == roots.back)
        pairs = self._open(goal, array[at].astype(np.int32), roots.box[root], roots.order[root])
        for _ in range(_ROUNDS):
            found[pairs.array[self.boxes.single(pairs.box)]] = True
            pairs = self._halves(goal, pairs.take(~found[pairs.array]))
            found |= np.bincount(pairs.array, minlength=len(found)) > _OPEN
        found[pairs.array] = True
        return np.flatnonzero(found)

    def with_buffers(self, arrays: ArrayBounds) -> tuple[FloatArray, FloatArray]:
        """Bound array tiles with the best refill counts that go with each."""
        return self.joined(arrays.cycles, arrays.energy, *self.buffers.least(arrays.back))

    def _roots(self) -> Pairs:
        arrays = self.pairs.arrays
        latency, energy = self.with_buffers(arrays)
        count = len(arrays.tile)
        box = np.zeros((count, self.buffers.box.shape[1]), dtype=np.int32)
        return Pairs(
            np.arange(count, dtype=np.int32), box, np.full(count, ROOT, dtype=np.int8), latency, energy
        )

    def _with_boxes(self, goal: Goal, array: IntArray, most: int | None = None) -> Pairs:
        """Return the open pairs of array tiles with all boxes, or those that promise most."""
        arrays, buffers = self.pairs.arrays, self.buffers
        parts = []
        step = max(1, _JOINED // max(1, len(buffers.order)))
        for first in range(0, len(array), step):
            some = array[first : first + step]
            latency, energy = self.joined(
                arrays.cycles[some, None],
                arrays.energy[some, None],
                buffers.transfer,
                buffers.exposed,
                buffers.energy,
            )
            worth = self._open_with(goal, some[:, None], latency, energy)
            a, b = np.nonzero(worth & (arrays.back[some, None] == buffers.back))
            if most is not None and len(a) > most:
                best = np.argpartition(goal.rank(latency[a, b], energy[a, b]), most)[:most]
                a, b = a[best], b[best]
            parts.append(self._open(goal, some[a].astype(np.int32), buffers.box[b], buffers.order[b]))
        return Pairs.joined(parts) if parts else Pairs.none()

    def _halves(self, goal: Goal, pairs: Pairs) -> Pairs:
        """Return the open halves of pairs."""
        box, of = self.boxes.halved(pairs.box)
        return self._open(goal, pairs.array[of], box, pairs.order[of])

    def _open(self, goal: Goal, array: IntArray, box: IntArray, order: IntArray) -> Pairs:
        return self._still(goal, self.pairs.bounded(array, box, order))

    def _still(self, goal: Goal, pairs: Pairs) -> Pairs:
        """Return the pairs that are open."""
        return pairs.take(self._open_with(goal, pairs.array, pairs.latency, pairs.energy))

    def _open_with(self, goal: Goal, array: IntArray, latency: FloatArray, energy: FloatArray) -> BoolArray:
        """Return which bounds of elements of the array bounds leave room for an improvement."""
        return goal.open(latency, energy)

    def _count(self, pairs: Pairs, clock: Clock) -> None:
        """Lay out the array tiles that take much work."""
        rows = self.pairs.arrays.tile[pairs.array]
        np.add.at(self._halved, rows, 1)
        self._lay_out(np.unique(rows[self._halved[rows] >= _TIGHTEN]), clock)

    def _exactly(self, pairs: Pairs, clock: Clock) -> Pairs:
        """Bound pairs by how long the last outputs of their array tiles really take to leave."""
        self._lay_out(np.unique(self.pairs.arrays.tile[pairs.array]), clock)
        return self.pairs.bounded(pairs.array, pairs.box, pairs.order)

    def _lay_out(self, rows: IntArray, clock: Clock) -> None:
        rows = rows[~self._laid_out[rows]]
        for first in range(0, len(rows), _LAID_OUT):
            if clock.expired:
                raise OutOfTime
            some = rows[first : first + _LAID_OUT]
            self.pairs.wait(some, self._tightened(self.pairs.shapes.take(some)))
            self._laid_out[some] = True

    def _tightened(self, shapes: ArrayShapes) -> ArrayShapes:
        return tightened(self.boxes.nest, self.boxes.hardware, shapes, self._tight)

    def _offer(self, goal: Goal, pairs: Pairs, most: int | None = None, clock: Clock = ENDLESS) -> None:
        """Evaluate the buffer tiles of boxes that hold one vector of refill counts; of all or `most`.

        Array tiles are laid out when it is their turn: most pairs are no longer open by then.

        Raises
        ------
        OutOfTime
            If the time limit passes.
        """
        pairs = pairs.take(np.argsort(goal.rank(pairs.latency, pairs.energy), kind="stable"))
        step = 8
        while True:
            pairs = self._still(goal, pairs)
            if not len(pairs):
                return
            now, pairs = pairs.take(slice(None, step)), pairs.take(slice(step, None))
            now = self._still(goal, self._exactly(now, clock))
            arrays = self.pairs.arrays
            if self.expansion.suspects is not None and most is None:
                tiles = self.pairs.shapes.tiles[arrays.tile[now.array]]
                self.expansion.suspects.note(now.latency, now.energy, tiles)
            columns = (
                arrays.tile[now.array],
                arrays.order[now.array],
                now.order,
                self.boxes.classes(now.box),
            )
            classed = list(zip(*(column.tolist() for column in columns), strict=True))
            self.expansion.offer(goal, classed, self.pairs.shapes, most, clock)
            if most is not None:
                return
            step = min(2 * step, _WIDTH)
