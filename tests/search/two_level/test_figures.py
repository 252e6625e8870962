"""Figures of array tiles that searches of pieces share are those of each piece by itself."""

from __future__ import annotations

from dataclasses import fields
from random import Random

import numpy as np
import pytest

from solver.cost.two_level.array import ArrayShapes, array_shapes
from solver.forms.wish import Wish
from solver.legal.levels import array_tiles
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of, families_along
from solver.search.two_level import figures
from solver.search.two_level.figures import Figures
from solver.search.two_level.smallest import laid_out
from tests.oracles.pieces import random_level_hardware, uneven_levels


def listed(one: object) -> object:
    """Return figures as lists that can be compared; of ports and waits those that take words.

    Tiles that are computed together are padded to the most ports, which wait for nothing but the way out.
    """
    if isinstance(one, np.ndarray):
        if one.ndim < 3:
            return one.tolist()
        return [sorted(row for row in rows if any(row[:5])) for rows in one.tolist()]
    return {f.name: listed(getattr(one, f.name)) for f in fields(one) if f.name != "kind"}  # type: ignore[arg-type]


@pytest.mark.parametrize("most", [1 << 15, 12])
def test_figures_of_pieces_of_all_lengths_are_computed_once(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_MOST", most)
    computed = 0

    def counted(*args: object, **kwargs: object) -> ArrayShapes:
        nonlocal computed
        computed += len(args[2])  # type: ignore[arg-type]
        return array_shapes(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(figures, "array_shapes", counted)
    rng, asked, different = Random(3), 0, 0
    for _ in range(12):
        layer, hardware = uneven_levels(rng)
        hardware = rng.choice((hardware, random_level_hardware(rng)))
        shared = Figures(hardware)
        for cut in cuts_of(layer, Wish(), hardware):
            for family in families_along(layer, cut, Wish(), hardware):
                tiles = array_tiles(family.nest, hardware, Limits())
                rows, back = laid_out(family.nest, hardware, tiles)
                if not len(rows):
                    continue
                different += len(rows)
                for count in range(1, cut.size + 1):
                    some = np.array(sorted(rng.sample(range(len(rows)), min(len(rows), 9))))
                    nest, exact = family.nest_of(count), rng.random() < 0.5
                    given = nest, hardware, tiles[rows[some]], back[some]
                    found = shared.of(nest, *given[2:], exact=exact)
                    assert listed(found) == listed(array_shapes(*given, exact=exact))
                    asked += len(some)
    assert asked > 1000 and (computed < min(asked / 2, 2 * different) if most > 12 else computed > asked / 2)
