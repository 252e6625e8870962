"""The schedule of a two-level mapping says of every buffer tile what runs and what is moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.schedule.build import build_schedule
from solver.schedule.schedule import InputBox, Lines, Moved, Source, TileLoop
from tests.oracles.reuse_walker import walk
from tests.support.schedule_checks import level_cases

NEST = LoopNest(R=3, S=3, C=2, K=4, X=4, Y=5)


def hardware(**buffer: object) -> Hardware:
    memory = Memory(buffer=PrefetchBuffer(**{"capacity": 4096, **buffer}), dram_bandwidth=4)
    return replace(read_hardware(num_ms=16, dn_bw=8, rn_bw=8), memory=memory)


def mapping(order: str = "KPQ", **buffer: int) -> LevelMapping:
    return LevelMapping(Tile(S=3, K=2), Tile(**{**NEST_SIZES, **buffer}), order)


NEST_SIZES = {"R": 3, "S": 3, "C": 2, "K": 4, "X": 4, "Y": 5}


@given(st.sets(st.integers(0, 60)))
def test_lines_are_kept_one_by_one(numbers: set[int]) -> None:
    lines = Lines.of(numbers)
    assert lines.numbers == sorted(numbers) and len(lines) == len(numbers)


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [
        (range(3, 9), ((3, 8, 1),)),
        (range(0, 9, 2), ((0, 8, 2),)),
        ([0, 1, 4, 5], ((0, 1, 1), (4, 5, 1))),
        ([7], ((7, 7, 1),)),
    ],
)
def test_lines_are_written_in_runs(numbers: list[int], runs: tuple[tuple[int, int, int], ...]) -> None:
    assert Lines.of(numbers).runs == runs


def test_a_buffer_that_holds_the_layer_has_one_tile() -> None:
    schedule = build_schedule(NEST, hardware(), mapping())
    assert (schedule.loops, schedule.tiles, list(schedule.configs)) == ((), 1, ["tile-1"])
    (phase,) = schedule.phases
    assert (phase.when, phase.weights, phase.sums, phase.write) == ({}, Source.FETCH, Source.NEW, True)
    assert phase.words == Moved(NEST.weights, 2 * 6 * 7, 0, NEST.outputs)


def test_the_halo_stays_when_the_tile_slides_and_edges_are_smaller() -> None:
    schedule = build_schedule(NEST, hardware(), mapping(Y=2))
    assert schedule.loops == (TileLoop("Y", 3, 2),)
    first, inside, edge = schedule.phases
    rows = Lines(((0, 5, 1),))
    assert (first.kept, first.fetched) == (None, InputBox(rows, Lines(((0, 3, 1),))))
    assert (inside.kept, inside.fetched) == (
        InputBox(rows, Lines(((0, 1, 1),))),
        InputBox(rows, Lines(((2, 3, 1),))),
    )
    assert edge.fetched == InputBox(rows, Lines(((2, 2, 1),)))
    assert [phase.weights for phase in schedule.phases] == [Source.FETCH, Source.KEEP, Source.KEEP]
    assert [phase.config for phase in schedule.phases] == ["tile-1", "tile-1", "tile-2"]
    assert schedule.configs["tile-2"].nest == replace(NEST, Y=1)


def test_partial_sums_leave_and_come_back_where_channels_run_outside() -> None:
    schedule = build_schedule(NEST, hardware(), mapping("QKP", C=1, X=2))
    sums = [(dict(p.when), p.sums, p.write) for p in schedule.phases]
    assert sums == [
        ({"C": (0, 0), "X": (0, 0)}, Source.NEW, True),
        ({"C": (0, 0), "X": (1, 1)}, Source.NEW, True),
        ({"C": (1, 1), "X": (0, 0)}, Source.FETCH, True),
        ({"C": (1, 1), "X": (1, 1)}, Source.FETCH, True),
    ]
    inner = build_schedule(NEST, hardware(), mapping("KPQ", C=1, X=2))
    assert [(p.sums, p.write) for p in inner.phases] == [(Source.NEW, False), (Source.KEEP, True)]


def test_every_tile_has_one_phase_and_all_words_are_those_of_the_reuse_walker() -> None:
    for case in level_cases(3, 80):
        schedule = case.schedule()
        for at in schedule.indices():
            assert sum(phase.holds(at) for phase in schedule.phases) == 1
        moved = walk(case.nest, case.mapping, forwards=False).moved
        for name, walked in (
            ("weights", "dram_weights"),
            ("inputs", "dram_inputs"),
            ("partial_sums", "dram_psums"),
            ("written", "dram_outputs"),
        ):
            words = sum(getattr(p.words, name) * schedule.repetitions(p) for p in schedule.phases)
            assert words == moved[walked], (name, case)


def test_work_that_repeats_is_written_once() -> None:
    nest = LoopNest(R=3, S=3, C=64, K=128, X=28, Y=28)
    schedule = build_schedule(
        nest, hardware(), LevelMapping(Tile(S=3, K=2), Tile(R=3, S=3, C=2, K=8, X=4, Y=7), "KPQ")
    )
    assert schedule.tiles == 16 * 7 * 4 * 32
    assert len(schedule.phases) == 3  # the first channels, those inside, and the last ones


def test_what_cannot_be_scheduled_is_refused() -> None:
    programmable = hardware()
    assert programmable.memory is not None
    memory = replace(programmable.memory, controller="programmable")
    programmable = replace(programmable, memory=memory)
    for order in ("inputs", "outputs"):
        with pytest.raises(InputError, match=f"the {order}-stationary array order has no switch config"):
            build_schedule(NEST, programmable, replace(mapping(), array_order=order))
    with pytest.raises(InputError, match="does not fit into the prefetch buffer"):
        build_schedule(NEST, hardware(capacity=100), mapping())
