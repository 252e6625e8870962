"""Forms of a piece that cost the same, or at least the same as far as bounds know.

Forms whose loops differ in strides only that no cost can tell cost the same with every mapping: the first of
them is searched. A matrix product in X and S and its mirror image in Y and R send the same words: virtual
neurons hold them in the same order, no two windows share a line, and the loops by which words between DRAM
and buffer could tell the two apart have size 1. In either every window is sent as a whole, so in the image
multipliers have nothing to hand on; in the product they might, but there is no second column. What differs is
how the last outputs of an iteration leave where outputs are padded, which the replay and the waits of laid
out tiles know. So a bound of the product holds for both until tiles are laid out, and then with the lesser
waits of both (`lesser_waits`); where weights stay in the array, as in all bounds of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes, tightened
from solver.cost.two_level.unavoidable import WAITS
from solver.forms.mirror import Mirror
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.lines import with_seen_steps
from solver.pieces.cuts import Family

Tight = dict[tuple[bool, tuple[int, ...]], IntArray]

_TURNED = {"R": "S", "S": "R", "X": "Y", "Y": "X"}
_MIRRORED = [DIMS.index(_TURNED.get(dim, dim)) for dim in DIMS]


def mirrored(tiles: IntArray) -> IntArray:
    """Return the tiles of mirror images, shape (tiles, 8)."""
    result: IntArray = tiles[:, _MIRRORED]
    return result


def distinct(families: Iterable[Family]) -> list[tuple[Family, Family | None]]:
    """Return the forms of pieces that differ in cost, each with its mirror image if it is a product with one.

    Of forms whose loops are alike in the longest piece those of every piece are: an axis with one output or
    one tap has that in all of them, or both strides are the same.
    """
    found: dict[tuple[str, LoopNest], tuple[Family, Family | None]] = {}
    for family in families:
        seen = with_seen_steps(family.nest)
        key = family.dim, seen
        image = _TURNED.get(family.dim, family.dim), Mirror().nest(seen)
        if key in found:
            continue
        if image in found and found[image][1] is None and _is_product(found[image][0].nest):
            found[image] = found[image][0], family
        elif all(_key_of(twin) != key for _, twin in found.values() if twin is not None):
            found[key] = family, None
    return list(found.values())


def _key_of(family: Family) -> tuple[str, LoopNest]:
    return family.dim, with_seen_steps(family.nest)


def _is_product(nest: LoopNest) -> bool:
    """Return whether loops are those of a matrix product in X and S."""
    return nest.stride == nest.dilation == (1, 1) and nest.C == nest.R == nest.Y == 1


def tightened_for_both(
    nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, known: Tight, twin: LoopNest, its: Tight
) -> ArrayShapes:
    """Return figures with waits that neither a product nor its mirror image avoids (`tightened`).

    Parameters
    ----------
    known, its
        Waits of laid out tiles of the product and of its mirror image.
    twin
        Loops of the mirror image.
    """
    pairs = zip(
        tightened(nest, hardware, shapes, known).waits,
        tightened(twin, hardware, replace(shapes, tiles=mirrored(shapes.tiles)), its).waits,
        strict=True,
    )
    return replace(shapes, waits=np.stack([lesser_waits(*pair) for pair in pairs]))


def lesser_waits(one: IntArray, other: IntArray) -> IntArray:
    """Return waits that are no longer than either of two.

    Parameters
    ----------
    one, other
        Waits of an array tile and of its mirror image, shape (waits, COLUMNS) each, in any order; rows of
        zeros may stand for none.

    Returns
    -------
    array
        Shape (waits, COLUMNS), with as many rows as the longer one. Of what outputs wait for beside `WAITS`
        nothing is told.
    """
    count = max(len(one), len(other))
    first, second = (
        np.pad(rows[np.lexsort(rows.T[::-1])], ((count - len(rows), 0), (0, 0))) for rows in (one, other)
    )
    least = np.minimum(first, second)
    least[:, len(WAITS) :] = 0
    return least
