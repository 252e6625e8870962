"""The search places what any order could place, and respects the buses."""

from collections import Counter
from itertools import combinations, pairwise, permutations
from random import Random

import pytest

from solver.array.fit import exits, find_exit, why_not
from solver.array.placement import capacity_table
from solver.array.virtual_neuron import Placement, VirtualNeuron
from solver.errors import InputError
from tests.oracles.place_any_order import BusLimit, place_any_order, place_most_within
from tests.oracles.place_in_order import place_in_order


def test_mixed_sizes_fit_exactly_when_some_order_does():
    rng, outcomes = Random(4), Counter()
    while sum(outcomes.values()) < 100:
        sizes = [rng.choice((1, 1, 2, 3, 4, 5, 6, 7)) for _ in range(rng.randint(2, 6))]
        if not 14 <= sum(sizes) <= 16:
            continue
        orders = sorted(set(permutations(sizes)))
        possible = any(place_in_order(16, order) is not None for order in orders)
        search = place_any_order(16, sizes)
        assert search.proved
        assert (search.placement is not None) == possible, sizes
        outcomes[possible] += 1
        if search.placement is not None:
            assert [vn.size for vn in search.placement.vns] == sizes
            assert why_not(search.placement) is None
    assert min(outcomes.values()) >= 5


def test_an_order_that_first_fit_cannot_place():
    sizes = [7, 2, 7]
    assert place_in_order(16, sizes) is None
    found = place_any_order(16, sizes)
    assert found.placement is not None
    assert why_not(found.placement) is None


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("limit", [BusLimit(2, 1), BusLimit(4, 1), BusLimit(4, 2), BusLimit(16, 1)])
def test_most_within_a_bus_limit_is_exact(size, limit):
    vns = [vn for a in range(17 - size) if find_exit(vn := VirtualNeuron(a, size), 16) is not None]

    def fits(chosen: tuple[VirtualNeuron, ...]) -> bool:
        if any(a.last >= b.start for a, b in pairwise(chosen)):
            return False
        loads = Counter(way_out.switch.bus(limit.buses) for way_out in exits(Placement(16, chosen)))
        return max(loads.values()) <= limit.per_bus and why_not(Placement(16, chosen)) is None

    search = place_most_within(16, size, limit)
    assert search.proved and search.placement is not None
    assert fits(tuple(sorted(search.placement.vns)))
    more = len(search.placement.vns) + 1
    assert not any(fits(chosen) for chosen in combinations(vns, more))


def test_without_a_tight_limit_nothing_is_lost():
    search = place_most_within(256, 3, BusLimit(16, 9))
    assert search.placement is not None
    assert len(search.placement.vns) == capacity_table(256).most[3]


def test_too_many_leaves_and_senseless_limits():
    assert place_any_order(16, [9, 9]).placement is None
    assert place_any_order(16, [9, 9]).proved
    with pytest.raises(InputError, match="buses: found 0"):
        place_most_within(16, 3, BusLimit(0, 1))
