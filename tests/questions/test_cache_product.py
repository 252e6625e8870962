"""Least products of networks are kept, and believed only if they are right."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from solver.answers.network import NetworkAnswer
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, HostOperation
from solver.questions.cache.row import Row
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question
from solver.questions.network.kept import Wanted
from solver.questions.network.plan import Plan
from solver.questions.network.product import Balanced, balance
from solver.questions.network.run import run_network
from solver.questions.sweep.run import run_sweep
from tests.support.cache_poison import rewrite
from tests.support.examples.network_examples import small_question

LAYERS = (
    Conv(name="a", input=(3, 3, 3), filters=9, kernel=(1, 3)),
    HostOperation(name="softmax", operation="softmax", elements=10),
    Conv(name="b", input=(1, 3, 5), filters=7, kernel=(1, 1)),
)
ARRAY = read_hardware(num_ms=16, dn_bw=2, rn_bw=2)
BEHIND = replace(ARRAY, memory=Memory(buffer=PrefetchBuffer(capacity=120, word_bytes=1), dram_bandwidth=2))
QUESTION = small_question(Objective.EDP, hardware=ARRAY, forms="direct", pieces="all")
KEY = Wanted(Plan.of(LAYERS), QUESTION, {}).key

Change = Callable[[dict[str, Any]], Any]


def answered(path: Path, question: Question = QUESTION, warned: list[str] | None = None) -> NetworkAnswer:
    warn = pytest.fail if warned is None else warned.append
    cache = Cache(path, warn=warn)
    answer = run_network("n", LAYERS, question, cache=cache)
    cache.close()
    return answer


def searched(*args: object) -> Balanced | None:
    raise AssertionError("the product was searched")


def told(answer: NetworkAnswer) -> dict[str, Any]:
    """Return what is said of a network, but for where it comes from and how long it took."""
    passing = ("cache", "seconds", "notes")
    said = json.loads(json.dumps(answer.to_dict(), default=str))

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if not any(word in k for word in passing)}
        return [kept(each) for each in value] if isinstance(value, list) else value

    found: dict[str, Any] = kept(said)
    return found


@pytest.mark.parametrize("hardware", [ARRAY, BEHIND], ids=["array", "levels"])
def test_a_product_that_was_found_is_not_searched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hardware: object
) -> None:
    path, question = tmp_path / "answers.sqlite", replace(QUESTION, hardware=hardware)
    first = answered(path, question)
    assert first.proved
    monkeypatch.setattr("solver.questions.network.kept.balance", searched)
    again = answered(path, question)
    assert again.proved and again.cached == again.different
    assert told(again) == told(first)
    for other in (tuple(reversed(LAYERS)), LAYERS[:1]):
        with pytest.raises(AssertionError, match="was searched"):
            run_network("other", other, question, cache=Cache(path))


def test_a_sweep_and_a_network_share_what_they_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.sqlite"
    cache = Cache(path, warn=pytest.fail)
    swept = run_sweep({"n": LAYERS}, [ARRAY], [Objective.EDP], QUESTION, cache=cache)
    monkeypatch.setattr("solver.questions.network.kept.balance", searched)
    again = run_sweep({"n": LAYERS}, [ARRAY], [Objective.EDP], QUESTION, cache=cache)
    cache.close()
    (row,), (kept,) = swept.rows, again.rows
    assert kept == row and row.gap == 0
    assert answered(path).figures == row.figures


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NetworkAnswer]:
    """A cache with the answers of the network, which is not to be changed, and what was answered."""
    path = tmp_path_factory.mktemp("kept") / "answers.sqlite"
    return path, answered(path)


def a_choice(data: dict[str, Any]) -> dict[str, Any]:
    """Return the first piece of the first mapping that is not its layer's best."""
    piece: dict[str, Any] = next(iter(data["chosen"].values()))[0]
    return piece


CHANGES: dict[str, Change] = {
    "bound too high": lambda data: data.update(bound="1e12"),
    "bound too low": lambda data: data.update(bound="1"),
    "bound negative": lambda data: data.update(bound="-1"),
    "bound NaN": lambda data: data.update(bound="NaN"),
    "bound lacking": lambda data: data.pop("bound"),
    "another way": lambda data: data.update(ways=[0, 0, 1]),
    "a way lacking": lambda data: data.update(ways=[0, 0]),
    "own mappings": lambda data: data.update(chosen={}),
    "no mapping": lambda data: data.update(chosen={key: [] for key in data["chosen"]}),
    "of another layer": lambda data: data.update(chosen={"x": next(iter(data["chosen"].values()))}),
    "cycles": lambda data: a_choice(data)["cost"].update(cycles=1),
    "energy": lambda data: a_choice(data)["cost"].update(energy="1"),
    "illegal tile": lambda data: a_choice(data)["tile"].update(R=2, S=2, C=2, K=3, X=4),
    "tile 0": lambda data: a_choice(data)["tile"].update(K=0),
    "form": lambda data: a_choice(data).update(form="mirrored"),
    "a range too long": lambda data: a_choice(data).update(count=99),
}


@pytest.mark.parametrize("forged", [False, True], ids=["changed", "forged"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_product_that_is_not_right_is_searched_again(
    change: Change, forged: bool, kept: tuple[Path, NetworkAnswer], tmp_path: Path
) -> None:
    path, first = Path(copy(kept[0], tmp_path)), kept[1]
    with sqlite3.connect(path) as connection:
        ((text,),) = connection.execute("SELECT answer FROM answers WHERE fingerprint = ?", (KEY,))
    connection.close()
    data = json.loads(text)
    assert data["chosen"], "no layer gives up its own product: the example shows nothing"
    change(data)
    changed = json.dumps(data)
    cells: dict[str, object] = {"answer": changed}
    if forged:
        cells["digest"] = Row.of_cells(KEY, True, None, True, changed).digest
    rewrite(path, KEY, **cells)
    warned: list[str] = []
    again = answered(path, warned=warned)
    assert told(again) == told(first)
    (said,) = warned
    assert "the product of a network: " in said
    assert told(answered(path)) == told(first)


def test_a_product_with_a_gap_is_kept_only_for_as_much_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurried(*args: Any) -> Balanced | None:
        found = balance(*args)
        assert found is not None
        return replace(found, bound=Decimal(1))

    path = tmp_path / "answers.sqlite"
    monkeypatch.setattr("solver.questions.network.kept.balance", hurried)
    assert not answered(path).proved
    five = replace(QUESTION, time_limit=5.0)
    assert not answered(path, five).proved
    monkeypatch.setattr("solver.questions.network.kept.balance", searched)
    assert answered(path, five).bound == 1
    for longer in (replace(QUESTION, time_limit=6.0), QUESTION):
        with pytest.raises(AssertionError, match="was searched"):
            answered(path, longer)
