"""What is legal on the real hardware: the placements that exist, and results that the buses carry."""

import numpy as np

from solver.array.configure_tree import configure_tree
from solver.array.placement import place_most
from solver.cost.overtaking import may_overtake
from solver.execution.adder_tree import run_wave
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import capacity, legality
from solver.mapping.tile import Tile
from tests.support.switch_checks import best_placements


def real(num_ms: int, ports: int, buses: int) -> Hardware:
    return read_hardware(num_ms=num_ms, dn_bw=ports, rn_bw=buses, reduction="rtl")


def test_as_many_virtual_neurons_are_legal_as_the_best_placements_hold() -> None:
    for (num_ms, size), found in best_placements().items():
        most = found["best_with_gaps"]
        hardware, nest = real(num_ms, num_ms, num_ms), LoopNest(C=size, K=num_ms)
        tiles = np.array([Tile(C=size, K=count).sizes for count in range(1, num_ms // size + 2)])
        assert capacity(nest, hardware, tiles).tolist() == [
            count <= most for count in range(1, len(tiles) + 1)
        ]


def test_a_mapping_beyond_the_tree_is_refused_with_the_most_that_fits() -> None:
    nest = LoopNest(C=9, K=7)
    assert legality(nest, real(64, 64, 64), Tile(C=9, K=6)) is None
    refusal = legality(nest, real(64, 64, 64), Tile(C=9, K=7))
    assert refusal is not None and "adds up at most 6 of that size on 64 multiplier switches" in refusal
    assert "at most 0 of that size" in str(legality(LoopNest(C=99), real(64, 64, 64), Tile(C=99)))


def test_sums_that_one_bus_cannot_carry_within_a_step_are_refused() -> None:
    # 16 virtual neurons of two on 64 leaves, two words a step (4 cycles) at every port.
    nest, tile = LoopNest(C=4, K=16, X=9), Tile(C=2, K=16)
    placement = place_most(64, 2, 16)
    setting = configure_tree(placement)
    for buses in (1, 2, 4, 8, 16):
        most = max(run_wave(setting, placement, buses).bus_loads(buses))
        refusal = legality(nest, real(64, 16, buses), tile)
        assert (refusal is None) == (most <= 4)
        if refusal is not None:
            assert f"{most} of the 16 sums leave by one of the {buses} collection buses" in refusal


def test_padded_rows_are_legal_because_every_pass_drains() -> None:
    nest, tile = LoopNest(S=3, K=4, X=5, Y=6), Tile(S=3, K=2, X=2)
    repaired = read_hardware(num_ms=16, dn_bw=4, rn_bw=8, reduction="rtl", forwarding="sliding")
    simulator = read_hardware(num_ms=16, dn_bw=4, rn_bw=8)
    sizes = np.array([tile.sizes])
    assert may_overtake(nest, simulator, sizes)[0] and not may_overtake(nest, repaired, sizes)[0]
    assert legality(nest, repaired, tile) is None
    assert legality(nest, read_hardware(num_ms=16, dn_bw=4, rn_bw=8, forwarding="none"), tile) is None
