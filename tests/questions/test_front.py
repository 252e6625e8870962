"""A front holds exactly the mappings that no other beats in both cycles and energy."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from solver.answers.front import pareto_front
from solver.answers.solution import Solution, Status
from solver.cost.evaluate import evaluate
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Objective
from solver.cost.serial import replay as serial_replay
from solver.errors import ExitCode, InfeasibleError
from solver.forms.wish import AS_WRITTEN
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, Gemm, LoopNest, Loops, Primitive
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of
from solver.questions.front import find_front
from solver.questions.map_layer import Question
from tests.oracles.pieces import level_fronts, piece_fronts, random_hardware, random_layer, splits

ARRAY = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)


def question(limits: Limits | None = None) -> Question:
    return Question(
        hardware=ARRAY, objective=Objective.EDP, limits=limits or Limits(), workers=1, forms="direct"
    )


def undominated(points: set[tuple[int, Decimal]]) -> list[tuple[int, Decimal]]:
    return sorted(p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points))


@pytest.mark.parametrize("seed", range(8))
def test_the_front_of_the_array_is_the_front_of_all_legal_tiles_replayed(seed: int) -> None:
    rng = Random(seed)
    sizes = {dim: rng.randint(1, 4) for dim in "RSCKXY"}
    nest = LoopNest(**sizes, stride=(1, 1) if seed % 3 else (2, 2))
    every = [evaluate(nest, ARRAY, Tile.of(sizes)) for sizes in legal_tiles(nest, ARRAY)]
    front = find_front(Loops(loops=nest), question())
    assert [(p.cost.cycles, p.cost.energy) for p in front.points] == undominated(
        {(cost.cycles, cost.energy) for cost in every}
    )
    assert front.proved and front.exit_code is ExitCode.PROVED
    assert front.points[0].space.size == len(every)


@pytest.mark.parametrize("seed", [1, 8, 13])
def test_corners_in_pieces_are_those_of_the_front_of_all_splits(seed: int) -> None:
    rng = Random(seed)
    layer, hardware = random_layer(rng, 4), random_hardware(rng)
    asked = Question(hardware=hardware, objective=Objective.EDP, limits=Limits(), workers=1, pieces="all")
    cuts = cuts_of(layer, asked.wish, hardware)
    fronts = [splits(piece_fronts(layer, cut, hardware, asked.wish), None) for cut in cuts]
    front = find_front(layer, asked)
    assert front.proved and front.corners is (len(front.points) > 1)
    assert [(p.cost.cycles, p.cost.energy) for p in front.points] == hull(
        undominated({point for front in fronts for point in front})
    )
    assert front.energy_bounds == tuple(point.cost.energy for point in front.points)


@pytest.mark.parametrize(
    "layer", [Conv(input=(2, 2, 4), filters=5, kernel=(2, 2)), Gemm(m=2, n=4, k=3)], ids=["conv", "gemm"]
)
def test_corners_in_pieces_behind_a_buffer_are_those_of_all_splits(layer: Primitive) -> None:
    memory = Memory(buffer=PrefetchBuffer(capacity=120, word_bytes=1), dram_bandwidth=2)
    hardware = replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=memory)
    asked = replace(question(), hardware=hardware, pieces="all")
    fronts = [level_fronts(layer, cut, hardware, asked.wish) for cut in cuts_of(layer, asked.wish, hardware)]
    points = {point for front in fronts if front for point in splits(front, None)}
    front = find_front(layer, asked)
    assert front.proved and front.corners is (len(front.points) > 1)
    assert [(p.cost.cycles, p.cost.energy) for p in front.points] == hull(undominated(points))
    assert all(bool(point.levels) is not bool(point.pieces) for point in front.points)


def hull(points: list[tuple[int, Decimal]]) -> list[tuple[int, Decimal]]:
    """Return the corners of the lower hull of a front, which is given fastest first."""
    kept: list[tuple[int, Decimal]] = []
    for x, y in points:
        while len(kept) > 1:
            (a, b), (c, d) = kept[-2:]
            if (c - a) * (y - b) > (x - a) * (d - b):
                break
            kept.pop()
        kept.append((x, y))
    return kept


def test_both_lowerings_of_a_product_share_the_front() -> None:
    layer = Gemm(m=3, n=10, k=6)
    every = {
        (cost.cycles, cost.energy)
        for choice in AS_WRITTEN.forms(layer, ARRAY)
        for sizes in legal_tiles(choice.nest, ARRAY)
        for cost in [evaluate(choice.nest, ARRAY, Tile.of(sizes))]
    }
    front = find_front(layer, question())
    assert [(p.cost.cycles, p.cost.energy) for p in front.points] == undominated(every)


def test_limits_are_kept_and_may_leave_nothing() -> None:
    layer = Conv(input=(4, 6, 6), filters=4, kernel=(3, 3))
    front = find_front(layer, question(Limits(upper={"K": 1})))
    assert all(point.tile.K == 1 for point in front.points)
    with pytest.raises(InfeasibleError):
        find_front(layer, question(Limits(lower={"C": 16})))


def solutions() -> list[Solution]:
    layer = Gemm(m=4, n=50, k=100)
    hardware = read_hardware("maeri-64-dram", buffer=2048)
    asked = Question(hardware=hardware, objective=Objective.EDP, limits=Limits(), workers=1)
    front = find_front(layer, asked)
    assert front.proved and len(front.points) > 1
    return list(front.points)


def test_a_point_is_proved_where_nothing_unsearched_can_beat_it() -> None:
    points = solutions()
    first, last = points[0].cost, points[-1].cost
    # Left open: what takes more cycles than the first point, and may need less energy than the last.
    front = pareto_front(points, [(first.cycles + 1.0, float(last.energy) / 2)], 1.0)
    assert not front.proved and front.exit_code is ExitCode.NOT_PROVED
    assert front.points[0].proved and front.gap(0) == 0
    assert all(point.status is Status.FEASIBLE for point in front.points[1:])
    assert front.gap(len(points) - 1) == pytest.approx(0.5)
    assert front.to_dict()["status"] == "feasible"
    assert pareto_front(points, [(0, 0)], 1.0, interrupted=True).exit_code is ExitCode.INTERRUPTED


def test_a_front_is_not_proved_where_mappings_are_too_long_to_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Loops(loops=LoopNest(S=3, K=4, N=3, X=3, Y=8))
    question = Question(
        hardware=read_hardware(num_ms=16, dn_bw=8, rn_bw=8), objective=Objective.EDP, limits=Limits()
    )
    truth = find_front(layer, question)
    assert truth.proved

    def too_long(*_: object) -> None:
        raise ReplayLimitError

    monkeypatch.setattr("solver.landscape.landscape.overtaken", too_long)
    found = find_front(layer, question)
    assert not found.proved and found.evidence is not None
    assert all(cost is not None for form in found.evidence.values() for cost in (form.timed or {}).values())


def test_a_front_is_not_proved_where_mappings_are_too_long_to_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    layer = Loops(loops=LoopNest(C=64, K=4, X=5, Y=5))
    truth = find_front(layer, Question(hardware=hardware, objective=Objective.EDP, limits=Limits()))
    assert truth.proved and all(point.proved for point in truth.points)
    monkeypatch.setattr(serial_replay, "MAX_REPLAYED_SUMS", 10)
    found = find_front(layer, Question(hardware=hardware, objective=Objective.EDP, limits=Limits()))
    assert not found.proved
    assert not any(point.proved for point in found.points if point.cost.method == "closed form")
    for point in truth.points:
        assert any(
            bound <= point.cost.energy for bound, at in zip(found.energy_bounds, found.points, strict=True)
            if at.cost.cycles >= point.cost.cycles
        )  # fmt: skip
