from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.search.figures import figures
from solver.search.presolve import SLACK, presolve, whole_space
from tests.support.examples.questions import Question, legal_costs, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))


@settings(max_examples=8, deadline=None)
@given(questions)
def test_no_optimum_is_discarded_and_the_incumbent_is_legal(question: Question) -> None:
    costs = legal_costs(question)
    assume(costs)
    left = presolve(question.nest, question.hardware, question.objective, question.limits)
    kept = {Tile.of(sizes) for sizes in left.tiles}
    optimum = min(costs.values())
    assert kept >= {tile for tile, cost in costs.items() if cost == optimum}
    assert left.cost.value(question.objective) == costs[left.incumbent]
    assert left.least * (1 - SLACK) <= float(optimum)
    assert left.size - left.doubtful <= len(costs) <= left.size


def test_most_of_a_large_space_is_discarded() -> None:
    nest = LoopNest(R=3, S=3, C=64, K=64, X=28, Y=28)
    left = presolve(nest, read_hardware(num_ms=128, dn_bw=32, rn_bw=32), Objective.ENERGY, Limits())
    assert left.size > 5000
    assert len(left.tiles) < left.size / 10


def test_the_whole_space_holds_illegal_tiles_too() -> None:
    nest = LoopNest(R=3, S=3, C=2, K=4, X=6, Y=6, stride=(2, 2))
    left = whole_space(nest, read_hardware(num_ms=16, dn_bw=4, rn_bw=4), Objective.ENERGY, Limits())
    assert left.size == len(legal_tiles(nest, read_hardware(num_ms=16, dn_bw=4, rn_bw=4)))
    assert len(left.tiles) > left.size


def test_a_space_without_tiles_is_infeasible() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    with pytest.raises(InfeasibleError, match="switch capacity"):
        presolve(LoopNest(C=8, K=8), hardware, Objective.LATENCY, Limits(lower={"C": 8, "K": 3}))


def test_rows_of_the_table_can_be_taken_out() -> None:
    nest, hardware = LoopNest(C=6, K=6), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    rows = figures(nest, hardware, legal_tiles(nest, hardware))
    some = np.arange(len(rows.tiles)) % 3 == 0
    taken, fresh = rows.take(some), figures(nest, hardware, rows.tiles[some])
    assert (taken.tiles == fresh.tiles).all()
    for name, column in fresh.step.items():
        assert (taken.step[name] == column).all()
    assert (taken.bounds.least_cycles == fresh.bounds.least_cycles).all()
