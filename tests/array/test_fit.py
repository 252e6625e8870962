"""The criterion tells exactly which virtual neurons the tree can add up."""

from random import Random

import numpy as np
import pytest

from solver.array.configure_tree import configure_tree
from solver.array.fit import edge_conflict, exits, find_exit, fit_levels, why_not
from solver.array.virtual_neuron import Placement, VirtualNeuron
from tests.support.switch_checks import partitions, random_placement, search


def test_all_partitions_of_8_leaves_against_every_mode_and_exit():
    fits = [why_not(p) is None for p in partitions(8)]
    assert fits == [search(p, emit_late=True) for p in partitions(8)]
    assert sum(fits) == 16


def test_all_partitions_of_16_leaves_against_every_mode():
    fits = [why_not(p) is None for p in partitions(16)]
    assert fits == [search(p) for p in partitions(16)]
    without_ones = [
        fit for fit, p in zip(fits, partitions(16), strict=True) if all(vn.size > 1 for vn in p.vns)
    ]
    assert (sum(fits), sum(without_ones), len(without_ones)) == (960, 431, 610)


def test_random_mixed_placements_with_gaps_against_every_mode():
    rng = Random(5)
    for _ in range(1500):
        placement = random_placement(rng, rng.choice((16, 32, 64, 128)))
        assert (why_not(placement) is None) == search(placement), placement


@pytest.mark.parametrize(
    ("size", "period", "failing"),
    [
        (2, 4, {3}),
        (3, 16, set()),
        (4, 8, {6}),
        (5, 16, set()),
        (6, 16, {13}),
        (7, 16, {12, 13}),
        (8, 16, {11, 12, 13}),
        (9, 16, {11, 12}),
        (10, 16, {11}),
    ],
)
def test_starts_that_fail_as_listed(size, period, failing):
    for start in range(64):
        fits = find_exit(VirtualNeuron(start, size), 256) is not None
        assert fits == (start % period not in failing)


@pytest.mark.parametrize("num_ms", [8, 16, 64])
def test_the_table_equals_the_criterion_one_by_one(num_ms):
    table = np.zeros((num_ms + 1, num_ms), dtype=int)
    for size in range(1, num_ms + 1):
        for start in range(num_ms - size + 1):
            way_out = find_exit(VirtualNeuron(start, size), num_ms)
            table[size, start] = way_out.levels if way_out else 0
    assert (table == fit_levels(num_ms)).all()


def test_exits_are_the_outputs_that_the_generator_makes_emit():
    rng = Random(6)
    for _ in range(200):
        placement = random_placement(rng, 64)
        if why_not(placement) is None:
            emitting = {
                switch.output_name(side)
                for switch, setting in configure_tree(placement).in_use()
                for side, output in enumerate(setting.outputs)
                if output.emits
            }
            assert {way_out.output for way_out in exits(placement)} == emitting


def test_a_single_leaf_at_the_edge_needs_its_neighbour_unused():
    assert edge_conflict(Placement.of(16, [(0, 1), (1, 3)])) == (VirtualNeuron(0, 1), VirtualNeuron(1, 3))
    assert edge_conflict(Placement.of(16, [(12, 3), (15, 1)])) == (VirtualNeuron(15, 1), VirtualNeuron(12, 3))
    assert edge_conflict(Placement.of(16, [(0, 2), (2, 1), (14, 1)])) is None


def test_reasons_name_the_virtual_neuron():
    assert "virtual neuron 1 on leaves 3..4" in str(why_not(Placement.of(16, [(0, 3), (3, 2)])))
    assert "shares a single switch" in str(why_not(Placement.of(16, [(14, 1), (15, 1)])))
    with pytest.raises(ValueError, match=r"leaves 3\.\.4"):
        exits(Placement.of(16, [(3, 2)]))
