"""Forms that cost the same as far as bounds know: products and mirror images, strides nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.cost import level_costs
from solver.forms.mirror import Mirror
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, Gemm, LoopNest
from solver.legal.levels import array_tiles, legal_pairs
from solver.legal.tiles import Limits
from solver.mapping.buffer_tile import DRAM_ORDERS, buffer_trips, comes_back
from solver.pieces.cuts import cuts_of, families_along
from solver.search.two_level.alike import distinct, lesser_waits, mirrored, tightened_for_both
from solver.search.two_level.smallest import laid_out
from tests.oracles.pieces import random_level_hardware

WISH = Wish()
STRIDED = Conv(input=(4, 9, 9), filters=6, kernel=(1, 1), stride=(2, 2))
PRODUCT = Gemm(m=6, n=7, k=5)


def product_of(rng: Random) -> LoopNest:
    """Return loops of a small matrix product, in groups and of several images at times."""
    sizes = {"S": rng.randint(2, 7), "K": rng.randint(1, 5), "X": rng.randint(1, 7)}
    return LoopNest(R=1, C=1, G=rng.choice((1, 1, 2)), N=rng.choice((1, 1, 2)), Y=1, **sizes)


def tiles_of(nest: LoopNest, hardware: Hardware) -> tuple[np.ndarray, np.ndarray]:
    """Return array tiles that go with some buffer tile, and with which sums come back."""
    tiles = array_tiles(nest, hardware, Limits())
    rows, back = laid_out(nest, hardware, tiles)
    return tiles[rows], back


def examples(
    rng: Random, count: int
) -> Iterator[tuple[LoopNest, LoopNest, Hardware, np.ndarray, np.ndarray]]:
    """Yield small products with their mirror images, on arrays on which they have array tiles."""
    for _ in range(count):
        nest, hardware = product_of(rng), random_level_hardware(rng)
        tiles, back = tiles_of(nest, hardware)
        if len(tiles):
            yield nest, Mirror().nest(nest), hardware, tiles, back


def test_a_product_and_its_mirror_image_have_the_same_array_tiles() -> None:
    compared = 0
    for _, image, hardware, tiles, back in examples(Random(1), 60):
        its, its_back = tiles_of(image, hardware)
        keys = {(*tile, b) for tile, b in zip(mirrored(tiles).tolist(), back.tolist(), strict=True)}
        assert keys == {(*tile, b) for tile, b in zip(its.tolist(), its_back.tolist(), strict=True)}
        compared += len(tiles)
    assert compared > 1000


def test_the_mirror_image_of_a_product_costs_no_less_before_tiles_are_laid_out() -> None:
    rng, compared, equal = Random(2), 0, 0
    for _ in range(60):
        nest, hardware = product_of(rng), random_level_hardware(rng)
        image = Mirror().nest(nest)
        tiles = array_tiles(nest, hardware, Limits())
        buffers = np.array([list(map(rng.randint, tile, nest.sizes)) for tile in tiles.tolist()])
        rows = legal_pairs(nest, hardware, tiles, buffers, "weights")
        assert (rows == legal_pairs(image, hardware, mirrored(tiles), mirrored(buffers), "weights")).all()
        tiles, buffers = tiles[rows], buffers[rows]
        back = comes_back(hardware, buffer_trips(nest, buffers))
        if not len(tiles):
            continue
        for order, exact in product(DRAM_ORDERS, (True, False)):
            shapes = array_shapes(nest, hardware, tiles, back, exact=exact)
            its = array_shapes(image, hardware, mirrored(tiles), back, exact=exact)
            one = level_costs(nest, hardware, shapes, buffers, order, "weights")
            other = level_costs(image, hardware, its, mirrored(buffers), order, "weights")
            # Multipliers that could hand inputs on are taken to.
            assert (one.latency <= other.latency).all() and (one.array <= other.array).all()
            assert (one.energy <= other.energy).all()
            assert np.array_equal(one.transfer, other.transfer)
            assert np.array_equal(one.tile.total, other.tile.total)
            equal += int((one.latency == other.latency).sum())
            compared += len(tiles)
    assert compared > 1000 and equal > 0.9 * compared


def test_waits_for_both_are_no_longer_than_either() -> None:
    rng, compared = Random(3), 0
    for nest, image, hardware, tiles, back in examples(rng, 25):
        shapes = array_shapes(nest, hardware, tiles, back)
        known: dict[tuple[bool, tuple[int, ...]], np.ndarray] = {}
        its: dict[tuple[bool, tuple[int, ...]], np.ndarray] = {}
        both = tightened_for_both(nest, hardware, shapes, known, image, its).waits[:, :, :8]
        counts = np.array([rng.randint(0, 9) for _ in range(8)])
        for tile, b, waits in zip(tiles.tolist(), back.tolist(), both, strict=True):
            turned_tile = tuple(mirrored(np.array([tile]))[0].tolist())
            either = [(rows[:, :8] @ counts).max() for rows in (known[b, tuple(tile)], its[b, turned_tile])]
            assert (waits @ counts).max() <= min(either)
            compared += 1
    assert compared > 300


def test_lesser_waits_of_different_numbers() -> None:
    one = np.array([[5, 1, 1, 0, 0, 7, 7, 0, 1, 2, 1, 2], [0, 0, 0, 0, 2, 3, 3, 0, 0, 0, 0, 0]])
    other = np.array([[5, 1, 1, 0, 0, 6, 9, 0, 0, 0, 0, 0]])
    assert lesser_waits(one, other).tolist() == [[0] * 12, [5, 1, 1, 0, 0, 6, 7, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("layer", [STRIDED, PRODUCT])
def test_every_form_is_searched_or_costs_what_a_searched_one_does(layer: Conv | Gemm) -> None:
    hardware, left_out = read_hardware("maeri-64-dram"), 0
    for cut in cuts_of(layer, WISH, hardware):
        families = [family for family in families_along(layer, cut, WISH, hardware) if not family.whole]
        kept = distinct(families)
        searched = [family for pair in kept for family in pair if family is not None]
        assert set(searched) <= set(families) and len(set(searched)) == len(searched)
        for family in families:
            # What is left out has the loops of one that is not, but for strides that windows of one tap have.
            assert any(replace(one.nest, stride=family.nest.stride) == family.nest for one in searched)
        left_out += len(families) - len(kept)
    assert left_out >= 2


def test_the_mirror_images_of_a_product_are_bounded_with_it() -> None:
    layer, hardware = PRODUCT, read_hardware("maeri-64-dram")
    (cut,) = [cut for cut in cuts_of(layer, WISH, hardware) if cut.dim == "K"]
    twins = [twin.name for _, twin in distinct(families_along(layer, cut, WISH, hardware)) if twin]
    assert twins == ["mirrored", "product, inputs stationary, mirrored"]
