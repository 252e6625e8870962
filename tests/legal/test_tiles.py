from itertools import product
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from solver.cost.latency import replayable
from solver.cost.overtaking import may_overtake
from solver.cost.replay import replayed
from solver.cost.traffic import auxiliary, forwarding, trip_counts
from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.layer import DIMS, LoopNest
from solver.legal.right import overtaking
from solver.legal.tiles import (
    Limits,
    candidate_tiles,
    capacity,
    fitting_tiles,
    forbidding_rule,
    legal_tiles,
    legality,
)
from solver.mapping.tile import Tile, folds, trips
from tests.support.examples.questions import Question, random_question
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))
HARDWARE = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
TRAVELLING = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
REAL = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, reduction="rtl")


def legal_by_the_specification(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """The section "Legal mappings", read aloud, one tile at a time."""
    r, s, c, *_ = (-(-size // part) for size, part in zip(nest.sizes, tile.sizes, strict=True))
    folds, vn, vns = r * s * c, tile.R * tile.S * tile.C, tile.K * tile.G * tile.N * tile.X * tile.Y
    if any(part > size for size, part in zip(nest.sizes, tile.sizes, strict=True)):
        return False
    if tile.N > 1 and tile.G > 1:
        return False
    needed = vn * vns
    if folds > 1 and not hardware.accumulation_buffer:
        needed = (vn + 1) * vns
    if needed > hardware.num_ms:
        return False
    if hardware.accumulation_buffer and folds > 1 and vn < 2 and vns != 1:
        return False
    return max(nest.stride) == 1 or tile.X == tile.Y == 1


def test_tiles_fit_that_have_a_multiplier_for_every_product() -> None:
    nest, limits = LoopNest(R=2, S=3, C=4, K=3, X=3, Y=2), Limits({"C": 2}, {"K": 2})
    choices = [limits.range(dim, size) for dim, size in zip(DIMS, nest.sizes, strict=True)]
    fitting = [sizes for sizes in product(*choices) if prod(sizes) <= HARDWARE.num_ms]
    assert list(map(tuple, fitting_tiles(nest, HARDWARE, limits).tolist())) == fitting


@settings(max_examples=60, deadline=None)
@given(questions)
def test_the_rules_are_what_the_specification_calls_legal(question: Question) -> None:
    nest, hardware, limits = question.nest, question.hardware, question.limits
    choices = [limits.range(dim, min(getattr(nest, dim), hardware.num_ms)) for dim in DIMS]
    expected = {
        sizes
        for sizes in product(*choices)
        if prod(sizes) <= hardware.num_ms and legal_by_the_specification(nest, hardware, Tile(*sizes))
    }
    found = [tuple(sizes) for sizes in candidate_tiles(nest, hardware, limits).tolist()]
    assert found == sorted(expected)
    right = {tuple(sizes) for sizes in legal_tiles(nest, hardware, limits).tolist()}
    assert right == {sizes for sizes in expected if overtaking(nest, hardware, Tile(*sizes)) is None}


@settings(max_examples=30, deadline=None)
@given(questions)
def test_a_tile_is_refused_with_a_sentence_exactly_when_it_is_not_in_the_space(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    legal = {Tile.of(sizes) for sizes in legal_tiles(nest, hardware)}
    for sizes in fitting_tiles(nest, hardware, Limits())[::3]:
        tile = Tile.of(sizes)
        assert (legality(nest, hardware, tile) is None) == (tile in legal)


@settings(max_examples=30, deadline=None)
@given(questions)
def test_an_empty_space_is_explained_and_a_space_with_tiles_is_not(question: Question) -> None:
    nest, hardware, limits = question.nest, question.hardware, question.limits
    if len(legal_tiles(nest, hardware, limits)):
        with pytest.raises(ValueError, match="some tile is legal"):
            forbidding_rule(nest, hardware, limits)
    else:
        assert ": " in forbidding_rule(nest, hardware, limits)


@pytest.mark.parametrize(
    ("nest", "hardware", "tile", "reason"),
    [
        (LoopNest(K=4), HARDWARE, Tile(K=5), "T_K = 5 but K = 4"),
        (LoopNest(K=4, N=2), REAL, Tile(N=2), "T_N must be 1"),
        (LoopNest(G=4, N=2), HARDWARE, Tile(N=2, G=2), "T_N = 2 and T_G = 2"),
        (
            LoopNest(K=8, C=4),
            HARDWARE,
            Tile(K=8, C=4),
            "8 virtual neurons of 4 multipliers need more",
        ),
        (LoopNest(K=8, C=4), TRAVELLING, Tile(K=8, C=2), "plus one each for the partial sum"),
        (LoopNest(K=8, C=4), HARDWARE, Tile(K=8), "would share accumulators"),
        (
            LoopNest(R=3, S=3, X=4, Y=4, stride=(2, 2)),
            HARDWARE,
            Tile(S=3, X=2),
            "stride 2x2 needs T_X = T_Y = 1",
        ),
        (
            LoopNest(R=3, S=3, C=1, K=3, G=5, X=5, Y=7),
            read_hardware(num_ms=32, dn_bw=16, rn_bw=32),
            Tile(S=3, K=2, G=3),
            "MS0 (port 0) is sent filter iteration 3's weights in cycle 243, but iteration 2's last inputs "
            "reach it from MS2 (port 1) only in cycle 256",
        ),
        (
            LoopNest(R=2, S=2, C=9, K=2, N=3, X=4, Y=4),
            read_hardware(num_ms=64, dn_bw=32, rn_bw=16, accumulation_buffer=False),
            Tile(R=2, S=2),
            "MS1 (port 0) is sent filter iteration 3's weights in cycle 834, but iteration 2's last inputs "
            "reach it from MS2 (port 1) only in cycle 870",
        ),
    ],
)
def test_every_rule_refuses_in_its_own_words(
    nest: LoopNest, hardware: Hardware, tile: Tile, reason: str
) -> None:
    assert reason in (legality(nest, hardware, tile) or "accepted")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(lower={"K": 9}), "tile size: T_K >= 9 exceeds K = 8 of the layer"),
        (Limits(lower={"N": 2}), "tile size: T_N >= 2 exceeds N = 1 of the layer"),
        (Limits(lower={"K": 8, "C": 3}), "switch capacity: "),
        (Limits(lower={"K": 2}, upper={"C": 1}), "accumulators: "),
    ],
)
def test_the_constraint_that_leaves_nothing_is_named(limits: Limits, reason: str) -> None:
    assert forbidding_rule(LoopNest(K=8, C=4), HARDWARE, limits).startswith(reason)


def test_capacity_counts_the_multipliers_that_carry_partial_sums() -> None:
    nest = LoopNest(C=4, K=8)
    tiles = np.array([Tile(C=1, K=8).sizes, Tile(C=2, K=5).sizes, Tile(C=2, K=6).sizes, Tile(C=4, K=4).sizes])
    assert capacity(nest, TRAVELLING, tiles).tolist() == [True, True, False, True]
    assert capacity(nest, HARDWARE, tiles).all()


def test_limits_are_written_as_the_user_thinks_of_them() -> None:
    limits = Limits(lower={"C": 4, "R": 3}, upper={"C": 4, "K": 8})
    assert str(limits) == "T_R>=3, T_C=4, T_K<=8"
    assert list(limits.range("K", 5)) == [1, 2, 3, 4, 5]
    assert list(limits.range("C", 9)) == [4]


@pytest.mark.parametrize(
    ("lower", "upper"), [({"Z": 1}, {}), ({"K": 0}, {}), ({}, {"K": -1}), ({"K": 3}, {"K": 2})]
)
def test_limits_that_make_no_sense_are_refused(lower: dict[str, int], upper: dict[str, int]) -> None:
    with pytest.raises(InputError, match="T_"):
        Limits(lower, upper)


def test_every_mapping_that_the_simulator_computed_wrongly_is_refused() -> None:
    wrong = [row for row in rows("stonne_sims.csv") if row["status"] == "WRONG_RESULT"]
    assert len(wrong) == 26
    for row in wrong:
        assert legality(nest_of(row), hardware_of(row), tile_of(row)) is not None


def test_the_space_has_as_many_mappings_as_the_simulators_study() -> None:
    for row in rows("stonne_optimum.csv")[::6]:
        nest, hardware = nest_of(row), hardware_of(row)
        tiles = candidate_tiles(nest, hardware)
        # The study left out all tiles that forward inputs while padded rows open the barrier early.
        padded = nest.X % tiles[:, DIMS.index("X")] != 0
        assert len(tiles[~(padded & may_open_early(nest, hardware, tiles))]) == int(row["legal_tiles"])


def may_open_early(nest: LoopNest, hardware: Hardware, tiles: NDArray[np.int64]) -> NDArray[np.bool_]:
    several = trip_counts(nest, tiles)[:, [DIMS.index("K"), DIMS.index("G")]].prod(axis=1) > 1
    return forwarding(nest, hardware, tiles) & several & (nest.Y > 1)


def test_one_image_alone_or_weights_that_are_all_the_same_are_never_overtaken() -> None:
    """C and K are one virtual neuron across two ports; only the second image's weights could overtake."""
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8)
    tile = Tile(S=5, C=3)
    assert legality(LoopNest(S=5, C=3, G=1, N=1, X=2, Y=6), hardware, tile) is None
    assert legality(LoopNest(S=5, C=3, G=1, N=2, X=2, Y=6), hardware, tile) is None
    assert "overtake" in (legality(LoopNest(S=5, C=3, K=2, N=2, X=2, Y=6), hardware, tile) or "")


@settings(max_examples=40, deadline=None)
@given(questions)
def test_what_cannot_overtake_does_not_in_the_replay(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = candidate_tiles(nest, hardware)
    safe = tiles[~auxiliary(nest, hardware, tiles) & ~may_overtake(nest, hardware, tiles)]
    safe = safe[replayable(nest, hardware, safe)]
    for sizes in safe[forwarding(nest, hardware, safe)][::5]:
        tile = Tile.of(sizes)
        same = folds(nest, tile) == trips(nest, tile)["K"] * trips(nest, tile)["G"] == 1
        assert same or replayed(nest, hardware, tile).overtaking is None
