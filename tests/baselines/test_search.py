"""The searching baselines: random, hill-climb, exhaustive."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from solver.baselines.exhaustive import exhaustive
from solver.baselines.filter_per_vn import filter_per_vn
from solver.baselines.hill_climb import hill_climb
from solver.baselines.problem import Choice, Problem
from solver.baselines.random_search import random_search
from solver.cost.batch import batch_cost
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.forms.form import DIRECT
from solver.forms.wish import Wish
from solver.layer import Conv, LoopNest
from solver.legal.right import computed_right
from solver.legal.tiles import Limits, candidate_tiles, legality
from solver.mapping.tile import Tile
from solver.search.spaces import Spaces
from tests.support.examples.baseline_examples import hardware, problem, problems

CONV = LoopNest(R=3, S=3, C=8, K=8, X=6, Y=6)
SEARCHES = (random_search, hill_climb, exhaustive)


def alone(search: Callable[..., Choice], case: Problem) -> Choice:
    """Search one form."""
    return search({DIRECT: case})


def closed_form(case: Problem, tile: Tile | None) -> float:
    assert tile is not None
    return float(batch_cost(case.nest, case.hardware, np.array([tile.sizes])).values(case.objective)[0])


def reported(case: Problem, tile: Tile | None) -> Decimal:
    assert tile is not None
    return evaluate(case.nest, case.hardware, tile).value(case.objective)


@pytest.mark.parametrize("search", SEARCHES)
def test_limits_are_kept(search) -> None:
    limits = Limits(lower={"K": 2, "C": 3}, upper={"K": 2, "S": 1})
    case = problem(CONV, limits=limits)
    tile = alone(search, case).tile
    assert tile is not None and legality(CONV, case.hardware, tile) is None
    assert tile.K == 2 and tile.C >= 3 and tile.S == 1


@pytest.mark.parametrize("search", SEARCHES)
def test_limits_that_nothing_keeps_leave_no_mapping(search) -> None:
    choice = alone(search, problem(CONV, limits=Limits(lower={"K": 8, "C": 8, "S": 3})))
    assert choice.tile is None and choice.note


@pytest.mark.parametrize("search", SEARCHES)
def test_same_seed_same_choice(search) -> None:
    assert alone(search, problem(CONV, seed=7)) == alone(search, problem(CONV, seed=7))


def test_random_draws_everything_from_a_small_space() -> None:
    case = problem(LoopNest(C=4, K=4), hardware(4, 4))
    best = min(closed_form(case, Tile.of(row)) for row in case.candidates)
    assert closed_form(case, alone(random_search, case).tile) == best


@settings(deadline=None, max_examples=25)
@given(problems())
def test_hill_climb_never_ends_above_its_start(case: Problem) -> None:
    start, end = filter_per_vn(case).tile, alone(hill_climb, case).tile
    assert end is not None and legality(case.nest, case.hardware, end) is None
    assert closed_form(case, end) <= closed_form(case, start)


def test_hill_climb_leaves_a_bad_start() -> None:
    case = problem(CONV, objective=Objective.ENERGY)
    assert closed_form(case, alone(hill_climb, case).tile) < closed_form(case, filter_per_vn(case).tile)


@settings(deadline=None, max_examples=25)
@given(problems())
def test_no_search_beats_the_exhaustive_one(case: Problem) -> None:
    best = reported(case, alone(exhaustive, case).tile)
    for search in (random_search, hill_climb):
        assert reported(case, alone(search, case).tile) >= best


@settings(deadline=None, max_examples=8)
@given(problems())
def test_exhaustive_is_the_least_of_all_evaluations(case: Problem) -> None:
    tiles = candidate_tiles(case.nest, case.hardware)
    sample = tiles[:: max(1, len(tiles) // 40)]
    sample = sample[computed_right(case.nest, case.hardware, sample)]
    best = reported(case, alone(exhaustive, case).tile)
    assert all(best <= reported(case, Tile.of(row)) for row in sample)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems())
def test_the_quick_bound_of_large_spaces_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, case: Problem
) -> None:
    monkeypatch.undo()
    laid_out = reported(case, alone(exhaustive, case).tile)
    monkeypatch.setattr("solver.baselines.exhaustive.LAID_OUT", 0)
    assert reported(case, alone(exhaustive, case).tile) == laid_out


def test_every_search_looks_into_all_forms() -> None:
    """A 1x1 convolution is best as a product with its inputs stationary, which each of them finds."""
    layer = Conv(input=(64, 12, 12), filters=8, kernel=(1, 1))
    forms = {form.name: form.nest for form in Wish().forms(layer, hardware())}
    problems = {name: problem(nest) for name, nest in forms.items()}
    for search in SEARCHES:
        choice = search(problems)
        written = alone(search, problems[DIRECT])
        assert reported(problems[choice.form], choice.tile) < reported(problems[DIRECT], written.tile)
        assert "forms" in choice.note or "climbs" in choice.note


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("search", SEARCHES)
def test_bounds_that_a_search_has_worked_out_spare_work_and_change_nothing(search, objective) -> None:
    rng = np.random.default_rng(4)
    for _ in range(3):
        channels, rows, filters = (int(rng.integers(1, most)) for most in (30, 9, 20))
        layer = Conv(input=(channels, rows + 2, rows + 2), filters=filters, kernel=(3, 3), stride=(2, 2))
        machine = hardware(16, 4)
        kept = Spaces(machine, Limits())
        forms = {form.name: form.nest for form in Wish().forms(layer, machine)}
        for nest in forms.values():
            kept.bounds(nest, kept.of(nest))
        alike = [
            search(
                {name: Problem(nest, machine, objective, 5, Limits(), known) for name, nest in forms.items()}
            )
            for known in (None, kept)
        ]
        assert alike[0] == alike[1]
