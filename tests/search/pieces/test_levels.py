"""Pieces behind a prefetch buffer: bounds below all mappings, and answers that are those of all splits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from solver.answers.mapped import IN_PIECES
from solver.cost.result import Objective, value_of
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, Gemm, Primitive
from solver.legal.tiles import Limits
from solver.pieces.cuts import Cut, cuts_of
from solver.search.pieces import level_floors
from solver.search.pieces.goal import Goal, weighted
from solver.search.pieces.level_earlier import Earlier, bound_between
from solver.search.pieces.level_floors import Floors
from solver.search.pieces.level_groups import LevelGroup, least_of, level_groups
from solver.search.pieces.level_lot import level_lots
from solver.search.pieces.level_search import LevelPieceSearch
from solver.search.pieces.lines import Lines, lowest
from solver.search.progress import Clock
from solver.search.solve import solve
from tests.oracles import pieces as oracle
from tests.oracles.pieces import (
    Figures,
    level_fronts,
    random_layer,
    random_level_hardware,
    splits,
    uneven_levels,
)

WISH = Wish(frozenset({"direct"}))
"""One form, so that there are few mappings to enumerate."""

Ask = Callable[[Random], tuple[Primitive, Hardware]]
BEHIND = Memory(buffer=PrefetchBuffer(capacity=120, word_bytes=1), dram_bandwidth=2)


def random_levels(rng: Random) -> tuple[Primitive, Hardware]:
    """Return a random small layer and array."""
    return random_layer(rng, 4), random_level_hardware(rng)


@pytest.mark.parametrize(
    "layer", [Conv(input=(2, 2, 4), filters=5, kernel=(2, 2)), Gemm(m=2, n=4, k=3)], ids=["conv", "gemm"]
)
def test_the_best_pieces_are_those_of_all_splits(layer: Primitive) -> None:
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=BEHIND)
    fronts = [level_fronts(layer, cut, hardware, WISH) for cut in cuts_of(layer, WISH, hardware)]
    points = [point for front in fronts if front for point in splits(front, None)]
    for objective in (Objective.LATENCY, Objective.ENERGY):
        answer = solve(layer, hardware, objective, wish=WISH, pieces=None)
        least = min(value_of(objective, cycles, energy) for cycles, energy in points)
        assert answer.proved and answer.objective_value == least == answer.bound


@pytest.mark.parametrize("seed", [5, 29, 137, 190])
def test_layers_that_are_best_in_several_pieces_take_the_best_of_all_splits(seed: int) -> None:
    layer, hardware = uneven_levels(Random(seed))
    (cut,) = cuts_of(layer, WISH, hardware)
    fronts = level_fronts(layer, cut, hardware, WISH)
    assert fronts is not None
    several = 0
    for most in (None, 2):
        for objective, least in oracle.least_of([fronts], most).items():
            answer = solve(layer, hardware, objective, wish=WISH, pieces=most)
            assert answer.proved and abs(answer.objective_value - least) <= least * Decimal("1e-10")
            assert sum(piece.cost.cycles for piece in answer.pieces) in (0, answer.cost.cycles)
            several += bool(answer.pieces)
    assert several


@pytest.mark.parametrize(
    ("ask", "seed"),
    # Of the uneven layers one has transfers in no whole cycles, one fetches its inputs with every refill.
    # In two a range of sizes has the refills of the shortest only.
    [*((random_levels, seed) for seed in (1, 24, 58)), *((uneven_levels, s) for s in (15, 63, 1000, 1014))],
)
@pytest.mark.parametrize("weights", [(1, 0), (0, 1), (2, 1)])
@pytest.mark.parametrize("steps", ["few", "narrow"])
@pytest.mark.parametrize("near", [False, True], ids=["anything", "near"])
def test_no_bound_of_a_piece_is_above_its_best_mapping(
    ask: Ask,
    seed: int,
    weights: tuple[int, int],
    steps: str,
    near: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether pieces may cost anything, or what is known of the layer says which are of interest."""
    # All pieces of small layers are tiny.
    monkeypatch.setattr(level_floors, "_TINY", 0)
    if steps == "narrow":
        # Small layers have no narrow ranges of several sizes: let those be as wide as the others.
        both = [(1.0, False), (1.0, True)]
        monkeypatch.setattr(level_floors, "_STEPS", (*both, (2.0, True), (1.0, True), (0.0625, True)))
        monkeypatch.setattr(level_floors, "_SMALL", 0)
        monkeypatch.setattr(level_floors, "_FEW", 0)
    for layer, hardware, goal, cut, fronts in enumerated(ask, seed, weights):
        lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
        known = 10**30
        groups = level_groups(lots, goal, hardware, cut.size, known)
        floors = Floors(groups, hardware, goal, cut.size)
        rest, clock = np.zeros(cut.size + 1), Clock(None, None)
        if near and fronts and fronts[cut.size]:
            known = min(goal.value(*point) for point in fronts[cut.size])
            rest = 0.9 * np.linspace(0.0, float(known), cut.size + 1)[::-1]
        floors.by_the_filter(groups, known, clock)
        asked = 0
        for count in range(cut.size - 1, 0, -1):
            for group in groups:
                while group.width <= count and not floors.knows(group, count):
                    floors.sharpen([group, *groups], count, known, rest, clock)
                    asked += 1
        assert asked
        assert_below(groups, fronts, goal, cut.size)


@pytest.mark.parametrize("seed", [1, 6, 24, 58])
@pytest.mark.parametrize("weights", [(1, 0), (0, 1)])
def test_the_bound_of_a_piece_holds_for_all_longer_ones(seed: int, weights: tuple[int, int]) -> None:
    for layer, hardware, goal, cut, fronts in enumerated(random_levels, seed, weights):
        for at in range(1, cut.size):
            lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
            search = LevelPieceSearch(layer, cut, hardware, lots, goal, 10**12)
            search._bound(at, np.zeros(cut.size + 1), Clock(None, None))
            assert_below(search.groups, fronts, goal, cut.size)


@pytest.mark.parametrize(
    ("ask", "seed"), [*((random_levels, s) for s in (24, 58)), *((uneven_levels, s) for s in (15, 63, 1000))]
)
def test_bounds_under_two_goals_hold_under_one_between_them(ask: Ask, seed: int) -> None:
    """Array tiles that the searches under those never had among them are bounded by their lines."""
    clock, raised, left_out = Clock(None, None), 0, 0
    for layer, hardware, goal, cut, fronts in enumerated(ask, seed, (1, 1)):
        lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
        every = level_groups(lots, goal, hardware, cut.size, 10**30)
        for part in (0.2, 0.5, 1.0, 2.0):
            earlier = []
            for sides in ((goal.cycles, 0), (goal.cycles, goal.energy * 3), (0, 1)):
                side = weighted(hardware, *sides)
                least = min(side.value(*point) for point in fronts[cut.size]) if fronts else 10**12
                known = int(part * least)
                search = LevelPieceSearch(layer, cut, hardware, lots, side, known)
                for count in range(cut.size - 1, 0, -1):
                    search._bound(count, np.zeros(cut.size + 1), clock)
                earlier.append(Earlier(side, search.every, hardware))
                left_out += sum(len(g.rows) for g in every) - sum(len(g.rows) for g in search.every)
            groups = level_groups(lots, goal, hardware, cut.size, 10**30)
            bound_between(groups, goal, earlier)
            assert_below(groups, fronts, goal, cut.size)
            for group, before in zip(groups, every, strict=True):
                raised += int((group.bounds > before.bounds * 1.001).sum())
    assert raised and left_out


def test_array_tiles_that_a_search_began_without_are_bounded_by_their_lines() -> None:
    compared = 0
    for layer, hardware, goal, cut, _ in enumerated(random_levels, 24, (1, 1)):
        lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
        groups = level_groups(lots, goal, hardware, cut.size, 10**30)
        for group in (each for each in groups if len(each.rows) > 1):
            alone = replace(group, rows=group.rows[:1], bounds=np.full_like(group.bounds, 10.0**30))
            others = tuple(line.take(np.arange(1, len(group.rows))) for line in group.lines)
            lines = least_of((others[0], others[1]), group.width, cut.size)
            found, some = Earlier(goal, [alone], hardware).bounds(group), slice(group.width, -1)
            assert found[some].tolist() == lines[some].tolist()
            compared += 1
    assert compared


def enumerated(
    ask: Ask, seed: int, weights: tuple[int, int]
) -> Iterator[tuple[Primitive, Hardware, Goal, Cut, list[list[Figures]] | None]]:
    """Yield a random small layer with its first cut, and all that its pieces cost.

    Parameters
    ----------
    weights
        Of a cycle and of an energy unit.
    """
    layer, hardware = ask(Random(seed))
    places = weighted(hardware, 0, 0).places
    cycles, energy = weights
    goal = weighted(hardware, cycles * 10**places if energy else cycles, energy)
    for cut in cuts_of(layer, WISH, hardware)[:1]:
        fronts = level_fronts(layer, cut, hardware, WISH, most=3000)
        yield layer, hardware, goal, cut, fronts


def assert_below(groups: list[LevelGroup], fronts: list[list[Figures]] | None, goal: Goal, size: int) -> None:
    """Check that no piece has a mapping that costs less than its bound; without fronts none has any."""
    for count in range(1, size):
        bound = min((float(group.bounds[count]) for group in groups), default=float("inf"))
        least = min((goal.value(*point) for point in fronts[count]), default=10**40) if fronts else 10**40
        assert bound <= least * (1 + 1e-9) or (bound == float("inf") and least == 10**40)


def test_a_tile_for_all_filters_but_one_behind_a_buffer() -> None:
    hardware = read_hardware("maeri-64-dram")
    layer = Conv(input=(8, 6, 6), filters=22, kernel=(3, 3), padding=((1, 1), (1, 1)))
    answer = solve(layer, hardware, Objective.LATENCY, wish=WISH, pieces=None)
    assert answer.proved and answer.form == IN_PIECES and answer.one_piece is not None
    assert answer.levels is None and all(piece.levels for piece in answer.pieces)
    assert [piece.count for piece in answer.pieces] == [21, 1]
    assert sum(piece.cost.cycles for piece in answer.pieces) == answer.cost.cycles == 1599
    assert answer.one_piece.cost.cycles == 2110


def test_lines_are_only_left_out_for_one_that_is_nowhere_above() -> None:
    """Of three that begin and rise alike per iteration none is below another everywhere."""
    base, each = np.array([0.0, 10.0, 1.0, 2.0]), np.array([10.0, 0.0, 1.0, 2.0])
    assert sorted(lowest(Lines(base, np.ones(4), each)).tolist()) == [0, 1, 2]
