"""The real hardware on two levels: its cycles and events are the sums of those of its buffer tiles."""

from random import Random

import numpy as np

from solver.array.layout import Layout
from solver.array.rtl_clock import CYCLES_PER_DATUM, START_UP
from solver.cost.events import event_counts
from solver.cost.rtl.replay import RtlStream, rtl_replay_cycles
from solver.cost.traffic import traffic
from solver.cost.two_level.array import array_shapes, tightened
from solver.cost.two_level.cost import level_costs
from solver.cost.two_level.evaluate import evaluate_levels
from solver.cost.waves import waves
from solver.legal.levels import array_tiles, level_legality
from solver.legal.tiles import Limits
from solver.mapping.buffer_tile import parts_of
from solver.mapping.tile import Tile
from tests.support.examples.level_questions import (
    ENDLESS,
    beside_single_level,
    model_costs,
    random_mapping,
    small_nest,
    small_real_hardware,
)


def test_a_buffer_that_holds_the_layer_changes_nothing() -> None:
    rng = Random(3)
    compared = 0
    for _ in range(12):
        nest, hardware = small_nest(rng, most=6), small_real_hardware(rng, ENDLESS, (8, 16, 32, 64))
        tiles = array_tiles(nest, hardware, Limits())
        tiles = tiles[:: max(1, len(tiles) // 12)]
        found = beside_single_level(nest, hardware, tiles)
        assert not found.wrong
        compared += found.compared
    assert compared > 60


def test_cycles_and_events_are_those_of_the_buffer_tiles() -> None:
    rng = Random(5)
    checked = several = 0
    while checked < 40:
        nest, hardware = small_nest(rng, most=6), small_real_hardware(rng, ENDLESS, (8, 16, 32))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None or level_legality(nest, hardware, mapping) is not None:
            continue
        mapping = type(mapping)(mapping.tile, mapping.buffer, mapping.dram_order)
        tiles = np.array([mapping.tile.sizes])
        total: dict[str, int] = {}
        cycles = START_UP
        parts = parts_of(nest, hardware, mapping.buffer.sizes)
        for part, count in parts:
            load = traffic(part, hardware, tiles)
            events = event_counts(part, hardware, tiles, load, waves(hardware, tiles, load.aux))
            for name, column in events.items():
                total[name] = total.get(name, 0) + count * int(column[0])
            cycles += count * (rtl_replay_cycles(part, hardware, mapping.tile) - START_UP)
        # The first fold of a later buffer tile adds to what the buffer holds, too.
        folds = total["writes"] // nest.outputs
        total |= dict.fromkeys(("psum_reads", "accumulates"), nest.outputs * (folds - 1))
        cost, levels = evaluate_levels(nest, hardware, mapping)
        assert {name: getattr(cost.counts, name) for name in total} == total
        assert levels.array_cycles == cycles and cost.method == "replay"
        assert dict(cost.waits)["distribution"] + dict(cost.waits)["drain"] == cycles
        least = model_costs(nest, hardware, mapping).array[0]
        shapes = tightened(nest, hardware, array_shapes(nest, hardware, tiles), {})
        buffers = np.array([mapping.buffer.sizes])
        close = level_costs(nest, hardware, shapes, buffers, mapping.dram_order, "weights").array[0]
        assert least <= close <= cycles
        checked += 1
        several += len(parts) > 1
    assert several > 10


def test_no_stream_idles_less_than_the_least() -> None:
    rng = Random(7)
    for _ in range(25):
        nest, hardware = small_nest(rng, most=6), small_real_hardware(rng, ENDLESS, (16, 32, 64))
        tiles = array_tiles(nest, hardware, Limits())
        stream = RtlStream(Layout(nest, hardware, Tile.of(tiles[rng.randrange(len(tiles))])))
        least, words = stream.least_idle(), CYCLES_PER_DATUM * int(stream.first[1].max())
        idle = [stream.cycles(windows) - windows * words for windows in (*range(1, 20), 50, 400, 2000)]
        assert min(idle) == least
