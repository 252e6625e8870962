"""The replay of buffer tiles whose sums come back, beside their switch by switch execution."""

from dataclasses import replace
from random import Random

import numpy as np

from solver.cost.continued_replay import part_replayed
from solver.execution.execute import run_clock
from solver.execution.program import load
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile, folds
from solver.switches.decode import decode
from tests.support.examples.level_questions import ENDLESS, small_hardware, small_nest


def test_sums_that_come_back_take_what_their_execution_takes() -> None:
    rng, folding = Random(1), 0
    for seed in range(8):
        nest, hardware = small_nest(rng, most=4), small_hardware(rng, ENDLESS, sizes=(8, 16))
        part, hardware = replace(nest, sums="continued"), replace(hardware, memory=None)
        tiles = legal_tiles(part, hardware)
        for tile in map(Tile.of, np.random.default_rng(seed).permutation(tiles)[:4]):
            executed = run_clock(load(decode(part, hardware, tile)))
            assert part_replayed(part, hardware, tile).cycles == executed, (part, hardware, tile)
            folding += folds(part, tile) > 1
    assert folding > 8
