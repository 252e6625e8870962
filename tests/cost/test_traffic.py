from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.array.layout import Layout, send_order
from solver.cost.traffic import Traffic, forwarding, traffic, trip_counts
from solver.cost.traffic_bound import traffic_bound
from solver.hardware import read_hardware
from solver.layer import Conv, Gemm
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile, trips
from tests.support.examples.questions import Question, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32, 64)))


def sample(question: Question, count: int) -> np.ndarray:
    """Return some tiles, spread over the space."""
    tiles = candidate_tiles(question.nest, question.hardware)
    return tiles[:: max(1, len(tiles) // count)]


def blocks(layout: Layout, key: np.ndarray, wanted: np.ndarray, block: int) -> int:
    """Count the distinct pairs of a block of multipliers and a word."""
    position = np.arange(len(key))
    return len({(p // block, k) for p, k in zip(position[wanted], key[wanted], strict=True)})


@settings(max_examples=40, deadline=None)
@given(questions)
def test_traffic_is_what_the_layout_of_each_tile_counts_word_by_word(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = sample(question, 12)
    load = traffic(nest, hardware, tiles)
    sizes = [2**j for j in range(hardware.port_width.bit_length())]
    for i, tile in enumerate(map(Tile.of, tiles)):
        layout = Layout(nest, hardware, tile)
        data = ~layout.is_aux
        slide = layout.last_column if layout.forwards else data
        assert load.aux[i] == layout.aux
        assert load.forwards[i] == layout.forwards
        for name, key, wanted in (
            ("weight", layout.weight_key, data),
            ("input", layout.input_key, data),
            ("slide", layout.input_key, slide),
        ):
            words = np.zeros(hardware.dn_bw, dtype=np.int64)
            for port in range(hardware.dn_bw):
                words[port] = len(set(key[wanted & (layout.port == port)].tolist()))
            assert getattr(load, f"{name}s")[i].tolist() == words.tolist()
            counts = [blocks(layout, key, wanted, size) for size in sizes]
            assert getattr(load, f"{name}_wires")[i] == sum(counts)
            assert getattr(load, f"{name}_switches")[i] == sum(counts[1:])
        psums = np.bincount(layout.port[layout.is_aux], minlength=hardware.dn_bw)
        assert load.psums[i].tolist() == psums.tolist()


@settings(max_examples=40, deadline=None)
@given(questions)
def test_no_tile_has_less_traffic_than_the_product_form_says(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = sample(question, 60)
    exact, least = traffic(nest, hardware, tiles), traffic_bound(nest, hardware, tiles)
    for kind in ("weights", "inputs", "slides"):
        assert (getattr(least, kind).max(axis=1) <= getattr(exact, kind).max(axis=1)).all()
    for kind in ("weight", "input", "slide"):
        for where in ("wires", "switches"):
            assert (getattr(least, f"{kind}_{where}") <= getattr(exact, f"{kind}_{where}")).all()


@pytest.mark.parametrize(
    ("layer", "tile"),
    [
        (Conv(input=(1, 6, 14), filters=3, kernel=(2, 3), dilation=(4, 3)), (1, 3, 1, 2, 1, 1, 1, 4)),
        (Conv(input=(4, 10, 5), filters=2, kernel=(3, 2), dilation=(2, 1)), (2, 1, 1, 2, 1, 1, 3, 3)),
    ],
)
def test_a_filters_first_windows_share_inputs_with_the_last_ones_of_the_filter_before(
    layer: Conv, tile: tuple[int, ...]
) -> None:
    """Dilated windows that share inputs are not neighbours, so those may be nearer: bounds were too high."""
    nest, hardware = layer.nest(), replace(read_hardware("maeri-64"), dn_bw=8)
    tiles = np.array([tile])
    exact, least = traffic(nest, hardware, tiles), traffic_bound(nest, hardware, tiles)
    assert least.input_switches[0] <= exact.input_switches[0]
    assert least.slide_switches[0] <= exact.slide_switches[0]


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(2, 4)),
    st.tuples(st.integers(1, 6), st.integers(2, 8)),
    st.integers(1, 4),
    st.integers(2, 8),
    st.sampled_from([1, 2, 4, 8]),
)
def test_no_tile_of_a_dilated_layer_has_less_traffic_than_the_product_form_says(
    dilation: tuple[int, int],
    kernel: tuple[int, int],
    output: tuple[int, int],
    channels: int,
    filters: int,
    ports: int,
) -> None:
    height, width = ((k - 1) * d + o for k, d, o in zip(kernel, dilation, output, strict=True))
    layer = Conv(input=(channels, height, width), filters=filters, kernel=kernel, dilation=dilation)
    nest, hardware = layer.nest(), replace(read_hardware("maeri-64"), dn_bw=ports, rn_bw=ports)
    tiles = candidate_tiles(nest, hardware)
    exact, least = traffic(nest, hardware, tiles), traffic_bound(nest, hardware, tiles)
    for kind in ("weight", "input", "slide"):
        assert (getattr(least, f"{kind}_switches") <= getattr(exact, f"{kind}_switches")).all()


@settings(max_examples=25, deadline=None)
@given(questions)
def test_some_port_has_all_that_the_last_column_of_the_bound_says(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = sample(question, 60)
    exact, least = traffic(nest, hardware, tiles), traffic_bound(nest, hardware, tiles)
    enough = np.ones(exact.weights.shape, dtype=bool)
    for kind in ("weights", "inputs", "slides"):
        enough &= getattr(exact, kind) >= getattr(least, kind)[:, -1:]
    assert enough.any(axis=1).all()


def test_the_bound_is_what_the_layout_counts_where_virtual_neurons_are_as_wide_as_a_port() -> None:
    nest, hardware = Gemm(m=9, n=20, k=40).nest(), read_hardware("maeri-64")
    tiles = candidate_tiles(nest, hardware)
    wide = tiles[tiles[:, :3].prod(axis=1) >= hardware.port_width]
    exact, least = traffic(nest, hardware, wide), traffic_bound(nest, hardware, wide)
    for name in ("weight_wires", "input_wires", "weight_switches", "input_switches"):
        assert (getattr(exact, name) == getattr(least, name)).all()
    assert (exact.weights.max(axis=1) == least.weights.max(axis=1)).all()


def test_the_bound_is_what_the_busiest_port_is_sent_beside_auxiliary_multipliers() -> None:
    nest = replace(Gemm(m=9, n=20, k=40).nest(), sums="continued")
    for ports in (64, 32, 16):
        hardware = replace(read_hardware("maeri-64"), dn_bw=ports)
        tiles = candidate_tiles(nest, hardware)
        # As wide as a port, and so many that they begin at every place of one.
        wide, often = tiles[:, :3].prod(axis=1), tiles[:, 3:].prod(axis=1)
        many = tiles[(wide >= hardware.port_width) & (often >= hardware.port_width)]
        exact, least = traffic(nest, hardware, many), traffic_bound(nest, hardware, many)
        assert (least.aux == 1).all() and len(many) > 50
        for name in ("weights", "inputs"):
            assert (getattr(exact, name).max(axis=1) == getattr(least, name).max(axis=1)).all()


@settings(max_examples=30, deadline=None)
@given(questions)
def test_words_are_sent_in_the_order_of_their_keys_each_once_per_port(question: Question) -> None:
    for tile in map(Tile.of, sample(question, 5)):
        layout = Layout(question.nest, question.hardware, tile)
        place, words = send_order(layout.input_key, layout.port, layout.last_column)
        for port in range(len(words)):
            mine = layout.last_column & (layout.port == port)
            keys = sorted(set(layout.input_key[mine].tolist()))
            assert words[port] == len(keys)
            assert place[mine].tolist() == [keys.index(key) + 1 for key in layout.input_key[mine].tolist()]
        assert not place[~layout.last_column].any()


@settings(max_examples=20, deadline=None)
@given(questions)
def test_vectorised_rules_are_those_of_the_single_tile(question: Question) -> None:
    tiles = sample(question, 20)
    counts, slides = trip_counts(question.nest, tiles), forwarding(question.nest, question.hardware, tiles)
    for i, tile in enumerate(map(Tile.of, tiles)):
        assert counts[i].tolist() == list(trips(question.nest, tile).values())
        assert slides[i] == Layout(question.nest, question.hardware, tile).forwards


def test_some_tiles_can_be_taken_out_of_a_batch() -> None:
    question = random_question(Random(3))
    tiles = sample(question, 10)
    load = traffic(question.nest, question.hardware, tiles)
    taken = load.take(np.array([2, 0]))
    for name in Traffic.__dataclass_fields__:
        assert (getattr(taken, name) == getattr(load, name)[[2, 0]]).all()
