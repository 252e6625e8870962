"""Batches and weights that overtake inputs, beside runs of the reference simulator (tests/data)."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from solver.arithmetic.arrays import IntArray
from solver.array.layout import Layout
from solver.cost.continued_replay import part_replayed
from solver.cost.evaluate import evaluate
from solver.cost.latency import replayable
from solver.cost.overtaking import Overtaking, Watch, may_overtake
from solver.cost.replay import Replay, Replayed, looked_through, replayed
from solver.cost.result import Objective
from solver.cost.serial.periods import Periods
from solver.cost.serial.replay import SerialReplay, serial_overtaking, serial_replay_cycles
from solver.cost.traffic import auxiliary
from solver.errors import InputError
from solver.execution.clocks.serial_clock import SerialClock
from solver.execution.clocks.simulator_clock import SimulatorClock
from solver.execution.faults import FaultKind, SwitchFaultError
from solver.execution.program import load
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Loops, Primitive
from solver.legal.tiles import candidate_tiles, legality
from solver.mapping.tile import Tile, folds, parse_tile
from solver.questions.evaluate import evaluate_mapping
from solver.readers.read import read_layers
from solver.search.solve import solve
from solver.switches.decode import decode_padded
from tests.support.simulator_data import Row, hardware_of, nest_of, tile_of

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[Row]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


def layer_of(text: str) -> Primitive:
    layer = read_layers(text)[0]
    assert isinstance(layer, Primitive)
    return layer


def timed(row: Row) -> bool:
    """Return whether the replay covers a run: with accumulation buffer or without folds."""
    return row["accumulation_buffer"] == "1" or folds(nest_of(row), tile_of(row)) == 1


def test_no_mapping_that_the_simulator_computes_wrongly_is_legal() -> None:
    wrong = [row for row in rows("stonne_batch.csv") if row["status"] != "OK"]
    assert len(wrong) > 90
    for row in wrong:
        assert legality(nest_of(row), hardware_of(row), tile_of(row)) is not None, row


@pytest.mark.parametrize("part", range(4))
def test_what_the_simulator_computes_rightly_is_legal_and_takes_its_cycles(part: int) -> None:
    for row in rows("stonne_batch.csv")[part::16]:
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        if row["status"] == "OK" and timed(row):
            assert legality(nest, hardware, tile) is None, row
            assert evaluate(nest, hardware, tile).cycles == int(row["cycles"]), row


@pytest.mark.parametrize("part", range(2))
def test_folds_through_memory_are_legal_where_the_simulator_computes_them_rightly(part: int) -> None:
    found = {"right": 0, "doubtful": 0}
    for row in [row for row in rows("stonne_batch.csv") if row["status"] == "OK" and not timed(row)][part::2]:
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        assert legality(nest, hardware, tile) is None, row
        found["right"] += 1
        found["doubtful"] += int(may_overtake(nest, hardware, np.array([tile.sizes]))[0])
    assert found["right"] > 100 and found["doubtful"] >= 4


def test_an_execution_finds_the_overtaken_switch_by_itself() -> None:
    found = {"fault": 0, "right": 0}
    for row in rows("stonne_batch.csv")[::13]:
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        cycles = int(row["cycles"] or 0)
        if (tile.N > 1 and tile.G > 1) or not timed(row) or cycles > 5000:
            continue
        clock = SimulatorClock(load(decode_padded(nest, hardware, tile)))
        if row["status"] == "OK":
            assert clock.run() == cycles
            found["right"] += 1
        else:
            with pytest.raises(SwitchFaultError) as fault:
                clock.run()
            overtaking = replayed(nest, hardware, tile).overtaking
            assert overtaking is not None
            first = fault.value.faults[0]
            assert (first.kind, first.place) == (FaultKind.OVERTAKEN, f"MS{overtaking.switch}")
            assert f"weight in cycle {overtaking.arrives + clock.latch}" in str(first)
            found["fault"] += 1
    assert found["fault"] >= 3 and found["right"] > 60


def overtaken_through_memory(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Compare what the execution and the replay tell of a mapping whose sums fold through memory."""
    clock = SerialClock(load(decode_padded(nest, hardware, tile)))
    overtaking = serial_overtaking(nest, hardware, tile)
    if overtaking is None:
        assert clock.run() == serial_replay_cycles(nest, hardware, tile)
        return False
    with pytest.raises(SwitchFaultError) as fault:
        clock.run()
    first = fault.value.faults[0]
    assert (first.kind, first.place) == (FaultKind.OVERTAKEN, f"MS{overtaking.switch}")
    cycles = (overtaking.arrives + clock.latch, overtaking.multiplies + clock.latch)
    assert f"weight in cycle {cycles[0]}, last input in cycle {cycles[1]}" in str(first)
    return True


def test_an_execution_finds_the_overtaken_switch_where_sums_fold_through_memory() -> None:
    found = {"OK": 0, "WRONG_RESULT": 0}
    for row in rows("stonne_batch.csv"):
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        short = 0 < int(row["cycles"] or 0) < (1000 if row["status"] == "OK" else 4000)
        if not timed(row) and short and may_overtake(nest, hardware, np.array([tile.sizes]))[0]:
            assert overtaken_through_memory(nest, hardware, tile) == (row["status"] != "OK")
            found[row["status"]] += 1
    assert found["OK"] >= 3 and found["WRONG_RESULT"] >= 3


def test_weights_overtake_partial_sums_inputs_in_the_execution_where_they_do_in_the_replay() -> None:
    rng, found = Random(3), {True: 0, False: 0}
    while sum(found.values()) < 20:
        sizes = {dim: rng.randint(1, most) for dim, most in zip("RCKNX", (2, 3, 5, 3, 4), strict=True)}
        nest = LoopNest(**sizes, S=rng.randint(2, 6), Y=rng.randint(2, 6))
        hardware = read_hardware(num_ms=2 ** rng.randint(3, 5), dn_bw=4, rn_bw=4, accumulation_buffer=False)
        tiles = candidate_tiles(nest, hardware)
        doubtful = may_overtake(nest, hardware, tiles) & (auxiliary(nest, hardware, tiles) == 1)
        if doubtful.any():
            tile = Tile.of(tiles[rng.choice(np.flatnonzero(doubtful).tolist())])
            found[overtaken_through_memory(nest, hardware, tile)] += 1
    assert min(found.values()) >= 5


@pytest.mark.parametrize(
    ("nest", "tile"),
    [
        (LoopNest(S=3, C=5, K=5, N=12, X=2, Y=20), "S3 C2 K3"),
        (LoopNest(S=4, C=5, K=7, N=9, X=9, Y=3), "S4 K3 X2"),
        (LoopNest(R=3, S=6, C=2, K=5, N=12, X=7, Y=5), "S6 K2"),
    ],
)
def test_what_only_repeats_is_compared_too(
    nest: LoopNest, tile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8, accumulation_buffer=False)

    def watched() -> tuple[int | None, IntArray, IntArray, Overtaking | None]:
        """Return cycles, and when iterations begin and words are sent to the port that sends most sums."""
        replay = SerialReplay(nest, hardware, parse_tile(tile))
        cycles = replay.cycles()
        watch = replay.watch
        assert watch is not None
        cycle = np.arange(1, cycles or 0)
        return cycles, np.array(watch.starts), np.stack([f.until(cycle) for f in watch.free]), watch.found

    left_out = watched()
    monkeypatch.setattr(Periods, "look", lambda self, arrived: None)
    monkeypatch.setattr(Periods, "iteration", lambda self: None)
    whole = watched()
    assert left_out[0] == whole[0] and left_out[3] == whole[3]
    assert np.array_equal(left_out[1], whole[1]) and np.array_equal(left_out[2], whole[2])


def test_a_replay_that_ends_at_the_first_fault_finds_the_same() -> None:
    found = {True: 0, False: 0}
    for number, row in enumerate(rows("stonne_batch.csv")):
        if number % 9 and row["status"] == "OK":
            continue
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        if timed(row) and not (tile.N > 1 and tile.G > 1):
            whole = Replay(nest, hardware, tile)
            cycles = whole.cycles()
            overtaking = whole.watch.found if whole.watch else None
            looked = looked_through(Replay, nest, hardware, tile)
            assert looked.overtaking == overtaking
            assert looked.cycles == (cycles if overtaking is None else None)
            assert replayed(nest, hardware, tile) == Replayed(cycles, overtaking)
            found[overtaking is not None] += 1
    assert found[True] > 10 and found[False] > 60


def test_a_mapping_that_is_cleared_of_overtaking_is_replayed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(
        row
        for row in rows("stonne_batch.csv")
        if row["status"] == "OK"
        and timed(row)
        and may_overtake(nest_of(row), hardware_of(row), np.array([tile_of(row).sizes]))[0]
    )
    nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
    looked_through.cache_clear()
    replayed.cache_clear()
    runs: list[Tile] = []
    whole = Replay._chained

    def counted(self: Replay, *, to_the_end: bool = True) -> int:
        runs.append(self.tile)
        return whole(self, to_the_end=to_the_end)

    monkeypatch.setattr(Replay, "_chained", counted)
    assert legality(nest, hardware, tile) is None
    assert replayed(nest, hardware, tile).cycles == int(row["cycles"])
    assert runs == [tile]


def test_hundreds_of_wrong_tiles_are_told_apart_at_once() -> None:
    # AlexNet's second layer: each of them took half a second as long as it was replayed to its end.
    nest, hardware = LoopNest(R=5, S=5, C=64, K=192, X=27, Y=27), read_hardware("maeri-256")
    replay = Replay(nest, hardware, parse_tile("R2 S5 C12 X2"))
    assert replay.right_cycles() is None
    assert replay.number < 10 < replay.iterations


@pytest.mark.parametrize("row", rows("stonne_batch_optimum.csv"), ids=lambda row: f"{row['best_cycles']}")
def test_the_optimum_is_the_simulators_best_of_all_tiles(row: Row) -> None:
    nest, hardware = nest_of(row), hardware_of(row)
    r, s, c, k, g, n, x, y = map(int, row["best_tile"].split())
    best = Tile(R=r, S=s, C=c, K=k, G=g, N=n, X=x, Y=y)
    assert legality(nest, hardware, best) is None
    assert evaluate(nest, hardware, best).cycles == int(row["best_cycles"])
    answer = solve(Loops(loops=nest), hardware, Objective.LATENCY, workers=1)
    assert answer.proved and answer.cost.cycles == int(row["best_cycles"])


@pytest.mark.parametrize(
    ("text", "arrays", "objective", "value"),
    [
        ("conv 4x5x5 -> 4, 3x3, stride 2, batch 4", (32, 8, 8), Objective.LATENCY, 225),
        ("conv 8x4x4 -> 8, 1x1, batch 4", (32, 8, 8), Objective.LATENCY, 297),
        ("conv 12x3x3 -> 12, 1x1, batch 4", (32, 16, 16), Objective.ENERGY, 887.73),
        ("conv 2x4x6 -> 2, 3x3, batch 2", (16, 8, 8), Objective.LATENCY, 79),
    ],
)
def test_several_images_at_once(
    text: str, arrays: tuple[int, int, int], objective: Objective, value: float
) -> None:
    hardware = read_hardware(**dict(zip(("num_ms", "dn_bw", "rn_bw"), arrays, strict=True)))
    answer = solve(layer_of(text), hardware, objective, workers=1)
    assert answer.proved and round(float(answer.objective_value), 2) == value
    assert answer.tile.N > 1
    assert legality(answer.nest, hardware, answer.tile) is None


@pytest.mark.parametrize(
    ("text", "tile", "arrays", "overtaken"),
    [
        ("conv 2x4x6 -> 2, 3x3, batch 2", "S3 C2 K2", (16, 8, 8), "MS0 (port 0)"),
        ("conv 5x7x9 -> 15, 3x3, groups 5", "S3 K2 G3", (32, 16, 32), "MS0 (port 0)"),
    ],
)
def test_an_overtaken_mapping_is_refused_in_one_sentence(
    text: str, tile: str, arrays: tuple[int, int, int], overtaken: str
) -> None:
    hardware = read_hardware(**dict(zip(("num_ms", "dn_bw", "rn_bw"), arrays, strict=True)))
    with pytest.raises(InputError) as refused:
        evaluate_mapping(layer_of(text), hardware, parse_tile(tile))
    assert overtaken in str(refused.value) and "weights overtake inputs" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_only_tiles_that_forward_across_ports_are_doubtful() -> None:
    nest, hardware = LoopNest(S=3, C=2, K=4, N=3, X=3, Y=5), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    wide = read_hardware(num_ms=16, dn_bw=1, rn_bw=4)
    tiles = np.array([Tile(S=3, K=4).sizes, Tile(S=2, K=4).sizes, Tile(C=2, K=4).sizes, Tile(S=3, Y=2).sizes])
    assert may_overtake(nest, hardware, tiles).tolist() == [True, False, False, False]
    assert not may_overtake(nest, wide, tiles).any()
    assert replayable(nest, hardware, tiles).all()


@pytest.mark.parametrize(
    ("nest", "arrays", "tile", "iteration"),
    [
        (LoopNest(R=2, S=3, K=5, N=24, X=1, Y=2), (32, 8, 32), "R2 S3 K4", 9),
        (LoopNest(S=3, K=4, N=14, X=3, Y=9), (32, 4, 32), "S3 K3 X2", 7),
        (LoopNest(S=3, C=4, K=3, N=17, X=1, Y=2), (32, 8, 32), "S3 C4 K2", 7),
        (LoopNest(R=2, S=3, G=2, N=23, X=1, Y=2), (32, 8, 32), "R2 S3 N2", 7),
        # In these the iterations repeat before: what comes is foreseen.
        (LoopNest(R=2, S=5, C=3, N=40, X=1, Y=4), (16, 2, 16), "S5 C3", 8),
        (LoopNest(R=2, S=5, C=2, K=12, N=40, X=4, Y=4), (64, 4, 2), "R2 S5 C2 X3", 17),
        (LoopNest(S=5, C=3, K=8, G=2, N=40, X=1, Y=4), (16, 2, 4), "S5 C3", 26),
    ],
)
def test_a_port_may_gain_on_its_neighbour_for_many_iterations(
    nest: LoopNest,
    arrays: tuple[int, int, int],
    tile: str,
    iteration: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is right with 4 images and wrong with 5, in the reference simulator too."""
    hardware = read_hardware(**dict(zip(("num_ms", "dn_bw", "rn_bw"), arrays, strict=True)))
    foreseen = Replay(nest, hardware, parse_tile(tile))
    cycles = foreseen.cycles()
    monkeypatch.setattr(Watch, "settled", False)
    whole = Replay(nest, hardware, parse_tile(tile))
    assert whole.cycles() == cycles
    assert whole.watch and foreseen.watch and whole.watch.found == foreseen.watch.found
    assert whole.watch.found is not None and whole.watch.found.iteration == iteration
    layout = Layout(nest, hardware, parse_tile(tile))
    switch, source = (
        int(np.flatnonzero(layout.leaf == leaf)[0])
        for leaf in (whole.watch.found.switch, whole.watch.found.source)
    )
    rows = [
        (int(layout.vn[at]), *(int(offset[at]) for offset in layout.offsets[:2])) for at in (switch, source)
    ]
    assert rows[0] == rows[1] and layout.last_column[source], "inputs enter a row at its last column"
    few = replace(nest, N=iteration // -(-nest.K // parse_tile(tile).K) // nest.G)
    assert legality(few, hardware, parse_tile(tile)) is None


@pytest.mark.parametrize("sums", ["begun", "continued"])
@pytest.mark.parametrize(
    ("nest", "arrays", "tile", "iteration"),
    [
        (LoopNest(S=3, C=3, K=4, N=9, X=2, Y=3), (32, 8, 1), "S3 C2 K2 X2", 3),
        (LoopNest(R=3, S=3, C=3, K=12, N=2, X=1, Y=5), (32, 4, 16), "R3 S3 C2", 13),
        (LoopNest(R=2, S=2, C=5, K=10, N=5, X=2, Y=5), (64, 4, 16), "S2 C3 K4 X2", 7),
    ],
)
def test_parts_of_a_layer_tell_in_which_iteration_weights_come_too_early(
    nest: LoopNest, arrays: tuple[int, int, int], tile: str, iteration: int, sums: str
) -> None:
    """The first that needs one more than those with which the part is right."""
    hardware = read_hardware(**dict(zip(("num_ms", "dn_bw", "rn_bw"), arrays, strict=True)))
    part, filters = replace(nest, sums=sums), parse_tile(tile).K
    found = part_replayed(part, hardware, parse_tile(tile)).overtaking
    assert found is not None
    trips = -(-nest.K // filters)
    image, within = divmod(found.iteration, trips)
    assert found.iteration > 0 and abs(found.iteration - iteration) <= 2 * trips
    whole = replace(part, N=image + 1)
    assert part_replayed(whole, hardware, parse_tile(tile)).overtaking == found
    few = replace(part, N=image) if image else replace(part, N=1, K=within * filters)
    assert part_replayed(few, hardware, parse_tile(tile)).overtaking is None


def test_iterations_are_known_after_three_that_were_paced() -> None:
    nest, hardware = LoopNest(S=3, C=2, K=4, N=3, X=3, Y=5), read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    layout = Layout(nest, hardware, Tile(S=3, K=4))
    pace = np.full(int(layout.port.max()) + 1, 7)
    watch = Watch(layout, np.zeros(len(layout.port), dtype=np.int64), layout.port, pace)
    free, fired, settled = np.full(len(pace), 100), np.zeros(len(layout.port), dtype=np.int64), []
    for number, late in enumerate([0, 0, 0, 1, 0, 0, 0, 0]):
        watch.iteration(number, free, fired)
        settled.append(watch.settled)
        free, fired = free + 7 + late, fired + 7
    assert settled == [False, False, False, True, False, False, False, True]


@pytest.mark.parametrize(
    ("nest", "arrays", "tile"),
    [
        (LoopNest(R=2, S=3, C=2, K=3, X=4, Y=6), (64, 4, 2), "R2 S3 K2 X3"),
        (LoopNest(R=2, S=3, C=2, K=3, X=4, Y=6), (64, 4, 2), "S3 C2 K2 X3"),
        (LoopNest(S=4, C=5, K=4, N=3, X=4, Y=4), (64, 4, 4), "S2 C3 K2 X3"),
        (LoopNest(R=3, S=3, K=6, N=9, X=4, Y=2), (64, 4, 8), "R2 S3 N3 X2"),
    ],
)
def test_what_a_replay_finds_on_its_way_is_what_it_knows_in_the_end(
    nest: LoopNest, arrays: tuple[int, int, int], tile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums that are still on their way may delay what follows: they must not be compared yet."""
    num_ms, dn_bw, rn_bw = arrays
    hardware = read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw, accumulation_buffer=False)
    on_its_way = SerialReplay(nest, hardware, parse_tile(tile))
    on_its_way.cycles()
    monkeypatch.setattr(SerialReplay, "_compare", lambda self: None)
    whole = SerialReplay(nest, hardware, parse_tile(tile))
    whole.cycles()
    assert whole.watch is not None and on_its_way.watch is not None
    whole.watch.compare(whole.tile.iterations)
    assert on_its_way.watch.found == whole.watch.found is not None
