from fractions import Fraction
from random import Random
from types import ModuleType

import numpy as np
import pytest

from solver.answers.mapped import IN_PIECES
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Objective
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, Gemm, Primitive
from solver.search.pieces import goal, ground, search
from solver.search.pieces.knapsack import fill
from solver.search.pieces.product import Least, Point, least_product
from solver.search.solve import solve
from tests.oracles.pieces import least_in_pieces, random_hardware, random_layer

WISH = Wish()


@pytest.mark.parametrize(("seed", "most"), [(0, None), (1, None), (3, None), (0, 2)])
def test_the_best_pieces_are_those_of_all_splits(seed: int, most: int | None) -> None:
    rng = Random(seed)
    layer, hardware = random_layer(rng, 4), random_hardware(rng)
    _compare(layer, hardware, WISH, most)


@pytest.mark.parametrize(("module", "limit"), [(search, "_KEPT"), (goal, "SMALL")])
def test_large_layers_are_searched_as_small_ones(
    module: ModuleType, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without bounds that are kept from round to round; with sums that 64 bits do not hold."""
    monkeypatch.setattr(module, limit, 0)
    for seed in (1, 3):
        rng = Random(seed)
        layer, hardware = random_layer(rng, 4), random_hardware(rng)
        _compare(layer, hardware, WISH, None)


def test_a_piece_of_one_filter_may_run_in_strips() -> None:
    """A layer of one filter gains nothing by them; a piece of one runs beside the others."""
    layer = Conv(input=(9, 2, 6), filters=9, kernel=(1, 3), groups=3)
    _compare(layer, read_hardware(num_ms=8, dn_bw=8, rn_bw=2), Wish.of("direct,strips"), None)


def test_pieces_of_a_square_product_may_keep_either_operand() -> None:
    """In the whole range both forms have the same loops; splits in two are known from shorter products."""
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=32)

    def best(rows: int, pieces: int) -> int:
        layer = Gemm(m=rows, k=12, n=10)
        return solve(layer, hardware, Objective.LATENCY, workers=1, wish=WISH, pieces=pieces).cost.cycles

    alone = [best(rows, 1) for rows in range(1, 11)]
    assert best(10, 2) == min(alone[9], *(alone[k - 1] + alone[9 - k] for k in range(1, 10)))


def _compare(layer: Primitive, hardware: Hardware, wish: Wish, most: int | None) -> None:
    for objective, value in least_in_pieces(layer, hardware, wish, most).items():
        answer = solve(layer, hardware, objective, workers=1, wish=wish, pieces=most)
        assert answer.proved and answer.bound == answer.objective_value == value
        assert len(answer.pieces) != 1 and (most is None or len(answer.pieces) <= most)


def test_a_piece_that_is_too_long_to_clear_of_overtaking_leaves_the_answer_open() -> None:
    """Taken for one that computes wrong outputs it would leave 99 cycles "proved"."""
    layer = Conv(input=(6, 3, 3), filters=18, kernel=(2, 2), groups=3)
    hardware = read_hardware(num_ms=16, dn_bw=16, rn_bw=2, accumulation_buffer=False)
    assert solve(layer, hardware, Objective.LATENCY, workers=1, wish=WISH, pieces=None).bound == 98

    def too_long(*_: object) -> None:
        raise ReplayLimitError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground, "overtaken", too_long)
        answer = solve(layer, hardware, Objective.LATENCY, workers=1, wish=WISH, pieces=None)
    assert not answer.proved and answer.bound <= 98
    assert answer.notes[-1] == "pieces that might be better are too long to replay: not proved"


def test_a_tile_for_all_filters_but_one() -> None:
    """Figures of the reference simulator: 10,992 cycles as one (S3 K64), 8,244 and 224 in pieces."""
    layer = Conv(input=(4, 16, 16), filters=256, kernel=(3, 3))
    hardware = read_hardware(num_ms=256, dn_bw=64, rn_bw=64)
    answer = solve(layer, hardware, Objective.LATENCY, workers=1, wish=WISH, pieces=None)
    assert answer.proved and answer.form == IN_PIECES and answer.one_piece is not None
    assert answer.cost.cycles <= 8244 + 224 < answer.one_piece.cost.cycles == 10992
    assert sum(piece.cost.cycles for piece in answer.pieces) == answer.cost.cycles
    assert sum(piece.count for piece in answer.pieces) == 256


def test_the_knapsack_is_that_of_all_sums() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        costs = rng.integers(1, 60, 10)
        for most in (None, 1, 2, 3):
            least = _brute(costs.tolist(), len(costs) - 1, most or 99)
            found = fill(costs.astype(np.int64), most)
            # Integers that 64 bits do not hold, with differences that floats do not see.
            wide = [2**70 * cost + 3 * cost % 7 for cost in costs.tolist()]
            long = fill(np.array(wide, dtype=object), most)
            assert long.least[-1] == _brute(wide, len(costs) - 1, most or 99)
            assert long.least[-1] == sum(wide[size] for size in long.sizes)
            assert found.least[-1] == least
            assert sum(costs[size] for size in found.sizes) == found.least[-1]
            assert sum(found.sizes) == len(costs) - 1 and len(found.sizes) <= (most or 99)


@pytest.mark.parametrize("each", [2**61 - 1, 2**120 + 2**60 - 3, 2**180 - 2**59])
def test_the_knapsack_tells_long_sums_apart_that_floats_do_not(each: int) -> None:
    """Pieces that all cost nearly the same by the filter, or just the same: bounds of many tiles do."""
    rng = Random(each)
    for spread in (0, 3, 2**62):
        costs = [each * size + rng.randint(0, spread) for size in range(41)]
        least = [0]
        for size in range(1, 41):
            least.append(min(costs[piece] + least[size - piece] for piece in range(1, size + 1)))
        found = fill(np.array(costs, dtype=object))
        assert found.least.tolist() == least
        assert sum(found.sizes) == 40 and sum(costs[size] for size in found.sizes) == least[-1]
        for more in (-(2**62), -1, 0, 1, 2**20, 2**62, 2**130):
            assert_enough(np.array(costs, dtype=object), least, least[-1] + more)


def test_the_knapsack_finds_all_that_may_cost_less_than_is_enough() -> None:
    rng = np.random.default_rng(2)
    for spread in (3, 40, 10**6):
        for _ in range(20):
            costs = 7 * np.arange(31) + rng.integers(1, spread, 31)
            least = fill(costs).least.tolist()
            for enough in (1, least[-1] - 1, least[-1], least[-1] + 1, least[-1] + spread // 2, 10**9):
                assert_enough(costs, least, int(enough))


def assert_enough(costs: np.ndarray, least: list[int], enough: int) -> None:
    """Check that no sum of pieces is lost that costs less than is enough."""
    found, size = fill(costs, enough=enough), len(costs) - 1
    assert sum(found.sizes) == size
    assert all(low <= exact for low, exact in zip(found.least, least, strict=True))
    if least[-1] < enough:
        assert found.least[-1] <= least[-1] <= sum(costs[piece] for piece in found.sizes) < enough
    else:
        assert found.least[-1] >= enough
    few, exact = fill(costs, 3, enough), fill(costs, 3).least[-1]
    if exact < enough:
        assert few.least[-1] <= exact <= sum(costs[piece] for piece in few.sizes) < enough
    else:
        assert few.least[-1] >= enough


@pytest.mark.parametrize("size", [40, 4096])
def test_the_knapsack_adds_the_highest_costs_that_64_bits_hold(size: int) -> None:
    costs = np.full(size + 1, 2**60 - 1)
    assert fill(costs).sizes == (size,) and fill(costs).least[-1] == 2**60 - 1
    costs[1] = (2**60 - 2) // size
    assert fill(costs).sizes == (1,) * size and fill(costs).least[-1] == size * costs[1]


def _brute(costs: list[int], left: int, most: int) -> float:
    if left == 0:
        return 0
    if most == 0:
        return float("inf")
    return min(costs[size] + _brute(costs, left - size, most - 1) for size in range(1, left + 1))


@pytest.mark.parametrize("seed", range(20))
def test_the_least_product_of_sums_is_that_of_all_choices(seed: int) -> None:
    rng = Random(seed)
    layers = [[(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(6)] for _ in range(3)]

    def minimise(x: int, y: int) -> Least[None]:
        picks = [min(points, key=lambda p: x * p[0] + y * p[1]) for points in layers]
        point = Point(sum(p[0] for p in picks), sum(p[1] for p in picks), None)
        return Least(point, x * point.cycles + y * point.energy)

    sums = [(0, 0)]
    for points in layers:
        sums = [(a + c, b + d) for a, b in sums for c, d in points]
    best, bound = least_product(minimise)
    assert bound == best.product == min(Fraction(a * b) for a, b in sums)
