"""Words between DRAM and buffer, and the buffer's words: counted by walking the loops."""

from random import Random

import numpy as np
import pytest

from solver.cost.two_level.dram import buffer_input_lines, dram_words, footprint
from solver.hardware.memory import PrefetchBuffer
from solver.layer import LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, buffer_trips
from tests.support.examples.level_questions import ENDLESS, random_mapping, small_hardware, small_nest, walked


@pytest.mark.parametrize("seed", range(8))
def test_the_model_counts_the_words_that_the_walker_moves(seed: int) -> None:
    rng = Random(seed)
    compared = 0
    while compared < 40:
        nest, hardware = small_nest(rng, most=5), small_hardware(rng, ENDLESS, sizes=(8, 16, 32))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None:
            continue
        by_walk, by_model = walked(nest, hardware, mapping)
        assert by_model == by_walk, (nest, mapping)
        compared += 1


CONV = LoopNest(R=3, S=3, C=4, K=6, X=8, Y=8)


def words(buffer: list[int], order: str) -> tuple[int, int, int, int]:
    buffers = np.array([buffer])
    moved = dram_words(CONV, buffer_trips(CONV, buffers), buffer_input_lines(CONV, buffers), order)
    return tuple(
        int(column[0]) for column in (moved.weights, moved.inputs, moved.output_writes, moved.output_reads)
    )


def test_a_buffer_that_holds_the_layer_moves_every_word_once() -> None:
    for order in DRAM_ORDERS:
        assert words([3, 3, 4, 6, 1, 1, 8, 8], order) == (216, 400, 384, 0)


def test_weights_are_fetched_again_for_every_window_tile_that_channels_interrupt() -> None:
    two_rows_two_channels = [3, 3, 2, 6, 1, 1, 4, 8]
    # Channels inside the rows: weights twice, sums never leave; inputs lose the overlap of neighbours.
    assert words(two_rows_two_channels, "KPQ") == (432, 4 * 6 * 10 * 2, 384, 0)
    # Rows inside the channels: weights once, sums of the first channels leave and come back.
    assert words(two_rows_two_channels, "KQP") == (216, 400, 768, 384)


def test_halos_are_fetched_once_where_a_neighbour_left_them() -> None:
    assert words([3, 3, 4, 6, 1, 1, 8, 2], "KQP")[1] == 400
    # Row strips of a map that is split along both: the rows' overlap is fetched anew with each column.
    assert words([3, 3, 4, 6, 1, 1, 4, 4], "KQP")[1] == 4 * (2 * 6) * 10


def test_split_buffers_have_room_for_each_operand_of_its_own() -> None:
    buffers = np.array([[3, 3, 4, 6, 1, 1, 2, 8]])
    tile = footprint(buffers, buffer_input_lines(CONV, buffers))
    assert (int(tile.weights[0]), int(tile.inputs[0]), int(tile.outputs[0])) == (216, 160, 96)
    exact = PrefetchBuffer(weights=216, inputs=160, outputs=96, word_bytes=1, double_buffered=False)
    short = PrefetchBuffer(weights=999, inputs=159, outputs=999, word_bytes=1, double_buffered=False)
    assert tile.fits(exact)[0] and not tile.fits(short)[0]


def test_a_double_buffer_holds_half_as_much() -> None:
    buffers = np.array([[3, 3, 4, 6, 1, 1, 2, 8]])
    tile = footprint(buffers, buffer_input_lines(CONV, buffers))
    assert tile.fits(PrefetchBuffer(capacity=2 * 472, double_buffered=False))[0]
    assert not tile.fits(PrefetchBuffer(capacity=4 * 472 - 1))[0]
    assert tile.fits(PrefetchBuffer(capacity=4 * 472))[0]
