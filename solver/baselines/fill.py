"""Filling the array greedily, one loop after the other: what the fixed baselines have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from solver.baselines.legal import keep_legal
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.right import first_right
from solver.mapping.tile import Tile


def fill(
    nest: LoopNest, hardware: Hardware, dims: Iterable[str], most: Mapping[str, int] | None = None
) -> Tile:
    """Return a legal tile that takes as much as it can of each loop in turn, none of the others.

    Parameters
    ----------
    nest, hardware
        The layer and the accelerator.
    dims
        Loops in the order in which they may take switches.
    most
        Sizes that some loops shall not exceed although they could.

    Returns
    -------
    Tile
        Legal after every loop, because one product at a time always is.
    """
    tile = np.ones(len(DIMS), dtype=np.int64)
    for dim in dims:
        fits = hardware.num_ms // int(tile.prod())
        largest = min(getattr(nest, dim), fits, (most or {}).get(dim, fits))
        grown = np.tile(tile, (largest, 1))
        grown[:, DIMS.index(dim)] = np.arange(largest, 0, -1)
        # The last row is the tile so far, which is legal.
        kept = keep_legal(nest, hardware, grown)
        tile = kept[first_right(nest, hardware, kept) or 0]
    return Tile.of(tile)
