"""The adder tree is the one that the specification tabulates."""

import pytest

from solver.array.topology import SwitchKind, adder_tree
from solver.errors import InputError

SIZES = (4, 8, 16, 32, 64, 128, 256, 512, 1024)


@pytest.mark.parametrize(
    ("num_ms", "singles", "doubles"), [(16, 7, 4), (32, 9, 11), (64, 11, 26), (128, 13, 57), (256, 15, 120)]
)
def test_switch_counts_of_the_table(num_ms, singles, doubles):
    tree = adder_tree(num_ms)
    assert (len(tree.singles), len(tree.doubles)) == (singles, doubles)


def test_worked_example_wiring_of_16():
    wired = {}
    for row in adder_tree(16).rows:
        for switch in row:
            if switch.level == adder_tree(16).levels - 1:
                wired[switch.name] = list(switch.inputs)
                continue
            below = (adder_tree(16).switch_at(switch.level + 1, place) for place in switch.inputs)
            wired[switch.name] = [child.output_name(side) for child, side in below]
    assert wired == {
        "S0": ["S1", "S2"],
        "S1": ["S3", "D0.L"],
        "S2": ["D0.R", "S4"],
        "S3": ["S5", "D1.L"],
        "D0": ["D1.R", "D2.L", "D2.R", "D3.L"],
        "S4": ["D3.R", "S6"],
        "S5": [0, 1],
        "D1": [2, 3, 4, 5],
        "D2": [6, 7, 8, 9],
        "D3": [10, 11, 12, 13],
        "S6": [14, 15],
    }


@pytest.mark.parametrize("num_ms", SIZES)
def test_ids_count_up_from_the_root_and_left_to_right(num_ms):
    tree = adder_tree(num_ms)
    for kind, switches in ((SwitchKind.SINGLE, tree.singles), (SwitchKind.DOUBLE, tree.doubles)):
        in_order = [switch for row in tree.rows for switch in row if switch.kind is kind]
        assert [switch.id for switch in in_order] == list(range(len(switches)))


@pytest.mark.parametrize("num_ms", SIZES)
def test_every_node_is_in_one_switch_and_wired_to_the_one_above(num_ms):
    tree = adder_tree(num_ms)
    for level, row in enumerate(tree.rows):
        assert [node for switch in row for node in switch.nodes] == list(range(2**level))
        for switch in row:
            for side, node in enumerate(switch.nodes):
                assert tree.switch_at(level, node) == (switch, side)
                assert level == 0 or node in tree.switch_at(level - 1, node // 2)[0].inputs


def test_a_double_switch_joins_nodes_of_different_parents():
    for switch in adder_tree(256).doubles:
        left, right = switch.nodes
        assert left // 2 != right // 2


def test_buses_are_ids_modulo_the_number_of_buses():
    tree = adder_tree(64)
    assert [tree.doubles[i].bus(8) for i in (0, 7, 8, 25)] == [0, 7, 0, 1]


@pytest.mark.parametrize("num_ms", [0, 2, 12, 8192, -16])
def test_impossible_sizes_are_refused(num_ms):
    with pytest.raises(InputError, match="power of two"):
        adder_tree(num_ms)
