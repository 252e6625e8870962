"""An answer is given again exactly where it still holds."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from solver.answers.infeasible import Infeasible
from solver.answers.solution import Solution, Status
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import INPUTS, Conv, FullyConnected, Gemm
from solver.legal.tiles import Limits
from solver.questions.cache import Cache, fingerprint
from solver.questions.map_layer import map_layer
from tests.support.network_examples import small_question
from tests.support.report_examples import example_solution

LAYER = Conv(input=(2, 6, 6), filters=3, kernel=(3, 3))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "deep" / "answers.sqlite", warn=pytest.fail)


def answer(status: Status = Status.OPTIMAL, **changes: Any) -> Solution:
    question = small_question()
    found = example_solution(status, question.objective)
    return replace(found, layer=LAYER, hardware=question.hardware, **changes)


def test_a_proved_answer_comes_back_whole(cache: Cache) -> None:
    question = small_question(baselines=True)
    cache.put(LAYER, question, answer())
    assert cache.get(LAYER, question) == answer()


def test_an_infeasible_answer_comes_back_whole(cache: Cache) -> None:
    question = small_question()
    none = Infeasible(LAYER, question.hardware, question.objective, "no tile")
    cache.put(LAYER, question, none)
    assert cache.get(LAYER, question) == none
    assert cache.get(LAYER, replace(question, baselines=True)) == none


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
    monkeypatch.setattr("solver.questions.cache.model_version", lambda: "another")
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
    cache.put(LAYER, small_question(baselines=True), answer())
    found = cache.get(LAYER, small_question())
    assert isinstance(found, Solution) and found.baselines == ()


def test_clearing_deletes_all(cache: Cache) -> None:
    cache.put(LAYER, small_question(), answer())
    assert cache.clear() == 1
    assert not cache.path.exists()
    assert cache.clear() == 0
    assert cache.get(LAYER, small_question()) is None


def test_a_cache_in_use_is_not_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.questions.cache.BUSY_SECONDS", 0.01)
    warnings: list[str] = []
    cache = Cache(tmp_path / "answers.sqlite", warn=warnings.append)
    cache.put(LAYER, small_question(), answer())
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


@pytest.mark.parametrize("damage", ["not JSON", "{}", '{"infeasible": true}', '{"infeasible": false}'])
def test_a_damaged_row_is_no_answer(cache: Cache, damage: str) -> None:
    cache.put(LAYER, small_question(), answer())
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE answers SET answer = ?", (damage,))
    assert cache.get(LAYER, small_question()) is None


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
    layers = [FullyConnected(inputs=size, outputs=3) for size in range(1, 25)]

    def keep(layer: FullyConnected) -> bool:
        cache = Cache(tmp_path / "answers.sqlite", warn=pytest.fail)
        cache.put(layer, small_question(), replace(answer(), layer=layer))
        return cache.get(layer, small_question()) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(keep, layers))
    assert Cache(tmp_path / "answers.sqlite").counts()[0] == len(layers)
