"""What a form asks of memory is counted: words that are held twice, zeros in filters; no steps unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.cost.bounds import compulsory_inputs
from solver.cost.evaluate import evaluate
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InputError
from solver.forms.enumerate import forms_of
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.levels import level_legality
from solver.legal.tiles import candidate_tiles, legality
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.lines import with_seen_steps
from solver.mapping.tile import Tile
from tests.support.examples.level_questions import (
    random_mapping,
    small_hardware,
    small_memory,
    small_nest,
    small_real_hardware,
)

NEST = LoopNest(R=3, S=3, C=2, K=4, X=4, Y=5, stride=(2, 2))
LEVELS = read_hardware("maeri-64-dram", num_ms=16, dn_bw=4, rn_bw=4)
FORMS = {form.name: form for form in forms_of(NEST, copying=True)}


@pytest.mark.parametrize("name", ["patches of columns", "full patches as a product, weights stationary"])
def test_words_that_are_held_twice_cross_the_edge_twice(name: str) -> None:
    form = FORMS[name]
    needed = form.copies * compulsory_inputs(NEST)
    assert compulsory_inputs(form.nest) == needed > compulsory_inputs(NEST)
    rng, seen = Random(1), 0
    for _ in range(20):
        mapping = random_mapping(rng, form.nest, LEVELS)
        if mapping is None:
            continue
        _, figures = evaluate_levels(form.nest, LEVELS, mapping)
        assert figures.transfers["DRAM to buffer"]["inputs"] >= needed
        seen += 1
    assert seen


@pytest.mark.parametrize("name", ["patches of columns", "full patches as a product, weights stationary"])
def test_words_that_are_held_twice_take_room_twice(name: str) -> None:
    nest = FORMS[name].nest
    one = Tile(**dict.fromkeys("RSCKGNXY", 1))
    mapping = LevelMapping(one, Tile(*nest.sizes), DRAM_ORDERS[0], "weights")
    _, figures = evaluate_levels(nest, LEVELS, mapping)
    assert figures.tile_words["inputs"] == FORMS[name].copies * compulsory_inputs(NEST)


def test_zeros_of_padded_filters_are_weights_like_others() -> None:
    nest = FORMS["space to depth of rows and columns"].nest
    assert (nest.weights, NEST.weights) == (4 * 2 * 4 * 4, 4 * 2 * 3 * 3)
    assert nest.macs * 9 == NEST.macs * 16
    mapping = random_mapping(Random(2), nest, LEVELS)
    assert mapping is not None
    _, figures = evaluate_levels(nest, LEVELS, mapping)
    assert figures.transfers["DRAM to buffer"]["weights"] >= nest.weights


def drawn_with_apart(rng: Random) -> LoopNest:
    """Return a small nest with windows that share no line along some axis, and any steps."""
    while True:
        tall, wide = rng.random() < 0.6, rng.random() < 0.6
        nest = small_nest(rng, most=4)
        steps = [rng.randint(1, 3) for _ in range(4)]
        with suppress(InputError):
            found = replace(
                nest,
                R=1 if tall else nest.R,
                S=1 if wide else nest.S,
                stride=(steps[0], steps[1]),
                dilation=(steps[2], steps[3]),
            )
            if with_seen_steps(found) != found:
                return found


@pytest.mark.parametrize("array", [small_hardware, small_real_hardware])
def test_steps_that_no_two_windows_show_change_no_cost(array: Callable[..., Hardware]) -> None:
    rng, mapped = Random(3), 0
    for _ in range(40):
        nest = drawn_with_apart(rng)
        twin, hardware = with_seen_steps(nest), array(rng, small_memory(rng))
        alone = replace(hardware, memory=None)
        tiles = candidate_tiles(nest, alone)
        assert np.array_equal(tiles, candidate_tiles(twin, alone))
        for tile in map(Tile.of, rng.sample(list(tiles), min(3, len(tiles)))):
            assert legality(nest, alone, tile) == legality(twin, alone, tile)
            assert evaluate(nest, alone, tile) == evaluate(twin, alone, tile)
        mapping = random_mapping(rng, nest, hardware)
        if mapping is not None:
            mapped += 1
            assert level_legality(nest, hardware, mapping) == level_legality(twin, hardware, mapping)
            assert evaluate_levels(nest, hardware, mapping) == evaluate_levels(twin, hardware, mapping)
    assert mapped > 20


def test_strides_that_windows_show_are_kept() -> None:
    nest = LoopNest(R=3, S=1, X=4, Y=1, stride=(2, 3), dilation=(2, 3))
    assert with_seen_steps(nest) == replace(nest, stride=(2, 2), dilation=(2, 1))
    assert with_seen_steps(replace(nest, stride=(1, 1))).stride == (1, 1)
