"""What is set up, against the programs that run on the real hardware's ports."""

from __future__ import annotations

from math import prod
from random import Random

import pytest

from solver.answers.setup import Setup, setup_of
from solver.execution.ports.compile import compile_program, compile_schedule
from solver.execution.ports.program import Op, PortProgram
from solver.hardware import read_hardware
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from tests.support.examples.port_runs import random_level_run, random_run


def configured(program: PortProgram) -> int:
    """Return how often a program sets the multipliers."""
    return sum(
        prod(loop.count for loop in program.loops if loop.first <= place <= loop.last)
        for place, instruction in enumerate(program.instructions)
        if instruction.op is Op.CONFIGURE
    )


@pytest.mark.parametrize("array", ["rtl", "repaired"])
@pytest.mark.parametrize("seed", range(8))
def test_the_multipliers_are_set_as_often_as_the_program_does(seed: int, array: str) -> None:
    case = random_run(Random(seed), (16, 32, 64), array)
    times = configured(compile_program(case.config()))
    setup = setup_of(case.nest, case.hardware, case.tile)
    assert setup.settings == times
    assert setup.multiplier_settings == times * case.hardware.num_ms
    # The latency of the real hardware has these cycles, and none of the adder tree's.
    assert setup.counted == times
    assert setup.uncounted == setup.tree_words + 1


def test_the_simulator_s_array_holds_the_weights_of_all_folds() -> None:
    nest = read_layers("conv 6x8x8 -> 8, 3x3")[0].nest()
    setup = setup_of(nest, read_hardware("maeri-64"), Tile(R=3, S=3, C=2, K=3))
    # 3 filter iterations, weights and windows each; 64 switches have 7 + 2 words.
    assert setup == Setup(1, 9, 6, 6 * 64, 9 + 1 + 6, 0)
    assert setup.times(5) == Setup(5, 45, 30, 30 * 64, 5 * (9 + 1) + 30, 0)


def test_buffer_tiles_set_the_multipliers_anew_but_not_the_tree() -> None:
    nest = read_layers("conv 6x8x8 -> 8, 3x3")[0].nest()
    tile = Tile(R=3, S=3, C=2, K=2)
    hardware = read_hardware("maeri-64-dram")
    whole = LevelMapping(tile, Tile(R=3, S=3, C=6, K=8, X=6, Y=6), "KPQ", "weights")
    halves = LevelMapping(tile, Tile(R=3, S=3, C=6, K=8, X=3, Y=6), "KPQ", "weights")
    setups = [setup_of(nest, hardware, tile, mapping) for mapping in (whole, halves)]
    assert [setup.settings for setup in setups] == [2 * 4, 2 * 2 * 4]
    assert {setup.tree_words for setup in setups} == {9}


@pytest.mark.parametrize("seed", range(4))
def test_behind_a_buffer_too(seed: int) -> None:
    case = random_level_run(Random(seed), (16, 32))
    program, _ = compile_schedule(case.schedule())
    setup = setup_of(case.nest, case.hardware, case.mapping.tile, case.mapping)
    assert setup.settings == setup.counted == configured(program)
