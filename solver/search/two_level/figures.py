"""Figures of array tiles that several searches share.

They depend on the operands' overlap, on how C, R and S are folded and on whether windows slide along Y, not
on how long the other loops are (`solver.cost.two_level.array`): those of a layer's pieces are the same. So
are replays of buffer tiles, which know nothing of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.two_level.array import ArrayShapes, array_shapes, joined
from solver.cost.two_level.replays import ArrayReplays
from solver.hardware import Hardware
from solver.layer import LoopNest

_MOST = 1 << 15
"""Array tiles of which figures are kept, some kilobytes each."""

_QUICK = 1 << 11
"""Array tiles of which lower bounds are computed in less time than they are found."""


@dataclass
class _Book:
    """Figures that were computed, and the row of each array tile."""

    row: dict[object, int] = field(default_factory=dict)
    shapes: ArrayShapes | None = None


class Figures:
    """The figures of array tiles on an accelerator, computed once for all searches that ask for them."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware
        self._books: dict[tuple[LoopNest, bool], _Book] = {}
        self._replays = ArrayReplays(LoopNest(), hardware)

    def replays(self, nest: LoopNest) -> ArrayReplays:
        """Return replays of a layer that know the buffer tiles of all others."""
        return self._replays.of(nest)

    def of(self, nest: LoopNest, tiles: IntArray, back: BoolArray, *, exact: bool = True) -> ArrayShapes:
        """Return figures of array tiles, see `array_shapes`.

        Parameters
        ----------
        tiles
            Shape (tiles, 8), at least one.
        back
            For which of them sums come back into the array.
        exact
            False gives lower bounds.
        """
        short = replace(nest, **{dim: min(2, getattr(nest, dim)) for dim in "KGNXY"})
        if len(tiles) > (_MOST if exact else _QUICK):
            return array_shapes(short, self._hardware, tiles, back, exact=exact)
        # The bytes of one row are one value.
        keyed = np.ascontiguousarray(np.column_stack([tiles, back]), dtype=np.int64)
        keys = keyed.view(np.dtype((np.void, keyed.itemsize * keyed.shape[1]))).ravel().tolist()
        book = self._books.setdefault((short, exact), _Book())
        new = {key: place for place, key in enumerate(keys) if key not in book.row}
        if len(book.row) + len(new) > _MOST:
            book = self._books[short, exact] = _Book()
            new = {key: place for place, key in enumerate(keys)}
        if new:
            at = list(new.values())
            more = array_shapes(short, self._hardware, tiles[at], back[at], exact=exact)
            book.row.update(zip(new, range(len(book.row), len(book.row) + len(new)), strict=True))
            book.shapes = more if book.shapes is None else joined([book.shapes, more])
        assert book.shapes is not None
        found = book.shapes.take(np.array([book.row[key] for key in keys]))
        return replace(found, ports=_narrow(found.ports), waits=_narrow(found.waits))


def _narrow(columns: IntArray) -> IntArray:
    """Leave out zeros that only other array tiles need, shape (tiles, columns, figures)."""
    used = np.flatnonzero(columns.any(axis=(0, 2)))
    return columns[:, : used[-1] + 1 if len(used) else 1]
