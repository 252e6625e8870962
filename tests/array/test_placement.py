"""First fit places as many virtual neurons as anybody can, in a given order."""

from random import Random

import pytest

from solver.array.fit import exits, why_not
from solver.array.placement import bus_loads, capacity_table, place_most
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from tests.oracles.place_in_order import packed_prefix, place_in_order, place_packed
from tests.support.switch_checks import best_placements


def test_as_many_of_each_size_as_measured():
    for (num_ms, size), known in best_placements().items():
        assert capacity_table(num_ms).most[size] == known["best_with_gaps"]
        assert [vn.start for vn in place_most(num_ms, size).vns] == known["starts"]
        assert packed_prefix(num_ms, size) == known["packed_prefix"]


def brute_force(num_ms: int, sizes: list[int]) -> bool:
    def extend(pairs: list[tuple[int, int]], free: int) -> bool:
        if len(pairs) == len(sizes):
            return why_not(Placement.of(num_ms, pairs)) is None
        size = sizes[len(pairs)]
        return any(extend([*pairs, (start, size)], start + size) for start in range(free, num_ms - size + 1))

    return extend([], 0)


def test_in_order_is_exact():
    rng, feasible = Random(3), 0
    for _ in range(150):
        sizes, target = [], rng.randint(9, 15)
        while sum(sizes) < target and len(sizes) < 6:
            sizes.append(rng.choice((1, 1, 2, 2, 3, 4, 5)))
        if sum(sizes) > 16:
            continue
        placement = place_in_order(16, sizes)
        assert (placement is not None) == brute_force(16, sizes), sizes
        if placement is not None:
            feasible += 1
            assert [vn.size for vn in placement.vns] == sizes
            assert why_not(placement) is None
    assert 20 < feasible < 130


@pytest.mark.parametrize("num_ms", [4, 8, 16])
def test_the_most_of_one_size_is_exact(num_ms):
    for size in range(1, num_ms + 1):
        most = int(capacity_table(num_ms).most[size])
        assert brute_force(num_ms, [size] * most)
        assert not brute_force(num_ms, [size] * (most + 1))


@pytest.mark.parametrize("num_ms", [512, 1024])
def test_every_placement_of_large_arrays_can_be_added_up(num_ms):
    table = capacity_table(num_ms)
    assert table.most[1] == num_ms // 2
    for size in (1, 2, 3, 9, 18, 36, 50, 100, num_ms):
        placement = place_most(num_ms, size)
        assert len(placement.vns) == table.most[size] <= num_ms // size
        assert why_not(placement) is None


def test_packed_placements():
    assert place_packed(64, [9] * 3) is not None
    assert place_packed(64, [9] * 4) is None  # the fourth starts at 27, 11 mod 16
    assert place_packed(16, [9, 9]) is None
    assert place_packed(16, [3, 5, 8]) == Placement.of(16, [(0, 3), (3, 5), (8, 8)])


def test_bus_loads_count_the_busiest_bus():
    loads = bus_loads(64, 3, 4)
    on_bus = [way_out.switch.bus(4) for way_out in exits(place_most(64, 3))]
    assert len(loads) == 22
    assert all(loads[n] == max((on_bus[:n].count(b) for b in range(4)), default=0) for n in range(22))


@pytest.mark.parametrize("call", [lambda: place_most(64, 9, 7), lambda: place_most(64, 65)])
def test_too_many_are_refused(call):
    with pytest.raises(InputError, match="expected"):
        call()
