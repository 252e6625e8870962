import csv
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.cost.evaluate import evaluate
from solver.cost.latency import lower_bound
from solver.cost.replay import ReplayLimitError
from solver.cost.serial import leaps, periods
from solver.cost.serial import replay as serial_replay
from solver.cost.serial.periods import Periods
from solver.cost.serial.ports import SerialPorts
from solver.cost.serial.replay import serial_replay_cycles
from solver.cost.serial.tile import SerialTile
from solver.cost.traffic import auxiliary, traffic
from solver.cost.waves import waves
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile
from tests.support.examples.questions import Question, random_question
from tests.support.execution_checks import cases
from tests.support.simulator_data import Row, hardware_of, nest_of, tile_of

MEASURED = Path(__file__).parents[1] / "data" / "stonne_serial.csv"
COUNTERS = (
    "writes", "dn_wires", "dn_switches", "multiplications", "psum_forwards", "mn_wires", "rn_wires",
    "adds_2_1", "adds_3_1", "accumulates", "bus_wires",
)  # fmt: skip
SERIAL = read_hardware(num_ms=64, dn_bw=16, rn_bw=16, accumulation_buffer=False)
questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))


def measured() -> list[Row]:
    """Return runs of the reference simulator that fold without accumulation buffer."""
    with MEASURED.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("part", range(4))
def test_cycles_and_counters_are_those_of_the_simulator(part: int) -> None:
    for row in measured()[part::4]:
        cost = evaluate(nest_of(row), hardware_of(row), tile_of(row))
        assert (cost.cycles, cost.method) == (int(row["cycles"]), "replay"), row
        counts = cost.counts
        assert counts.weight_reads + counts.input_reads + counts.psum_reads == int(row["reads"]), row
        assert all(getattr(counts, name) == int(row[name]) for name in COUNTERS), row


def folding(nest: LoopNest, hardware: Hardware, count: int) -> list[Tile]:
    """Return some legal tiles whose partial sums travel through memory."""
    tiles = legal_tiles(nest, hardware)
    tiles = tiles[auxiliary(nest, hardware, tiles) == 1]
    return [Tile.of(sizes) for sizes in tiles[:: max(1, len(tiles) // count)]]


def sum_by_sum(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cycles with nothing left out, and nothing taken from what is remembered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Periods, "look", lambda self, arrived: None)
        patch.setattr(Periods, "iteration", lambda self: None)
        cycles = serial_replay.SerialReplay(nest, hardware, tile).cycles()
    assert cycles is not None
    return cycles


@pytest.mark.parametrize(
    ("nest", "tiles"),
    [
        (LoopNest(R=3, S=3, C=4, K=5, X=9, Y=11), ("S3 C2 K2", "S3 K4", "R3 C2 X2", "C4 K3 Y2")),
        (LoopNest(R=3, S=3, K=2, G=3, X=30, Y=8), ("S3 K2", "S3 K2 G3", "R3 X3 Y2", "R2 K2 G2")),
        (LoopNest(S=150, K=4, X=12), ("K2 X2",)),  # words come just in time
        (LoopNest(S=300, K=9, X=3), ("S7 K4", "S2 K9", "S31", "S15 X3")),
        (LoopNest(R=2, S=4, C=3, K=3, N=3, X=4, Y=6), ("S4 K3", "S2 C3", "R2 S2 K2", "C3 X4")),
    ],
)
def test_what_only_repeats_may_be_left_out(nest: LoopNest, tiles: tuple[str, ...]) -> None:
    for dn_bw, rn_bw in ((4, 8), (16, 2), (64, 16)):
        hardware = read_hardware(num_ms=64, dn_bw=dn_bw, rn_bw=rn_bw, accumulation_buffer=False)
        for text in tiles:
            tile = Tile(**{word[0]: int(word[1:]) for word in text.split()})
            assert serial_replay_cycles(nest, hardware, tile) == sum_by_sum(nest, hardware, tile), (
                text,
                dn_bw,
            )


@pytest.mark.parametrize(
    ("nest", "text"),
    [
        (LoopNest(S=600, K=9, X=20), "S6 K9"),
        (LoopNest(R=3, S=3, C=60, K=18, X=2, Y=10), "S3 C2 K9"),  # forwards; two filter iterations
        (LoopNest(C=240, K=18, X=3, Y=9), "C6 K3 Y3"),
        # Padding opens the filter barriers early: words of several iterations are on the way, weights too.
        (LoopNest(R=2, S=3, C=23, K=21, Y=8), "C6 Y7"),
    ],
)
def test_where_virtual_neurons_drift_apart_known_folds_are_not_timed_again(
    nest: LoopNest, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periods, "_PATIENCE", 0)
    tile = Tile(**{word[0]: int(word[1:]) for word in text.split()})
    for hardware in (SERIAL, read_hardware(num_ms=64, dn_bw=16, rn_bw=4, accumulation_buffer=False)):
        replay = serial_replay.SerialReplay(nest, hardware, tile)
        assert replay.cycles() == sum_by_sum(nest, hardware, tile)
        assert replay.timed < 0.9 * replay.received


def test_mappings_whose_sums_go_round_the_same_way_share_what_they_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nest, timed = LoopNest(C=120, K=18, X=3, Y=9), []
    monkeypatch.setattr(periods, "_PATIENCE", 0)
    leaps._memory.cache_clear()
    for tile in (Tile(C=6, K=9), Tile(C=6, K=3, Y=3), Tile(C=6, X=3, Y=3)):
        replay = serial_replay.SerialReplay(nest, SERIAL, tile)
        assert replay.cycles() == sum_by_sum(nest, SERIAL, tile)
        timed.append(replay.timed / replay.received)
    assert max(timed[1:]) < 0.9 * timed[0]


@settings(max_examples=5, deadline=None)
@given(questions)
def test_what_only_repeats_may_be_left_out_anywhere(question: Question) -> None:
    hardware = read_hardware(
        num_ms=question.hardware.num_ms,
        dn_bw=question.hardware.dn_bw,
        rn_bw=question.hardware.rn_bw,
        accumulation_buffer=False,
    )
    for tile in folding(question.nest, hardware, 3):
        cycles = serial_replay_cycles(question.nest, hardware, tile)
        assert cycles == sum_by_sum(question.nest, hardware, tile)
        tiles = np.array([tile.sizes], dtype=np.int64)
        load = traffic(question.nest, hardware, tiles)
        wave = waves(hardware, tiles, load.aux)
        assert lower_bound(question.nest, hardware, tiles, load, wave)[0] <= cycles


@settings(max_examples=10, deadline=None)
@given(questions)
def test_a_replay_ends_early_only_if_it_is_sure_to_take_longer(question: Question) -> None:
    hardware = replace(question.hardware, accumulation_buffer=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serial_replay, "_LOOK_AHEAD", 1)
        for tile in folding(question.nest, hardware, 3):
            serial_replay._known.clear()
            cycles = serial_replay_cycles(question.nest, hardware, tile)
            for less, sooner in ((0, False), (1, True), (cycles // 3, True)):
                serial_replay._known.clear()
                ended = serial_replay.serial_exceeds(question.nest, hardware, tile, cycles - less)
                assert ended <= sooner
                # What ended is not remembered, what did not end is.
                assert bool(serial_replay._known) is not ended
                assert serial_replay_cycles(question.nest, hardware, tile) == cycles


def test_a_mapping_that_cannot_win_is_not_replayed_to_its_end() -> None:
    nest, tile = LoopNest(R=3, S=3, C=128, K=256, X=56, Y=56), Tile(S=3, K=4)
    replay = serial_replay.SerialReplay(nest, SERIAL, tile, at_most=108_601_600)
    with pytest.raises(serial_replay.TooSlowError):
        replay.cycles()
    assert replay.cycle < 108_601_600 // 2


def test_executions_take_the_cycles_of_the_replay() -> None:
    compared = 0
    for case in cases(53, 60, "serial"):
        if case.folded:
            compared += 1
            assert case.run()[0].cycles == evaluate(case.nest, case.hardware, case.tile).cycles, case
    assert compared > 20


def test_a_layer_of_many_windows_is_timed_by_a_few_of_them() -> None:
    replay = serial_replay.SerialReplay(
        LoopNest(R=3, S=3, C=128, K=256, X=56, Y=56), SERIAL, Tile(R=3, C=5, K=4)
    )
    assert replay.cycles() == 108_601_600
    assert replay.timed < 10_000


def test_what_would_take_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_replay, "MAX_REPLAYED_SUMS", 20)
    with pytest.raises(ReplayLimitError):
        serial_replay_cycles(LoopNest(R=3, S=3, C=7, K=5, X=9, Y=9), SERIAL, Tile(C=3, K=5))


@settings(max_examples=15, deadline=None)
@given(questions)
def test_a_starved_stream_sends_each_word_when_it_is_made(question: Question) -> None:
    """The cycle of every word, and the words by every cycle: one is counted from the other."""
    hardware = replace(question.hardware, accumulation_buffer=False)
    for tile in folding(question.nest, hardware, 6):
        ports = SerialPorts(SerialTile(question.nest, hardware, tile))
        for stream in np.flatnonzero(ports.starved).tolist():
            made = [ports._made(stream, word) for word in range(1, ports.tile.words[stream] + 1)]
            for age in range(max(made, default=0) + 3):
                assert ports.generated(stream, age) == sum(cycle <= age for cycle in made)


class Noted(serial_replay.SerialReplay):
    """A replay that notes at the end of every cycle what is known of its ports, and the sums formed."""

    def _next_cycle(self) -> None:
        ports = self.ports
        known = SerialPorts(self.tile)
        known.now, known.iteration, known.start = [*ports.now], ports.iteration, ports.start
        words = [ports.words_by(stream, self.cycle) for stream in range(len(self.tile.words))]
        self.notes = [*getattr(self, "notes", []), (self.cycle, known, words, [*self.step])]
        super()._next_cycle()


def noted_replay(nest: LoopNest, hardware: Hardware, tile: Tile) -> Noted:
    """Return a replay that went through every cycle, leaving none out."""
    noted = Noted(nest, hardware, tile, at_most=3_000)
    with pytest.MonkeyPatch.context() as patch, suppress(serial_replay.TooSlowError):
        patch.setattr(Periods, "look", lambda self, arrived: None)
        patch.setattr(Periods, "iteration", lambda self: None)
        patch.setattr(serial_replay, "_LOOK_AHEAD", 50)
        noted.cycles()
    return noted


@settings(max_examples=12, deadline=None)
@given(questions, st.integers(0, 10**9).map(Random))
@example(random_question(Random(308), sizes=(8, 16, 32)), Random(308))
def test_no_more_words_count_as_sent_than_are(question: Question, rng: Random) -> None:
    """Those by an earlier cycle, and those of a starved stream some cycles later."""
    hardware = replace(question.hardware, accumulation_buffer=False)
    for tile in folding(question.nest, hardware, 3):
        noted = noted_replay(question.nest, hardware, tile)
        for _ in range(60):
            first, last = sorted(rng.choices(range(len(noted.notes)), k=2))
            (cycle, before, sent, _), (end, after, words, steps) = noted.notes[first], noted.notes[last]
            if before.iteration != after.iteration:
                continue
            for stream, starved in enumerate(before.starved):
                assert after.sent_before(stream, cycle) <= sent[stream]
                if starved:
                    assert before.starved_words(stream, cycle, end - cycle, steps) <= words[stream]


@pytest.mark.parametrize(
    ("nest", "tile"),
    [
        (LoopNest(S=8, C=32, K=2, X=2, Y=4), Tile(S=8, C=2)),
        (LoopNest(R=3, S=5, C=8, K=4, X=2, Y=5), Tile(R=3, S=5, K=2)),
    ],
)
def test_sums_of_the_first_iteration_delay_the_words_of_starved_streams(nest: LoopNest, tile: Tile) -> None:
    """Ports that send nothing while the window slides, behind which many sums come back in a row's first."""
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8, accumulation_buffer=False)
    notes = noted_replay(nest, hardware, tile).notes
    first = [note for note in notes if note[1].iteration == 0]
    starved = np.flatnonzero(first[0][1].starved).tolist()
    assert starved and first[0][1].tile.steps > 50
    for cycle, ports, _, _ in first[::2]:
        for end, _, words, steps in first[::3]:
            for stream in starved if end >= cycle else ():
                assert ports.starved_words(stream, cycle, end - cycle, steps) <= words[stream]


def test_only_folds_through_memory_are_covered() -> None:
    with pytest.raises(ValueError, match="only folding without accumulation buffer"):
        serial_replay_cycles(LoopNest(C=4, K=2), SERIAL, Tile(C=4))
