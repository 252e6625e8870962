"""What is told of overtaking before a replay, beside what the replay says."""

from __future__ import annotations

from collections import Counter

from solver.arithmetic.arrays import IntArray
from solver.cost.early_overtaking import _opens, _turns, _waits, overtaken_early
from solver.cost.memory_port import Memory
from solver.cost.replay import Replay
from solver.legal.right import overtakes
from tests.support.examples.doubtful import doubtful


def begun(replay: Replay) -> IntArray:
    """Return when each port begins each row of windows of an iteration that finds the array empty."""
    replay.ports.free = replay.folds * replay.ports.weights
    return replay.row_begins(0)


def test_what_is_told_early_is_what_the_replay_finds() -> None:
    told: Counter[tuple[bool, bool]] = Counter()
    for nest, hardware, tile in doubtful(1, 600):
        replay = Replay(nest, hardware, tile)
        found, waits = overtakes(nest, hardware, tile), _waits(replay) > 0
        early = overtaken_early(nest, hardware, tile)
        if waits:
            assert found is not None or not early
        else:
            # One image's iterations may drain: then the second image's first one follows them.
            follows = 1 if tile.N > 1 else replay.trips["G"] * replay.trips["K"]
            assert early == (found is not None and found.iteration == follows)
        told[waits, early] += 1
    assert told[False, True] > 50 and told[True, True] > 30 and told[False, False] > 50


def test_turns_are_those_of_every_window_timed() -> None:
    for nest, hardware, tile in doubtful(2, 150):
        replay = Replay(nest, hardware, tile)
        rows, cols = replay.rows, replay.cols
        begins = begun(replay)
        # Whole rows, and the first one up to each of its windows.
        for some, window in [(row + 1, cols) for row in range(rows)] + [(1, col) for col in range(2, cols)]:
            timed = Replay(nest, hardware, tile)
            timed.rows, timed.cols = some, window
            timed._iteration(0)
            at, turns = _turns(replay, begins, (some - 1) * cols + window - 1)
            assert (turns == timed.fired[at]).all(), (nest, hardware, tile, some, window)


def test_the_memory_has_outputs_no_later_than_is_said() -> None:
    late = []
    for nest, hardware, tile in doubtful(3, 150):
        replay = Replay(nest, hardware, tile)
        begins = begun(replay)
        timed, memory = Replay(nest, hardware, tile), Memory(hardware.rn_bw)
        memory.add(*timed._events(0))
        for outputs in {1, tile.num_vns, timed.outputs_per_iteration // 2, timed.outputs_per_iteration}:
            if outputs:
                late.append(_opens(replay, begins, outputs) - memory.time_of(outputs))
    assert min(late) >= 0 and sorted(late)[len(late) // 2] < 20
