"""Partial last tiles on the real hardware: where in the loops they are, and which virtual neurons still work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from solver.cost.layout import Layout

LOOP_AXES = ("n", "g", "k", "x", "y")
"""Loops in the order of `Layout.vn_index`."""


@dataclass(frozen=True)
class PartialTile:
    """A box of loop indices in which the same virtual neurons lie within the layer.

    Parameters
    ----------
    when
        Inclusive ranges of the loop indices.
    vns
        The virtual neurons within the layer.
    positions
        Which positions of the layout they hold.
    row_windows
        Per position, the windows of a row in which its virtual neuron works.
    """

    when: dict[str, tuple[int, int]]
    vns: tuple[int, ...]
    positions: NDArray[np.bool_]
    row_windows: NDArray[np.int64]


def partial_tiles(layout: Layout, loops: Sequence[str]) -> Iterator[PartialTile]:
    """Split the indices of some loops into boxes of equal work: whole tiles, and the smaller last ones.

    Parameters
    ----------
    layout
        The tile on the multipliers.
    loops
        Loops to look at, of n, g, k, x, y.

    Yields
    ------
    PartialTile
        Boxes that cover all indices once, whole tiles first.
    """
    nest, tile = layout.nest, layout.tile
    index = dict(zip(LOOP_AXES, layout.vn_index, strict=True))
    windows = -((index["y"] - nest.Y) // tile.Y)
    choices = []
    for loop in loops:
        size, step = getattr(nest, loop.upper()), getattr(tile, loop.upper())
        whole, rest = divmod(size, step)
        if rest:
            choices.append([(loop, (0, whole - 1), step), (loop, (whole, whole), rest)])
    for box in product(*choices):
        positions = np.ones(len(layout.leaf), dtype=bool)
        for loop, _, held in box:
            positions &= index[loop] < held
        yield PartialTile(
            when={loop: indices for loop, indices, _ in box},
            vns=tuple(np.unique(layout.vn[positions]).tolist()),
            positions=positions,
            row_windows=windows,
        )
