"""Every switch belongs to the virtual neuron that the placement puts on it."""

import numpy as np
import pytest

from solver.array.placement import place_most
from solver.array.positions import positions_of
from solver.hardware import read_hardware


@pytest.mark.parametrize("num_ms", [8, 16, 64])
def test_owners_and_spans_are_those_of_the_placement_on_real_hardware(num_ms: int) -> None:
    hardware = read_hardware(num_ms=num_ms, dn_bw=4, rn_bw=4, reduction="rtl")
    sizes = np.arange(1, num_ms + 1, dtype=np.int32)
    vn, inside = positions_of(hardware).owners(sizes)
    for row, size in enumerate(sizes.tolist()):
        placement = place_most(num_ms, size)
        expected = [-1 if owner is None else owner for owner in placement.owners()]
        assert vn[row].tolist() == expected
        for index, neuron in enumerate(placement.vns):
            assert inside[row, neuron.start : neuron.last + 1].tolist() == list(range(size))
            end = positions_of(hardware).spans(np.array([size]), np.array([index + 1]))
            assert end.tolist() == [neuron.last + 1]
        starts = positions_of(hardware).first_switches(size, len(placement.vns))
        assert starts.tolist() == [neuron.start for neuron in placement.vns]


def test_the_simulator_packs_without_gaps() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    vn, inside = positions_of(hardware).owners(np.array([5], dtype=np.int32))
    assert vn[0].tolist() == [0] * 5 + [1] * 5 + [2] * 5 + [3]
    assert inside[0, :7].tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert positions_of(hardware).first_switches(5, 3).tolist() == [0, 5, 10]
    assert positions_of(hardware).spans(np.array([5]), np.array([3])).tolist() == [15]
