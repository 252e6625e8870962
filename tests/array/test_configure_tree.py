"""The generated setting is right by execution, and equals the shipped one where that is right."""

from random import Random

import pytest

from solver.array.configure_tree import configure_tree
from solver.array.placement import place_most
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from solver.execution.adder_tree import run_wave
from solver.writers.vmh import read_rn_config
from tests.oracles.place_in_order import place_packed
from tests.support.switch_checks import BUSES, bits_in_use, exact, random_feasible, shipped_file, verdicts


@pytest.mark.parametrize("num_ms", [8, 16, 32, 64, 128, 256])
def test_right_for_every_size_placed_with_gaps(num_ms):
    for size in range(1, num_ms + 1):
        placement = place_most(num_ms, size)
        assert exact(run_wave(configure_tree(placement), placement, BUSES)), size


@pytest.mark.parametrize("size", [1, 3, 9, 36, 500, 1024])
def test_right_on_1024_switches(size):
    placement = place_most(1024, size)
    assert exact(run_wave(configure_tree(placement), placement, BUSES))


def test_right_for_random_mixed_sizes():
    rng = Random(7)
    for _ in range(800):
        placement = random_feasible(rng, rng.choice((16, 32, 64, 128)))
        assert exact(run_wave(configure_tree(placement), placement, BUSES)), placement


def test_equal_to_the_shipped_file_where_that_is_right():
    equal = 0
    for (num_ms, size), known in verdicts().items():
        placement = place_packed(num_ms, [size] * (num_ms // size))
        assert (placement is not None) == known["feasible"]
        if known["ok"]:
            assert configure_tree(placement) == read_rn_config(shipped_file(num_ms, size), num_ms)
            equal += 1
    assert equal == 7


def test_any_flipped_bit_shows():
    rng = Random(8)
    for _ in range(500):
        placement = random_feasible(rng, rng.choice((16, 32, 64)))
        config = configure_tree(placement)
        bit = rng.choice(bits_in_use(config))
        result = run_wave(bit.flipped(config), placement, BUSES)
        assert not exact(result), bit
        # Only a side of a double switch that receives nothing can be set otherwise without changing a sum.
        assert not (bit.used and result.right), bit


def test_the_order_of_the_virtual_neurons_does_not_matter():
    placement = place_packed(64, [5, 9, 12, 3])
    backwards = Placement(64, placement.vns[::-1])
    assert configure_tree(backwards) == configure_tree(placement)
    values = run_wave(configure_tree(backwards), backwards, BUSES).values
    assert all(backwards.vns[value.vn].start == value.leaves[0] for value in values)


def test_impossible_placements_are_refused():
    with pytest.raises(InputError, match=r"virtual neuron 1 on leaves 3\.\.4"):
        configure_tree(Placement.of(16, [(0, 3), (3, 2)]))


def test_an_empty_placement_leaves_every_switch_idle():
    assert list(configure_tree(Placement(16, ())).in_use()) == []
