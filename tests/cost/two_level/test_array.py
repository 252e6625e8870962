"""The array's work on all buffer tiles."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.cost import latency
from solver.cost.traffic import traffic
from solver.cost.two_level.array import array_shapes, tightened
from solver.cost.two_level.cost import level_costs
from solver.cost.two_level.replays import ArrayReplays
from solver.cost.two_level.unavoidable import WAITS, exit_time
from solver.cost.two_level.work import array_cycles, array_events, closed_form, steps
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.levels import level_legality
from solver.legal.tiles import legal_tiles
from solver.mapping.buffer_tile import ARRAY_ORDERS, array_passes, buffer_trips, comes_back
from solver.mapping.tile import Tile
from tests.support.examples.level_questions import (
    ENDLESS,
    beside_single_level,
    random_mapping,
    small_hardware,
    small_nest,
)


@pytest.mark.parametrize("seed", range(4))
def test_a_buffer_filled_once_costs_what_the_single_level_costs(seed: int) -> None:
    """Events and cycles on every tile; and on most that drain the bound is the replay's cycle."""
    rng = Random(seed)
    drained = tight = 0
    for _ in range(12):
        nest, hardware = small_nest(rng, most=8), small_hardware(rng, ENDLESS, sizes=(16, 32, 64))
        tiles = legal_tiles(nest, hardware)
        tiles = tiles[np.random.default_rng(seed).permutation(len(tiles))[:40]]
        found = beside_single_level(nest, hardware, tiles)
        assert found.wrong == 0, (nest, hardware)
        drained, tight = drained + found.drained, tight + found.tight
    assert drained > 50 and tight >= 0.85 * drained


def test_the_closed_form_of_one_buffer_tile_is_the_single_levels() -> None:
    """Where every iteration drains and no port starves; of many filters, whose sums wait for one bus line."""
    nest = LoopNest(K=8, C=4, X=4, Y=4)
    hardware = replace(read_hardware(num_ms=16, dn_bw=16, rn_bw=1), memory=ENDLESS)
    tiles = legal_tiles(nest, hardware)
    shapes, load = array_shapes(nest, hardware, tiles), traffic(nest, hardware, tiles)
    count = steps(shapes, np.ones_like(tiles), -(-np.array([nest.sizes]) // tiles), "weights")
    found = closed_form(shapes, count, "weights")
    single = latency.closed_form(nest, hardware, tiles, load, shapes.wave)
    alike = latency.drained(nest, tiles) & ~(load.forwards & (load.slides == 0).any(axis=1))
    assert alike.sum() > 40
    assert (found == single)[alike].all()


def test_splitting_the_buffer_tile_never_saves_array_cycles() -> None:
    """The never-less form of the whole layer bounds every buffer tile, under every stationary order."""
    rng = Random(3)
    checked = 0
    while checked < 120:
        nest, hardware = small_nest(rng, most=6), small_hardware(rng, ENDLESS, sizes=(8, 16, 32))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None:
            continue
        tiles, buffers = np.array([mapping.tile.sizes]), np.array([mapping.buffer.sizes])
        trips = buffer_trips(nest, buffers)
        shapes = array_shapes(nest, hardware, tiles, comes_back(hardware, trips))
        whole = -(-np.array([nest.sizes]) // tiles)
        for order in ARRAY_ORDERS:
            least = steps(shapes, np.ones_like(tiles), whole, order)
            real = steps(shapes, trips, array_passes(nest, tiles, buffers), order)
            bound = array_cycles(shapes, least, order, never_less=True)
            assert bound[0] <= array_cycles(shapes, real, order)[0], (nest, mapping, order)
        checked += 1


def test_every_order_fires_the_same_multiplications() -> None:
    nest = LoopNest(R=3, S=3, C=4, K=6, X=8, Y=8)
    hardware = small_hardware(Random(0), ENDLESS, sizes=(16,))
    tiles, buffers = np.array([[3, 1, 1, 4, 1, 1, 1, 1]]), np.array([[3, 3, 3, 5, 1, 1, 4, 8]])
    trips, passes = buffer_trips(nest, buffers), array_passes(nest, tiles, buffers)
    shapes = array_shapes(nest, hardware, tiles, comes_back(hardware, trips))
    products = set()
    for order in ARRAY_ORDERS:
        count = steps(shapes, trips, passes, order)
        events = array_events(nest, hardware, shapes, trips, passes, count, order)
        products.add(int(events["multiplications"][0]))
    # 12 switches; K = 5 + 1 filters take 2 + 1 passes of four, C = 3 + 1 and S one each, 64 windows.
    assert products == {12 * (2 + 1) * (3 + 1) * 3 * 64}


def test_what_stays_is_read_least() -> None:
    """Each operand is read least often where it is stationary, and often where it is streamed."""
    nest = LoopNest(C=8, K=8, X=8, Y=8)
    hardware = small_hardware(Random(0), ENDLESS, sizes=(16,))
    tiles, buffers = np.array([[1, 1, 4, 2, 1, 1, 1, 2]]), np.array([nest.sizes])
    shapes = array_shapes(nest, hardware, tiles)
    events = {
        order: level_costs(nest, hardware, shapes, buffers, "KQP", order).events for order in ARRAY_ORDERS
    }
    reads = {order: (int(e["weight_reads"][0]), int(e["input_reads"][0])) for order, e in events.items()}
    assert reads["weights"] == (nest.weights, 4 * 512)
    assert reads["inputs"] == (32 * nest.weights, 512)
    assert reads["outputs"] == (32 * nest.weights, 4 * 512)


def test_quick_figures_bound_the_exact_ones() -> None:
    rng = Random(5)
    for _ in range(15):
        nest, hardware = small_nest(rng, most=8), small_hardware(rng, ENDLESS, sizes=(16, 32, 64))
        tiles = legal_tiles(nest, hardware)[:400]
        exact, quick = (array_shapes(nest, hardware, tiles, exact=each) for each in (True, False))
        ones, whole = np.ones_like(tiles), -(-np.array(nest.sizes) // tiles)
        for order in ARRAY_ORDERS:
            cycles = [
                array_cycles(shapes, steps(shapes, ones, whole, order), order, never_less=True)
                for shapes in (quick, exact)
            ]
            assert (cycles[0] <= cycles[1]).all(), (nest, hardware, order)


def test_no_replay_falls_below_the_bounds() -> None:
    rng = Random(8)
    checked = back = 0
    while checked < 60:
        nest, hardware = small_nest(rng, most=5), small_hardware(rng, ENDLESS, sizes=(8, 16, 32))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None or level_legality(nest, hardware, replace(mapping, array_order="weights")):
            continue
        tiles, buffers = np.array([mapping.tile.sizes]), np.array([mapping.buffer.sizes])
        returns = comes_back(hardware, buffer_trips(nest, buffers))
        exact = array_shapes(nest, hardware, tiles, returns)
        ways = (
            array_shapes(nest, hardware, tiles, returns, exact=False),
            exact,
            tightened(nest, hardware, exact, {}),
        )
        costs = [level_costs(nest, hardware, way, buffers, "KQP", "weights") for way in ways]
        bounds = [int(cost.array[0]) for cost in costs]
        replayed = ArrayReplays(nest, hardware).cycles(mapping.tile.sizes, mapping.buffer.sizes)
        assert bounds == sorted(bounds) and bounds[-1] <= replayed, (nest, hardware, mapping)
        checked, back = checked + 1, back + int(returns[0])
    assert 10 < back < 50


def test_the_array_takes_what_its_execution_takes() -> None:
    """15 products of 3 terms, 5 groups of 3 at a time: the closed form said 44."""
    nest = LoopNest(G=15, S=3)
    hardware = replace(read_hardware(num_ms=32, dn_bw=4, rn_bw=32), memory=ENDLESS)
    assert ArrayReplays(nest, hardware).cycles(Tile(S=3, G=9).sizes, nest.sizes) == 48


@pytest.mark.parametrize("seed", range(4))
def test_no_drain_of_a_port_exceeds_that_of_a_tile_that_is_laid_out(seed: int) -> None:
    """Also behind ports that many virtual neurons wait for, of several words a step."""
    rng, late = Random(seed), 0
    for _ in range(6):
        nest = small_nest(rng, most=9)
        if rng.random() < 0.7:
            nest = replace(nest, R=1, S=1, Y=1, stride=(1, 1), dilation=(1, 1))
        hardware = small_hardware(rng, ENDLESS, sizes=(64, 128))
        hardware = replace(hardware, dn_bw=hardware.num_ms // rng.choice((1, 2, 4, 8)))
        tiles = legal_tiles(nest, hardware)
        some = tiles[np.random.default_rng(seed).permutation(len(tiles))[:25]]
        for back in (False, True):
            one = 1 if back else 0
            fits = (some[:, :3].prod(axis=1) + one) * some[:, 3:].prod(axis=1) <= hardware.num_ms
            shapes = array_shapes(nest, hardware, some[fits], np.full(fits.sum(), back))
            close = tightened(nest, hardware, shapes, {})
            least = exit_time(hardware, shapes.wave)
            for i in range(len(shapes.tiles)):
                rows = shapes.waits[i, :-1, : len(WAITS)]
                covered = (close.waits[i, :, : len(WAITS)] >= rows[:, None]).all(axis=2).any(axis=1)
                assert covered[rows.any(axis=1)].all(), (nest, hardware, shapes.tiles[i], back)
                late += int((rows[:-1, WAITS.index("begun")] > least[i]).sum())
    assert late
