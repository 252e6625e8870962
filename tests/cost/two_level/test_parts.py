"""Cycles that no replay undercuts, buffer tile by buffer tile."""

from functools import partial
from itertools import islice, product
from random import Random

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import array_shapes, tightened
from solver.cost.two_level.parts import LeastByPart, least_by_part, least_of_parts
from solver.cost.two_level.replays import ArrayReplays
from solver.cost.two_level.work import array_cycles, drains, steps
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.levels import array_tiles, legal_pairs
from solver.legal.tiles import Limits
from solver.mapping.buffer_tile import array_passes, buffer_trips, comes_back, parts_of
from solver.search.two_level.options import axes
from tests.support.examples.level_questions import (
    small_hardware,
    small_memory,
    small_nest,
    small_real_hardware,
)

ARRAYS = (small_hardware, small_hardware, small_real_hardware)


def test_no_replay_falls_below_the_sum_of_what_each_buffer_tile_waits_for() -> None:
    """On most mappings it is the replay's cycle, and never less than the longest wait over all tiles."""
    rng = Random(4)
    checked = tight = back = closer = 0
    while checked < 90:
        nest, array = small_nest(rng, most=5), ARRAYS[checked % len(ARRAYS)]
        hardware = array(rng, small_memory(rng), sizes=(8, 16, 32))
        tiles = array_tiles(nest, hardware, Limits())
        if not len(tiles):
            continue
        tiles = tiles[np.random.default_rng(checked).permutation(len(tiles))[:1]]
        buffers = np.array([[rng.randint(t, d) for t, d in zip(tiles[0], nest.sizes, strict=True)]])
        if not legal_pairs(nest, hardware, tiles, buffers, "weights")[0]:
            continue
        trips = buffer_trips(nest, buffers)
        shapes = array_shapes(nest, hardware, tiles, comes_back(hardware, trips))
        shapes = tightened(nest, hardware, shapes, {})
        summed = array_cycles(
            shapes, steps(shapes, trips, array_passes(nest, tiles, buffers), "weights"), "weights"
        )[0]
        least = least_by_part(nest, shapes, buffers)
        replayed = ArrayReplays(nest, hardware).cycles(tiles[0].tolist(), buffers[0].tolist())
        assert summed <= least.own[0] <= replayed and least.alike[0] <= least.own[0], (nest, hardware, tiles)
        checked, back = checked + 1, back + int(shapes.aux[0])
        tight, closer = tight + (least.own[0] == replayed), closer + (summed < least.own[0])
    assert back > 10 and closer > 15 and tight > 50


def test_iterations_that_overlap_are_held_back_by_what_no_replay_falls_below() -> None:
    """Padded outputs open the barrier early. Without the wait for it 77 of these bounds are the replay's."""
    rng, found = Random(0), list[bool]()
    while len(found) < 240:
        product_ = rng.random() < 0.5
        sizes = {"S": 8, "K": 16, "X": 12} if product_ else {"R": 2, "S": 3, "C": 5, "K": 12, "X": 6, "Y": 6}
        nest = LoopNest(
            **{loop: rng.randint(1, most) for loop, most in sizes.items()}, N=rng.choice((1, 1, 2))
        )
        hardware = small_hardware(rng, small_memory(rng), sizes=(8, 16, 32))
        tiles = array_tiles(nest, hardware, Limits())
        if not len(tiles):
            continue
        tile = tiles[rng.randrange(len(tiles))]
        loops = axes(nest)
        trips = [
            int(rng.choice(axis.trips[axis.sizes >= t].tolist())) for axis, t in zip(loops, tile, strict=True)
        ]
        every = [axis.members(o)[axis.members(o) >= t] for axis, t, o in zip(loops, tile, trips, strict=True)]
        buffers = np.array(list(islice(product(*every), 400)))
        buffers = buffers[
            legal_pairs(nest, hardware, np.repeat(tile[None], len(buffers), axis=0), buffers, "weights")
        ]
        if not len(buffers):
            continue
        rows = np.repeat(tile[None], len(buffers), axis=0)
        passes = array_passes(nest, rows, buffers)
        drained = drains(np.array(nest.sizes), rows, buffers, passes)
        least = _bounds(nest, hardware, tile, buffers)
        assert least is not None
        for row in rng.sample(range(len(buffers)), min(6, len(buffers))):
            larger = (buffers >= buffers[row]).all(axis=1) & (passes >= passes[row]).all(axis=1)
            larger &= drained >= drained[row]
            assert least.alike[row] <= least.own[larger].min(), (nest, hardware, tile, buffers[row])
        row = rng.randrange(len(buffers))
        if not drained[row]:
            replayed = ArrayReplays(nest, hardware).cycles(tile.tolist(), buffers[row].tolist())
            assert least.own[row] <= replayed, (nest, hardware, tile, buffers[row])
            found.append(least.own[row] == replayed)
    assert sum(found) > 90


def test_buffer_tiles_are_replayed_until_a_mapping_is_seen_to_be_worth_nothing() -> None:
    rng = Random(8)
    checked = some_left = 0
    while checked < 40:
        nest = small_nest(rng, most=9)
        hardware = ARRAYS[checked % len(ARRAYS)](rng, small_memory(rng), sizes=(8, 16))
        tiles = array_tiles(nest, hardware, Limits())
        if not len(tiles):
            continue
        tile = tiles[rng.randrange(len(tiles))]
        buffer = [rng.randint(int(t), d) for t, d in zip(tile, nest.sizes, strict=True)]
        if not legal_pairs(nest, hardware, tile[None], np.array([buffer]), "weights")[0]:
            continue
        back = comes_back(hardware, buffer_trips(nest, np.array([buffer])))
        shapes = array_shapes(nest, hardware, tile[None], back)
        parts = parts_of(nest, hardware, buffer)
        least, once = least_of_parts(shapes, [part for part, _ in parts]), hardware.kind.start_up
        own = int(least_by_part(nest, shapes, np.array([buffer])).own[0])
        assert own == once + sum(n * (cycles - once) for (_, n), cycles in zip(parts, least, strict=True))
        cycles = ArrayReplays(nest, hardware).cycles(tile.tolist(), buffer)
        if own == cycles:
            continue
        asked, replays = [own], ArrayReplays(nest, hardware)
        assert replays.cycles_if(shapes, buffer, partial(_noted, asked)) == cycles
        assert asked == sorted(set(asked)) and asked[-1] == cycles
        for bound in asked[1:]:
            replays = ArrayReplays(nest, hardware)
            assert replays.cycles_if(shapes, buffer, lambda c, most=bound: c < most) is None
            some_left += bound == asked[1] and replays.replayed < len(parts)
        checked += 1
    assert some_left > 10


def _noted(asked: list[int], cycles: int) -> bool:
    asked.append(cycles)
    return True


def test_no_buffer_tile_of_a_class_falls_below_its_contenders() -> None:
    """Whatever the size along each loop: refilled as often, some contender is bounded by no more."""
    rng = Random(6)
    checked = 0
    while checked < 30:
        nest = small_nest(rng, most=7)
        hardware = small_hardware(rng, small_memory(rng), sizes=(8, 16))
        tiles, loops = array_tiles(nest, hardware, Limits()), axes(nest)
        if not len(tiles):
            continue
        tile = tiles[rng.randrange(len(tiles))]
        trips = [
            int(rng.choice(axis.trips[axis.sizes >= t].tolist())) for axis, t in zip(loops, tile, strict=True)
        ]
        choices = [
            [
                axis.contenders(int(t), o) if few else axis.members(o)[axis.members(o) >= t]
                for axis, t, o in zip(loops, tile, trips, strict=True)
            ]
            for few in (False, True)
        ]
        found = [_bounds(nest, hardware, tile, np.array(list(product(*sizes)))) for sizes in choices]
        every, few = found
        if every is None:
            continue
        assert few is not None and few.alike.min() <= every.own.min(), (nest, hardware, tile, trips)
        for i, sizes in enumerate(choices[0]):  # the same beside one size of a loop, contender or not
            for size in sizes:
                others, contenders = (
                    _bounds(nest, hardware, tile, np.array(list(product(*all_[:i], [size], *all_[i + 1 :]))))
                    for all_ in choices
                )
                if others is not None:
                    assert contenders is not None and contenders.alike.min() <= others.own.min()
        checked += len(every.own) > len(few.own)


def _bounds(nest: LoopNest, hardware: Hardware, tile: IntArray, buffers: IntArray) -> LeastByPart | None:
    """Return what an array tile takes at least with each buffer tile that is legal; None without one."""
    rows = np.repeat(tile[None], len(buffers), axis=0)
    legal = legal_pairs(nest, hardware, rows, buffers, "weights")
    if not legal.any():
        return None
    rows, buffers = rows[legal], buffers[legal]
    shapes = array_shapes(nest, hardware, rows, comes_back(hardware, buffer_trips(nest, buffers)))
    return least_by_part(nest, tightened(nest, hardware, shapes, {}), buffers)
