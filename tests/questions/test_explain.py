"""An explanation holds what a user would get by asking for each change alone."""

from dataclasses import replace
from typing import Any

import pytest

from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.forms.form import DIRECT
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, FullyConnected
from solver.legal.tiles import Limits
from solver.questions.explain.remark import remark
from solver.questions.explain.run import doubled, explain
from solver.questions.map_layer import Question
from solver.search.solve import solve
from solver.views.text.explain import written_words

LAYER = Conv(name="small", input=(6, 8, 8), filters=6, kernel=(3, 3))
ARRAY = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
LEVELS = replace(ARRAY, memory=Memory(buffer=PrefetchBuffer(capacity=512), dram_bandwidth=1))


def asked(hardware: Hardware, objective: Objective, **rest: Any) -> Question:
    return Question(hardware=hardware, objective=objective, limits=Limits(), workers=1, **rest)


@pytest.mark.parametrize("objective", list(Objective))
def test_every_doubling_is_the_optimum_of_the_doubled_hardware(objective: Objective) -> None:
    explanation = explain(LAYER, asked(LEVELS, objective))
    assert explanation.exit_code is ExitCode.PROVED
    memory = LEVELS.memory
    assert memory is not None
    changed = {
        "num_ms": replace(LEVELS, num_ms=32),
        "dn_bw": replace(LEVELS, dn_bw=8),
        "rn_bw": replace(LEVELS, rn_bw=8),
        "buffer": replace(LEVELS, memory=replace(memory, buffer=PrefetchBuffer(capacity=1024))),
        "DRAM bandwidth": replace(LEVELS, memory=replace(memory, dram_bandwidth=2)),
    }
    found = {doubling.resource: doubling.solution for doubling in explanation.doublings}
    assert found.keys() == changed.keys()
    for resource, hardware in changed.items():
        solution = found[resource]
        assert solution is not None and solution.proved
        assert solution.objective_value == solve(LAYER, hardware, objective).objective_value
    best = explanation.solution.objective_value
    assert best == solve(LAYER, LEVELS, objective).objective_value
    assert best >= explanation.bound


def test_a_starved_dram_binds_and_doubling_it_halves_the_time() -> None:
    starved = FullyConnected(inputs=60, outputs=40)  # every weight is used once
    explanation = explain(starved, asked(LEVELS, Objective.LATENCY))
    solution = explanation.solution
    assert solution.cost.bottleneck == "DRAM"
    assert solution.cost.waits["DRAM"] > 0.9 * solution.cost.cycles
    ratios = {d["resource"]: d["ratio"] for d in explanation.to_dict()["doublings"]}
    assert ratios["DRAM bandwidth"] < 0.7
    assert ratios["rn_bw"] == 1


def test_what_cannot_be_doubled_is_said_with_its_reason() -> None:
    explanation = explain(LAYER, asked(replace(ARRAY, dn_bw=16), Objective.LATENCY))
    reasons = {d.resource: d.reason for d in explanation.doublings if d.solution is None}
    assert reasons == {
        "dn_bw": "dn_bw = 32 is not possible: at most num_ms = 16",
        "buffer": "the hardware describes no prefetch buffer and DRAM",
        "DRAM bandwidth": "the hardware describes no prefetch buffer and DRAM",
    }
    assert doubled(replace(ARRAY, num_ms=2**16), "num_ms") == (
        "num_ms = 131072 is not possible: from 4 to 65536 switches"
    )


def test_a_split_buffer_is_doubled_in_every_part_and_limits_only_where_there_are_any() -> None:
    split = PrefetchBuffer(weights=10, inputs=20, outputs=30, bandwidth=5)
    hardware = replace(LEVELS, memory=Memory(buffer=split, dram_bandwidth=1, weights_per_switch=3))
    more, before = doubled(hardware, "buffer")  # type: ignore[misc]
    assert before == 60
    assert more.memory.buffer == replace(hardware.memory.buffer, weights=20, inputs=40, outputs=60)  # type: ignore[union-attr]
    more, before = doubled(hardware, "buffer bandwidth")  # type: ignore[misc]
    assert (before, more.memory.buffer.bandwidth) == (5, 10)  # type: ignore[union-attr]
    more, before = doubled(hardware, "weights per switch")  # type: ignore[misc]
    assert (before, more.memory.weights_per_switch) == (3, 6)  # type: ignore[union-attr]
    for resource in ("buffer bandwidth", "weights per switch"):
        assert doubled(LEVELS, resource) is None
        assert doubled(ARRAY, resource) is None


def test_what_would_leave_the_limits_is_not_doubled() -> None:
    assert LEVELS.memory is not None
    memory = replace(LEVELS.memory, dram_bandwidth=2**31 - 1, buffer=PrefetchBuffer(capacity=2**40))
    full = replace(LEVELS, memory=memory)
    assert doubled(full, "DRAM bandwidth") == (
        "twice the DRAM bandwidth is not possible: at most 2,147,483,647"
    )
    assert doubled(full, "buffer") == "twice the buffer is not possible: at most 1,099,511,627,776"


def test_without_time_nothing_is_called_proved() -> None:
    question = asked(LEVELS, Objective.ENERGY, time_limit=1e-9)
    assert explain(LAYER, question).exit_code is ExitCode.NOT_PROVED


@pytest.mark.parametrize("objective", list(Objective))
def test_a_resource_that_makes_things_worse_says_why_in_one_sentence(objective: Objective) -> None:
    """Twice the switches on the same ports: a port serves more of them, and all of them leak."""
    layer = Conv(name="small", input=(3, 6, 6), filters=8, kernel=(3, 3))
    explanation = explain(layer, asked(read_hardware(num_ms=16, dn_bw=4, rn_bw=4), objective))
    value = explanation.solution.objective_value
    worse = [d for d in explanation.doublings if d.solution and d.solution.objective_value > value]
    for doubling in explanation.doublings:
        assert doubling.remark.startswith("worse: ") == (doubling in worse)
    if objective is Objective.ENERGY:
        assert "num_ms" in {doubling.resource for doubling in worse}


def test_the_reason_is_what_the_same_mapping_meets_on_the_larger_array() -> None:
    layer = Conv(name="a", input=(12, 9, 5), filters=5, kernel=(1, 1))
    today = solve(layer, read_hardware(num_ms=16, dn_bw=16, rn_bw=4), Objective.LATENCY)
    larger = read_hardware(num_ms=32, dn_bw=16, rn_bw=4)
    then = solve(layer, larger, Objective.LATENCY)
    said = remark("num_ms", today, then)
    same = evaluate(today.nest, larger, today.tile)
    assert same.cycles >= then.cost.cycles > today.cost.cycles
    assert "each read port serves 2 switches instead of 1" in said
    assert f"takes {same.cycles - today.cost.cycles:,} cycles more" in said
    assert said.endswith("no mapping makes up for it")


def test_the_sentence_agrees_with_the_table() -> None:
    """vgg_conv3 waits for its ports and nearly as long for its multipliers; doubling either helps."""
    vgg = Conv(name="vgg_conv3", input=(128, 56, 56), filters=256, kernel=(3, 3), padding=((1, 1), (1, 1)))
    explanation = explain(
        vgg, asked(read_hardware(num_ms=256, dn_bw=64, rn_bw=64), Objective.LATENCY, pieces=1)
    )
    cost = explanation.solution.cost
    assert (cost.bottleneck, *cost.close) == ("distribution", "compute")
    ratios = {d["resource"]: d.get("ratio") for d in explanation.to_dict()["doublings"]}
    assert ratios["num_ms"] < 0.55 and ratios["dn_bw"] < 0.8 and ratios["rn_bw"] > 0.99
    assert [d.remark for d in explanation.doublings] == [""] * len(explanation.doublings)


def test_what_the_layer_would_take_as_it_is_written() -> None:
    tall = Conv(input=(8, 9, 7), filters=4, kernel=(3, 1))
    explanation = explain(tall, asked(ARRAY, Objective.LATENCY))
    written = explanation.written
    assert written is not None and written.form == DIRECT and written.proved
    assert written.objective_value == solve(tall, ARRAY, Objective.LATENCY).objective_value
    assert written.objective_value > explanation.solution.objective_value
    told = explanation.to_dict()["written"]
    assert told["objective_value"] == written.objective_value and told["ratio"] > 1
    assert written_words(explanation.solution, written).plain.startswith(
        "as it is written, as a 3x1 convolution, it would take "
    )
    plain = explain(tall, asked(ARRAY, Objective.LATENCY, forms="direct"))
    assert plain.written is None and plain.to_dict()["written"] is None
