from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.cost.evaluate import evaluate
from solver.cost.events import STATIC
from solver.cost.result import Objective, binding
from solver.cost.two_level.waits import level_binding
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from tests.support.examples.questions import Question, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))
NEST = LoopNest(R=3, S=3, C=4, K=8, X=8, Y=8)


@settings(max_examples=30, deadline=None)
@given(questions)
def test_the_figures_of_a_cost_hang_together(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = candidate_tiles(nest, hardware)
    for tile in map(Tile.of, tiles[:: max(1, len(tiles) // 6)]):
        cost = evaluate(nest, hardware, tile)
        assert sum(map(Fraction, cost.energy_by_component.values())) == Fraction(cost.energy)
        assert Fraction(cost.edp) == Fraction(cost.energy) * cost.cycles
        assert cost.utilization == nest.macs / (hardware.num_ms * cost.cycles) <= 1
        values = [cost.value(objective) for objective in Objective]
        assert values == [Decimal(cost.cycles), cost.energy, cost.edp]


def test_every_component_is_named_but_leakage_where_nothing_leaks() -> None:
    leaking = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    leaks = [name for name in vars(leaking.energy_table) if name.endswith("_static")]
    free = dict.fromkeys([*leaks, "multiplication"], Decimal(0))
    tight = replace(leaking, energy_table=replace(leaking.energy_table, **free))
    first, second = (evaluate(NEST, each, Tile(R=3)).energy_by_component for each in (leaking, tight))
    assert first.keys() - second.keys() == {STATIC}
    assert any(not value for value in second.values())


@pytest.mark.parametrize(
    ("nest", "options", "tile", "bottleneck"),
    [
        (LoopNest(C=2, K=2, X=50, Y=50), {"dn_bw": 64, "rn_bw": 64}, Tile(C=2, K=2), "compute"),
        (LoopNest(C=64, X=50, Y=50), {"dn_bw": 8, "rn_bw": 8}, Tile(C=64), "distribution"),
        (LoopNest(K=64, X=50, Y=50), {"dn_bw": 64, "rn_bw": 2}, Tile(K=64), "collection"),
        (LoopNest(C=2, K=64), {"dn_bw": 64, "rn_bw": 64}, Tile(C=2), "drain"),
    ],
)
def test_the_bottleneck_is_what_the_cycles_wait_for(
    nest: LoopNest, options: dict[str, int], tile: Tile, bottleneck: str
) -> None:
    assert evaluate(nest, read_hardware(num_ms=64, **options), tile).bottleneck == bottleneck


def test_every_fold_of_sums_through_memory_leaves_by_the_bus() -> None:
    """Two folds of 16 virtual neurons and 25 windows, on one line."""
    nest, tile = LoopNest(C=4, K=16, X=5, Y=5), Tile(C=2, K=16)
    for buffer, folds in ((True, 1), (False, 2)):
        hardware = read_hardware(num_ms=64, dn_bw=64, rn_bw=1, accumulation_buffer=buffer)
        assert evaluate(nest, hardware, tile).waits["collection"] == 16 * 25 * folds


def test_the_real_hardware_sends_or_drains_in_every_cycle() -> None:
    hardware = read_hardware("maeri-64-rtl")
    for tile in (Tile(), Tile(R=3, S=3), Tile(S=3, K=4)):
        cost = evaluate(NEST, hardware, tile)
        assert cost.waits.keys() == {"distribution", "drain"}
        assert sum(cost.waits.values()) == cost.cycles


def test_what_is_within_five_per_cent_of_the_bottleneck_is_named_too() -> None:
    assert binding({"compute": 100, "distribution": 104, "drain": 0}) == ("distribution", "compute")
    assert binding({"compute": 95, "distribution": 100, "drain": 94}) == ("distribution", "compute")
    assert binding({"compute": 100, "distribution": 100}) == ("compute", "distribution")
    assert binding({"compute": 0, "distribution": 100, "drain": 0}) == ("distribution",)


def test_the_array_as_a_whole_is_compared_with_the_dram() -> None:
    waits = {"compute": 60, "distribution": 58, "collection": 9, "drain": 50, "DRAM": 100}
    assert level_binding(waits, 110) == ("compute", "distribution")
    assert level_binding(waits, 104) == ("compute", "distribution", "DRAM")
    assert level_binding(waits, 97) == ("DRAM", "compute", "distribution")
    assert level_binding({**waits, "buffer": 120}, 90) == ("buffer",)


def test_ports_that_send_more_words_than_there_are_steps_bind_before_compute() -> None:
    """Third block of VGG-16: 4,995,072 words in a port, 4,818,432 steps, 4,995,120 cycles."""
    vgg = LoopNest(R=3, S=3, C=128, K=256, X=56, Y=56)
    cost = evaluate(vgg, read_hardware(num_ms=256, dn_bw=64, rn_bw=64), Tile(S=3, K=64))
    assert (cost.bottleneck, cost.close) == ("distribution", ("compute",))
    assert (cost.waits["distribution"], cost.waits["compute"]) == (4_995_072, 4_818_432)
    assert cost.binds == "distribution (compute within 5 % of it)"


def test_doubling_what_binds_helps_and_doubling_the_rest_does_not() -> None:
    nest, tile = LoopNest(K=64, X=20, Y=20), Tile(K=64)
    cycles = {
        (dn, rn): evaluate(nest, read_hardware(num_ms=64, dn_bw=dn, rn_bw=rn), tile).cycles
        for dn, rn in ((16, 2), (32, 2), (16, 4))
    }
    assert cycles[16, 4] < 0.6 * cycles[16, 2]
    assert cycles[32, 2] > 0.99 * cycles[16, 2]


def test_folding_through_memory_is_replayed_and_costs_more() -> None:
    tile = Tile(R=3, S=3, K=2)
    buffered = evaluate(NEST, read_hardware(num_ms=64, dn_bw=16, rn_bw=16), tile)
    hardware = read_hardware(num_ms=64, dn_bw=16, rn_bw=16, accumulation_buffer=False)
    travelling = evaluate(NEST, hardware, tile)
    assert (buffered.method, travelling.method) == ("replay", "replay")
    assert travelling.cycles > buffered.cycles
    assert travelling.counts.psum_reads == 3 * 64 * 8 and buffered.counts.psum_reads == 0


def test_the_json_form_has_the_documented_keys_and_exact_numbers() -> None:
    cost = evaluate(NEST, read_hardware(), Tile(R=3, S=3))
    form = cost.to_dict()
    assert list(form) == [
        "cycles",
        "energy",
        "edp",
        "utilization",
        "bottleneck",
        "close_to_bottleneck",
        "waits",
        "method",
        "counts",
        "energy_by_component",
    ]
    assert form["energy"] == cost.energy
    assert form["counts"]["multiplications"] == cost.counts.multiplications


@pytest.mark.parametrize("table", ["synthesis", "mrna"])
def test_a_layer_of_10_to_the_15_macs_is_costed_exactly(table: str) -> None:
    nest = LoopNest(R=3, S=3, C=4096, K=4096, X=2048, Y=2048)
    hardware = read_hardware(energy_table=table)
    tile = Tile(R=3, S=3, C=4, K=7)
    cost = evaluate(nest, hardware, tile)
    waves = 1024 * 586 * 2048 * 2048
    assert cost.counts.multiplications == 9 * 4 * 7 * waves > 2**49
    moved = cost.counts.weight_reads + cost.counts.input_reads + cost.counts.psum_reads
    read, write = hardware.energy_table.buffer_read, hardware.energy_table.buffer_write
    expected = Fraction(read) * moved + Fraction(write) * nest.outputs
    assert Fraction(cost.energy_by_component["global buffer"]) == expected
