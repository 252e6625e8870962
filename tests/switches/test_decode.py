from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from solver.array.rtl_clock import MAX_PSUMS
from solver.cost.traffic import traffic
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.switches.decode import decode
from solver.switches.switch_config import WINDOWS, Operand, PhaseKind, RtlState, SimulatorState, Word
from solver.writers.switch_json import config_text
from tests.support.execution_checks import ARRAYS, cases

NEST = LoopNest(R=1, S=2, C=1, K=2, X=3, Y=4)
TILE = Tile(S=2, K=2)
SMALL = {"num_ms": 8, "dn_bw": 2, "rn_bw": 2}


def test_tiles_that_do_not_divide_the_layer_leave_smaller_ones() -> None:
    config = decode(LoopNest(S=2, K=5, X=7, Y=4), read_hardware(**SMALL), Tile(S=2, K=2, X=2))
    assert config.partial_tiles == {"K": 1, "X": 1}


@pytest.mark.parametrize(("rows", "columns"), [(300, 300), (400, 500), (2, 65535), (1, 65536)])
def test_streams_have_every_window_once_and_no_more_than_the_counters_count(rows: int, columns: int) -> None:
    hardware = read_hardware(reduction="rtl", **SMALL)
    config = decode(LoopNest(K=2, X=rows, Y=columns, stride=(2, 2)), hardware, Tile(K=2))
    streams = [phase.streams for phase in config.phases if phase.streams is not None]
    windows = []
    for each in streams:
        assert 1 <= each.windows <= MAX_PSUMS
        windows += [(each.first + i * each.step, each.windows) for i in range(each.repeats)]
    ends = [first + count for first, count in sorted(windows)]
    assert [0, *ends] == [*(first for first, _ in sorted(windows)), rows * columns]


def test_a_small_layer_by_hand_on_the_simulator() -> None:
    # Two filters of 1x2 on switches 0, 1 and 2, 3, all behind port 0.
    config = decode(NEST, read_hardware(**SMALL), TILE)
    weights, first, slide, last = config.phases
    assert [w.offset for w in weights.ports[0]] == [
        (0, 0, 0, 0, 0),
        (0, 0, 0, 0, 1),
        (0, 1, 0, 0, 0),
        (0, 1, 0, 0, 1),
    ]
    assert [w.mask for w in weights.ports[0]] == [1, 2, 4, 8]
    both = (Word(0b0101, Operand.INPUT, (0, 0, 0, 0, 0)), Word(0b1010, Operand.INPUT, (0, 0, 0, 0, 1)))
    assert first.ports == (both, ())
    assert slide.ports == last.ports == (both[1:], ())
    assert [p.when for p in config.phases] == [{}, {"y": (0, 0)}, {"y": (1, 2)}, {"y": (3, 3)}]
    states = [[m.state for m in phase.multipliers[:4]] for phase in (first, slide, last)]
    direct, feed, end = SimulatorState.DIRECT, SimulatorState.FEED, SimulatorState.END
    assert states == [[direct, feed] * 2, [end, feed] * 2, [end, direct] * 2]
    assert {m.state for phase in config.phases for m in phase.multipliers[4:]} == {SimulatorState.IDLE}


def test_the_repaired_real_hardware_stores_filter_columns_reversed_and_hands_on_to_the_right() -> None:
    hardware = read_hardware("maeri-64-rtl", forwarding="sliding", **SMALL)
    config = decode(NEST, hardware, TILE)
    weights, configure, first, slide = config.phases
    assert [(w.mask, w.offset[-1]) for w in weights.ports[0]] == [(2, 0), (1, 1), (8, 0), (4, 1)]
    assert [m.state for m in configure.multipliers[:2]] == [
        RtlState.LEFT_EDGE_FIRST,
        RtlState.RIGHT_EDGE_FIRST,
    ]
    assert {m.count for m in configure.multipliers[:4]} == {4}
    assert configure.streams is not None
    assert list(configure.streams.starts()) == [0, 4, 8]
    assert [m.state for m in slide.multipliers[:2]] == [RtlState.LEFT_EDGE, RtlState.RIGHT_EDGE]
    assert [w.mask for w in slide.ports[0]] == [0b0101]
    assert len(first.ports[0]) == 2


def test_the_shipped_real_hardware_distributes_every_operand_in_one_stream() -> None:
    config = decode(NEST, read_hardware("maeri-64-rtl", **SMALL), TILE)
    assert [p.kind for p in config.phases] == [PhaseKind.WEIGHTS, PhaseKind.CONFIGURE, PhaseKind.WINDOW]
    assert {m.state for m in config.phases[2].multipliers} == {RtlState.LEFT_EDGE, RtlState.IDLE}
    assert {m.count for m in config.phases[1].multipliers} == {12, 0}


def test_streams_are_as_long_as_the_psum_counters_allow() -> None:
    nest = LoopNest(X=300, Y=500)
    config = decode(nest, read_hardware("maeri-64-rtl"), Tile())
    streams = [p.streams for p in config.phases if p.streams is not None]
    windows = [w for s in streams for start in s.starts() for w in (start, start + s.windows - 1)]
    assert all(s.windows < 2**16 for s in streams)
    assert sum(s.windows * s.repeats for s in streams) == 150_000
    assert (windows[0], windows[-1]) == (0, 149_999)


def test_the_first_fold_needs_no_partial_sum() -> None:
    hardware = read_hardware(accumulation_buffer=False, **SMALL)
    config = decode(replace(NEST, C=2), hardware, TILE)
    auxiliary = {
        (phase.when["fold"], phase.multipliers[0].state) for phase in config.phases if phase.kind in WINDOWS
    }
    assert auxiliary == {((0, 0), SimulatorState.ZERO), ((1, 1), SimulatorState.PARTIAL_SUM)}


@pytest.mark.parametrize("array", ARRAYS)
def test_every_multiplier_that_takes_a_word_is_addressed_once_per_step(array: str) -> None:
    for case in cases(11, 20, array):
        config = case.config()
        for phase in config.phases:
            got = Counter(
                port * config.array.port_width + bit
                for port, words in enumerate(phase.ports)
                for word in words
                for bit in range(config.array.port_width)
                if word.mask >> bit & 1
            )
            assert set(got.values()) <= {1}


@pytest.mark.parametrize("array", ARRAYS)
def test_ports_send_as_many_words_as_the_cost_model_counts(array: str) -> None:
    for case in cases(12, 20, array):
        config = case.config()
        load = traffic(case.nest, case.hardware, np.array([case.tile.sizes]))
        for phase in config.phases:
            sent = [sum(w.operand is not Operand.PARTIAL_SUM for w in words) for words in phase.ports]
            slides = phase.kind in (PhaseKind.SLIDE, PhaseKind.LAST_WINDOW)
            if phase.kind is PhaseKind.WEIGHTS:
                assert sent == load.weights[0].tolist()
            elif phase.kind in WINDOWS:
                assert sent == (load.slides if slides else load.inputs)[0].tolist()


@pytest.mark.parametrize("array", ARRAYS)
def test_the_phases_cover_every_window_and_fold_once(array: str) -> None:
    for case in cases(13, 20, array):
        config = case.config()
        counts = config.loop_counts
        runs = Counter[bool]()
        for phase in config.phases:
            runs[phase.kind in WINDOWS] += phase.repetitions(counts) * (phase.kind is not PhaseKind.CONFIGURE)
        passes = counts["n"] * counts["g"] * counts["k"] * counts["fold"]
        assert runs == {False: passes, True: passes * counts["x"] * counts["y"]}


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_no_phase_of_a_sliding_row_is_empty(windows: int) -> None:
    nest = LoopNest(R=3, S=3, C=2, X=2, Y=windows)
    config = decode(nest, read_hardware(**SMALL), Tile(R=1, S=3, C=1))
    assert len({phase.kind for phase in config.phases} & WINDOWS) == windows
    for phase in config.phases:
        assert all(0 <= low <= high < config.loop_counts[loop] for loop, (low, high) in phase.when.items())


def test_the_size_of_a_configuration_does_not_grow_with_the_layer() -> None:
    tile = Tile(R=3, S=3, C=2, K=3)
    sizes = []
    for scale in (1, 10):
        nest = LoopNest(R=3, S=3, C=4 * scale, K=6 * scale, X=10 * scale, Y=10 * scale)
        sizes.append(len(config_text(decode(nest, read_hardware("maeri-64"), tile))))
    assert sizes[1] < 1.01 * sizes[0]


def test_an_illegal_mapping_is_refused() -> None:
    with pytest.raises(InputError, match="illegal mapping S3"):
        decode(NEST, read_hardware(**SMALL), Tile(S=3))


def test_random_cases_cover_what_they_should() -> None:
    found = Counter[str]()
    for array in ARRAYS:
        for case in cases(9, 60, array):
            found.update({case.kind: 1, "partial": case.partial, **dict.fromkeys(case.folded, 1)})
    assert all(
        found[what] > 10 for what in ("R", "S", "C", "partial", "conv", "strided", "depthwise", "grouped")
    )
