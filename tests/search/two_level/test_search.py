"""The branch and bound over both levels, beside the enumeration of the joint space."""

from dataclasses import replace
from functools import cache
from itertools import chain
from math import prod
from random import Random

import numpy as np
import pytest

from solver.cost.result import Objective
from solver.cost.two_level.array import array_shapes
from solver.errors import InfeasibleError
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import DIMS, LoopNest
from solver.legal.levels import array_tiles
from solver.legal.tiles import Limits
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.search.progress import ENDLESS, Clock
from solver.search.two_level import branch, expand
from solver.search.two_level.goal import Best, Front
from solver.search.two_level.search import LevelSearch, OutOfTime
from solver.search.two_level.smallest import laid_out
from tests.support.examples.level_questions import (
    Enumerated,
    LevelQuestion,
    enumerate_all,
    small_hardware,
    small_question,
)


@cache
def questions() -> list[tuple[LevelQuestion, Enumerated]]:
    rng, found = Random(0), []
    while len(found) < 8:
        question = small_question(rng)
        every = enumerate_all(question, most=40_000)
        if every is not None:
            found.append((question, every))
    return found


by_one_size = pytest.mark.parametrize("at_once", [0, expand._AT_ONCE])
"""Whether buffer tiles are sifted by the size of every loop alone, or not as they are few."""


@by_one_size
def test_the_search_finds_the_optimum_and_the_front_of_the_whole_space(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(expand, "_AT_ONCE", at_once)
    for question, every in questions():  # `python -m benchmarks.proofs.two_level_oracle` takes more
        try:
            search = LevelSearch(question.nest, question.hardware, question.limits)
        except InfeasibleError:
            assert not len(every.latency), question
            continue
        for objective in Objective:
            goal = Best(objective)
            assert search.run(goal, ENDLESS) == (np.inf, np.inf)
            assert goal.best == pytest.approx(every.values(objective).min(), rel=1e-9), (question, objective)
        front = Front()
        search.run(front, ENDLESS)
        expected = list(chain(*every.front()))
        assert list(chain(*((p.latency, p.energy) for p in front.points))) == pytest.approx(
            expected, rel=1e-9
        )


def test_the_space_has_every_array_tile_that_fits_with_every_buffer_tile_in_every_order() -> None:
    for question, _ in questions():
        nest, hardware = question.nest, question.hardware
        try:
            search = LevelSearch(nest, hardware, question.limits)
        except InfeasibleError:
            continue
        whole = {dim for dim, windows in (("R", nest.X), ("S", nest.Y)) if windows > 1}
        buffers = prod(1 if dim in whole else getattr(nest, dim) for dim in DIMS)
        every = enumerate_all(question, wrong=True)
        assert every is not None
        fitting = len({*map(tuple, every.tiles.tolist())})
        assert search.space_size == fitting * buffers * len(DRAM_ORDERS) * len(question.orders)


@pytest.mark.parametrize("windows", [{"X": 2}, {"Y": 2}, {"X": 2, "Y": 2}])
def test_two_windows_are_enough_for_filters_to_be_kept_whole(windows: dict[str, int]) -> None:
    memory = Memory(buffer=PrefetchBuffer(capacity=60), dram_bandwidth=1)
    hardware = small_hardware(Random(1), memory, (8,))
    question = LevelQuestion(LoopNest(R=3, S=2, K=3, **windows), hardware, Limits())
    every = enumerate_all(question)
    assert every is not None
    tiles = array_tiles(question.nest, hardware, Limits())
    rows, _ = laid_out(question.nest, hardware, tiles)
    assert {*map(tuple, every.tiles.tolist())} == {*map(tuple, tiles[rows].tolist())}


@by_one_size
def test_a_cap_on_cycles_leaves_the_best_of_what_is_fast_enough(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(expand, "_AT_ONCE", at_once)
    for question, every in questions()[:6]:
        if not len(every.latency):
            continue
        most = int(np.quantile(every.latency, 0.1))
        goal = Best(Objective.ENERGY, most_cycles=most)
        LevelSearch(question.nest, question.hardware, question.limits).run(goal, ENDLESS)
        assert goal.best == pytest.approx(every.energy[every.latency <= most].min(), rel=1e-9)


def test_searching_again_for_another_goal_changes_nothing() -> None:
    question, _ = questions()[0]
    once = LevelSearch(question.nest, question.hardware, question.limits)
    goals = [Best(objective) for objective in (*Objective, *Objective)]
    for goal in goals:
        once.run(goal, ENDLESS)
    assert [goal.point for goal in goals[:3]] == [goal.point for goal in goals[3:]]


ANY = Limits()
CONV = LoopNest(R=3, S=3, C=4, K=6, X=8, Y=8)


def refused(nest: LoopNest, limits: Limits = ANY, held: int | None = None, **buffer: int) -> str:
    memory = Memory(buffer=PrefetchBuffer(**buffer), dram_bandwidth=4, weights_per_switch=held)
    hardware = replace(small_hardware(Random(0), memory, sizes=(16,)), dn_bw=4, rn_bw=4)
    with pytest.raises(InfeasibleError) as error:
        LevelSearch(nest, hardware, limits)
    return str(error.value)


def test_too_small_a_buffer_is_named_with_what_it_would_need() -> None:
    """Nine weights, nine inputs and one output, twice, of two bytes."""
    message = refused(CONV, capacity=75)
    assert "9 weights + 9 inputs + 1 outputs" in message
    assert "76 bytes" in message and "75 bytes" in message


def test_the_part_of_a_split_buffer_that_is_too_small_is_named() -> None:
    message = refused(CONV, weights=100, inputs=35, outputs=100)
    assert "9 words of inputs" in message and "36 bytes" in message and "35 bytes" in message


def test_the_array_tile_that_the_user_wants_counts_for_the_buffer_it_needs() -> None:
    assert "18 weights" in refused(CONV, Limits(lower={"K": 2}), capacity=76)


def test_a_switch_that_holds_too_few_weights_is_named() -> None:
    pinned = Limits(lower={"R": 1, "S": 1, "C": 1}, upper={"R": 1, "S": 3, "C": 1})
    assert "2 stationary words" in refused(CONV, pinned, held=2, capacity=4096)


def test_accumulators_are_named_where_nothing_else_forbids_the_tile() -> None:
    """Twelve virtual neurons of one multiplier: none of 16 switches is to spare for their sums."""
    pinned = Limits(lower={"K": 6, "X": 2}, upper={"R": 1, "S": 1, "C": 1})
    assert "accumulators" in refused(CONV, pinned, capacity=4096)


def test_no_array_tile_is_refused_as_on_a_single_level() -> None:
    assert "switch capacity" in refused(CONV, Limits(lower={"K": 6, "X": 8}), capacity=4096)


def test_a_buffer_just_large_enough_has_an_answer() -> None:
    memory = Memory(buffer=PrefetchBuffer(capacity=76), dram_bandwidth=4)
    hardware = replace(small_hardware(Random(0), memory, sizes=(16,)), dn_bw=4, rn_bw=4)
    goal = Best(Objective.LATENCY)
    LevelSearch(CONV, hardware, Limits()).run(goal, ENDLESS)
    assert goal.point is not None
    assert goal.point.mapping.buffer.sizes == (3, 3, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("objective", list(Objective))
def test_time_that_ends_before_branching_leaves_a_mapping_and_a_whole_search(
    objective: Objective,
) -> None:
    memory = Memory(buffer=PrefetchBuffer(capacity=256), dram_bandwidth=4)
    hardware = replace(small_hardware(Random(0), memory, sizes=(16,)), dn_bw=4, rn_bw=4)
    search, hurried, best, fresh = LevelSearch(CONV, hardware, Limits()), *(Best(objective) for _ in range(3))
    with pytest.raises(OutOfTime):
        search.narrow(Best(objective), Clock(0.0, None))
    latency, energy = search.run(hurried, Clock(0.0, None))
    assert search.run(best, ENDLESS) == (np.inf, np.inf)
    LevelSearch(CONV, hardware, Limits()).run(fresh, ENDLESS)
    assert hurried.point is not None and best.point == fresh.point and best.point is not None
    assert 0 < latency <= best.point.latency and 0 < energy <= best.point.energy
    assert hurried.best >= best.best


told = pytest.mark.parametrize(
    ("few", "rounds", "most"),
    [(300, 22, 64), (0, 2, 64), (0, 22, 64), (0, 22, 4)],
    ids=["boxes", "wide", "halves", "handed on"],
)
"""How array tiles that promise nothing are told."""


@told
@pytest.mark.parametrize("objective", list(Objective))
def test_no_array_tile_that_a_vector_of_refill_counts_leaves_open_promises_nothing(
    monkeypatch: pytest.MonkeyPatch, objective: Objective, few: int, rounds: int, most: int
) -> None:
    for name, value in (("_FEW", few), ("_ROUNDS", rounds), ("_OPEN", most), ("_AT_ONCE", 100)):
        monkeypatch.setattr(branch, name, value)
    memory = Memory(buffer=PrefetchBuffer(capacity=256), dram_bandwidth=4)
    hardware = replace(small_hardware(Random(0), memory, sizes=(16,)), dn_bw=4, rn_bw=4)
    search, goal = LevelSearch(CONV, hardware, Limits()), Best(objective)
    search.dive(goal)
    boxes, quick = search.boxes, search.quick_bounds
    rows, place = np.unique(quick.tile, return_inverse=True)
    tiles, back = search._laid_out[rows], search._back[rows]
    shapes = array_shapes(CONV, hardware, tiles, back, exact=False)
    buffers = boxes.refined(boxes.roots(), 10**6, lambda some: np.ones(len(some.order), dtype=bool))
    assert boxes.single(buffers.box).all()
    pairs = search._branching(replace(quick, tile=place), buffers, shapes).pairs
    # Every array tile with every vector, both with sums that come back or both without.
    at, vector = np.nonzero(quick.back[:, None] == buffers.back)
    every = pairs.bounded(at, buffers.box[vector], buffers.order[vector])
    open_ = np.unique(every.array[goal.open(every.latency, every.energy)])
    assert 0 < len(open_) < len(quick.tile)
    kept = search._promising(goal, quick, search._refined(goal, quick, boxes.roots()))
    assert set(zip(quick.tile[open_], quick.order[open_], strict=True)) <= set(
        zip(kept.tile, kept.order, strict=True)
    )
    assert rounds == 2 or most == 4 or len(kept.tile) < len(quick.tile)


@told
@pytest.mark.parametrize("objective", list(Objective))
def test_array_tiles_searched_to_the_end_before_others_are_laid_out_lose_nothing(
    monkeypatch: pytest.MonkeyPatch, objective: Objective, few: int, rounds: int, most: int
) -> None:
    memory = Memory(buffer=PrefetchBuffer(capacity=256), dram_bandwidth=4)
    hardware = replace(small_hardware(Random(0), memory, sizes=(16,)), dn_bw=4, rn_bw=4)
    whole, thinned = Best(objective), Best(objective)
    assert LevelSearch(CONV, hardware, Limits()).run(whole, ENDLESS) == (np.inf, np.inf)
    monkeypatch.setattr("solver.search.two_level.search._FAVOURITES", 1)
    monkeypatch.setattr("solver.search.two_level.search._POSITIONS", 16)
    for name, value in (("_FEW", few), ("_ROUNDS", rounds), ("_OPEN", most)):
        monkeypatch.setattr(branch, name, value)
    search = LevelSearch(CONV, hardware, Limits())
    assert search.run(thinned, ENDLESS) == (np.inf, np.inf)
    assert thinned.best == whole.best
    # Where time ends in between, the bound is of all that is open.
    hurried = Best(objective)
    reached = search.run(hurried, Clock(1e-9, None))
    assert hurried.value(*map(np.array, reached)) <= whole.best <= hurried.best
