from __future__ import annotations

import pytest

from solver.baselines.registry import BASELINES, SEARCHING, run_baselines
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InputError
from solver.layer import LoopNest
from solver.legal.tiles import Limits, legality
from tests.support.examples.baseline_examples import hardware

CONV = LoopNest(R=3, S=3, C=8, K=8, X=6, Y=6)


def test_every_baseline_is_run_in_order_under_the_one_cost() -> None:
    results = run_baselines(CONV, hardware(), Objective.LATENCY, seed=1)
    assert [result.name for result in results] == list(BASELINES)
    for result in results:
        assert result.tile is not None and legality(CONV, hardware(), result.tile) is None
        assert result.cost == evaluate(CONV, hardware(), result.tile)


def test_named_baselines_are_run_in_the_order_asked_for() -> None:
    results = run_baselines(CONV, hardware(), Objective.EDP, seed=1, names=["random", "mrna"])
    assert [result.name for result in results] == ["random", "mrna"]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="mrna, filter-per-vn"):
        run_baselines(CONV, hardware(), Objective.EDP, seed=1, names=["magma"])


def test_only_the_searches_keep_the_limits() -> None:
    limits = Limits(lower={"K": 5}, upper={"K": 5})
    free = run_baselines(CONV, hardware(), Objective.LATENCY, seed=1)
    bound = run_baselines(CONV, hardware(), Objective.LATENCY, seed=1, limits=limits)
    for without, with_limits in zip(free, bound, strict=True):
        assert with_limits.tile is not None
        if with_limits.name in SEARCHING:
            assert with_limits.tile.K == 5
        else:
            assert with_limits.tile == without.tile


def test_a_baseline_without_a_mapping_says_why() -> None:
    nest = LoopNest(R=11, S=11, C=3, K=4, X=5, Y=5, stride=(4, 4))
    (result,) = run_baselines(nest, hardware(), Objective.LATENCY, seed=1, names=["mrna"])
    assert result.tile is None and result.cost is None and "filter" in result.note
