"""The legality rules applied to tiles that a baseline made up itself."""

from __future__ import annotations

from solver.arithmetic.arrays import IntArray
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import RULES


def keep_legal(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> IntArray:
    """Return those of some tiles (rows in the order of `DIMS`) that keep the rules, order kept.

    Whether weights overtake inputs in them is left to be asked of what is chosen (`first_right`).
    """
    for rule in RULES:
        tiles = tiles[rule.keeps(nest, hardware, tiles)]
    return tiles
