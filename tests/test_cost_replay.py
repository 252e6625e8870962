from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions import Question, random_question
from simulator_data import DATA, hardware_of, nest_of, rows, tile_in, tile_of

from solver.cost import replay
from solver.cost.replay import Replay, _Memory, replay_cycles
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping import Tile, folds
from solver.space import legal_tiles

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))


def replayed_tiles(question: Question, count: int) -> list[Tile]:
    """Return some legal tiles that the replay covers."""
    tiles = [Tile.of(sizes) for sizes in legal_tiles(question.nest, question.hardware)]
    if not question.hardware.accumulation_buffer:
        tiles = [tile for tile in tiles if folds(question.nest, tile) == 1]
    return tiles[:: max(1, len(tiles) // count)]


@settings(max_examples=25, deadline=None)
@given(questions, st.integers(13, 60))
def test_rows_that_repeat_may_be_left_out(question: Question, height: int) -> None:
    nest = LoopNest(**{**vars_of(question.nest), "X": height})
    tall = Question(nest, question.hardware, question.objective, question.limits)
    for tile in replayed_tiles(tall, 8):
        whole = Replay(nest, tall.hardware, tile)
        if whole.drains():
            every_row = whole.iterations * timed_row_by_row(whole)
            assert replay_cycles(nest, tall.hardware, tile) == every_row


def vars_of(nest: LoopNest) -> dict[str, object]:
    """Return the fields of a nest."""
    return {name: getattr(nest, name) for name in nest.__dataclass_fields__}


def timed_row_by_row(whole: Replay) -> int:
    """Return the cycles of one filter iteration with every row of windows replayed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "_FIRST_ROWS", 10**9)
        return whole._drained_iteration()


@settings(max_examples=15, deadline=None)
@given(questions)
def test_an_array_that_drains_takes_the_same_time_when_iterations_are_chained(question: Question) -> None:
    for tile in replayed_tiles(question, 6):
        run = Replay(question.nest, question.hardware, tile)
        if run.drains():
            chained = Replay(question.nest, question.hardware, tile)._chained()
            assert run.cycles() == chained


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


def test_folding_through_memory_is_left_to_the_closed_form() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    with pytest.raises(ValueError, match="closed form"):
        replay_cycles(LoopNest(C=4, K=2), hardware, Tile(C=2))


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the simulator's measurements")
def test_the_replay_takes_as_many_cycles_as_the_simulator() -> None:
    compared = 0
    for row in rows("stonne_sims.csv")[::3]:
        if row["status"] == "OK" and (row["accumulation_buffer"] == "1" or row["F"] == "1"):
            compared += 1
            assert replay_cycles(nest_of(row), hardware_of(row), tile_of(row)) == int(row["cycles"]), row[
                "id"
            ]
    assert compared > 200


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the simulator's measurements")
def test_the_simulators_best_tiles_take_its_cycles() -> None:
    for row in rows("stonne_optimum.csv")[::5]:
        cycles = replay_cycles(nest_of(row), hardware_of(row), tile_in(row["best_tile"]))
        assert cycles == int(row["best_cycles"]), row["layer"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_batch_is_timed_as_if_every_image_were(data: st.DataObject) -> None:
    size = st.integers(1, 4)
    nest = LoopNest(
        R=data.draw(size),
        S=data.draw(size),
        C=data.draw(size),
        K=data.draw(st.integers(1, 6)),
        N=data.draw(st.integers(5, 12)),
        X=data.draw(st.integers(1, 6)),
        Y=data.draw(st.integers(1, 6)),
    )
    ports, lines = (data.draw(st.sampled_from([1, 2, 4])) for _ in range(2))
    hardware = read_hardware(None, num_ms=16, dn_bw=ports, rn_bw=lines)
    tiles = legal_tiles(nest, hardware)
    tile = Tile.of(tiles[data.draw(st.integers(0, len(tiles) - 1))])
    shortened = replay_cycles(nest, hardware, tile)
    with pytest.MonkeyPatch.context() as patch:
        # No two images are ever seen to come alike, so each is timed.
        patch.setattr(_Memory, "last", lambda memory, count: np.random.default_rng().random(count))
        assert replay_cycles(nest, hardware, tile) == shortened
