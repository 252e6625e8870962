"""Whatever stands in the cache, nothing that is not true comes out of it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from solver.answers.solution import Solution, Status
from solver.cost.evaluate import evaluate
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.questions.cache.check import doubt
from solver.questions.cache.key import fingerprint
from solver.questions.cache.row import Row
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.network.run import run_network
from solver.questions.sweep.run import run_sweep
from tests.support.cache_poison import CHANGES, ODD_CELLS, Change, changed, rewrite
from tests.support.cli_runs import run
from tests.support.examples.network_examples import small_network, small_question

LAYER = Conv(name="here", input=(2, 6, 6), filters=3, kernel=(3, 3))
QUESTION = small_question(baselines=True)
LEVELS = small_question(hardware=read_hardware("maeri-64-dram", buffer=1024), baselines=True)


def solved(question: Question) -> Solution:
    found, _ = map_layer(LAYER, question)
    assert isinstance(found, Solution) and found.proved and found.baselines
    return found


@pytest.fixture(scope="module", params=[QUESTION, LEVELS], ids=["one level", "two levels"])
def right(request: pytest.FixtureRequest) -> tuple[Question, Solution]:
    return request.param, solved(request.param)


def misses(path: Path, question: Question) -> list[str]:
    """Ask twice, and return the warnings: one in all, since the answer is gone the second time."""
    warned: list[str] = []
    cache = Cache(path, warn=warned.append)
    assert cache.get(LAYER, question) is None
    assert cache.get(LAYER, question) is None
    assert cache.counts() == (0, 0)
    cache.close()
    return warned


@pytest.mark.parametrize("cells", ODD_CELLS, ids=lambda cells: str(cells)[:40])
def test_cells_that_are_not_what_they_should_be_are_a_miss(cells: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with_none = replace(QUESTION, baselines=False)
    cache = Cache(path, warn=pytest.fail)
    cache.put(LAYER, QUESTION, FOUND)
    cache.close()
    rewrite(path, fingerprint(LAYER, QUESTION), **cells)
    (warned,) = misses(path, with_none)
    assert str(path) in warned and "here: " in warned


FOUND = solved(QUESTION)


@pytest.mark.parametrize("forged", [False, True], ids=["changed", "forged"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_answer_that_is_not_right_is_a_miss_even_with_the_right_digest(
    change: Change, forged: bool, right: tuple[Question, Solution], tmp_path: Path
) -> None:
    question, answer = right
    path, key = tmp_path / "answers.sqlite", fingerprint(LAYER, question)
    Cache(path, warn=pytest.fail).put(LAYER, question, answer)
    rewrite(path, key, **changed(Row.of(key, question, answer), key, change, forged=forged))
    assert len(misses(path, question)) == 1


def test_a_worse_mapping_that_is_called_the_best_is_noticed_by_its_digest(tmp_path: Path) -> None:
    path, key = tmp_path / "answers.sqlite", fingerprint(LAYER, QUESTION)
    Cache(path, warn=pytest.fail).put(LAYER, QUESTION, FOUND)
    tile = Tile(R=3)
    cost = evaluate(LAYER.nest(), QUESTION.hardware, tile)
    worse = replace(FOUND, tile=tile, cost=cost, bound=Decimal(cost.cycles))
    rewrite(path, key, answer=Row.of(key, QUESTION, worse).text)
    (warned,) = misses(path, QUESTION)
    assert "changed after it was written" in warned


def test_the_answer_of_another_question_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    pinned = replace(QUESTION, limits=Limits(upper={"K": 1}))
    other = solved(pinned)
    assert other.objective_value > FOUND.objective_value
    Cache(path, warn=pytest.fail).put(LAYER, pinned, other)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET fingerprint = ?", (fingerprint(LAYER, QUESTION),))
    connection.close()
    assert len(misses(path, QUESTION)) == 1


def test_a_tile_outside_the_limits_is_doubted() -> None:
    assert doubt(FOUND, QUESTION) is None
    assert "outside the limits" in str(doubt(FOUND, replace(QUESTION, limits=Limits(upper={"K": 2}))))


def test_an_unproved_answer_is_checked_too(tmp_path: Path) -> None:
    path, question = tmp_path / "answers.sqlite", small_question(time_limit=5.0)
    unproved = replace(FOUND, status=Status.FEASIBLE, bound=Decimal(1), baselines=())
    cache = Cache(path, warn=pytest.fail)
    cache.put(LAYER, question, unproved)
    assert cache.get(LAYER, question) == unproved
    wrong = replace(unproved, cost=replace(unproved.cost, cycles=2))
    key = fingerprint(LAYER, question)
    row = Row.of(key, question, wrong)
    rewrite(path, key, answer=row.text, digest=row.digest)
    assert len(misses(path, question)) == 1


def test_networks_and_sweeps_search_again_what_is_wrong_with_one_warning(tmp_path: Path) -> None:
    path, question = tmp_path / "answers.sqlite", small_question()
    layers = small_network()
    clean = run_network("n", layers, question, cache=Cache(path, warn=pytest.fail))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET answer = replace(answer, '\"cycles\": ', '\"cycles\": 1')")
    connection.close()
    warned: list[str] = []
    again = run_network("n", layers, question, cache=Cache(path, warn=warned.append))
    assert again.figures == clean.figures
    assert (again.cached, len(warned)) == (0, 1) and "more)" in warned[0]
    third = run_sweep(
        {"n": layers},
        [question.hardware],
        [question.objective],
        question,
        cache=Cache(path, warn=pytest.fail),
    )
    assert third.cached == third.questions


def test_a_table_of_another_form_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (fingerprint TEXT, answer TEXT)")
    connection.close()
    cache = Cache(path, warn=pytest.fail)
    assert cache.get(LAYER, QUESTION) is None
    cache.put(LAYER, QUESTION, FOUND)
    assert cache.get(LAYER, QUESTION) == FOUND


def test_folder_and_files_are_the_user_s_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "maeri-solver"
    args = ["network", "fc 8 -> 4", "--hardware", "maeri-64", "--no-baselines"]
    for _ in range(2):
        assert run(capsys, *args).code == 0
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.chmod(0o644)


def test_a_wrong_answer_is_told_on_standard_error_and_searched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    args = ["network", "fc 8 -> 4", "--hardware", "maeri-64", "--no-baselines", "--json", "-"]
    first = run(capsys, *args).json
    with sqlite3.connect(tmp_path / "maeri-solver" / "answers.sqlite") as connection:
        connection.execute("UPDATE answers SET answer = '\"x\"'")
    connection.close()
    second = run(capsys, *args)
    assert second.json["total"] == first["total"] and second.json["cached"] == 0
    assert second.err.count("warning: the cache ") == 1
    assert run(capsys, *args).json["cached"] == 1
