from dataclasses import replace
from math import inf
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.array.layout import Layout
from solver.cost.batch import batch_cost
from solver.cost.boxes import _Box, box_cost
from solver.cost.traffic import traffic
from solver.hardware import read_hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from tests.support.examples.questions import Question, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32, 64)))


def boxes_around(question: Question, rng: Random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return some tiles, and the corners of a box around each."""
    tiles = candidate_tiles(question.nest, question.hardware)
    tiles = tiles[:: max(1, len(tiles) // 40)]
    low, high = tiles.copy(), tiles.copy()
    for row in range(len(tiles)):
        for loop in rng.sample(range(8), rng.randint(0, 8)):
            low[row, loop] = rng.randint(1, tiles[row, loop])
            high[row, loop] = rng.randint(tiles[row, loop], question.nest.sizes[loop])
    return tiles, low, high


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(0, 10**9).map(Random))
def test_no_tile_of_a_box_costs_less_than_the_box(question: Question, rng: Random) -> None:
    tiles, low, high = boxes_around(question, rng)
    exact = batch_cost(question.nest, question.hardware, tiles)
    least = box_cost(question.nest, question.hardware, low, high)
    assert (least.cycles <= exact.least_cycles * (1 + 1e-12)).all()
    assert (least.energy <= exact.dynamic_energy * (1 + 1e-12)).all()


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(0, 10**9).map(Random))
@example(random_question(Random(645), sizes=(8, 16, 32, 64)), Random(0))
def test_equal_words_stand_as_far_apart_as_the_box_says(question: Question, rng: Random) -> None:
    nest, hardware = question.nest, question.hardware
    tiles, low, high = boxes_around(question, rng)
    for first, last in ((tiles, tiles), (low, high)):
        box = _Box(nest, hardware, first, last, None)
        for row, tile in enumerate(map(Tile.of, tiles)):
            layout = Layout(nest, hardware, tile)
            for words, apart in (
                (layout.weight_key, box.weights_apart),
                (layout.input_key, box.inputs_apart),
            ):
                assert nearest_equal(words[~layout.is_aux], np.flatnonzero(~layout.is_aux)) >= apart[row]


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(0, 10**9).map(Random))
def test_the_first_port_sends_no_less_than_the_box_says(question: Question, rng: Random) -> None:
    nest, hardware = question.nest, question.hardware
    tiles, low, high = boxes_around(question, rng)
    sent = traffic(nest, hardware, tiles)
    for first, last in ((tiles, tiles), (low, high)):
        box = _Box(nest, hardware, first, last, None)
        assert (box.first_weights <= sent.weights[:, 0]).all()
        assert (box.first_inputs <= sent.inputs[:, 0]).all()
        if nest.Y > 1:  # there are later windows of a row
            assert (box.first_slides <= sent.slides[:, 0]).all()


def test_windows_behind_the_first_port_share_their_weights() -> None:
    """Sixteen multipliers: all eight windows of two filters, of one weight each."""
    nest, tile = LoopNest(K=4, X=4, Y=2), np.array([Tile(K=4, X=4, Y=2).sizes])
    box = _Box(nest, read_hardware(num_ms=32, dn_bw=2, rn_bw=8), tile, tile, None)
    assert box.first_weights.tolist() == [2]


def nearest_equal(words: np.ndarray, at: np.ndarray) -> float:
    """Return the least distance between positions of equal words."""
    order = np.lexsort((at, words))
    equal = np.diff(words[order]) == 0
    return min(np.diff(at[order])[equal].tolist(), default=inf)


@pytest.mark.parametrize(
    ("nest", "low", "tile"),
    [
        # Windows one above the other slide in the smallest tile only; side by side they share inputs.
        (LoopNest(S=2, C=7, K=3, G=2, N=2, X=5, Y=4), Tile(S=2, C=2, X=2), Tile(S=2, C=2, X=2, Y=4)),
        # A row further equal inputs stand as far apart as the columns of the tile.
        (LoopNest(R=2, K=9, G=5, X=8, Y=4), Tile(R=2, X=4, Y=3), Tile(R=2, X=4, Y=3)),
    ],
)
def test_inputs_that_windows_share_are_sent_once(nest: LoopNest, low: Tile, tile: Tile) -> None:
    hardware = read_hardware(num_ms=32, dn_bw=4, rn_bw=8)
    first, last = (np.array([each.sizes]) for each in (low, tile))
    least = box_cost(nest, hardware, first, last)
    assert least.cycles[0] <= batch_cost(nest, hardware, last).least_cycles[0]


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(0, 10**9).map(Random), st.sampled_from("KGX"), st.integers(1, 3))
def test_iterations_of_the_loop_that_is_cut_add_up(
    question: Question, rng: Random, dim: str, iterations: int
) -> None:
    tiles, low, high = boxes_around(question, rng)
    at = DIMS.index(dim)
    least = box_cost(replace(question.nest, **{dim: 1}), question.hardware, low, high, at)
    for row in range(len(tiles)):
        size = int(tiles[row, at]) * iterations
        piece = replace(question.nest, **{dim: size})
        exact = batch_cost(piece, question.hardware, tiles[row : row + 1])
        assert iterations * least.cycles[row] <= exact.least_cycles[0] * (1 + 1e-12)
        assert iterations * least.energy[row] <= exact.dynamic_energy[0] * (1 + 1e-12)
