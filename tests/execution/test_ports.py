"""The program of a run on the real hardware, compiled and played on a model of the ports."""

from dataclasses import replace
from math import prod
from pathlib import Path
from random import Random

import pytest

from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InputError
from solver.execution.build import build_config, build_levels
from solver.execution.faults import SwitchFaultError
from solver.execution.ports.compile import compile_program
from solver.execution.ports.program import Op, PortProgram
from solver.execution.ports.schedule_results import order_of
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from solver.switches.decode import decode
from solver.writers.ports.read_run import check_run, compare, read_run
from tests.support.examples.port_runs import (
    change_a_word,
    notices,
    random_level_run,
    random_run,
    troubles,
    write_run,
)


def small(**changes: object) -> Hardware:
    return read_hardware("maeri-64-rtl", **{"num_ms": 16, "dn_bw": 4, "rn_bw": 4, **changes})


@pytest.mark.parametrize("array", ["rtl", "repaired"])
@pytest.mark.parametrize("seed", range(4))
def test_a_program_gives_direct_convolution_in_the_cycles_of_configure(
    seed: int, array: str, tmp_path: Path
) -> None:
    case = random_run(Random(seed), (16, 32, 64), array)
    write_run(case.config(), case.layer, tmp_path, seed)
    assert troubles(case.config(), case.layer, read_run(tmp_path), seed) == ""


@pytest.mark.parametrize("seed", range(4))
def test_the_program_of_a_schedule_gives_direct_convolution_in_the_cycles_of_configure(
    seed: int, tmp_path: Path
) -> None:
    case = random_level_run(Random(seed), (16, 32, 64))
    schedule = case.schedule()
    write_run(schedule, case.layer, tmp_path, seed)
    run = read_run(tmp_path)
    assert troubles(schedule, case.layer, run, seed) == ""
    checked = check_run(run, schedule)
    assert checked.cycles == evaluate_levels(case.nest, case.hardware, case.mapping)[1].array_cycles


def test_of_a_schedule_the_first_wrong_value_is_named_with_its_buffer_tile(tmp_path: Path) -> None:
    layer = read_layers("conv 4x6x6 -> 4, 2x2")[0]
    memory = Memory(buffer=PrefetchBuffer(capacity=1024), dram_bandwidth=4)
    mapping = LevelMapping(Tile(R=2, S=2, K=2), Tile(R=2, S=2, C=2, K=2, X=5, Y=5), "KPQ")
    schedule = build_levels(layer.nest(), replace(small(), memory=memory), mapping, name="layer")
    write_run(schedule, layer, tmp_path)
    run = read_run(tmp_path)
    wrong = [values.copy() for values in run.expected]
    bus = max(range(len(wrong)), key=lambda number: len(wrong[number]))
    wrong[bus][len(wrong[bus]) // 2] ^= 1
    with pytest.raises(SwitchFaultError, match=r"layer: buffer tile k = 1, c = 0: window 0 of stream 0"):
        compare(tuple(wrong), run.expected, order_of(schedule), "the run")
    assert program_parts(tmp_path) == ["# buffer tiles k = 0..1, c = 0..1: configuration tile-1"]


def program_parts(folder: Path) -> list[str]:
    lines = (folder / "program.txt").read_text().splitlines()
    return [line.strip() for line in lines if "# buffer tiles" in line]


def test_changed_words_of_a_program_are_noticed(tmp_path: Path) -> None:
    rng = Random(3)
    layer = read_layers("conv 2x5x5 -> 3, 2x2")[0]
    config = build_config(layer.nest(), small(), Tile(R=2, S=2, K=2))
    write_run(config, layer, tmp_path)
    assert not notices(config, tmp_path)
    unseen = []
    for _ in range(60):
        path, before, what = change_a_word(rng, tmp_path)
        if not notices(config, tmp_path):
            unseen.append(what)
        path.write_text(before)
    assert unseen == []


def test_the_real_hardware_has_no_program_for_maxima() -> None:
    with pytest.raises(InputError, match="cannot compare"):
        build_config(read_layers("maxpool 2x6x6, 2x2")[0].nest(), small(), Tile())


def test_windows_beyond_the_counters_are_cut_into_streams_of_whole_and_broken_rows() -> None:
    config = decode(LoopNest(X=7, Y=20_011), small(), Tile())
    program = compile_program(config)
    puts = [i for i in program.instructions if i.op is Op.PUT_INPUTS]
    # 3 streams of 46,693 or 46,692 windows: their parts of rows, rows and parts of rows.
    assert sum(i.op is Op.CONFIGURE for i in program.instructions) == 4
    assert [i.offset // 20_011 for i in puts] == [0, 2, 2, 3, 4, 4, 5]
    assert sum(times(program, n) for n, i in enumerate(program.instructions) if i in puts) == 7 * 20_011


def times(program: PortProgram, number: int) -> int:
    return prod(loop.count for loop in program.loops if loop.first <= number <= loop.last)


def test_a_layer_of_a_million_products_is_a_few_instructions() -> None:
    nest = LoopNest(R=3, S=3, C=16, K=16, X=22, Y=22)
    program = compile_program(build_config(nest, read_hardware("maeri-64-rtl"), Tile(R=3, S=3, K=6)))
    assert len(program.instructions) == 7
    assert len(program.puts) < 30


def test_whose_turn_it_is_on_a_bus_goes_on_from_pass_to_pass() -> None:
    """On the RTL virtual neuron 0 comes before 2 in the second pass: 2 was served last in the first one."""
    hardware = read_hardware("maeri-64-rtl", num_ms=16, dn_bw=4, rn_bw=4)
    order = order_of(build_config(LoopNest(K=4, G=2, Y=5), hardware, Tile(K=3, G=2)))
    meanings = [order.meaning(1, at) for at in (*range(3), *range(15, 18))]
    assert [(m.iteration, m.vn, m.window) for m in meanings] == [
        *(((0, 0, 0, 0), vn, 0) for vn in (1, 2, 0)),
        *(((0, 0, 1, 0), vn, 0) for vn in (1, 0, 2)),
    ]
