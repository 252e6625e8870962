from itertools import product
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits, capacity, fitting_tiles, forbidding_rule, legal_tiles, legality
from solver.mapping.tile import Tile
from tests.support.questions import Question, random_question
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))
HARDWARE = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
TRAVELLING = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)


def legal_by_the_specification(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """The section "Legal mappings", read aloud, one tile at a time."""
    r, s, c, k, g, *_ = (-(-size // part) for size, part in zip(nest.sizes, tile.sizes, strict=True))
    folds, vn, vns = r * s * c, tile.R * tile.S * tile.C, tile.K * tile.G * tile.N * tile.X * tile.Y
    if any(part > size for size, part in zip(nest.sizes, tile.sizes, strict=True)) or tile.N != 1:
        return False
    needed = vn * vns
    if folds > 1 and not hardware.accumulation_buffer:
        needed = (vn + 1) * vns
    if needed > hardware.num_ms:
        return False
    if hardware.accumulation_buffer and folds > 1 and vn < 2 and vns != 1:
        return False
    if max(nest.stride) > 1 and (tile.X > 1 or tile.Y > 1):
        return False
    slides = (
        tile.Y == 1
        and tile.S > 1
        and nest.stride == (1, 1)
        and nest.S % tile.S == 0
        and nest.dilation[1] == 1
    )
    return not (slides and nest.X % tile.X and k * g > 1 and nest.Y > 1)


@settings(max_examples=60, deadline=None)
@given(questions)
def test_the_space_is_what_the_specification_calls_legal(question: Question) -> None:
    nest, hardware, limits = question.nest, question.hardware, question.limits
    choices = [limits.range(dim, min(getattr(nest, dim), hardware.num_ms)) for dim in DIMS]
    expected = {
        sizes
        for sizes in product(*choices)
        if prod(sizes) <= hardware.num_ms and legal_by_the_specification(nest, hardware, Tile(*sizes))
    }
    found = [tuple(sizes) for sizes in legal_tiles(nest, hardware, limits).tolist()]
    assert found == sorted(expected)


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
        (LoopNest(K=4, N=2), HARDWARE, Tile(N=2), "T_N must be 1"),
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
        (LoopNest(S=3, K=2, X=5, Y=4), HARDWARE, Tile(S=3, X=2), "T_X = 2 must divide X = 5"),
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
        (Limits(lower={"N": 2}), "tile size: T_N >= 2 exceeds 1"),
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


def test_the_space_has_as_many_mappings_as_the_simulator_found_legal() -> None:
    for row in rows("stonne_optimum.csv")[::2]:
        assert len(legal_tiles(nest_of(row), hardware_of(row))) == int(row["legal_tiles"])
