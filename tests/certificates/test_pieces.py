"""Certificates of layers in pieces: every sum over sizes is bounded, and every piece is what it says."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from solver.answers.solution import Solution
from solver.certificates import check_certificate as checker
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.hardware.energy_table import ENERGY_ENTRIES
from solver.layer import Conv, LoopNest, Loops, Primitive
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of, families_along
from solver.questions import certified
from solver.questions.certify import certificate_of
from solver.questions.map_layer import Question
from solver.search.pieces.knapsack import fill
from tests.oracles.pieces import random_hardware, random_layer
from tests.support.examples.certificate_cases import answered, checker_nest, question_of, verdict
from tests.support.examples.level_questions import (
    LevelQuestion,
    small_hardware,
    small_question,
    small_real_hardware,
)
from tests.support.examples.questions import random_hardware as random_any_hardware
from tests.support.examples.questions import random_question, random_real_hardware

LAYER = Conv(name="seven", input=(2, 6, 6), filters=7, kernel=(3, 3))
HARDWARE = read_hardware(num_ms=16, dn_bw=8, rn_bw=8)
BUFFERED = read_hardware("maeri-64-dram", num_ms=16, dn_bw=8, rn_bw=8, buffer=2048)


def _paper(objective: Objective, pieces: str | int) -> Any:
    question = question_of(LAYER, HARDWARE, objective, Limits(), None, pieces)
    answer = answered(LAYER, question, False)
    assert isinstance(answer, Solution) and answer.proved and len(answer.pieces) > 1
    return json.loads(json.dumps(certificate_of(answer, question)))


@pytest.mark.parametrize("objective", list(Objective))
def test_a_layer_in_pieces_is_verified(objective: Objective) -> None:
    paper = _paper(objective, "all")
    assert "in any number of pieces neither" in checker.check(paper)
    pieces = paper["answer"]["pieces"]
    pieces[0]["count"] += 1
    assert "the pieces are not the layer" in verdict(paper)


@pytest.mark.parametrize("name", ["alone", "behind a prefetch buffer"])
def test_the_corners_of_a_front_in_pieces_are_verified(name: str) -> None:
    hardware = HARDWARE if name == "alone" else BUFFERED
    question = question_of(LAYER, hardware, Objective.EDP, Limits(), "direct", "all")
    front = answered(LAYER, question, True)
    assert front is not None
    paper = json.loads(json.dumps(certificate_of(front, question)))
    points = paper["answer"]["points"]
    assert len(points) > 1 and "lies below the hull" in checker.check(paper)
    points.pop(0)
    assert "less than" in verdict(paper)


def test_a_front_whose_only_cut_is_of_a_product_has_the_other_forms_in_it() -> None:
    """One filter, one group: only outputs of the product are cut, and other forms need less energy."""
    layer = Loops(name="one", loops=LoopNest(R=2, S=3, C=2, K=1, N=2, X=7, Y=5, stride=(3, 1)))
    hardware = read_hardware(num_ms=32, dn_bw=1, rn_bw=32, accumulation_buffer=False)
    prices = {name: Decimal(0) for name in ENERGY_ENTRIES} | {
        "buffer_read": Decimal(8),
        "buffer_write": Decimal(8),
        "multiplication": Decimal(3),
        "add_3_1": Decimal(2),
    }
    ones = ("dn_switch", "psum_forward", "rn_wire", "add_2_1", "accumulate")
    prices |= dict.fromkeys(ones, Decimal(1))
    hardware = replace(hardware, energy_table=replace(hardware.energy_table, **prices))
    limits = Limits({"R": 2}, {})
    question = question_of(layer, hardware, Objective.EDP, limits, "all", "all")
    front = answered(layer, question, True)
    assert front is not None
    least = answered(layer, replace(question, objective=Objective.ENERGY, pieces=1), False)
    assert isinstance(least, Solution) and front.points[-1].cost.energy <= least.cost.energy
    assert verdict(json.loads(json.dumps(certificate_of(front, question)))) == "VERIFIED"


def test_a_line_that_bounds_products_is_not_believed_if_it_is_too_high() -> None:
    paper = _paper(Objective.EDP, "all")
    paper["answer"]["lines"][0][2] = str(int(paper["answer"]["lines"][0][2]) + 1)
    assert "less than" in verdict(paper)
    paper["answer"]["lines"].pop(0)
    assert "do not bound" in verdict(paper)


def test_a_better_mapping_in_pieces_is_found() -> None:
    """What is best in one piece is not if a layer may run in several."""
    paper = _paper(Objective.LATENCY, "all")
    question = question_of(LAYER, HARDWARE, Objective.LATENCY, Limits(), None)
    answer = answered(LAYER, question, False)
    assert answer is not None
    whole = json.loads(json.dumps(certificate_of(answer, question)))
    assert checker.check(whole)
    assert int(whole["answer"]["value"]) > int(paper["answer"]["value"])
    whole["question"]["pieces"] = 2
    assert "cost" in verdict(whole) and "in all, less than" in verdict(whole)


def _case(layer: Primitive, question: Question) -> checker.Case:
    asked = certified.question_of(question, str(question.objective), question.most_pieces)
    facts = {"layer": layer.to_dict(), **certified.machine_of(question.hardware), **asked}
    return checker.Case(json.loads(json.dumps(facts)))


@pytest.mark.parametrize("seed", range(8))
def test_pieces_have_the_forms_that_the_program_gives_them(seed: int) -> None:
    rng = Random(seed)
    layer, hardware, forms = random_layer(rng, 6), random_hardware(rng), rng.choice((None, "all"))
    question = question_of(layer, hardware, Objective.LATENCY, Limits(), forms, "all")
    cuts, case = cuts_of(layer, question.wish, hardware), _case(layer, question)
    assert [(checker.DIMS[loop], nest.size[loop]) for nest, loop in checker.cuts_of(case)] == [
        (cut.dim, cut.size) for cut in cuts
    ]
    for cut, (nest, loop) in zip(cuts, checker.cuts_of(case), strict=True):
        found = checker.Pieces(case, nest, loop).ways
        families = families_along(layer, cut, question.wish, hardware)
        assert found == [
            (checker_nest(f.nest), None if f.whole else checker.DIMS.index(f.dim)) for f in families
        ]


@pytest.mark.parametrize(
    ("seed", "objective"), [(1029, Objective.ENERGY), (1171, Objective.LATENCY), (1212, Objective.LATENCY)]
)
def test_tiles_that_a_better_sum_may_use_are_kept(seed: int, objective: Objective) -> None:
    """What a tile of one form leaves for others is what the cheapest of all forms takes for it."""
    rng = Random(seed)
    layer, hardware = random_layer(rng, rng.choice((6, 12))), random_hardware(rng)
    rng.choice(list(Objective)[:2])
    question = question_of(layer, hardware, objective, Limits(), rng.choice((None, "all")), "all")
    answer = answered(layer, question, False)
    assert isinstance(answer, Solution) and answer.proved and len(answer.pieces) > 1
    case, rows = _case(layer, question), certificate_of(answer, question)["answer"]
    pieces = checker.Pieces(case, *checker.cuts_of(case)[rows["cut"]])
    least = case.claim(Fraction(rows["value"])).least + 1
    claim = checker.Claim(checker.VALUES[str(objective)], least, "")
    with pytest.raises(checker.Disbelief, match="in all, less than"):
        pieces.nothing_below(claim, None)
    kept = pieces._lines(claim)
    found = set(zip(kept.way.tolist(), map(tuple, kept.T.tolist()), strict=True))
    straight = [row for row in rows["pieces"] if pieces.ways[row["form"]][1] is not None]
    assert {(row["form"], tuple(row["tile"])) for row in straight} <= found


@pytest.mark.parametrize("seed", range(4))
def test_no_line_is_above_the_bound_of_a_piece(seed: int) -> None:
    rng = Random(seed)
    draw = random_real_hardware if seed % 2 else random_any_hardware
    asked = random_question(rng, (8, 16), draw)
    question = question_of(asked.layer, asked.hardware, asked.objective, asked.limits, None, "all")
    case = _case(asked.layer, question)
    weights = rng.choice(((1, 0), (0, 1), (3, 2)))
    compared = 0

    def goal(cycles: Any, energy: Any) -> Any:
        return weights[0] * cycles + weights[1] * energy

    for nest, loop in checker.cuts_of(case):
        pieces = checker.Pieces(case, nest, loop)
        for whole, dim in pieces.ways:
            tiles = checker.legal_tiles(whole, case.machine, case.question["limits"])
            if dim is None or not len(tiles):
                continue
            laid = checker.lay(whole, case.machine, tiles)
            base, step, each = (goal(*column.T) for column in pieces._line(whole, dim, laid))
            for size in range(1, pieces.size + 1):
                held = tiles[:, dim] <= size
                piece = whole.with_size(**{checker.DIMS[dim]: size})
                bound = goal(*checker.bounds_of(piece, case.machine, checker.entries(laid, held)))
                line = base + step * -(-size // tiles[:, dim]) + each * size
                assert (line[held] <= bound * (1 + 1e-9)).all()
                compared += int(held.sum())
    assert compared


@pytest.mark.parametrize("seed", range(6))
def test_tiles_whose_iterations_are_alike_cost_what_their_exact_lines_say(seed: int) -> None:
    rng, compared = Random(seed), 0
    for _ in range(4):
        asked = random_question(rng, (8, 16), random_real_hardware if seed % 2 else random_any_hardware)
        question = question_of(asked.layer, asked.hardware, asked.objective, asked.limits, None, "all")
        case = _case(asked.layer, question)
        for base, loop in checker.cuts_of(case):
            pieces = checker.Pieces(case, base, loop)
            for nest, dim in pieces.ways:
                if dim not in (checker.K, checker.G):
                    continue
                tiles = checker.legal_tiles(nest, case.machine, case.question["limits"])
                laid = checker.lay(nest, case.machine, tiles)
                alike = pieces._alike(nest, dim, tiles) & (laid.aux == 0)
                for at in np.flatnonzero(alike)[:: max(1, int(alike.sum()) // 4)]:
                    one = checker.entries(laid, [at])
                    line = [column[0] for column in pieces._line(nest, dim, one, exact=True)]
                    width = int(tiles[at, dim])
                    for size in range(width, pieces.size + 1):
                        piece = nest.with_size(**{checker.DIMS[dim]: size})
                        cost = checker.cost_of(piece, case.machine, tiles[at])
                        said = line[0] + line[1] * -(-size // width) + line[2] * size
                        np.testing.assert_allclose(said, np.array(cost, dtype=np.float64), rtol=1e-12)
                        compared += 1
    assert compared


def test_a_streamed_side_of_the_real_hardware_is_verified_without_timing_every_size() -> None:
    """Iterations take a cycle a row more than their bounds: no sum of sizes is beyond doubt by these."""
    layer = Conv(name="wide", input=(32, 24, 24), filters=16, kernel=(1, 1))
    question = question_of(layer, read_hardware("maeri-64-rtl"), Objective.LATENCY, Limits(), None, "all")
    answer = answered(layer, question, False)
    assert isinstance(answer, Solution) and answer.proved
    text = checker.check(json.loads(json.dumps(certificate_of(answer, question))))
    assert int(text.rpartition("neither (")[2].split()[0]) < 20


def test_the_cheapest_sums_are_those_of_the_program() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        costs = rng.integers(1, 60, 12)
        for most in (None, 1, 2, 3):
            least, pieces = checker.cheapest(costs, most)
            assert least[-1] == fill(costs, most).least[-1] == costs[pieces].sum()
            assert sum(pieces) == 11 and len(pieces) <= (most or 99)


def test_a_piece_of_one_filter_may_run_in_strips() -> None:
    """A layer of one filter has no strips, but a piece of one has the form of its layer."""
    nest = LoopNest(R=4, C=4, K=10, N=3, X=7, Y=6, stride=(3, 1), dilation=(2, 1))
    hardware = read_hardware(num_ms=32, dn_bw=2, rn_bw=4, accumulation_buffer=False, energy_table="mrna")
    layer = Loops(name="ten", loops=nest)
    question = question_of(layer, hardware, Objective.LATENCY, Limits(), None, 3)
    answer = answered(layer, question, False)
    assert isinstance(answer, Solution) and answer.proved and answer.cost.cycles == 6560
    assert (1, "mirrored, 2 strips") in [(piece.count, piece.form) for piece in answer.pieces]
    assert verdict(json.loads(json.dumps(certificate_of(answer, question)))) == "VERIFIED"


@pytest.mark.parametrize("objective", list(Objective))
def test_pieces_behind_a_buffer_are_verified(objective: Objective) -> None:
    question = question_of(LAYER, BUFFERED, objective, Limits(), None, "all")
    answer = answered(LAYER, question, False)
    assert isinstance(answer, Solution) and answer.proved
    paper = json.loads(json.dumps(certificate_of(answer, question)))
    assert "in any number of pieces neither" in checker.check(paper)
    paper["answer"]["bound"] = paper["answer"]["value"] = str(Decimal(paper["answer"]["value"]) + 1)
    assert "'s " in (reason := verdict(paper)) and " is " in reason


def test_a_better_mapping_in_pieces_behind_a_buffer_is_found() -> None:
    """Of one piece 237 cycles are not the least that two take."""
    question = question_of(LAYER, BUFFERED, Objective.LATENCY, Limits(), None)
    whole, two = (answered(LAYER, replace(question, pieces=pieces), False) for pieces in (1, 2))
    assert isinstance(whole, Solution) and isinstance(two, Solution)
    assert len(two.pieces) == 2 and two.cost.cycles < whole.cost.cycles
    paper = json.loads(json.dumps(certificate_of(whole, question)))
    assert verdict(paper) == "VERIFIED"
    paper["question"]["pieces"] = 2
    assert "in all, less than" in verdict(paper)


def test_each_thing_that_a_piece_behind_a_buffer_is_must_be_right() -> None:
    question = question_of(LAYER, BUFFERED, Objective.LATENCY, Limits(), None, "all")
    answer = answered(LAYER, question, False)
    assert isinstance(answer, Solution) and len(answer.pieces) == 2
    right = json.dumps(certificate_of(answer, question))

    def reason(change: Any) -> str:
        paper = json.loads(right)
        change(paper["answer"]["pieces"][0])
        return verdict(paper)

    assert "the pieces are not the layer" in reason(lambda row: row.update(count=row["count"] + 1))
    assert "the certificate: takes" in reason(lambda row: row.update(cycles=row["cycles"] - 1))
    assert "no legal mapping" in reason(lambda row: row["buffer_tile"].__setitem__(3, 7))
    assert "not complete" in reason(lambda row: row.pop("dram_order"))


def test_lines_of_two_and_more_pieces_say_nothing_of_one_but_bound_products() -> None:
    """One piece may take less energy than they say: its product was bounded by itself."""
    question = question_of(LAYER, BUFFERED, Objective.EDP, Limits(), None, "all")
    answer = answered(LAYER, question, False)
    assert isinstance(answer, Solution)
    paper = json.loads(json.dumps(certificate_of(answer, question)))
    found = paper["answer"]
    assert verdict(paper) == "VERIFIED" and "lines" not in found
    for row in found["lines_of_several"]:
        row[2] = str(int(row[2]) * 11 // 10)
    assert "in all, less than" in verdict(paper)
    found["lines"] = json.loads(json.dumps(certificate_of(answer, question)))["answer"]["lines_of_several"]
    del found["lines_of_several"]
    assert "costs less than" in verdict(paper)


def behind_a_buffer(rng: Random, *, real: bool) -> LevelQuestion:
    """Return a random small question whose pieces can be bounded: the controller has an order of its own."""
    array = small_real_hardware if real else small_hardware
    drawn = (small_question(rng, array=array) for _ in range(1000))
    return next(one for one in drawn if one.hardware.memory and one.hardware.memory.controller == "fixed")


@pytest.mark.parametrize("seed", range(1, 25))
def test_no_bound_of_a_piece_behind_a_buffer_is_above_what_it_costs(seed: int) -> None:
    """Pieces of every size are bounded from the whole, then from single sizes, and timed."""
    rng = Random(seed)
    asked = behind_a_buffer(rng, real=seed % 3 == 0)
    question = question_of(asked.layer, asked.hardware, Objective.LATENCY, Limits(), None, "all")
    case = _case(asked.layer, question)
    a, b = rng.choice(((1, 0), (0, 1), (3, 2)))
    compared = 0

    def goal(cycles: Any, energy: Any) -> Any:
        return a * cycles + b * energy

    for nest, loop in checker.cuts_of(case):
        pieces = checker.LevelPieces(case, nest, loop)
        pieces._begin(checker.Claim(goal, 1 << 50, ""))
        pieces.whole, costs = 0, {}
        for size in rng.sample(range(1, pieces.size + 1), min(3, pieces.size)):
            costs[size] = enough = max(1, int(pieces._floors()[size]))
            while enough < 1 << 50 and costs[size] == enough:
                enough *= 2
                costs[size], _ = pieces._settle(checker.Claim(goal, enough, ""), size, enough)
        costs = {size: cost for size, cost in costs.items() if cost < 1 << 50}  # of some there is no mapping
        for asked_size in [0, *range(pieces.size, 0, -1)]:
            if asked_size:
                enough = np.full(pieces.size + 1, 2.0 * max(costs.values(), default=1))
                while pieces._raised(checker.Claim(goal, 1 << 50, ""), [asked_size], enough):
                    assert all(pieces._floors()[size] <= cost for size, cost in costs.items())
            for size, cost in costs.items():
                assert pieces._floors()[size] <= cost
                compared += 1
        for size in costs:  # a bound that is just enough is not asked for again
            fresh, least = checker.LevelPieces(case, nest, loop), pieces.least[:, :, size].min()
            fresh._begin(checker.Claim(goal, 1 << 50, ""))
            enough = np.full(pieces.size + 1, least)
            assert any(
                not fresh._raised(checker.Claim(goal, 1 << 50, ""), [size], enough) for _ in range(200)
            )
    assert compared or not checker.cuts_of(case)


@pytest.mark.parametrize("seed", range(1, 25))
def test_no_mapping_of_a_piece_behind_a_buffer_costs_less_than_what_is_settled(seed: int) -> None:
    """Orders that are alike while the loop that is cut is not refilled differ once it is."""
    asked, energy = behind_a_buffer(Random(seed), real=seed % 3 == 0), checker.VALUES["energy"]
    question = question_of(asked.layer, asked.hardware, Objective.ENERGY, Limits(), None, "all")
    case, compared = _case(asked.layer, question), 0
    for base, cut in checker.cuts_of(case):
        pieces = checker.LevelPieces(case, base, cut)
        pieces._begin(checker.Claim(energy, 1 << 70, ""))
        for size in range(1, min(pieces.size, 6) + 1):
            cost = enough = max(1, int(pieces._floors()[size]))
            while enough < 1 << 70 and cost == enough:
                enough *= 2
                cost, _ = pieces._settle(checker.Claim(energy, enough, ""), size, enough)
            for way, (_, loop) in enumerate(pieces.ways):
                space = pieces.space(way, size) if loop is not None and cost < enough else None
                for mapping, *_ in space.open(checker.Claim(energy, cost, "")) if space else ():
                    found = space.cost(mapping)
                    assert found is None or found.energy >= cost
                compared += space is not None
    assert compared or not checker.cuts_of(case)


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_layout_that_is_kept_is_that_of_pieces_of_other_sizes(seed: int) -> None:
    """Ports that a kept layout has more than the tiles need have no words."""
    rng = Random(seed)
    asked = behind_a_buffer(rng, real=seed % 3 == 0)
    case = _case(asked.layer, question_of(asked.layer, asked.hardware, Objective.LATENCY, Limits(), None))
    kept = {True: checker.Layouts(), False: checker.Layouts()}
    for filters, rough in itertools.product((1, 2, 3, 5), (True, False)):
        nest = case.direct.with_size(K=filters, S=1 + filters % 3)
        T = checker.legal_tiles(nest, case.machine, case.question["limits"]).astype(np.int64)
        vn, count = T[:, checker.REDUCED].prod(axis=1), T[:, checker.OUTER].prod(axis=1)
        room = ((vn + 1) * count <= case.machine.ms) & (not case.machine.real)
        aux = room * np.array([rng.randrange(2) for _ in T], dtype=np.int64)
        found = kept[rough].of(nest, case.machine, T, aux, rough)
        for name, column in checker.lay(nest, case.machine, T, aux, rough=rough)._asdict().items():
            mine = getattr(found, name)
            if column.ndim == 2:
                assert not mine[:, column.shape[1] :].any(), name
                mine = mine[:, : column.shape[1]]
            assert np.array_equal(mine, column), name
