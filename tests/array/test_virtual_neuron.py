"""Placements are sets of disjoint leaf intervals."""

import pytest

from solver.array.virtual_neuron import Placement
from solver.errors import InputError


def test_the_index_is_the_name_whatever_the_order():
    placement = Placement.of(8, [(4, 3), (0, 2)])
    assert placement.owners() == [1, 1, None, None, 0, 0, 0, None]
    assert str(placement.vns[0]) == "leaves 4..6"


@pytest.mark.parametrize(
    "pairs", [[(0, 3), (2, 2)], [(7, 2)], [(-1, 2)], [(0, 0)], [(4, 2), (0, 5)], [(3, 1), (3, 1)]]
)
def test_overlaps_and_leaves_outside_are_refused(pairs):
    with pytest.raises(InputError, match="placement"):
        Placement.of(8, pairs)
