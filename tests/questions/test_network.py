"""A network is the sum of its layers, each different one solved once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import solver.questions.network.run as network_run
from solver.answers.infeasible import Answer, Infeasible
from solver.answers.layer import LayerAnswer
from solver.answers.network import NetworkAnswer
from solver.answers.solution import Solution, Status
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.jobs.processes import Processes
from solver.layer import LSTM, Attention, AveragePool, Conv, ConvTranspose, Layer, Primitive
from solver.legal.tiles import Limits
from solver.questions.cache.key import fingerprint
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.network.plan import Plan
from solver.questions.network.run import Event, run_network
from solver.views.text.network import remarks
from tests.support.examples.network_examples import small_network, small_question


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the layers that are searched, as they come."""
    names: list[str] = []

    def recording(layer: Primitive, *rest: Any) -> tuple[Answer, bool]:
        names.append(layer.name)
        return map_layer(layer, *rest)

    monkeypatch.setattr(network_run, "map_layer", recording)
    return names


def run(layers: list[Layer], question: Question | None = None, **rest: Any) -> NetworkAnswer:
    return run_network("net", layers, question or small_question(), **rest)


def comparable(answer: NetworkAnswer) -> list[Any]:
    """Everything but the time it took."""
    return [
        replace(part.answer, wall_seconds=0.0, notes=()) if isinstance(part.answer, Solution) else part.answer
        for layer in answer.layers
        for part in layer.parts
    ]


def test_layers_of_the_same_loops_are_searched_once(asked: list[str]) -> None:
    answer = run(small_network())
    assert asked == ["first", "last"]
    assert answer.different == 2
    names = [part.solution.layer.name for layer in answer.layers for part in layer.parts if part.solution]
    assert names == ["first", "same loops", "last"]


def test_totals_are_sums_over_layers_and_repeats() -> None:
    layers = [*small_network(), LSTM(name="rnn", inputs=3, hidden=4, steps=5)]
    answer = run(layers)
    cycles, energy = 0, Decimal(0)
    for layer in layers:
        for part in layer.parts():
            if isinstance(part.layer, Primitive):
                found, _ = map_layer(part.layer, small_question())
                assert isinstance(found, Solution)
                cycles += found.cost.cycles * part.repeats
                energy += found.cost.energy * part.repeats
    assert (answer.figures.cycles, answer.figures.energy) == (cycles, energy)
    assert answer.figures.edp == cycles * energy
    assert answer.figures.macs == sum(layer.macs for layer in layers)
    assert answer.gap == 0
    assert answer.exit_code is ExitCode.PROVED and answer.proved


def test_host_operations_are_listed_and_free() -> None:
    layers = [*small_network(), Attention(name="heads", heads=2, head_size=3, queries=4)]
    statuses = {layer.layer.name: layer.status for layer in run(layers).layers}
    assert statuses["softmax"] == "host"
    heads = run(layers).layers[-1]
    assert [part.part.name for part in heads.parts if part.on_host] == ["softmax"]
    assert heads.status == "optimal"


def test_a_second_run_searches_nothing_and_says_the_same(asked: list[str], tmp_path: Path) -> None:
    cache = Cache(tmp_path / "answers.sqlite")
    first = run(small_network(), cache=cache)
    asked.clear()
    second = run(small_network(), cache=cache)
    assert asked == []
    assert (first.cached, second.cached) == (0, 2)
    assert comparable(first) == comparable(second)


def test_an_interrupted_run_keeps_what_is_done(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "answers.sqlite")

    def interrupting(layer: Primitive, *rest: Any) -> tuple[Answer, bool]:
        if layer.name == "last":
            raise KeyboardInterrupt
        return map_layer(layer, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(network_run, "map_layer", interrupting)
        stopped = run(small_network(), cache=cache)
    assert stopped.interrupted and stopped.exit_code is ExitCode.INTERRUPTED
    assert [layer.status for layer in stopped.layers] == ["optimal", "optimal", "host", "missing"]
    resumed = run(small_network(), cache=cache)
    assert asked == ["last"]
    assert resumed.exit_code is ExitCode.PROVED


def test_several_processes_answer_the_same(tmp_path: Path) -> None:
    assert comparable(run(small_network(), executor=Processes(2))) == comparable(run(small_network()))


def test_a_layer_without_a_mapping_does_not_lose_the_others() -> None:
    question = small_question(limits=Limits(lower={"R": 2}))
    answer = run(small_network(), question)
    assert [layer.status for layer in answer.layers] == ["optimal", "optimal", "host", "infeasible"]
    assert "T_R >= 2" in answer.layers[-1].reason
    assert answer.exit_code is ExitCode.PARTIAL
    assert answer.figures.cycles == sum(layer.figures.cycles for layer in answer.layers[:2] if layer.figures)


@pytest.mark.parametrize("objective", Objective)
def test_the_cheaper_way_to_run_a_layer_is_chosen(objective: Objective) -> None:
    layer = ConvTranspose(input=(2, 4, 4), filters=2, kernel=(3, 3), stride=(2, 2))
    (answer,) = run([layer], small_question(objective)).layers
    assert answer.decomposition == "phases"
    ((other, value),) = answer.others
    assert other == "zero insertion"
    assert answer.figures and value > answer.figures.value(objective)


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.ENERGY])
def test_a_way_that_is_not_settled_leaves_a_doubt(objective: Objective) -> None:
    layer = ConvTranspose(input=(2, 4, 4), filters=2, kernel=(3, 3), stride=(2, 2))
    question, plan = small_question(objective), Plan.of([layer])
    known = {key: map_layer(part, question)[0] for key, part in plan.questions(question).items()}
    key = fingerprint(layer.decompositions()[1].parts[0].layer, question)  # type: ignore[arg-type]
    other = known[key]
    assert isinstance(other, Solution)

    def told(answer: Answer | None) -> LayerAnswer:
        (found,) = plan.answers(question, {**known, key: answer} if answer else _without(known, key))
        return found

    whole = told(other)
    assert whole.figures is not None and whole.status == "optimal" and whole.gap == 0
    value = whole.figures.value(objective)
    for bound, status, gap in (
        (value + 1, "optimal", 0),
        (value, "optimal", 0),
        (value / 2, "feasible", 0.5),
    ):
        found = told(replace(other, status=Status.FEASIBLE, bound=bound))
        assert (found.decomposition, found.status, found.gap) == ("phases", status, gap)
    assert (told(None).status, told(None).gap) == ("feasible", 1)  # it was not reached
    nothing = Infeasible(other.layer, other.hardware, objective, "too large")
    assert (told(nothing).status, told(nothing).gap) == ("optimal", 0)
    # What may still have a mapping is not said to have none.
    (found,) = plan.answers(question, dict.fromkeys(_without(known, key), nothing))
    assert found.status == "missing"
    (found,) = plan.answers(question, dict.fromkeys(known, nothing))
    assert found.status == "infeasible"


def _without(known: dict[str, Answer], key: str) -> dict[str, Answer]:
    return {other: answer for other, answer in known.items() if other != key}


def test_the_bound_of_a_total_product_holds_for_any_mappings() -> None:
    layers: list[Layer] = [
        Conv(input=(2, 5, 5), filters=2, kernel=(3, 3)),
        AveragePool(input=(3, 4, 4), kernel=(2, 2)),
    ]
    least = run(layers, small_question(Objective.EDP))
    assert least.gap is not None and 0 <= least.gap < 1
    bound = float(least.figures.edp) * (1 - least.gap)
    for objective in Objective:
        assert float(run(layers, small_question(objective)).figures.edp) >= bound * (1 - 1e-12)


def test_an_unproved_layer_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def halfway(layer: Primitive, *rest: Any) -> tuple[Answer, bool]:
        answer, stopped = map_layer(layer, *rest)
        assert isinstance(answer, Solution)
        return replace(answer, status=Status.FEASIBLE, bound=answer.objective_value / 2), stopped

    monkeypatch.setattr(network_run, "map_layer", halfway)
    answer = run(small_network())
    assert answer.gap == 0.5
    assert answer.exit_code is ExitCode.NOT_PROVED and not answer.proved


def test_baselines_are_compared_over_the_layers_that_they_map() -> None:
    pool = AveragePool(name="pool", input=(3, 4, 4), kernel=(2, 2))
    answer = run([*small_network(), pool], small_question(baselines=True))
    mrna, ours, count = answer.beside("mrna") or pytest.fail("mrna maps the others")
    assert count == 3
    assert ours.cycles == answer.figures.cycles - (answer.layers[-1].figures or pytest.fail()).cycles
    assert mrna.cycles >= ours.cycles
    best, all_of_it, count = answer.beside("exhaustive") or pytest.fail("it maps everything")
    assert count == 4
    assert best.cycles == all_of_it.cycles == answer.figures.cycles


def test_events_count_up_to_all_different_layers() -> None:
    events: list[Event] = []
    run(small_network(), on_event=events.append)
    done = [event for event in events if event.status]
    assert [(event.done, event.total, event.layer) for event in done] == [(1, 2, "first"), (2, 2, "last")]
    assert Counter(event.status for event in done) == {"optimal": 2}


def test_the_report_says_what_other_forms_assume_of_the_layer_before() -> None:
    tall = [Conv(name="tall", input=(8, 9, 7), filters=4, kernel=(3, 1))]
    said = [
        [remark.plain for remark in remarks(run_network("net", tall, small_question(forms=forms)))]
        for forms in (None, "direct")
    ]
    assert any("1 layer is run in another form" in line and "the layer before" in line for line in said[0])
    assert not any("another form" in line for line in said[1])
