"""The loops of a mapping cover the layer, and say of each operand where it is while they run."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.cost.two_level.dram import moves
from solver.hardware import read_hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import DRAM_ORDERS, buffer_trips
from solver.mapping.levels import LevelMapping, order_text, read_order
from solver.mapping.loop_nest import BUFFER, DEPENDS, DRAM, Loop, loop_nest
from solver.mapping.tile import Tile

LEVELS = read_hardware("maeri-64-dram")
ARRAY = read_hardware("maeri-64")
NEST = LoopNest(R=3, S=3, C=8, K=10, X=6, Y=6)


@st.composite
def nested(draw: st.DrawFn) -> tuple[LoopNest, LevelMapping]:
    sizes = {dim: draw(st.integers(1, 7)) for dim in DIMS}
    buffer = {dim: draw(st.integers(1, size)) for dim, size in sizes.items()}
    tile = {dim: draw(st.integers(1, size)) for dim, size in buffer.items()}
    order = draw(st.sampled_from(DRAM_ORDERS))
    stays = draw(st.sampled_from(["weights", "inputs", "outputs"]))
    return LoopNest(**sizes), LevelMapping(Tile(**tile), Tile(**buffer), order, stays)


@given(nested())
def test_loops_and_parallel_part_cover_every_level_exactly(case: tuple[LoopNest, LevelMapping]) -> None:
    nest, mapping = case
    loops = loop_nest(nest, LEVELS, mapping)
    for dim in DIMS:
        outer, inner = getattr(nest, dim), getattr(mapping.buffer, dim)
        for level, size in (("buffer", outer), ("array", inner)):
            found = [loop for loop in loops if (loop.dim, loop.level) == (dim, level)]
            covered = [(loop.trips - 1) * loop.step + loop.last for loop in found]
            step = inner if level == "buffer" else getattr(mapping.tile, dim)
            assert covered == ([size] if step < size else [])
            assert all(loop.step == step for loop in found)


@given(nested())
def test_what_is_held_in_dram_is_moved_as_often_as_the_traffic_model_says(
    case: tuple[LoopNest, LevelMapping],
) -> None:
    nest, mapping = case
    outer = [loop for loop in loop_nest(nest, LEVELS, mapping) if loop.level == "buffer"]
    expected = moves(buffer_trips(nest, np.array([mapping.buffer.sizes])), mapping.dram_order)
    for operand in ("weights", "inputs", "outputs"):
        held = [loop.holds[operand] for loop in outer]
        # Once an operand's tile stays, it stays for all loops inside.
        last = held.count(DRAM)
        assert held == [DRAM] * last + [BUFFER] * (len(held) - last)
        fetched = prod(loop.trips for loop in outer[:last])
        distinct = prod(loop.trips for loop in outer if loop.dim in DEPENDS[operand])
        assert fetched / distinct == getattr(expected, operand)[0]


def holders(loops: tuple[Loop, ...], dim: str, level: str = "array") -> tuple[str, ...]:
    (loop,) = (loop for loop in loops if (loop.dim, loop.level) == (dim, level))
    return tuple(loop.holds.values())


def test_on_the_array_alone_the_weights_of_all_folds_stay_for_all_windows() -> None:
    loops = loop_nest(NEST, ARRAY, Tile(R=3, S=3, K=4))
    assert [loop.dim for loop in loops if loop.level == "array"] == ["K", "X", "Y", "C"]
    assert holders(loops, "K") == ("buffer", "buffer", "buffer")
    assert holders(loops, "Y") == ("switches", "buffer", "buffer")
    assert holders(loops, "C") == ("switches", "buffer", "accumulators")
    assert (loops[0].trips, loops[0].step, loops[0].last) == (3, 4, 2)


def test_without_accumulators_partial_sums_live_in_the_buffer() -> None:
    hardware = read_hardware("maeri-64", accumulation_buffer=False)
    assert holders(loop_nest(NEST, hardware, Tile(R=3, S=3)), "C")[2] == "buffer"


def test_on_the_real_hardware_every_fold_is_a_pass_of_its_own() -> None:
    loops = loop_nest(NEST, read_hardware("maeri-64-rtl"), Tile(R=3, S=3))
    assert [loop.dim for loop in loops if loop.level == "array"] == ["K", "C", "X", "Y"]
    assert holders(loops, "C") == ("buffer", "buffer", "buffer")


def test_the_stationary_operand_is_in_the_switches_while_others_stream() -> None:
    def staying(order: str, dim: str) -> tuple[str, ...]:
        return holders(loop_nest(NEST, LEVELS, LevelMapping(Tile(S=3), Tile(*NEST.sizes), "KPQ", order)), dim)

    assert staying("inputs", "K")[:2] == ("buffer", "switches")
    assert staying("inputs", "X")[:2] == ("buffer", "buffer")
    assert staying("outputs", "C") == ("buffer", "buffer", "accumulators")


@pytest.mark.parametrize("order", DRAM_ORDERS)
def test_an_order_is_written_by_its_loops_and_read_either_way(order: str) -> None:
    text = order_text(order)
    assert sorted(text.replace(" ", "")) == sorted(DIMS)
    written = (text, text.lower(), text[2:], ", ".join(text.split()), order, order.lower())
    assert {read_order(each) for each in written} == {order}


@pytest.mark.parametrize("text", ["", "KP", "K XY CRS", "G K NXY", "KPQQ", "RSC K NXY G"])
def test_what_is_no_order_of_all_loops_is_none(text: str) -> None:
    assert read_order(text) is None
