"""The tiles of a layer's forms with what bounds need of them, worked out once for all searches of the layer.

One loop of a form that is cut into pieces changes neither the words of a step nor its waves, so the search in
one piece and those along every cut share them.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.batch import CHUNK, BatchCost, Outline, outline, quick_bound
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.count import count_tiles
from solver.legal.tiles import Limits, candidate_tiles

_MOST = 1 << 18
"""Tiles of all forms that are kept: some 60 MB."""

LISTED = 1 << 17
"""Tiles of one form above which only those of interest are listed (`solver.search.coarse`)."""

SMALL = 1024
"""Switches up to which the tiles of a form are always listed."""


class Spaces:
    """Tiles that keep the rules, by loop nest.

    Parameters
    ----------
    hardware, limits
        The array, and bounds on the tiles.
    """

    def __init__(self, hardware: Hardware, limits: Limits) -> None:
        self.hardware, self.limits = hardware, limits
        self._left = _MOST
        self._tiles: dict[LoopNest, IntArray] = {}
        self._outlines: dict[LoopNest, Outline] = {}
        self._bounds: dict[LoopNest, BatchCost] = {}
        self._counts: dict[LoopNest, int] = {}

    def too_many(self, nest: LoopNest) -> int:
        """Return how many candidates a nest has if they are too many to list, else 0."""
        if not self.hardware.kind.packs or self.hardware.num_ms <= SMALL:
            return 0
        if nest not in self._counts:
            self._counts[nest] = count_tiles(nest, self.hardware, self.limits)
        count = self._counts[nest]
        return count if count > LISTED else 0

    def of(self, nest: LoopNest) -> IntArray:
        """Return the candidates of a nest, shape (tiles, 8)."""
        if nest in self._tiles:
            return self._tiles[nest]
        # Bounds go through them loop by loop.
        tiles = np.asfortranarray(candidate_tiles(nest, self.hardware, self.limits))
        if 0 < len(tiles) <= min(CHUNK, self._left):
            self._left -= len(tiles)
            self._tiles[nest] = tiles
        return tiles

    def outline(self, nest: LoopNest) -> Outline | None:
        """Return the outline of what `of` gave; None if that was too much to be kept."""
        if nest not in self._outlines and nest in self._tiles:
            self._outlines[nest] = outline(nest, self.hardware, self._tiles[nest])
        return self._outlines.get(nest)

    def bounds(self, nest: LoopNest, tiles: IntArray) -> BatchCost:
        """Return lower bounds of what `of` gave, without laying the tiles out (`quick_bound`)."""
        if nest in self._bounds:
            return self._bounds[nest]
        bounds = quick_bound(nest, self.hardware, tiles, self.outline(nest))
        if nest in self._tiles:
            self._bounds[nest] = bounds
        return bounds

    def known_bounds(self, nest: LoopNest) -> BatchCost | None:
        """Return the lower bounds of a nest's candidates if they were asked for before."""
        return self._bounds.get(nest)
