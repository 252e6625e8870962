"""What a form asks of memory is counted: words that are held twice, and zeros in the filters."""

from __future__ import annotations

from random import Random

import pytest

from solver.cost.bounds import compulsory_inputs
from solver.cost.two_level.evaluate import evaluate_levels
from solver.forms.enumerate import forms_of
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from tests.support.level_questions import random_mapping

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
