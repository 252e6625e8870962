from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from solver.array.reduction import exit_line
from solver.array.virtual_neuron import Placement
from solver.execution.lanes import run_lanes
from solver.switches.simulator_tree import Lane, Source, Target, configure_simulator_tree
from tests.support.reduction_reference import each_packed


def test_a_pair_joins_its_sums_over_the_link_towards_the_larger_span() -> None:
    # Rule T6b by hand, leaves 3..5 of 16: adder 1 (D1.L) has leaf 3 only, adder 2 (D1.R) leaves 4 and 5.
    config = configure_simulator_tree(Placement.of(16, [(3, 3)]))
    assert dict(config.in_use()) == {
        "D1.L": (Lane(0, (Source.RIGHT,), Target.LINK),),
        "D1.R": (Lane(0, (Source.LEFT, Source.RIGHT, Source.LINK), Target.BUS),),
    }


def test_virtual_neurons_that_meet_in_an_adder_have_a_lane_each() -> None:
    config = configure_simulator_tree(Placement.of(16, [(0, 3), (3, 3)]))
    assert dict(config.in_use())["D1.L"] == (
        Lane(0, (Source.LEFT,), Target.UP),
        Lane(1, (Source.RIGHT,), Target.LINK),
    )


def test_every_packed_size_takes_the_paths_and_lines_of_the_cost_model() -> None:
    for num_ms in (4, 8, 16, 32, 64):
        for size in range(1, num_ms + 1):
            placement = Placement.of(num_ms, [(i * size, size) for i in range(num_ms // size)])
            values, faults = run_lanes(configure_simulator_tree(placement), placement, lines=4)
            assert not faults
            found = {value.vn: (value.paths, value.bus) for value in values}
            known = each_packed(num_ms, size)
            assert found == {
                i: (vn.paths, exit_line(num_ms, vn.level, vn.adder, 4)) for i, vn in enumerate(known)
            }


@given(st.data(), st.sampled_from([4, 8, 16, 32, 64]))
def test_mixed_sizes_with_gaps_are_added_up_too(data: st.DataObject, num_ms: int) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, num_ms), min_size=2, max_size=10)))
    spans = [(a, b - a) for a, b in pairwise(cuts)]
    kept = data.draw(st.lists(st.sampled_from(spans), unique=True, min_size=1))
    placement = Placement.of(num_ms, kept)
    values, faults = run_lanes(configure_simulator_tree(placement), placement, lines=2)
    assert not faults
    assert sorted(value.vn for value in values) == list(range(len(kept)))
