from dataclasses import replace
from itertools import product

import pytest

from solver.array.layout import Layout
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

NEST = LoopNest(R=3, S=4, C=2, K=4, G=2, X=6, Y=5)
TILE = Tile(R=1, S=2, C=2, K=2, G=2, X=2, Y=1)
TRAVELLING = read_hardware(num_ms=64, dn_bw=16, rn_bw=16, accumulation_buffer=False)


def test_virtual_neurons_are_packed_in_the_order_of_rule_2() -> None:
    layout = Layout(NEST, TRAVELLING, TILE)
    assert (layout.aux, layout.vn_size, len(layout.vn)) == (1, 5, 40)
    for g, k, x, c, s in product(*(range(size) for size in (2, 2, 2, 2, 2))):
        position = ((g * TILE.K + k) * TILE.X + x) * 5 + 1 + c * 2 + s
        assert [int(part[position]) for part in layout.vn_index] == [0, g, k, x, 0]
        assert [int(part[position]) for part in layout.offsets] == [c, 0, s]
        assert layout.port[position] == position // 4


def test_without_accumulation_buffer_the_first_multiplier_carries_the_partial_sum() -> None:
    assert [i for i, aux in enumerate(Layout(NEST, TRAVELLING, TILE).is_aux) if aux] == list(range(0, 40, 5))
    buffered = replace(TRAVELLING, accumulation_buffer=True)
    assert not Layout(NEST, buffered, TILE).is_aux.any()
    one_fold = Tile(R=3, S=4, C=2)
    assert Layout(NEST, TRAVELLING, one_fold).aux == 0


def test_multipliers_want_the_same_word_exactly_when_its_coordinates_are_equal() -> None:
    nest = LoopNest(R=3, S=3, C=2, K=2, X=4, Y=4, dilation=(2, 1))
    tile = Tile(R=2, S=2, C=1, K=2, X=2, Y=2)
    layout = Layout(nest, read_hardware(num_ms=32, dn_bw=8, rn_bw=8), tile)
    _, g, k, x, y = (part.tolist() for part in layout.vn_index)
    c, r, s = (part.tolist() for part in layout.offsets)
    for i, j in product(range(len(layout.vn)), repeat=2):
        same_weight = (g[i], k[i], c[i], r[i], s[i]) == (g[j], k[j], c[j], r[j], s[j])
        assert (layout.weight_key[i] == layout.weight_key[j]) == same_weight
        word = [(g[p], c[p], x[p] + 2 * r[p], y[p] + s[p]) for p in (i, j)]
        assert (layout.input_key[i] == layout.input_key[j]) == (word[0] == word[1])


@pytest.mark.parametrize(
    ("nest", "tile", "expected"),
    [
        (NEST, TILE, True),
        (NEST, replace(TILE, Y=2), False),
        (NEST, replace(TILE, S=1), False),
        (NEST, replace(TILE, S=3), False),
        (replace(NEST, stride=(2, 2)), TILE, False),
        (replace(NEST, dilation=(1, 2)), TILE, False),
        (replace(NEST, dilation=(2, 1)), TILE, True),
    ],
)
def test_inputs_are_forwarded_only_where_the_neighbour_holds_the_next_windows_value(
    nest: LoopNest, tile: Tile, expected: bool
) -> None:
    assert Layout(nest, TRAVELLING, tile).forwards is expected
