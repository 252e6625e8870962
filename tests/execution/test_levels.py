"""Schedules executed: every output, every word, and mistakes that are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.cost.traffic import forwarding
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.faults import SwitchFaultError
from solver.execution.levels.execute import execute_schedule
from solver.execution.levels.timeline import TileTime, lockstep_cycles
from solver.execution.levels.verify import LevelSimulation, verify_schedule
from solver.execution.tensors import make_tensors
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest, Loops
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers
from solver.schedule.build import build_schedule
from solver.schedule.schedule import InputBox, Lines, Moved, Schedule, Source, TileLoop
from tests.oracles.reuse_walker import walk
from tests.schedule.test_build import NEST, hardware, mapping
from tests.support.execution_checks import mutate
from tests.support.schedule_checks import (
    SCHEDULE_MUTATIONS,
    LevelCase,
    level_cases,
    mutate_schedule,
    random_level_case,
    random_real_level_case,
)

LAYER = Loops(loops=NEST)


def run(schedule: Schedule) -> LevelSimulation:
    return verify_schedule(schedule, LAYER, make_tensors(LAYER, Arithmetic.EXACT, seed=3))


@settings(max_examples=8)  # `python -m benchmarks.proofs.two_level_execution` takes more
@given(st.integers(0, 10**9))
def test_schedules_of_the_real_hardware_compute_the_layer_in_the_cycles_of_the_model(seed: int) -> None:
    found = random_real_level_case(Random(seed)).run()
    assert found.execution.array_cycles == found.levels.array_cycles
    folds = found.execution.transfers["array to buffer"]["outputs"] // found.schedule.nest.outputs
    added = found.execution.transfers["buffer to adder"]["outputs"]
    assert added == (folds - 1) * found.schedule.nest.outputs


@settings(max_examples=12)
@given(st.integers(0, 10**9))
def test_schedules_compute_the_layer_and_move_the_words_of_the_walker(seed: int) -> None:
    case = random_level_case(Random(seed))
    found = case.run()  # compares outputs with direct convolution, and words with the cost model
    forwards = bool(forwarding(case.nest, case.hardware, np.array([case.mapping.tile.sizes]))[0])
    assert case.hardware.memory is not None
    adder = case.hardware.memory.buffer.adder
    moved = walk(case.nest, case.mapping, forwards=forwards, adder=adder).moved
    transfers = found.execution.transfers
    assert transfers == {
        "DRAM to buffer": {
            "weights": moved["dram_weights"],
            "inputs": moved["dram_inputs"],
            "outputs": moved["dram_psums"],
        },
        "buffer to DRAM": {"outputs": moved["dram_outputs"]},
        "buffer to array": {
            "weights": moved["weight_reads"],
            "inputs": moved["input_reads"],
            "outputs": moved["psum_forwards"],
        },
        **({"buffer to adder": {"outputs": moved["psum_reads"]}} if adder else {}),
        "array to buffer": {"outputs": moved["writes"]},
    }
    assert found.execution.tiles == case.schedule().tiles
    assert found.execution.array_cycles == sum(r.runs * r.cycles for r in found.execution.configs)


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("source", ["conv 12x14x14 -> 16, 3x3, pad 1", "fc 256 -> 60, batch 2"])
def test_optima_execute(source: str, objective: Objective) -> None:
    hardware = read_hardware("maeri-64-dram")
    assert hardware.memory is not None
    buffer = replace(hardware.memory.buffer, capacity=1024)
    hardware = replace(hardware, memory=replace(hardware.memory, buffer=buffer))
    question = Question(hardware=hardware, objective=objective, limits=Limits(), baselines=False)
    (layer,) = read_layers(source)
    answer, _ = map_layer(layer, question, lambda *_: None)
    assert isinstance(answer, Solution) and answer.levels is not None
    schedule = build_schedule(answer.nest, hardware, answer.levels.mapping)
    assert schedule.tiles > 1
    found = verify_schedule(schedule, layer, make_tensors(layer, Arithmetic.EXACT))
    assert found.levels.transfers == answer.levels.transfers == found.execution.transfers


@cache
def scheduled() -> tuple[tuple[LevelCase, Schedule], ...]:
    """Return random cases with their schedules, for all mistakes the same ones."""
    return tuple((case, case.schedule()) for case in level_cases(77, 60))


@pytest.mark.parametrize("what", SCHEDULE_MUTATIONS)
def test_a_mistake_is_found(what: str) -> None:
    rng, tried = Random(SCHEDULE_MUTATIONS.index(what)), 0
    cases = scheduled()
    while tried < 15:
        case, schedule = rng.choice(cases)
        wrong = mutate_schedule(rng, schedule, what)
        if wrong == schedule:
            continue
        tried += 1
        with pytest.raises(SwitchFaultError):
            for seed in range(3):  # numbers may happen to be the same
                case.run(wrong, seed)


SLIDING = mapping(Y=2)
FOLDING = mapping("QKP", C=1, X=2)
KEEPING = mapping("KPQ", C=1, X=2)


def changed(schedule: Schedule, number: int, **changes: object) -> Schedule:
    phases = list(schedule.phases)
    phases[number] = replace(phases[number], **changes)
    return replace(schedule, phases=tuple(phases))


ROWS = Lines(((0, 5, 1),))


@pytest.mark.parametrize(
    ("levels", "change", "message"),
    [
        (
            SLIDING,
            lambda s: changed(s, 0, weights=Source.KEEP),
            "buffer tile y = 0: weight g = 0, k = 0, c = 0, r = 0, s = 0: the word is not in the buffer",
        ),
        (
            SLIDING,
            lambda s: changed(s, 1, kept=InputBox(ROWS, Lines(((1, 1, 1),)))),
            "buffer tile y = 1: input n = 0, g = 0, c = 0, row = 0, col = 2: the word is not in the buffer",
        ),
        (
            SLIDING,
            lambda s: changed(s, 2, fetched=InputBox(ROWS, Lines(((1, 2, 1),)))),
            "buffer tile y = 2: input n = 0, g = 0, c = 0, row = 0, col = 5: the word is fetched, but it is",
        ),
        (SLIDING, lambda s: changed(s, 1, config="tile-2"), "y = 1: written sums: the words moved"),
        (SLIDING, lambda s: changed(s, 2, config="tile-1"), "y = 2: tile-1: the buffer tile lies outside"),
        (SLIDING, lambda s: changed(s, 1, write=False), "y = 1: written sums: the words moved"),
        (
            SLIDING,
            lambda s: changed(s, 1, write=False, words=replace(s.phases[1].words, written=0)),
            "buffer tile y = 2: output n = 0, g = 0, k = 0, x = 0, y = 2: the sum leaves the buffer",
        ),
        (
            SLIDING,
            lambda s: changed(s, 2, write=False, words=replace(s.phases[2].words, written=0)),
            "output n = 0, g = 0, k = 0, x = 0, y = 4: the output of the layer is never written",
        ),
        (
            SLIDING,
            lambda s: changed(s, 1, sums=Source.FETCH),
            "buffer tile y = 1: output .* y = 2: a partial sum is fetched that was never written to DRAM",
        ),
        (
            FOLDING,
            lambda s: changed(s, 2, sums=Source.NEW),
            "buffer tile c = 1, x = 0: output n = 0, .*: the sum starts anew, but partial sums",
        ),
        (
            FOLDING,
            lambda s: changed(s, 2, sums=Source.KEEP),
            "buffer tile c = 1, x = 0: output .*: the word is not in the buffer",
        ),
        (
            KEEPING,
            lambda s: changed(s, 1, sums=Source.NEW),
            "buffer tile x = 0, c = 1: output .*: the sum leaves the buffer and is not written to DRAM",
        ),
        (
            SLIDING,
            lambda s: replace(s, loops=(TileLoop("Y", 2, 2),)),
            "output n = 0, g = 0, k = 0, x = 0, y = 4: the output of the layer is never written",
        ),
        (SLIDING, lambda s: replace(s, phases=s.phases[:2]), "buffer tile y = 2: .*0 of its phases do"),
        (SLIDING, lambda s: replace(s, phases=(*s.phases, s.phases[0])), "y = 0: .*2 of its phases do"),
        (
            SLIDING,
            lambda s: changed(s, 0, words=Moved(1, 2, 3, 4)),
            "buffer tile y = 0: weights: the words moved are not those that the schedule counts .72, not 1.",
        ),
        (
            SLIDING,
            lambda s: replace(s, memory=Memory(buffer=PrefetchBuffer(capacity=600), dram_bandwidth=4)),
            "buffer tile y = 0: buffer: the buffer overflows .152 words, room for 150, each tile held twice.",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_buffer_tile_and_place(
    levels: LevelMapping, change: Callable[[Schedule], Schedule], message: str
) -> None:
    schedule = build_schedule(NEST, hardware(), levels)
    run(schedule)
    with pytest.raises(SwitchFaultError, match=message):
        run(change(schedule))


def test_a_part_of_a_split_buffer_overflows_on_its_own() -> None:
    parts = {"capacity": None, "weights": 288, "inputs": 4096, "outputs": 4096}
    schedule = build_schedule(NEST, hardware(**parts), SLIDING)
    run(schedule)
    small = replace(schedule.memory, buffer=replace(schedule.memory.buffer, weights=287))
    with pytest.raises(
        SwitchFaultError, match=r"buffer part for weights: the buffer overflows .72 words, room"
    ):
        run(replace(schedule, memory=small))


def test_a_detour_that_gives_the_right_outputs_is_found_too() -> None:
    schedule = build_schedule(NEST, hardware(), SLIDING)
    words = replace(schedule.phases[1].words, weights=NEST.weights, inputs=2 * 6 * 4)
    whole = InputBox(ROWS, Lines(((0, 3, 1),)))
    # The second tile lets everything go and fetches it again.
    detour = changed(schedule, 1, kept=None, fetched=whole, words=replace(words, weights=0))
    assert execute_schedule(detour, LAYER, make_tensors(LAYER, Arithmetic.EXACT)).tiles == 3
    with pytest.raises(
        SwitchFaultError, match="DRAM to buffer: the words moved are not those of the cost model"
    ):
        run(detour)


def test_a_fault_inside_the_array_names_the_configuration_and_the_switch() -> None:
    schedule = build_schedule(NEST, hardware(), SLIDING)
    rng, found = Random(4), 0
    while found < 10:
        wrong = mutate(rng, schedule.configs["tile-2"], "adder")
        if wrong == schedule.configs["tile-2"]:
            continue
        with pytest.raises(SwitchFaultError, match=r"^tile-2: (S|D)"):
            run(replace(schedule, configs={**schedule.configs, "tile-2": wrong}))
        found += 1


def test_a_wrong_value_names_the_buffer_tile() -> None:
    schedule = build_schedule(NEST, hardware(), SLIDING)
    config = schedule.configs["tile-2"]
    words = [list(port) for port in config.phases[0].ports]
    port = next(number for number, some in enumerate(words) if len(some) > 1)
    first, second = words[port][:2]
    words[port][:2] = replace(first, offset=second.offset), replace(second, offset=first.offset)
    load = replace(config.phases[0], ports=tuple(tuple(some) for some in words))
    wrong = replace(config, phases=(load, *config.phases[1:]))
    with pytest.raises(
        SwitchFaultError, match=r"buffer tile y = 2: .* is not what its definition gives .n = 0"
    ):
        run(replace(schedule, configs={**schedule.configs, "tile-2": wrong}))


def test_a_schedule_of_another_layer_is_refused() -> None:
    other = Loops(loops=replace(NEST, K=5))
    with pytest.raises(InputError, match="for another layer"):
        execute_schedule(
            build_schedule(NEST, hardware(), SLIDING), other, make_tensors(other, Arithmetic.EXACT)
        )


def test_lockstep_by_hand() -> None:
    tiles = [TileTime(10, 8, 0, 0), TileTime(3, 20, 4, 0), TileTime(10, 8, 12, 0)]
    single = Memory(buffer=PrefetchBuffer(capacity=64, double_buffered=False), dram_bandwidth=4)
    double = Memory(buffer=PrefetchBuffer(capacity=64), dram_bandwidth=4)
    assert lockstep_cycles(single, tiles) == (2 + 10) + (5 + 3 + 1) + (2 + 10 + 3)
    # The first fetch; work beside the next tile's fetch and the write of the tile before; the last write.
    assert lockstep_cycles(double, tiles) == 2 + max(10, 5) + max(3, 2) + max(10, 1) + 3
    slow = replace(double, buffer=replace(double.buffer, bandwidth=1))
    assert lockstep_cycles(slow, [TileTime(10, 8, 4, 30)]) == 2 + 42 + 1


def test_with_one_tile_all_transfers_lie_before_and_after_the_array_s_work() -> None:
    tried = 0
    for case in level_cases(8, 40):
        whole = LevelMapping(case.mapping.tile, Tile.of(case.nest.sizes))
        memory = Memory(buffer=PrefetchBuffer(capacity=10**6), dram_bandwidth=4)
        alone = replace(case, mapping=whole, hardware=replace(case.hardware, memory=memory))
        if level_legality(alone.nest, alone.hardware, whole) is not None:
            continue
        tried += 1
        found = alone.run()
        moved = sum(found.levels.words["DRAM"].values())
        transfers = found.execution.cycles - found.execution.array_cycles
        assert -(-moved // 4) <= transfers <= -(-moved // 4) + 1
    assert tried > 20


def test_dense_rows_between_strided_windows_are_never_read() -> None:
    nest = LoopNest(K=2, X=6, Y=6, stride=(3, 3))
    levels = LevelMapping(Tile(K=2), Tile(K=2, X=2, Y=3))
    layer = Loops(loops=nest)
    found = verify_schedule(
        build_schedule(nest, hardware(), levels), layer, make_tensors(layer, Arithmetic.EXACT)
    )
    assert found.execution.transfers["DRAM to buffer"]["inputs"] == 36
