"""An answer is given again exactly where it still holds."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from solver import version as solver_version
from solver.answers.infeasible import Infeasible
from solver.answers.solution import Solution, Status
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import INPUTS, AveragePool, Conv, FullyConnected, Gemm, LoopNest, Loops, Primitive
from solver.legal.tiles import Limits
from solver.questions.cache.key import fingerprint
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from tests.support.examples.level_questions import small_question as level_question
from tests.support.examples.network_examples import small_question
from tests.support.examples.questions import random_question
from tests.support.examples.rtl_questions import random_rtl_question

LAYER = Conv(input=(2, 6, 6), filters=3, kernel=(3, 3))
ANSWER = map_layer(LAYER, small_question(baselines=True))[0]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "deep" / "answers.sqlite", warn=pytest.fail)


def answer(status: Status = Status.OPTIMAL, **changes: Any) -> Solution:
    assert isinstance(ANSWER, Solution)
    reached = ANSWER.bound if status is Status.OPTIMAL else ANSWER.bound - 1
    return replace(ANSWER, status=status, **{"baselines": (), "bound": reached} | changes)


def test_a_proved_answer_comes_back_whole(cache: Cache) -> None:
    question = small_question(baselines=True)
    assert isinstance(ANSWER, Solution) and len(ANSWER.baselines) > 5
    cache.put(LAYER, question, ANSWER)
    assert cache.get(LAYER, question) == ANSWER


def test_pieces_in_another_form_come_back_though_their_tiles_exceed_the_layer_as_written(
    cache: Cache,
) -> None:
    question = small_question(hardware=read_hardware(num_ms=16, dn_bw=8, rn_bw=8), pieces=None)
    layer = Conv(input=(3, 19, 19), filters=6, kernel=(7, 7), stride=(4, 4))
    found = map_layer(layer, question)[0]
    assert isinstance(found, Solution) and max(piece.tile.C for piece in found.pieces) > layer.nest().C
    cache.put(layer, question, found)
    assert cache.get(layer, question) == found


def test_an_image_of_a_product_comes_back(cache: Cache) -> None:
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8, buffer=256, dram_bandwidth=2)
    question = small_question(hardware=hardware)
    layer = Loops(loops=LoopNest(S=20, K=6, G=3, X=21))
    found = map_layer(layer, question)[0]
    assert isinstance(found, Solution) and "image of 3 columns" in found.form
    cache.put(layer, question, found)
    assert cache.get(layer, question) == found


def test_a_piece_whose_form_has_the_loops_of_another_comes_back(cache: Cache) -> None:
    """Of ten rows and ten columns both operands may stay; so may they of a piece that is square."""
    question = small_question(hardware=read_hardware(num_ms=32, dn_bw=8, rn_bw=32), pieces=None)
    layer = Gemm(m=10, k=12, n=10)
    found = map_layer(layer, question)[0]
    assert isinstance(found, Solution) and len({piece.form for piece in found.pieces}) == 2
    cache.put(layer, question, found)
    assert cache.get(layer, question) == found


def test_that_no_mapping_is_legal_is_found_again_each_time(cache: Cache) -> None:
    question = small_question()
    cache.put(LAYER, question, Infeasible(LAYER, question.hardware, question.objective, "no tile"))
    assert cache.counts() == (0, 0)


def changed_hardware(**changes: Any) -> Hardware:
    return replace(small_question().hardware, **changes)


@pytest.mark.parametrize(
    "other",
    [
        {"objective": Objective.ENERGY},
        {"hardware": changed_hardware(dn_bw=8)},
        {"hardware": changed_hardware(accumulation_buffer=False)},
        {
            "hardware": changed_hardware(
                energy_table=replace(small_question().hardware.energy_table, add_2_1=Decimal("9"))
            )
        },
        {"limits": Limits(upper={"K": 2})},
        {"seed": 1},
    ],
    ids=str,
)
def test_another_question_is_not_answered(cache: Cache, other: dict[str, Any]) -> None:
    cache.put(LAYER, small_question(), answer())
    assert cache.get(LAYER, small_question()) is not None
    assert cache.get(LAYER, small_question(**other)) is None


def test_names_and_threads_do_not_make_another_question() -> None:
    renamed = replace(small_question(workers=7), hardware=changed_hardware(name="mine"))
    assert fingerprint(replace(LAYER, name="x"), renamed) == fingerprint(LAYER, small_question())


def test_the_stationary_operand_makes_another_question() -> None:
    layer = FullyConnected(inputs=3, outputs=4)
    asked = fingerprint(layer, small_question())
    assert asked == fingerprint(Gemm(m=1, n=4, k=3), small_question())
    assert asked != fingerprint(layer, small_question(stationary=INPUTS))


def test_another_version_of_the_model_is_another_question(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(LAYER, small_question(), answer())
    for module in ("key", "store"):
        monkeypatch.setattr(f"solver.questions.cache.{module}.model_version", lambda: "another")
    assert cache.get(LAYER, small_question()) is None
    assert cache.counts() == (1, 0)


def test_an_unproved_answer_serves_only_those_who_allow_no_more_time(cache: Cache) -> None:
    cache.put(LAYER, small_question(time_limit=5.0), answer(Status.FEASIBLE))
    assert cache.get(LAYER, small_question(time_limit=5.0)) is not None
    assert cache.get(LAYER, small_question(time_limit=4.0)) is not None
    assert cache.get(LAYER, small_question(time_limit=6.0)) is None
    assert cache.get(LAYER, small_question()) is None


def test_a_worse_answer_never_replaces_a_better_one(cache: Cache) -> None:
    question = small_question(time_limit=5.0)
    cache.put(LAYER, question, answer())
    cache.put(LAYER, question, answer(Status.FEASIBLE))
    found = cache.get(LAYER, question)
    assert isinstance(found, Solution) and found.proved


def test_an_interrupted_answer_is_not_kept(cache: Cache) -> None:
    cache.put(LAYER, small_question(time_limit=5.0), answer(Status.INTERRUPTED))
    assert cache.counts() == (0, 0)


def test_an_answer_without_baselines_does_not_serve_who_wants_them(cache: Cache) -> None:
    cache.put(LAYER, small_question(), answer(baselines=()))
    assert cache.get(LAYER, small_question(baselines=True)) is None
    cache.put(LAYER, small_question(baselines=True), ANSWER)
    found = cache.get(LAYER, small_question())
    assert isinstance(found, Solution) and found.baselines == ()


def test_clearing_deletes_all(cache: Cache) -> None:
    cache.put(LAYER, small_question(), answer())
    assert cache.clear() == 1
    assert not cache.path.exists()
    assert cache.clear() == 0
    assert cache.get(LAYER, small_question()) is None


def test_a_cache_in_use_is_not_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.questions.cache.store.BUSY_SECONDS", 0.01)
    warnings: list[str] = []
    cache = Cache(tmp_path / "answers.sqlite", warn=warnings.append)
    cache.put(LAYER, small_question(), answer())
    cache.close()
    other = sqlite3.connect(cache.path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("DELETE FROM answers WHERE version = 'none'")
    assert cache.clear() == 0 and "cannot be cleared" in warnings[0]
    other.rollback()
    other.close()
    assert cache.clear() == 1


def test_a_file_that_is_no_database_costs_one_warning(tmp_path: Path) -> None:
    file = tmp_path / "answers.sqlite"
    file.write_text("this is no database, and long enough to be looked at as one " * 20)
    warnings: list[str] = []
    cache = Cache(file, warn=warnings.append)
    assert cache.get(LAYER, small_question()) is None
    cache.put(LAYER, small_question(), answer())
    assert len(warnings) == 1 and str(file) in warnings[0]


def test_an_answer_over_two_levels_is_kept_whole_and_depends_on_the_buffer(cache: Cache) -> None:
    levels = read_hardware("maeri-64-dram", buffer=1024)
    question = replace(small_question(), hardware=levels, baselines=True)
    answer, _ = map_layer(LAYER, question)
    assert isinstance(answer, Solution) and answer.levels is not None
    cache.put(LAYER, question, answer)
    assert cache.get(LAYER, question) == answer
    smaller = replace(question, hardware=read_hardware("maeri-64-dram", buffer=512))
    assert cache.get(LAYER, smaller) is None
    assert cache.get(LAYER, replace(question, hardware=replace(levels, memory=None))) is None


def test_many_may_read_and_write_at_once(tmp_path: Path) -> None:
    layers = [FullyConnected(inputs=size, outputs=3) for size in range(1, 9)]
    found = {layer: map_layer(layer, small_question())[0] for layer in layers}

    def keep(layer: FullyConnected) -> bool:
        cache = Cache(tmp_path / "answers.sqlite", warn=pytest.fail)
        cache.put(layer, small_question(), found[layer])
        return cache.get(layer, small_question()) == found[layer]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(keep, layers))
    assert Cache(tmp_path / "answers.sqlite").counts()[0] == len(layers)


def round_trip(cache: Cache, layer: Primitive, question: Question) -> None:
    found, _ = map_layer(layer, question)
    cache.put(layer, question, found)
    assert cache.get(layer, question) == (None if isinstance(found, Infeasible) else found)


@pytest.mark.parametrize("seed", range(8))
def test_every_answer_of_the_search_is_believed(seed: int, cache: Cache) -> None:
    rng = Random(seed)
    for random in (random_question, random_rtl_question):
        asked = random(rng)
        question = small_question(
            asked.objective, hardware=asked.hardware, limits=asked.limits, baselines=seed % 2 == 0
        )
        round_trip(cache, asked.layer, question)
    levels = level_question(rng)
    objective = list(Objective)[seed % 3]
    question = small_question(
        objective, hardware=levels.hardware, limits=levels.limits, baselines=seed % 4 == 0
    )
    round_trip(cache, levels.layer, question)


def test_layers_that_mrna_maps_and_does_not_map_are_told_apart() -> None:
    pool = AveragePool(input=(4, 6, 6), kernel=(3, 3), stride=(1, 1))
    depthwise = Conv(input=(4, 6, 6), filters=4, kernel=(3, 3), groups=4)
    assert pool.nest() == depthwise.nest()
    assert fingerprint(pool, small_question()) != fingerprint(depthwise, small_question())


def test_other_versions_of_the_packages_make_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = solver_version.model_version.__wrapped__
    versions = {digest()}
    real = solver_version.version
    for package in ("ortools", "numpy"):
        monkeypatch.setattr(solver_version, "version", lambda n, p=package: "0" if n == p else real(n))
        versions.add(digest())
    monkeypatch.setattr(solver_version, "MODEL_VERSION", 0)
    versions.add(digest())
    assert len(versions) == 4
