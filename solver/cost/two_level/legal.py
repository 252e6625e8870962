"""Which pairs of array tile and buffer tile are legal.

The array's own rules (switch capacity, stride, batch) hold as on a single level. The rules that speak of the
layer's loops hold for every buffer tile, because each is run like a small layer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.cost.two_level.tiling import C, G, K, R, S, X, Y
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.space import RULES, Limits, fitting_tiles

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ARRAY_RULES: tuple[str, ...] = ("tile size", "batch", "switch capacity", "stride")
"""Rules of `solver.space` that do not depend on the buffer tile."""


def array_tiles(nest: LoopNest, hardware: Hardware, limits: Limits) -> IntArray:
    """Enumerate the array tiles that are legal with some buffer tile, shape (tiles, 8)."""
    tiles = fitting_tiles(nest, hardware, limits)
    for rule in RULES:
        if rule.name in ARRAY_RULES and len(tiles):
            tiles = tiles[rule.keeps(nest, hardware, tiles)]
    return tiles


def legal_pairs(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    buffers: IntArray,
    forwards: BoolArray,
    array_order: str,
) -> BoolArray:
    """Return which rows of (array tile, buffer tile) are legal, the buffer's capacity aside.

    Parameters
    ----------
    forwards
        Whether each array tile forwards inputs when the weights are stationary.
    """
    inside = (tiles <= buffers).all(axis=1) & (buffers <= np.array(nest.sizes)).all(axis=1)
    whole = np.ones(len(tiles), dtype=bool)
    if nest.X > 1:
        whole &= buffers[:, R] == nest.R
    if nest.Y > 1:
        whole &= buffers[:, S] == nest.S
    folds = (-(-buffers // tiles))[:, [C, R, S]].prod(axis=1)
    vn = tiles[:, [R, S, C]].prod(axis=1)
    single_vn = tiles.prod(axis=1) == vn
    accumulators = (folds == 1) | (vn >= 2) | single_vn
    legal = inside & whole & accumulators
    limit = hardware.memory.weights_per_switch if hardware.memory else None
    if limit is not None and array_order != "outputs":
        legal &= folds <= limit
    if array_order == "weights":
        aligned = (nest.X % tiles[:, X] == 0) & (buffers[:, X] % tiles[:, X] == 0)
        one_iteration = (buffers[:, K] <= tiles[:, K]) & (buffers[:, G] <= tiles[:, G])
        legal &= ~forwards | aligned | one_iteration | (buffers[:, Y] == 1)
    return legal
