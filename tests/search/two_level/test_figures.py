"""Figures of array tiles that searches of pieces share are those of each piece by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from random import Random

import numpy as np
import pytest

from solver.cost.two_level.array import ArrayShapes, array_shapes
from solver.cost.two_level.replays import ArrayReplays
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.levels import array_tiles
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of, families_along
from solver.search.two_level import figures
from solver.search.two_level.figures import Figures
from solver.search.two_level.smallest import laid_out, smallest_buffers
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


def pieces(rng: Random) -> Iterator[tuple[LoopNest, Hardware, np.ndarray, np.ndarray, Figures]]:
    """Yield loops of pieces, some of their array tiles, with which sums come back, and shared figures."""
    for _ in range(12):
        layer, hardware = uneven_levels(rng)
        hardware = rng.choice((hardware, random_level_hardware(rng)))
        shared = Figures(hardware)
        for cut in cuts_of(layer, Wish(), hardware):
            for family in families_along(layer, cut, Wish(), hardware):
                tiles = array_tiles(family.nest, hardware, Limits())
                rows, back = laid_out(family.nest, hardware, tiles)
                for count in range(1, cut.size + 1):
                    some = np.array(sorted(rng.sample(range(len(rows)), min(len(rows), 9))), dtype=np.int64)
                    if len(some):
                        yield family.nest_of(count), hardware, tiles[rows[some]], back[some], shared


@pytest.mark.parametrize("most", [1 << 15, 12])
def test_figures_of_pieces_of_all_lengths_are_computed_once(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_MOST", most)
    rng, asked, computed = Random(3), 0, 0

    def counted(*args: object, **kwargs: object) -> ArrayShapes:
        nonlocal computed
        computed += len(args[2])  # type: ignore[arg-type]
        return array_shapes(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(figures, "array_shapes", counted)
    for nest, hardware, tiles, back, shared in pieces(rng):
        exact = rng.random() < 0.5
        found = shared.of(nest, tiles, back, exact=exact)
        assert listed(found) == listed(array_shapes(nest, hardware, tiles, back, exact=exact))
        asked += len(tiles)
    assert asked > 1000 and (computed < asked / 2) == (most > 12)


def test_buffer_tiles_of_pieces_of_all_lengths_are_replayed_once() -> None:
    alone = shared_out = 0
    for nest, hardware, tiles, back, shared in pieces(Random(5)):
        buffers = smallest_buffers(nest, hardware, np.minimum(tiles, nest.sizes), back)
        replays, others = shared.replays(nest), ArrayReplays(nest, hardware)
        for tile, buffer in zip(np.minimum(tiles, nest.sizes).tolist(), buffers.tolist(), strict=True):
            assert replays.cycles(tile, buffer) == others.cycles(tile, buffer)
        shared_out, alone = shared_out + replays.replayed, alone + others.replayed
    assert 0 < shared_out < alone / 2
