from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arithmetic import arrays
from solver.cost import replay
from solver.cost.memory_port import Memory
from solver.cost.replay import Replay, replay_cycles
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.right import computed_right
from solver.legal.tiles import candidate_tiles, legal_tiles
from solver.mapping.tile import Tile, folds
from tests.support.examples.questions import Question, random_question
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_in, tile_of

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))


def replayed_tiles(question: Question, count: int) -> list[Tile]:
    """Return some legal tiles that the replay covers."""
    nest, hardware = question.nest, question.hardware
    tiles = candidate_tiles(nest, hardware)
    if not hardware.accumulation_buffer:
        tiles = tiles[[folds(nest, Tile.of(sizes)) == 1 for sizes in tiles]]
    tiles = tiles[computed_right(nest, hardware, tiles)]
    return [Tile.of(sizes) for sizes in tiles[:: max(1, len(tiles) // count)]]


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(13, 60), st.integers(4, 12))
def test_rows_that_repeat_may_be_left_out(question: Question, height: int, first: int) -> None:
    """Of few rows many do not repeat yet: more are timed, up to all of them."""
    nest = LoopNest(**{**vars_of(question.nest), "X": height})
    tall = Question(nest, question.hardware, question.objective, question.limits)
    for tile in replayed_tiles(tall, 8):
        whole = Replay(nest, tall.hardware, tile)
        if whole.drains():
            every_row = timed_row_by_row(whole)
            assert replay_cycles(nest, tall.hardware, tile) == whole.iterations * every_row
            assert timed_row_by_row(whole, first) == every_row


def vars_of(nest: LoopNest) -> dict[str, object]:
    """Return the fields of a nest."""
    return {name: getattr(nest, name) for name in nest.__dataclass_fields__}


def timed_row_by_row(whole: Replay, first: int = 10**9) -> int:
    """Return the cycles of one filter iteration with so many first rows of windows replayed, or every one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "_FIRST_ROWS", first)
        return whole._drained_iteration()


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(1, 200), st.integers(1, 40), st.integers(0, 10**9))
def test_outputs_that_leave_part_by_part_take_the_same_time(
    question: Question, at_once: int, windows: int, seed: int
) -> None:
    """Whenever outputs are ready, in any order: no part fixes what a later one may overtake."""
    for tile in replayed_tiles(question, 3):
        whole = Replay(question.nest, question.hardware, tile)
        ready = np.random.default_rng(seed).integers(0, 3 * windows, (windows, tile.num_vns))
        time = whole._collected(ready)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(arrays, "_CHUNK_ELEMENTS", at_once)
            assert whole._collected(ready) == time


@settings(max_examples=15, deadline=None)
@given(questions)
def test_an_array_that_drains_takes_the_same_time_when_iterations_are_chained(question: Question) -> None:
    for tile in replayed_tiles(question, 6):
        run = Replay(question.nest, question.hardware, tile)
        if run.drains():
            assert run.cycles() == timed_one_by_one(question.nest, question.hardware, tile)


def timed_one_by_one(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles with every filter iteration of every image timed, and none known from others."""
    run, memory = Replay(nest, hardware, tile), Memory(hardware.rn_bw)
    steps = run.folds * (1 + run.rows * run.cols)
    start = 0
    waits = [(g * tile.G * nest.K + k * tile.K * tile.G) * nest.X * nest.Y
             for g in range(run.trips["G"]) for k in range(run.trips["K"])]  # fmt: skip
    for threshold in waits + [0] * (run.iterations - len(waits)):
        start = max(start, memory.time_of(threshold)) if threshold else start
        memory.add(*run._events(start))
        start += steps
    return memory.time_of(run.iterations * run.outputs_per_iteration)


@settings(max_examples=15, deadline=None)
@given(questions)
def test_memory_sends_one_output_per_line_and_cycle_and_takes_half_of_what_waits(question: Question) -> None:
    for tile in replayed_tiles(question, 3):
        run = Replay(question.nest, question.hardware, tile)
        ready = run._iteration(0)
        if ready.size <= 600:
            assert run._collected(ready) == cycle_by_cycle(ready.tolist(), run.line.tolist())


def cycle_by_cycle(ready: list[list[int]], line: list[int]) -> int:
    """Return when the memory has taken every output of a filter iteration, by running bus and memory."""
    queue = sorted((time, where) for window in ready for time, where in zip(window, line, strict=True))
    outputs, waiting, taken, cycle = len(queue), 0, 0, 0
    while taken < outputs:
        cycle += 1
        now = (waiting + 1) // 2
        taken, waiting = taken + now, waiting - now
        left, busy = [], set()
        for time, where in queue:
            if time <= cycle and where not in busy:
                busy.add(where)
                waiting += 1
            else:
                left.append((time, where))
        queue = left
    return cycle


def test_folding_through_memory_is_left_to_its_own_replay() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    with pytest.raises(ValueError, match="SerialReplay"):
        replay_cycles(LoopNest(C=4, K=2), hardware, Tile(C=2))


def test_the_replay_takes_as_many_cycles_as_the_simulator() -> None:
    compared = 0
    for row in rows("stonne_sims.csv"):
        if row["status"] == "OK" and (row["accumulation_buffer"] == "1" or row["F"] == "1"):
            compared += 1
            assert replay_cycles(nest_of(row), hardware_of(row), tile_of(row)) == int(row["cycles"]), row[
                "id"
            ]
    assert compared > 150


def test_the_simulators_best_tiles_take_its_cycles() -> None:
    for row in rows("stonne_optimum.csv"):
        cycles = replay_cycles(nest_of(row), hardware_of(row), tile_in(row["best_tile"]))
        assert cycles == int(row["best_cycles"]), row["layer"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_overlapping_iterations_are_timed_as_if_every_one_were(data: st.DataObject) -> None:
    size = st.integers(1, 4)
    nest = LoopNest(
        R=data.draw(size),
        S=data.draw(size),
        C=data.draw(size),
        K=data.draw(st.integers(1, 6)),
        G=data.draw(st.sampled_from([1, 1, 2, 3, 12])),
        N=data.draw(st.sampled_from([1, 1, 2, 3, 16])),
        X=data.draw(st.integers(1, 8)),
        Y=data.draw(st.integers(1, 8)),
    )
    ports, lines = (data.draw(st.sampled_from([1, 2, 4, 8])) for _ in range(2))
    hardware = read_hardware(None, num_ms=16, dn_bw=ports, rn_bw=lines)
    tiles = legal_tiles(nest, hardware)
    tile = Tile.of(tiles[data.draw(st.integers(0, len(tiles) - 1))])
    assert replay_cycles(nest, hardware, tile) == timed_one_by_one(nest, hardware, tile)


SLOW_TO_REPEAT = [
    (LoopNest(R=2, S=2, C=2, K=12, N=5, X=4, Y=2), (32, 8, 1), Tile(C=2, K=9)),
    (LoopNest(C=4, K=7, N=10, X=2, Y=6), (64, 4, 1), Tile(C=3, K=7, Y=3)),
    (LoopNest(R=3, S=2, K=12, N=12, X=10), (64, 2, 1), Tile(R=3, S=2, K=9)),
    (LoopNest(R=2, C=3, K=9, N=6, X=6, Y=10), (64, 2, 2), Tile(R=2, K=9, X=2)),
    (LoopNest(K=4, N=22, X=3, Y=10), (64, 8, 8), Tile(K=4, Y=10)),
    (LoopNest(R=3, K=3, N=17, X=3, Y=8), (64, 4, 2), Tile(R=3, K=3, Y=6)),
]
"""Found by stopping after four iterations whatever they took: these take longer to repeat, some 0.2 % do."""


@pytest.mark.parametrize(("nest", "sizes", "tile"), SLOW_TO_REPEAT)
def test_iterations_are_timed_until_they_repeat(
    nest: LoopNest, sizes: tuple[int, int, int], tile: Tile
) -> None:
    num_ms, dn_bw, rn_bw = sizes
    hardware = read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw)
    assert replay_cycles(nest, hardware, tile) == timed_one_by_one(nest, hardware, tile)


def test_no_output_is_settled_that_a_later_one_may_overtake() -> None:
    """The next iteration's outputs come when the first of its virtual neurons has its words, not the last."""
    nest = LoopNest(K=7, N=4, X=5, Y=3)
    hardware = read_hardware(num_ms=32, dn_bw=2, rn_bw=4)
    tile = Tile(N=4, X=2, Y=3)
    assert replay_cycles(nest, hardware, tile) == timed_one_by_one(nest, hardware, tile) == 348
