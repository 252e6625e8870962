"""Values of pieces in whole numbers, which no rounding raises above what is proved."""

import numpy as np
import pytest

from solver.hardware import read_hardware
from solver.search.pieces.goal import SMALL, weighted


@pytest.mark.parametrize("most", [1000, SMALL + 1000])
def test_bounds_become_the_whole_numbers_above_them_but_for_rounding(most: int) -> None:
    goal = weighted(read_hardware(num_ms=8, dn_bw=2, rn_bw=2), 1, 0)
    bounds = np.array([-5.0, 0.0, 0.4, 100.0, np.nextafter(100.0, 101.0), 100.4])
    assert goal.whole(bounds, most).tolist() == [0, 0, 1, 100, 100, 101]


@pytest.mark.parametrize("most", [1000, SMALL + 1000])
def test_no_bound_is_above_the_most_that_can_be(most: int) -> None:
    goal = weighted(read_hardware(num_ms=8, dn_bw=2, rn_bw=2), 1, 0)
    assert goal.whole(np.array([1.5 * most, np.inf]), most).tolist() == [most, most]
