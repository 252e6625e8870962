"""What bounds of pieces leave out, and what they count: laws that hold whatever a search finds."""

from dataclasses import replace
from decimal import Decimal
from math import inf
from random import Random
from typing import Any

import numpy as np
import pytest

from solver.arithmetic.exact import scaled_int
from solver.cost.result import Objective
from solver.cost.two_level.array import array_shapes
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import DIMS, Conv, Primitive
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.pieces.cuts import Cut, cuts_of
from solver.search.pieces.goal import Goal
from solver.search.pieces.ground import DIVIDED, EVERYWHERE, Ground
from solver.search.pieces.level_floors import Floors, _enough
from solver.search.pieces.level_groups import LevelGroup, level_groups
from solver.search.pieces.level_lot import LevelLot, level_lots
from solver.search.pieces.level_piece import LevelPiece, Searched
from solver.search.pieces.level_search import LevelPieceSearch
from solver.search.pieces.product import Least
from solver.search.pieces.search import PieceSearch
from solver.search.pieces.solve import oracle_of
from solver.search.progress import Clock
from solver.search.solve import solve
from solver.search.spaces import Spaces
from solver.search.two_level.bounds import array_least_cycles, least_trips
from solver.search.two_level.floor import FloorSearch
from tests.oracles.pieces import (
    level_fronts,
    piece_fronts,
    random_hardware,
    random_layer,
    random_level_hardware,
    splits,
)

WISH = Wish(frozenset({"direct"}))
BEHIND = Memory(buffer=PrefetchBuffer(capacity=120, word_bytes=1), dram_bandwidth=2)
CONV = Conv(input=(2, 2, 4), filters=5, kernel=(2, 2))


def questions(count: int) -> list[tuple[Primitive, Hardware, Cut]]:
    """Return random layers behind random buffers that can be cut."""
    rng, found = Random(3), []
    while len(found) < count:
        layer, hardware = random_layer(rng, 6), random_level_hardware(rng)
        found += [(layer, hardware, cut) for cut in cuts_of(layer, WISH, hardware)[:1]]
    return found


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.ENERGY])
def test_an_array_tile_is_left_out_only_if_no_pieces_with_it_are_better(objective: Objective) -> None:
    """By their lines, over all splits: one piece with the tile, the others with whichever tiles are best."""
    left_out = kept = 0
    for layer, hardware, cut in questions(12):
        goal = Goal.of(objective, hardware)
        lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
        costs = [least_lines(lot, goal, hardware, cut.size) for lot in lots]
        if not costs:
            continue
        rest = all_sums(np.minimum.reduce([cost.min(axis=0) for cost in costs]))
        with_tile = [np.min(cost[:, 1:] + rest[-2::-1][: cut.size], axis=1) for cost in costs]
        for share in (0.0, 0.3, 0.8):
            every = np.sort(np.concatenate(with_tile))
            every = every[np.isfinite(every)]
            known = int(every[int(share * (len(every) - 1))]) + 1
            groups = level_groups(lots, goal, hardware, cut.size, known)
            for lot, values in zip(lots, with_tile, strict=True):
                taken = {int(row) for group in groups if group.lot is lot for row in group.rows}
                wanted = np.flatnonzero((values * (1 + 1e-9) < known) & (lot.width < cut.size))
                assert taken >= set(wanted.tolist())
                left_out, kept = left_out + len(lot.tiles) - len(taken), kept + len(wanted)
    assert left_out > 100 and kept > 100


def least_lines(lot: LevelLot, goal: Goal, hardware: Hardware, size: int) -> np.ndarray:
    """Return what lines say of every tile for pieces from 0 to all but one of the filters."""
    array, _ = lot.lines(goal, hardware)
    costs = np.full((len(lot.tiles), size + 1), inf)
    for count in range(1, size):
        fits = lot.width <= count
        costs[fits, count] = array.at(-(-count // lot.width), count)[fits]
    return costs


def all_sums(costs: np.ndarray) -> np.ndarray:
    """Return the least sum of pieces for so many filters."""
    least = np.zeros(len(costs))
    for total in range(1, len(costs)):
        least[total] = min(costs[count] + least[total - count] for count in range(1, total + 1))
    return least


def group_of(width: int, size: int) -> LevelGroup:
    """Return one group of a lot."""
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=BEHIND)
    layer = Conv(input=(1, 2, 2), filters=size, kernel=(1, 1))
    cut = cuts_of(layer, WISH, hardware)[0]
    lots = list(level_lots(layer, cut, WISH, hardware, Limits(), energy=True))
    groups = level_groups(lots, Goal.of(Objective.LATENCY, hardware), hardware, size, 10**9)
    return next(group for group in groups if group.width == width)


def test_pieces_fill_whole_array_tiles() -> None:
    group = group_of(3, 9)
    assert group.counts.tolist() == [3, 4, 5, 6, 7, 8]
    assert group.rounded.tolist() == [3, 6, 6, 6, 9, 9]


@pytest.mark.parametrize("transfers", [False, True])
def test_a_long_piece_that_costs_enough_makes_all_pieces_cost_too_much(transfers: bool) -> None:
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=BEHIND)
    goal, group, size = Goal.of(Objective.LATENCY, hardware), group_of(3, 9), 9
    filters = group.counts if transfers else group.rounded
    shares = filters / (size - 1) if transfers else Floors([group], hardware, goal, size)._shares(group)
    room = 1000.0 - 90.0 * np.arange(size + 1)
    enough = _enough(room[group.counts], shares)
    assert (enough * filters / (size - 1) >= room[group.counts]).all()
    # No less would do.
    assert (enough * 0.99 * filters / (size - 1) < room[group.counts]).any()


def test_every_tile_stands_once_for_every_size_of_piece() -> None:
    rng, counted = Random(8), 0
    for _ in range(40):
        layer, hardware = random_layer(rng, 5), random_hardware(rng)
        spaces = Spaces(hardware, Limits())
        for cut in cuts_of(layer, WISH, hardware):
            ground = Ground(layer, cut, WISH, spaces, energy=False)
            for family in {lot.family for lot in ground.lots if not lot.family.whole}:
                for count in range(1, cut.size):
                    stands = [
                        tuple(tile)
                        for lot in ground.lots
                        if lot.family == family
                        for tile, width in zip(lot.tiles.tolist(), lot.width.tolist(), strict=True)
                        if lot.where == EVERYWHERE or (lot.where == DIVIDED) == (count % width == 0)
                    ]
                    assert len(stands) == len(set(stands))
                    # A tile of one filter divides all, and is in no lot of those that it does not.
                    assert len(stands) == len(spaces.of(family.nest))
                    counted += len({lot.where for lot in ground.lots}) > 1
    assert counted > 10


def test_what_is_taken_for_one_off_leaves_nothing_above_a_shorter_piece() -> None:
    """What a long piece takes once, and its share of passes of the rest, are no more than a shorter takes."""
    once_counts = 0
    for layer, hardware, cut in questions(12):
        for lot in level_lots(layer, cut, WISH, hardware, Limits(), energy=False):
            family, loop = lot.family, DIMS.index(lot.family.dim)
            search = FloorSearch(family.nest, hardware, lot.tiles, family.dim, energy=False)
            tiles = search._laid_out
            shapes = array_shapes(family.nest, hardware, tiles, search._back)
            once = search._once(shapes)
            passes, cycles = [], []
            for count in range(1, cut.size + 1):
                nest = family.nest_of(count)
                every = -(-np.array(nest.sizes) // tiles)
                trips = least_trips(shapes, every)
                passes.append(every[:, loop])
                cycles.append(array_least_cycles(nest, hardware, shapes, trips, every, "weights"))
            for some, taken in zip(passes, cycles, strict=True):
                assert (taken >= once + (cycles[-1] - once) * some / passes[-1] - 1e-6).all()
            once_counts += int((once > 0).sum())
    assert once_counts > 50


def test_a_piece_that_may_be_better_by_one_unit_is_replayed() -> None:
    """Values of 54 bits and more: floats round them by more than a unit."""
    rng, rounded = Random(7), 0
    for _ in range(12):
        layer, hardware = random_layer(rng, 6), random_hardware(rng)
        goal = replace(Goal.of(Objective.ENERGY, hardware), energy=rng.randint(10**9, 10**10))
        for cut in cuts_of(layer, WISH, hardware)[:1]:
            ground = Ground(layer, cut, WISH, Spaces(hardware, Limits()), energy=True)
            search = PieceSearch(ground, goal, 10**40)
            for lot in ground.lots:
                for row in np.flatnonzero(lot.width < cut.size)[:4]:
                    figures = ground.figures(lot.family, cut.size - 1, Tile.of(lot.tiles[row]))
                    if figures is None:
                        continue
                    exact = goal.sum(figures)
                    search.resolved[cut.size - 1] = exact + 1
                    assert search._replay(cut.size - 1, [(lot, np.array([row]))], Clock(None, None))
                    assert search.resolved[cut.size - 1] == exact
                    rounded += int(float(exact)) != exact
    assert rounded > 50


def test_pieces_of_which_mappings_were_not_searched_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=BEHIND)
    assert solve(CONV, hardware, Objective.LATENCY, wish=WISH, pieces=None).proved
    real = LevelPiece.search

    def some_are_left(self: LevelPiece, *of: object) -> Searched:
        known = real(self, *of)  # type: ignore[arg-type]
        return replace(known, least=0, found=None, open=True) if self.count < self.cut.size else known

    monkeypatch.setattr(LevelPiece, "search", some_are_left)
    assert not solve(CONV, hardware, Objective.LATENCY, wish=WISH, pieces=None).proved


def test_what_was_searched_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=BEHIND)
    goal, cut = Goal.of(Objective.LATENCY, hardware), cuts_of(CONV, WISH, hardware)[0]
    lots, calls = list(level_lots(CONV, cut, WISH, hardware, Limits(), energy=True)), 0

    def counted(name: str) -> None:
        real = getattr(LevelPieceSearch, name)

        def called(*of: object, **keys: object) -> object:
            nonlocal calls
            calls += 1
            return real(*of, **keys)

        monkeypatch.setattr(LevelPieceSearch, name, called)

    counted("_search")
    counted("_bound")
    search = LevelPieceSearch(CONV, cut, hardware, lots, goal, 10**6)
    assert search.searched == search.bound == 0
    search.run(Clock(None, None))
    assert search.searched == calls > 0 and search.bound == search.known < 10**6


def test_energy_that_cycles_leave_is_below_all_mappings() -> None:
    hardware = read_hardware(num_ms=8, dn_bw=4, rn_bw=4)
    whole = solve(CONV, hardware, Objective.EDP, wish=WISH, pieces=None)
    oracle = oracle_of(whole, WISH, Limits(), Clock(None, None), None)
    assert oracle.least_energy(1) == 0, "nothing was asked"
    fronts = [piece_fronts(CONV, cut, hardware, WISH) for cut in cuts_of(CONV, WISH, hardware)]
    points = [point for front in fronts for point in splits(front, None)]
    unit = Decimal(10) ** -oracle.places
    least = min(cycles + energy / unit for cycles, energy in points)
    assert oracle.least(1, 1).bound == least
    for cycles, energy in points:
        assert oracle.least_energy(cycles) == max(0, least - cycles) * unit <= energy
    assert oracle.least_energy(int(least)) == oracle.least_energy(int(least) + 1) == 0
    oracle.least(0, 1)
    assert oracle.least_energy(int(least)) == min(energy for _, energy in points)


@pytest.mark.parametrize(
    ("layer", "sizes", "memory"),
    [(Conv(input=(2, 5, 5), filters=5, kernel=(2, 2)), (16, 8, 2), None), (CONV, (8, 4, 4), BEHIND)],
    ids=["array", "levels"],
)
def test_sums_between_two_others_are_the_least_of_all_mappings(
    monkeypatch: pytest.MonkeyPatch, layer: Conv, sizes: tuple[int, int, int], memory: Memory | None
) -> None:
    """Weights between those of two sums are searched only where these leave something to be found."""
    num_ms, dn_bw, rn_bw = sizes
    hardware = replace(read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw), memory=memory)
    whole = solve(layer, hardware, Objective.EDP, wish=WISH, pieces=1)
    oracle = oracle_of(whole, WISH, Limits(), Clock(None, None), None)
    fronts_of = level_fronts if memory else piece_fronts
    fronts = [fronts_of(layer, cut, hardware, WISH) or [] for cut in cuts_of(layer, WISH, hardware)]
    points = [(c, scaled_int(e, oracle.places)) for front in fronts for c, e in splits(front, None)]
    searched, real = [], oracle._searched

    def noted(x: int, y: int) -> Least[Any]:
        searched.append((x, y))
        return real(x, y)

    monkeypatch.setattr(oracle, "_searched", noted)
    shares = [(7, 1), (1, 9), (2, 1), (3, 2), (1, 1), (1, 2), (9, 2), (1, 7), (5, 1), (5, 3), (7, 4), (1, 8)]
    asked = [(1, 0), (0, 1), *((10**oracle.places * x, y) for x, y in shares)]
    for x, y in asked:
        found, least = oracle.least(x, y), min(x * c + y * e for c, e in points)
        assert found.proved and found.bound == x * found.point.cycles + y * found.point.energy == least
    assert len(searched) > 2 and not set(asked[-4:]) & set(searched), "the same mapping is best on both sides"
