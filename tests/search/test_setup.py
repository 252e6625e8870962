"""Set-up counted in the optimum, beside enumerations that add it to what mappings cost without it."""

from dataclasses import replace
from decimal import Decimal
from math import ceil, prod
from random import Random

import pytest

from solver.answers.setup import setup_of
from solver.cost.evaluate import evaluate
from solver.cost.events import static_per_cycle
from solver.cost.result import Objective, value_of
from solver.cost.two_level.evaluate import evaluate_levels
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.hardware.array_kind import RTL
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Gemm, LoopNest
from solver.legal.tiles import legal_tiles
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of
from solver.readers.read import read_layers
from solver.search.provers import Prover
from solver.search.solve import solve
from solver.search.two_level.solve import solve_levels
from tests.oracles.pieces import least_of, level_fronts, piece_fronts, random_hardware, random_layer
from tests.support.examples.level_questions import (
    enumerate_all,
    small_hardware,
    small_question,
    small_real_hardware,
)
from tests.support.examples.questions import Question, random_question, random_real_hardware

TREE_WORDS = {4: 1 + 1, 8: 1 + 1, 16: 1 + 1, 32: 3 + 1, 64: 7 + 2}
"""Of the real hardware's adder trees: double and single switches."""


def counting(hardware: Hardware) -> Hardware:
    return replace(hardware, count_setup=True)


def added(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles of setting up that a run on one level has not, from the loops alone."""
    tree = TREE_WORDS[hardware.num_ms] + 1
    iterations = prod(ceil(getattr(nest, dim) / getattr(tile, dim)) for dim in "NKG")
    return tree if hardware.kind is RTL else tree + 2 * iterations


def least_by_hand(question: Question) -> dict[Objective, Decimal]:
    """Return the least value of every objective, set-up added to what each legal tile costs without it."""
    points = []
    for sizes in legal_tiles(question.nest, question.hardware, question.limits):
        tile = Tile.of(sizes)
        cost = evaluate(question.nest, question.hardware, tile)
        more = added(question.nest, question.hardware, tile)
        points.append((cost.cycles + more, cost.energy + more * static_per_cycle(question.hardware)))
    return {each: min(value_of(each, *point) for point in points) for each in Objective if points}


@pytest.mark.parametrize("prover", [None, "bounds", "cpsat"])
@pytest.mark.parametrize("real", [False, True])
def test_the_optimum_counts_it(prover: Prover | None, real: bool) -> None:
    rng, answered = Random(f"{prover}{real}"), 0
    while answered < 3:
        draw = {"draw_hardware": random_real_hardware} if real else {}
        question = random_question(rng, sizes=(8, 16), **draw)
        for objective, value in least_by_hand(question).items():
            found = solve(
                question.layer,
                counting(question.hardware),
                objective,
                limits=question.limits,
                prover=prover,
                workers=1,
            )
            assert found.proved and found.objective_value == found.bound == value, (question, objective)
            assert found.setup.uncounted == 0 and found.cost.setup == added(
                question.nest, question.hardware, found.tile
            )
            answered += 1


@pytest.mark.parametrize("seed", [1, 4])
def test_each_piece_is_set_up(seed: int) -> None:
    rng = Random(seed)
    layer, hardware, wish = random_layer(rng, 4), counting(random_hardware(rng)), Wish()
    fronts = [piece_fronts(layer, cut, hardware, wish) for cut in cuts_of(layer, wish, hardware)]
    for objective, value in least_of(fronts, None).items():
        found = solve(layer, hardware, objective, wish=wish, workers=1, pieces=None)
        assert found.proved and found.objective_value == found.bound == value
        assert found.setup.trees == max(1, len(found.pieces)) and not found.setup.uncounted


def test_each_piece_behind_a_buffer_is_set_up() -> None:
    layer, wish = Gemm(m=2, n=4, k=3), Wish(frozenset({"direct"}))
    memory = Memory(buffer=PrefetchBuffer(capacity=120, word_bytes=1), dram_bandwidth=2)
    hardware = counting(replace(read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=memory))
    fronts = [level_fronts(layer, cut, hardware, wish) for cut in cuts_of(layer, wish, hardware)]
    for objective, value in least_of([front for front in fronts if front], None).items():
        if objective is not Objective.EDP:
            found = solve(layer, hardware, objective, wish=wish, pieces=None)
            assert found.proved and found.objective_value == found.bound == value
            assert not found.setup.uncounted


def test_pieces_that_gain_less_than_a_setup_do_not_pay() -> None:
    layer = read_layers("conv 1x6x6 -> 17, 3x3")[0]
    free = read_hardware(num_ms=32, dn_bw=32, rn_bw=32)
    apart, together = (
        solve(layer, hardware, Objective.LATENCY, wish=Wish(), workers=1, pieces=None)
        for hardware in (free, counting(free))
    )
    assert len(apart.pieces) > max(1, len(together.pieces))
    assert apart.cost.cycles < together.cost.run_cycles
    assert together.cost.cycles < apart.cost.cycles + apart.setup.uncounted


@pytest.mark.parametrize("prover", [None, "cpsat"])
@pytest.mark.parametrize("array", [small_hardware, small_real_hardware])
def test_the_optimum_of_two_levels_counts_it(prover: Prover | None, array: object) -> None:
    rng, answered = Random(3), 0
    while answered < 2:
        question = small_question(rng, array=array)  # type: ignore[arg-type]
        hardware = counting(question.hardware)
        every = enumerate_all(replace(question, hardware=hardware), most=2_000)
        if every is None or not len(every.latency):
            continue
        for objective in Objective:
            limits = question.limits
            found = solve_levels(question.layer, hardware, objective, limits=limits, prover=prover, workers=1)
            assert found.proved and found.levels is not None
            within = 1e-7 if prover == "cpsat" else 1e-9
            assert float(found.objective_value) == pytest.approx(
                every.values(objective).min(), rel=within, abs=0
            )
            # What enumerates adds set-up as the search does: here it is added to what is known without it.
            cost, _ = evaluate_levels(question.nest, question.hardware, found.levels.mapping)
            beside = setup_of(question.nest, question.hardware, found.tile, found.levels.mapping).uncounted
            assert found.cost.cycles == cost.cycles + beside
            assert found.cost.energy == cost.energy + beside * static_per_cycle(hardware)
            assert found.setup.uncounted == 0
        answered += 1


@pytest.mark.parametrize(("order", "fills"), [("weights", 4 * 3 * 3), ("inputs", 6 * 3), ("outputs", 3 * 3)])
def test_the_multipliers_behind_a_buffer_are_set_for_what_stays(order: str, fills: int) -> None:
    """4 filter iterations in each of 3 x 3 buffer tiles; 6 windows for each of 3; once for each of 3 x 3."""
    nest = LoopNest(R=1, S=1, C=6, K=8, X=6, Y=1)
    hardware = read_hardware("maeri-64-dram", controller="programmable")
    mapping = LevelMapping(Tile(C=2, K=2, X=1), Tile(C=2, K=8, X=2), "KPQ", order)
    assert setup_of(nest, hardware, mapping.tile, mapping).settings == 2 * fills
