from dataclasses import replace

import pytest

from solver.array.virtual_neuron import Placement
from solver.execution.faults import FaultKind
from solver.execution.lanes import run_lanes
from solver.switches.simulator_tree import Lane, SimulatorTreeConfig, Source, Target, configure_simulator_tree

PLACEMENT = Placement.of(16, [(0, 3), (3, 3)])
L, R, LINK = Source.LEFT, Source.RIGHT, Source.LINK


def with_adder(
    left: tuple[Lane, ...] | None = None, right: tuple[Lane, ...] | None = None
) -> SimulatorTreeConfig:
    """Return the right setting of the two virtual neurons with other lanes in the adders of D1."""
    config = configure_simulator_tree(PLACEMENT)
    doubles = list(config.doubles)
    doubles[1] = (doubles[1][0] if left is None else left, doubles[1][1] if right is None else right)
    return replace(config, doubles=tuple(doubles))


def test_a_hop_over_the_link_costs_a_cycle() -> None:
    values, _ = run_lanes(configure_simulator_tree(PLACEMENT), PLACEMENT, lines=4)
    assert {value.vn: value.paths for value in values}[1] == (2, 1, 1)


@pytest.mark.parametrize(
    ("config", "kind", "place"),
    [
        (with_adder(left=(Lane(1, (R,), Target.LINK),)), FaultKind.UNREAD, "D1.LL (virtual neuron 0)"),
        (with_adder(right=(Lane(1, (L, R), Target.BUS),)), FaultKind.WRONG_SUM, "D1.R"),
        (with_adder(right=(Lane(0, (L, R), Target.BUS),)), FaultKind.BLOCKED, "D1.R"),
        (with_adder(right=(Lane(1, (L, R, LINK), Target.UP),)), FaultKind.UNREAD, "D0.LL (virtual neuron 1)"),
        (
            with_adder(right=(Lane(1, (L, R, LINK), Target.LINK),)),
            FaultKind.UNREAD,
            "D1.L.link (virtual neuron 1)",
        ),
        (
            with_adder(left=(Lane(0, (L,), Target.BUS), Lane(1, (R,), Target.LINK))),
            FaultKind.WRONG_SUM,
            "D1.L",
        ),
    ],
)
def test_a_wrong_lane_is_a_fault_that_names_the_adder(
    config: SimulatorTreeConfig, kind: FaultKind, place: str
) -> None:
    _, faults = run_lanes(config, PLACEMENT, lines=4)
    assert (kind, place) in [(fault.kind, fault.place) for fault in faults]


def test_a_value_that_goes_up_from_the_root_is_stuck() -> None:
    placement = Placement.of(4, [(0, 4)])
    config = configure_simulator_tree(placement)
    singles = list(config.singles)
    singles[0] = (replace(singles[0][0], sends=Target.UP),)
    values, faults = run_lanes(replace(config, singles=tuple(singles)), placement, lines=1)
    assert values == ()
    assert [fault.kind for fault in faults] == [FaultKind.ROOT]


def test_a_single_switch_has_no_link() -> None:
    placement = Placement.of(4, [(0, 4)])
    config = configure_simulator_tree(placement)
    singles = list(config.singles)
    singles[1] = (replace(singles[1][0], sends=Target.LINK),)
    _, faults = run_lanes(replace(config, singles=tuple(singles)), placement, lines=1)
    assert "S1: the mode waits for ever for another input (it has no link); it holds leaves 0..1" in map(
        str, faults
    )
