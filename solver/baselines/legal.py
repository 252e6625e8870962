"""The legality rules applied to tiles that a baseline made up itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import RULES


def keep_legal(nest: LoopNest, hardware: Hardware, tiles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the legal ones of some tiles (rows in the order of `DIMS`), order kept."""
    for rule in RULES:
        tiles = tiles[rule.keeps(nest, hardware, tiles)]
    return tiles
