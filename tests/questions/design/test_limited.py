"""Limits on power in pieces: against all splits of all layers, and what is said where not all was found."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from solver.cost.result import Objective, value_of
from solver.errors import InputError
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LSTM, Conv, Layer
from solver.questions.certify import check_certifiable, design_certificate
from solver.questions.design import limited
from solver.questions.design.edge import edge_of
from solver.questions.design.hull import hull
from solver.questions.design.limited import Limited
from solver.questions.design.search import run_design
from solver.questions.design.work import Choice
from solver.search.pieces import band
from tests.oracles.limited import case, kept, powers_of
from tests.oracles.pieces import undominated
from tests.support.cli_runs import run
from tests.support.examples.network_examples import small_question


@pytest.mark.parametrize("seed", range(4))  # `python -m benchmarks.proofs.power` takes more
def test_a_limit_is_kept_by_the_best_of_all_splits(seed: int) -> None:
    one = case(seed)
    for power in powers_of(one.fronts)[1:3]:
        figures = [*kept(one.fronts, power)]
        for objective in Objective:
            question = small_question(objective, pieces=one.pieces, forms="direct")
            answer = run_design("net", one.layers, [one.hardware], question, max_power=power)
            least = min((value_of(objective, *each) for each in figures), default=None)
            assert answer.objective_value == least
            assert least is None or (answer.proved and answer.power is not None and answer.power <= power)


def test_layers_of_several_parts_keep_the_limit_by_their_own_fronts() -> None:
    layers: list[Layer] = [LSTM(name="lstm", inputs=2, hidden=3, steps=2), case(1).layers[0]]
    hardware = case(1).hardware
    question = small_question(Objective.LATENCY, pieces="all", forms="direct")
    free = run_design("net", layers, [hardware], question)
    assert free.power is not None
    answer = run_design("net", layers, [hardware], question, max_power=free.power * Decimal("0.97"))
    assert answer.objective_value is None or answer.objective_value > free.objective_value  # type: ignore[operator]
    assert answer.proved or answer.objective_value is None


def test_what_was_not_found_is_in_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = 0
    monkeypatch.setattr(band, "MOST_REPLAYS", -1)
    for seed in (1, 2):
        one = case(seed)
        for power in powers_of(one.fronts)[1:3]:
            for objective in (Objective.LATENCY, Objective.EDP):
                question = small_question(objective, pieces=one.pieces, forms="direct")
                answer = run_design("net", one.layers, [one.hardware], question, max_power=power)
                least = min((value_of(objective, *each) for each in kept(one.fronts, power)), default=None)
                assert (least is None) == (answer.objective_value is None)
                if least is not None and answer.objective_value is not None:
                    assert answer.bound <= least <= answer.objective_value
                    open_ += not answer.proved
    assert open_


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.EDP])
def test_better_choices_lie_within_the_room_of_the_edge(objective: Objective) -> None:
    rng = Random(str(objective))
    cut = 0
    for _ in range(60):
        fronts = [
            undominated({(rng.randint(5, 60), Decimal(rng.randint(50, 900)) / 10) for _ in range(6)})
            for _ in range(rng.randint(1, 3))
        ]
        layers = [[Choice(c, e, ()) for c, e in front] for front in fronts]
        for power in powers_of(fronts)[1:]:
            edge = edge_of(layers, objective, power, 1)
            values = {one: value_of(objective, *one) for one in kept(fronts, power)}
            corners = [[front[at] for at in hull(some)] for front, some in zip(fronts, layers, strict=True)]
            known = min((value_of(objective, *one) for one in kept(corners, power)), default=None)
            if edge is None or known is None:
                continue
            if edge.bound(0) >= known:
                assert known == min(values.values())
                continue
            cut += 1
            for one, value in values.items():
                room = edge.sum(*one) - edge.least
                if value <= known:
                    assert 0 <= room <= edge.room(known) and edge.bound(room) <= value
    assert cut > 20


BEHIND = Memory(buffer=PrefetchBuffer(capacity=80, word_bytes=1), dram_bandwidth=2)


def test_behind_a_buffer_a_limit_is_kept_in_one_piece() -> None:
    layers: list[Layer] = [Conv(name="a", input=(2, 4, 4), filters=3, kernel=(2, 2))]
    hardware = replace(case(0).hardware, reduction="simulator", memory=BEHIND)
    question = small_question(Objective.LATENCY, pieces="all")
    with pytest.raises(InputError, match="1 under a limit on power behind a prefetch buffer"):
        run_design("net", layers, [hardware], question, max_power=Decimal(10))


def test_a_limit_in_pieces_has_no_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = case(1)
    question = small_question(Objective.LATENCY, pieces="all", forms="direct")
    answer = run_design("net", one.layers, [one.hardware], question, max_power=powers_of(one.fronts)[2])
    with pytest.raises(InputError, match="have no certificates"):
        design_certificate(answer, question)
    check_certifiable(question)
    target = tmp_path / "certificate.json"
    flags = ["--max-power", "12", "--pieces", "all", "--certificate", str(target)]
    result = run(capsys, "design", "fc 12 -> 5", "--num-ms", "16", "--dn-bw", "8", "--rn-bw", "8", *flags)
    assert result.code == 2 and "--pieces all beside --max-power" in result.err and not target.exists()


def test_one_piece_is_the_default_under_a_limit() -> None:
    one = case(2)
    power = powers_of(one.fronts)[2]
    default, whole = (
        run_design("net", one.layers, [one.hardware], small_question(Objective.EDP, **rest), max_power=power)
        for rest in ({}, {"pieces": 1})
    )
    assert default.objective_value == whole.objective_value
    assert not any(solution.pieces for layer in default.layers for _, solution in layer.parts)


def test_the_bands_grow_until_nothing_better_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    before = Limited.tasks

    def tasks(self: Limited) -> dict[int, limited.Task]:
        asked.append(self._wanted)
        return before(self)

    monkeypatch.setattr(Limited, "tasks", tasks)
    one = case(1)
    for power in powers_of(one.fronts):
        asked.clear()
        question = small_question(Objective.LATENCY, pieces=one.pieces, forms="direct")
        run_design("net", one.layers, [one.hardware], question, max_power=power)
        assert asked == sorted(set(asked)) and asked[:1] in ([], [0])
