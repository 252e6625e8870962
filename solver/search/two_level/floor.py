"""What pieces of a layer cost at least with array tiles of one size along the loop that is cut.

A piece of s filters with T of them in the array tile makes n = ceil(s / T) passes over them. Let its buffer
tiles be refilled once along the loop that is cut, and take the room of one array tile there: less than any
real one. Then, overlap with transfers aside, a piece with a share r of a long one's passes and filters takes
no less than r of what the array and the DRAM words of the long one take, and all of its transfers that
nothing overlaps with. So it takes no less than r times what the best mapping of the long one does if those
transfers count 1 / r times.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.progress import Clock
from solver.search.two_level.bounds import ArrayBounds, JoinedBounds
from solver.search.two_level.boxes import BufferBounds
from solver.search.two_level.branch import Branching
from solver.search.two_level.goal import Goal, Point
from solver.search.two_level.options import Axis, axes
from solver.search.two_level.pairs import Pairs
from solver.search.two_level.search import Left, LevelSearch


class BoundSearch(LevelSearch):
    """A search for the least bound of single refill counts: no more than the best mapping, without replays.

    A longer piece costs no less: its mappings, buffer tiles cut to a shorter one, have fewer refills, passes
    and words there. Points have no buffer tile.
    """

    def narrow(self, goal: Goal, clock: Clock, *, closing: bool = False) -> Left:
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
    """The joint space of a piece whose loop that is cut is never refilled; transfers are left out of latency.

    Parameters
    ----------
    tiles
        Array tiles, shape (tiles, 8), all with the same size along the loop that is cut.
    dim
        That loop.
    exposure
        How often the transfers that nothing overlaps with are counted.

    Raises
    ------
    InfeasibleError
        If no buffer tile goes with any of the array tiles.
    """

    def __init__(
        self, nest: LoopNest, hardware: Hardware, tiles: IntArray, dim: str, exposure: float
    ) -> None:
        self._dim = dim
        super().__init__(nest, hardware, Limits(), tiles)
        self.joined = JoinedBounds(hardware, exposure)

    def _axes(self) -> list[Axis]:
        found = axes(self.nest, self.hardware.num_ms)
        place = DIMS.index(self._dim)
        size = found[place].size
        once, one = np.array([size]), np.array([1])
        found[place] = Axis(self._dim, size, 1, once, one, one, one, once, once, once)
        return found


class _Floors(Branching):
    """A branch and bound that takes the bounds of single refill counts as they are."""

    def _offer(self, goal: Goal, pairs: Pairs, most: int | None = None) -> None:
        tiles = self.pairs.shapes.tiles[self.pairs.arrays.tile[pairs.array]]
        for i, latency in enumerate(pairs.latency.tolist()):
            tile = Tile.of(tiles[i])
            goal.offer(Point(int(latency), float(pairs.energy[i]), LevelMapping(tile, tile)))
