"""What pieces of a layer cost at least with array tiles of any sizes along the loop that is cut.

A piece of s filters with T of them in the array tile makes n = ceil(s / T) passes over them. Let its buffer
tiles be refilled once along the loop that is cut, and take the room of one array tile there: less than any
real one. Then, overlap with transfers aside, a piece with a share r of a long one's passes and filters takes
no less than r of what the array and the DRAM words of the long one take, and all of its transfers that
nothing overlaps with. So it takes no less than r times what the best mapping of the long one does if those
transfers count 1 / r times.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.cost.two_level.array import ArrayShapes, array_shapes, joined
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.progress import Clock
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds, array_bounds
from solver.search.two_level.boxes import BufferBounds
from solver.search.two_level.branch import Branching
from solver.search.two_level.goal import Goal, Point
from solver.search.two_level.options import Axis, axes
from solver.search.two_level.pairs import Pairs
from solver.search.two_level.search import Left, LevelSearch

_FAVOURITES = 128
"""Array tiles that are looked at first."""


class BoundSearch(LevelSearch):
    """A search for the least bound of single refill counts: no more than the best mapping, without replays.

    A longer piece costs no less: its mappings, buffer tiles cut to a shorter one, have fewer refills, passes
    and words there. Points have no buffer tile.
    """

    def narrow(self, goal: Goal, clock: Clock) -> Left:
        """Drop array tiles and refill counts whose own bounds the goal excludes; look for no incumbents."""
        quick = self.quick_bounds
        buffers = self._refined(goal, quick, self.boxes.roots())
        arrays, shapes = self._exact(quick.take(goal.open(*self._with(buffers, quick))))
        arrays = arrays.take(goal.open(*self._with(buffers, arrays)))
        return Left(arrays, shapes, self._refined(goal, arrays, buffers))

    def _branching(self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes) -> Branching:
        parts = super()._branching(arrays, buffers, shapes)
        return _Floors(self.boxes, buffers, parts.pairs, self.expansion, self.tight, self.joined)


class FloorSearch(BoundSearch):
    """The joint space of a long piece whose loop that is cut is never refilled, for many array tiles.

    The array's work counts with the part of its array tiles that the piece uses along the cut: what pieces
    take that fill theirs.

    Parameters
    ----------
    tiles
        Array tiles, shape (tiles, 8).
    dim
        The loop that is cut.

    Raises
    ------
    InfeasibleError
        If no buffer tile goes with any of the array tiles.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, tiles: IntArray, dim: str) -> None:
        self._dim = dim
        super().__init__(nest, hardware, Limits(), tiles)
        self._every = self.quick_bounds = self._scaled(self.quick_bounds, self._laid_out)
        self._known: ArrayShapes | None = None
        self._place = np.full(len(self._laid_out), -1)
        self._widths = self._width(self._laid_out)[self._every.tile]

    def least(
        self, goal: Goal, widths: IntArray, clock: Clock, *, exposure: float, transfers: bool
    ) -> tuple[float, float]:
        """Search the array tiles of some widths; returns what `run` does.

        Parameters
        ----------
        widths
            Sizes along the loop that is cut.
        exposure
            How often the transfers that nothing overlaps with are counted.
        transfers
            Whether those count, too, that work may overlap with.
        """
        self.joined = JoinedBounds(self.hardware, exposure, transfers=transfers)
        self.quick_bounds = self._every.take(np.flatnonzero(np.isin(self._widths, widths)))
        return self.run(goal, clock)

    def narrow(self, goal: Goal, clock: Clock) -> Left:
        """Look for the least bounds among what promises most before what they exclude is dropped."""
        buffers = self._refined(goal, self.quick_bounds, self.boxes.roots())
        rank = goal.rank(*self._with(buffers, self.quick_bounds))
        favourites = self._exact(self.quick_bounds.take(np.argsort(rank, kind="stable")[:_FAVOURITES]))
        if len(favourites[0].tile) and len(buffers.order):
            self._branching(favourites[0], buffers, favourites[1]).dive(goal)
        return super().narrow(goal, clock)

    def _axes(self) -> list[Axis]:
        found = axes(self.nest, self.hardware.num_ms)
        place = DIMS.index(self._dim)
        size = found[place].size
        once, one = np.array([size]), np.array([1])
        found[place] = Axis(self._dim, size, 1, once, one, one, one, once, once, once)
        return found

    def _width(self, tiles: IntArray) -> IntArray:
        width: IntArray = tiles[:, DIMS.index(self._dim)]
        return width

    def _used(self, tiles: IntArray) -> FloatArray:
        """Return what part of its array tiles the piece uses along the cut."""
        size, width = getattr(self.nest, self._dim), self._width(tiles)
        used: FloatArray = size / (-(-size // width) * width)
        return used

    def _scaled(self, bounds: ArrayBounds, tiles: IntArray) -> ArrayBounds:
        used = self._used(tiles)[bounds.tile]
        return replace(bounds, cycles=bounds.cycles * used, energy=bounds.energy * used)

    def _exact(self, quick: ArrayBounds) -> tuple[ArrayBounds, ArrayShapes]:
        kept = np.unique(quick.tile)
        new = kept[self._place[kept] < 0]
        if len(new) or self._known is None:
            more = array_shapes(self.nest, self.hardware, self._laid_out[new], self._back[new])
            before = [] if self._known is None else [self._known]
            self._place[new] = np.arange(len(new)) + sum(len(each.tiles) for each in before)
            self._known = joined([*before, more])
        shapes = self._known.take(self._place[kept])
        bounds = array_bounds(self.nest, self.hardware, shapes, self.orders)
        exact = bounds.take(quick.order * len(kept) + np.searchsorted(kept, quick.tile))
        return self._scaled(exact, shapes.tiles), shapes

    def _branching(self, arrays: ArrayBounds, buffers: BufferBounds, shapes: ArrayShapes) -> Branching:
        parts = super()._branching(arrays, buffers, shapes)
        parts.pairs.used = self._used(parts.pairs.shapes.tiles)
        return parts


class _Floors(Branching):
    """A branch and bound that takes the bounds of single refill counts as they are."""

    def _offer(self, goal: Goal, pairs: Pairs, most: int | None = None) -> None:
        tiles = self.pairs.shapes.tiles[self.pairs.arrays.tile[pairs.array]]
        for i, latency in enumerate(pairs.latency.tolist()):
            tile = Tile.of(tiles[i])
            goal.offer(Point(int(latency), float(pairs.energy[i]), LevelMapping(tile, tile)))
