"""Which buffer tiles go with which array tiles."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest
from solver.legal.levels import array_tiles, legal_pairs, level_legality, level_overtaking, may_overtake_in
from solver.legal.right import computed_right, overtaking
from solver.legal.tiles import Limits, candidate_tiles, legality
from solver.mapping.buffer_tile import ARRAY_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from tests.support.examples.level_questions import ENDLESS, random_mapping, small_hardware, small_nest

CONV = LoopNest(R=3, S=3, C=4, K=6, X=8, Y=8)


def hardware(**memory: object) -> Hardware:
    keys = {"buffer": PrefetchBuffer(capacity=10**6), "dram_bandwidth": 4} | memory
    return replace(read_hardware(num_ms=16, dn_bw=4, rn_bw=4), memory=Memory(**keys))  # type: ignore[arg-type]


def why(tile: Tile, held: Tile, order: str = "weights", **memory: object) -> str | None:
    return level_legality(CONV, hardware(**memory), LevelMapping(tile, held, "KQP", order))


@pytest.mark.parametrize("seed", range(4))
def test_a_buffer_of_the_whole_layer_allows_what_the_single_level_allows(seed: int) -> None:
    rng = Random(seed)
    for _ in range(20):
        nest, hw = small_nest(rng, most=6), small_hardware(rng, ENDLESS)
        tiles = array_tiles(nest, hw, Limits())
        whole = np.tile(np.array(nest.sizes), (len(tiles), 1))
        found = tiles[legal_pairs(nest, hw, tiles, whole, "weights")]
        alone = candidate_tiles(nest, hw)
        assert found.tolist() == alone.tolist()
        wrong = ~computed_right(nest, hw, alone)
        doubtful = may_overtake_in(nest, hw, alone, np.tile(np.array(nest.sizes), (len(alone), 1)))
        assert doubtful[wrong].all()
        for tile in alone[doubtful][:20]:
            mapping = LevelMapping(Tile.of(tile), Tile.of(nest.sizes))
            on_two = level_overtaking(nest, hw, mapping)
            assert (on_two is None) == (overtaking(nest, hw, Tile.of(tile)) is None)


def test_one_mapping_is_refused_exactly_if_its_pair_is_illegal() -> None:
    rng = Random(9)
    refused = 0
    for _ in range(150):
        memory = replace(ENDLESS, controller="programmable", weights_per_switch=rng.choice((None, 1, 3)))
        nest, hw = small_nest(rng, most=5), small_hardware(rng, memory)
        mapping = random_mapping(rng, nest, hw)
        if mapping is None:
            continue
        tiles, buffers = np.array([mapping.tile.sizes]), np.array([mapping.buffer.sizes])
        legal = legal_pairs(nest, hw, tiles, buffers, mapping.array_order)[0]
        legal &= level_overtaking(nest, hw, mapping) is None
        reason = level_legality(nest, hw, mapping)
        assert (reason is None) == legal, (nest, mapping, reason)
        refused += reason is not None
    assert refused > 10


def test_the_buffer_must_hold_the_array_tile() -> None:
    assert "B_K = 2 but T_K = 4" in (why(Tile(K=4), Tile(R=3, S=3, K=2)) or "")


def test_the_buffer_must_hold_whole_sliding_filters() -> None:
    assert "B_S must be S = 3" in (why(Tile(R=3), Tile(R=3, S=1)) or "")


def test_virtual_neurons_of_one_multiplier_may_not_fold_in_a_buffer_tile() -> None:
    """The single level's rule, for every buffer tile; one that is kept for sums that come back counts."""
    whole, split = Tile(R=3, S=3, C=4, K=2), Tile(R=3, S=3, K=2)
    assert "would share accumulators" in (why(Tile(K=2), whole) or "")
    assert why(Tile(K=2), split) is None
    added = PrefetchBuffer(capacity=10**6, adder=True)
    assert "would share accumulators" in (why(Tile(K=2), split, buffer=added) or "")


def test_a_tile_is_refused_alike_on_one_level_and_on_two() -> None:
    """Three terms per output on four switches: four virtual neurons of one have none to spare for a sum."""
    nest, tile = LoopNest(C=3, X=100), Tile(X=4)
    one = read_hardware(num_ms=4, dn_bw=2, rn_bw=4)
    assert "would share accumulators" in (legality(nest, one, tile) or "")
    two = replace(one, memory=ENDLESS)
    whole, split = (LevelMapping(tile, held) for held in (Tile(C=3, X=100), Tile(X=100)))
    assert "would share accumulators" in (level_legality(nest, two, whole) or "")
    assert "one each for the sum of earlier buffer tiles" in (level_legality(nest, two, split) or "")
    # Beside an adder at the buffer nothing is added in the accumulators.
    adds = replace(ENDLESS, buffer=replace(ENDLESS.buffer, adder=True))
    assert level_legality(nest, replace(one, memory=adds), split) is None


def test_the_fixed_controller_has_one_order() -> None:
    tile, buffer = Tile(R=3), Tile(R=3, S=3)
    assert why(tile, buffer) is None
    for order in ARRAY_ORDERS[1:]:
        assert "fixed controller" in (why(tile, buffer, order) or "")
        assert why(tile, buffer, order, controller="programmable") is None


def test_a_switch_holds_so_many_stationary_words_unless_none_stays() -> None:
    tile, buffer = Tile(R=3), Tile(R=3, S=3)
    keys: dict[str, object] = {"controller": "programmable", "weights_per_switch": 2}
    assert "3 folds" in (why(tile, buffer, "weights", **keys) or "")
    assert "3 folds" in (why(tile, buffer, "inputs", **keys) or "")
    assert why(tile, buffer, "outputs", **keys) is None


def test_a_tile_that_is_too_large_for_the_buffer_is_refused_with_its_words() -> None:
    reason = why(Tile(R=3), Tile(R=3, S=3), buffer=PrefetchBuffer(capacity=75))
    assert "19 words" in (reason or "")


def test_weights_that_overtake_inputs_in_one_buffer_tile_make_the_mapping_illegal() -> None:
    """Two images in a buffer tile whose rows are padded; the execution shows the same fault."""
    nest = LoopNest(R=2, S=3, N=2, X=3, Y=5)
    hw = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=1), memory=ENDLESS)
    images, one = (LevelMapping(Tile(S=3), Tile(R=2, S=3, N=n, X=2, Y=2)) for n in (2, 1))
    reason = level_legality(nest, hw, images) or ""
    assert "in the buffer tile R2 S3 N2 X2 Y2" in reason and "weights overtake inputs" in reason
    assert level_legality(nest, hw, one) is None
