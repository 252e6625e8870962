"""The replay of the real hardware: equal to the measured test bench, and to its own parts run one by one."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

from solver.array.configure_tree import configure_tree
from solver.array.layout import Layout
from solver.array.placement import place_most
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.evaluate import evaluate
from solver.cost.rtl.replay import RtlStream, last_served
from solver.execution.adder_tree import run_wave
from solver.execution.clocks.collection import collect
from solver.execution.rtl_testbench import run_testbench, weight_load_cycles
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.switches.layer_info import Extent, LayerInfo
from tests.oracles.place_in_order import place_packed
from tests.support.examples.questions import Question
from tests.support.examples.rtl_questions import rtl_questions, some_tiles


def sliding(num_ms: int, ports: int, buses: int) -> Hardware:
    return read_hardware(num_ms=num_ms, dn_bw=ports, rn_bw=buses, reduction="rtl", forwarding="sliding")


def on_testbench(nest: LoopNest, tile: Tile, hardware: Hardware) -> int | None:
    """Run the layer as the hardware's own test bench does: whole filters, packed, one channel at a time."""
    placement = place_packed(hardware.num_ms, [tile.vn_size] * tile.K)
    assert placement is not None
    layer = LayerInfo(
        K=Extent(nest.K),
        C=Extent(nest.C),
        R=Extent(nest.R),
        S=Extent(nest.S),
        Y=Extent(nest.input_rows),
        X=Extent(nest.input_cols),
        num_ms=hardware.num_ms,
        mapped_vns=tile.K,
        vn_size=tile.vn_size,
    )
    run = run_testbench(configure_tree(placement), layer, dn_ports=hardware.dn_bw, buses=hardware.rn_bw)
    return run.cycles


@pytest.mark.parametrize(("num_ms", "filters", "measured"), [(32, 3, 1798), (64, 3, 1942)])
def test_measured_runs_of_the_test_bench(num_ms: int, filters: int, measured: int) -> None:
    nest = LoopNest(R=3, S=3, C=3, K=filters, X=8, Y=8)
    assert evaluate(nest, sliding(num_ms, 4, 4), Tile(R=3, S=3, K=filters)).cycles == measured


def idle_weight_puts(nest: LoopNest, tile: Tile, hardware: Hardware) -> int:
    """Return the cycles in which the test bench puts weights to leaves that none are for."""
    width = hardware.num_ms // hardware.dn_bw
    tiles = [min(tile.K, nest.K - begin) for begin in range(0, nest.K, tile.K)]
    words = [min(filters * tile.vn_size, width) for filters in tiles]
    own = 2 * min(tile.K * tile.vn_size, width) + 3  # the replay loads a partial last tile like a whole one
    return nest.C * sum(weight_load_cycles(n, width) - own for n in words)


def test_sliding_rows_take_what_they_take_on_the_test_bench() -> None:
    # The test bench puts one filter position at a time; with one port there is nothing to put beside it.
    rng = Random(7)
    equal = faster = 0
    while equal + faster < 150:
        num_ms = rng.choice((16, 32, 64))
        taps = rng.randint(1, 4), rng.randint(2, 4)
        filters = rng.randint(1, num_ms // (taps[0] * taps[1]) or 1)
        tile = Tile(R=taps[0], S=taps[1], K=filters)
        hardware = sliding(num_ms, rng.choice((1, 1, 4, 8)), rng.choice((4, 8)))
        nest = LoopNest(
            R=tile.R,
            S=tile.S,
            C=rng.randint(1, 2),
            K=filters * rng.randint(1, 2),
            X=rng.randint(1, 3),
            Y=rng.randint(2, 9),
        )
        packed = tile.vn_size <= num_ms and place_packed(num_ms, [tile.vn_size] * filters)
        if (
            not packed
            or legality(nest, hardware, tile)
            or place_most(num_ms, tile.vn_size, filters) != packed
        ):
            continue
        measured = on_testbench(nest, tile, hardware)
        if measured is None:
            continue
        cycles = evaluate(nest, hardware, tile).cycles + idle_weight_puts(nest, tile, hardware)
        assert cycles == measured if hardware.dn_bw == 1 else cycles <= measured
        equal, faster = equal + (cycles == measured), faster + (cycles < measured)
    assert equal and faster


@settings(max_examples=15, deadline=None)
@given(rtl_questions)
def test_a_stream_ends_when_every_window_is_replayed_to_the_end(question: Question) -> None:
    for tile in some_tiles(question, 4):
        layout = Layout(question.nest, question.hardware, tile)
        stream = RtlStream(layout)
        for windows in (1, 3, 40):
            at_bus = stream.sums(windows)
            assert (np.diff(at_bus, axis=0) > 0).all()
            assert stream.cycles(windows) == last_served(at_bus, stream.bus) + 1


@settings(max_examples=25, deadline=None)
@given(rtl_questions)
def test_sums_leave_the_buses_as_they_do_behind_the_configured_tree(question: Question) -> None:
    hardware = question.hardware
    for tile in some_tiles(question, 4):
        stream = RtlStream(Layout(question.nest, hardware, tile))
        at_bus = stream.sums(6)
        placement = place_most(hardware.num_ms, tile.vn_size, tile.num_vns)
        wave = run_wave(configure_tree(placement), placement, hardware.rn_bw)
        leaves = np.zeros((len(at_bus), hardware.num_ms), dtype=np.int64)
        for vn, climb in zip(placement.vns, stream.climb, strict=True):
            index = placement.vns.index(vn)
            leaves[:, vn.start : vn.last + 1] = (at_bus[:, index] - climb)[:, None]
        collection = collect(wave, leaves)
        assert last_served(at_bus, stream.bus) == collection.last_cycle
        assert collection.blocked is None


@settings(max_examples=40, deadline=None)
@given(rtl_questions)
def test_bounds_never_exceed_the_replay_and_energies_agree(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = some_tiles(question, 12)
    sizes = np.array([tile.sizes for tile in tiles])
    batch, quick = batch_cost(nest, hardware, sizes), quick_bound(nest, hardware, sizes)
    assert (quick.least_cycles <= batch.least_cycles).all()
    assert (quick.dynamic_energy <= batch.dynamic_energy * (1 + 1e-12)).all()
    for i, tile in enumerate(tiles):
        cost = evaluate(nest, hardware, tile)
        assert cost.method == "replay"
        assert batch.least_cycles[i] <= cost.cycles
        energy = batch.dynamic_energy[i] + batch.static_per_cycle * cost.cycles
        assert float(cost.energy) == pytest.approx(energy, rel=1e-9)


@pytest.mark.parametrize(("filters", "shared_bus"), [(2, 0), (3, 1)])
def test_a_direct_pass_by_hand(filters: int, shared_bus: int) -> None:
    # Two folds; virtual neurons of 2 on leaves 0, 2, 4 of 8 behind one port. A pass: 2 cycles for each weight
    # and 3 more; a put, 2 words of 2 cycles in each of 4 windows, a product, one level and its bus, the next
    # phase. The third virtual neuron leaves by the other side of the second one's switch, one cycle later.
    hardware = read_hardware(num_ms=8, dn_bw=1, rn_bw=8, reduction="rtl")
    cost = evaluate(LoopNest(C=4, K=filters, X=2, Y=2), hardware, Tile(C=2, K=filters))
    stream = 1 + 4 * 2 * 2 + 1 + (2 * 1 + 1) + 1
    assert cost.cycles == 13 + 2 * ((2 * 2 * filters + 3) + stream + shared_bus)
    outputs = filters * 2 * 2
    counts = cost.counts
    assert (counts.psum_reads, counts.writes, counts.accumulates) == (outputs, 2 * outputs, outputs)
    assert (counts.weight_reads, counts.input_reads) == (4 * filters, 16)
    assert (counts.multiplications, counts.bus_wires) == (16 * filters, 2 * 2 * outputs)
    assert (counts.psum_forwards, counts.mn_wires) == (0, 0)
    assert "adders outside the array" in cost.energy_by_component


@pytest.mark.parametrize(
    ("nest", "tile"),
    [
        (LoopNest(R=3, S=3, X=4, Y=6), Tile(R=3, S=3)),
        (LoopNest(R=2, S=3, C=2, X=4, Y=6), Tile(R=2, S=3)),
        (LoopNest(S=3, C=2, K=2, X=4, Y=6), Tile(S=3)),
    ],
    ids=str,
)
def test_the_bound_of_a_single_virtual_neuron_is_its_time_also_where_inputs_slide(
    nest: LoopNest, tile: Tile
) -> None:
    hardware = sliding(16, 4, 4)
    least = batch_cost(nest, hardware, np.array([tile.sizes])).least_cycles
    assert least.tolist() == [evaluate(nest, hardware, tile).cycles]


def test_long_passes_are_cut_where_the_counters_of_the_multipliers_end() -> None:
    hardware = read_hardware(num_ms=8, dn_bw=8, rn_bw=8, reduction="rtl")
    tile = Tile(C=2)
    short = evaluate(LoopNest(C=2, X=65_535), hardware, tile).cycles
    one_more = evaluate(LoopNest(C=2, X=65_536), hardware, tile).cycles
    # A word per port and window, and the end of a second stream: 1 + 1 + 3 + 1.
    assert one_more == short + 2 + 6
