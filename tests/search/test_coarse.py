from random import Random
from typing import Any

import pytest

from solver.answers.solution import Solution
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, Gemm, LoopNest, Primitive
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.buffer_tile import S
from solver.mapping.tile import Tile
from solver.search import presolve, spaces
from solver.search.solve import solve
from solver.stopping import StoppedError
from tests.oracles.pieces import random_layer
from tests.support.examples.questions import random_hardware, random_question
from tests.support.examples.stopping import stopped

LAYERS = (
    Conv(input=(6, 9, 9), filters=13, kernel=(3, 3), padding=((1, 1), (1, 1))),
    Conv(input=(8, 8, 8), filters=12, kernel=(3, 2), groups=2),
    Conv(input=(5, 11, 11), filters=9, kernel=(3, 3), stride=(2, 2)),
    Gemm(m=19, n=14, k=23),
)


def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every space be too large to list."""
    monkeypatch.setattr(spaces, "LISTED", 0)
    monkeypatch.setattr(spaces, "SMALL", 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_of_a_space_that_is_not_listed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    question = random_question(Random(seed), sizes=(8, 16, 32))
    layer, hardware, limits = question.layer, question.hardware, question.limits
    objective = question.objective
    listed = solve(layer, hardware, objective, limits=limits, workers=1, prover="bounds")
    far(monkeypatch)
    found = solve(layer, hardware, objective, limits=limits, workers=1, prover="bounds")
    assert found.proved
    assert (found.tile, found.cost, found.space.size) == (listed.tile, listed.cost, listed.space.size)


@pytest.mark.parametrize("together", [1, 7])
def test_boxes_are_listed_a_few_at_a_time(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    question = random_question(Random(3), sizes=(16,))
    layer, hardware, objective = question.layer, question.hardware, question.objective
    far(monkeypatch)
    found = solve(layer, hardware, objective, workers=1, prover="bounds")
    monkeypatch.setattr("solver.search.coarse._LISTED", together)
    again = solve(layer, hardware, objective, workers=1, prover="bounds")
    assert found.proved and (again.tile, again.cost, again.proved) == (found.tile, found.cost, True)


def best_in_pieces(layer: Primitive, hardware: Hardware, objective: Objective) -> Solution:
    """Return the best mapping of a layer in any number of pieces."""
    return solve(layer, hardware, objective, limits=Limits(), workers=1, prover="bounds", pieces=None)


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.ENERGY])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_best_pieces_of_spaces_that_are_not_listed(
    layer: Conv | Gemm, objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = random_hardware(Random(LAYERS.index(layer)), sizes=(16, 32))
    listed = best_in_pieces(layer, hardware, objective)
    far(monkeypatch)
    found = best_in_pieces(layer, hardware, objective)
    assert found.proved and found.objective_value == listed.objective_value


def test_pieces_of_little_use_may_be_among_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a filter costs least with another tile, pieces with this one take the place of its filters."""
    rng = Random(20)
    layer, hardware = random_layer(rng, 8), random_hardware(rng, sizes=(16, 32))
    listed = best_in_pieces(layer, hardware, Objective.ENERGY)
    far(monkeypatch)
    assert best_in_pieces(layer, hardware, Objective.ENERGY).objective_value == listed.objective_value


@pytest.mark.parametrize("seed", range(8))
def test_the_best_pieces_of_random_layers_that_are_not_listed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All objectives; the goals of a least product list other tiles, one after the other."""
    rng = Random(seed)
    question = random_question(rng, sizes=(8, 16, 32))
    layer, hardware = question.layer, question.hardware
    for objective in Objective:
        with monkeypatch.context() as patched:
            listed = solve(layer, hardware, objective, workers=1, prover="bounds", pieces=None)
            far(patched)
            found = solve(layer, hardware, objective, workers=1, prover="bounds", pieces=None)
        assert found.proved and found.objective_value == listed.objective_value


@pytest.mark.parametrize("seed", range(6))
def test_a_search_that_is_stopped_before_a_space_is_listed_claims_nothing_that_is_not_so(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, objective = random_question(Random(seed), sizes=(8, 16, 32)), Objective.LATENCY
    best = solve(question.layer, question.hardware, objective, workers=1, prover="bounds")
    far(monkeypatch)
    for looks in (0, 1, 2, 5, 9):
        with stopped(looks, by_user=False):
            answer = solve(question.layer, question.hardware, objective, workers=1, prover="bounds")
        assert answer.bound <= best.objective_value <= answer.objective_value
        assert not answer.proved or answer.objective_value == best.objective_value


def test_where_replays_tell_nothing_in_time_a_tile_is_found_that_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_late(*given: Any) -> None:
        raise StoppedError

    nest, hardware = LoopNest(R=3, S=3, C=4, K=6, X=7, Y=7), read_hardware(num_ms=32, dn_bw=8, rn_bw=8)
    costs = {tile: evaluate(nest, hardware, tile) for tile in map(Tile.of, legal_tiles(nest, hardware))}
    far(monkeypatch)
    monkeypatch.setattr(presolve, "first_right", too_late)
    monkeypatch.setattr(presolve, "may_overtake", lambda nest, hardware, tiles: tiles[:, S] > 1)
    found = presolve.outlook(nest, hardware, Objective.LATENCY, Limits())
    (tile,) = map(Tile.of, found.tiles)
    assert tile.S == 1 and tile in costs
    assert found.least <= min(cost.cycles for cost in costs.values())
    with pytest.raises(StoppedError):
        presolve.outlook(nest, hardware, Objective.LATENCY, Limits(lower={"S": 2}))
