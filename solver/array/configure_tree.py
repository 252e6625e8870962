"""The generator: placed virtual neurons in, the setting of every adder switch out.

Source: rule S7. Level by level from the leaves, every switch
gets the modes that take exactly the values it receives: all four inputs of one virtual neuron make two sums
that both go up; otherwise the run of values that touches a side decides that side's mode. A virtual neuron
whose values have become one emits it there. Switches that receive nothing stay idle.
"""

from __future__ import annotations

from collections import Counter

from solver.array.adder_tree_config import AdderTreeConfig, DoubleSetting, SingleSetting
from solver.array.fit import why_not
from solver.array.modes import DoubleMode, SingleMode
from solver.array.topology import SwitchKind, adder_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InputError, InternalError

Owners = list[int | None]
"""For every position of a level, the virtual neuron whose value it holds."""


def configure_tree(placement: Placement) -> AdderTreeConfig:
    """Return the switch settings that add up every virtual neuron of a placement.

    Parameters
    ----------
    placement
        Virtual neurons of any sizes, gaps allowed.

    Returns
    -------
    AdderTreeConfig
        Settings with as few modes set as possible; for packed virtual neurons of one size the same words as
        the hardware's own compiler wherever that one is right.

    Raises
    ------
    InputError
        If the tree cannot add up one of them (see `solver.array.fit`).
    """
    reason = why_not(placement)
    if reason is not None:
        raise InputError(reason, field="placement")
    tree = adder_tree(placement.num_ms)
    doubles = [DoubleSetting()] * len(tree.doubles)
    singles = [SingleSetting()] * len(tree.singles)
    below: Owners = placement.owners()
    for level in reversed(range(tree.levels)):
        modes: dict[str, tuple[DoubleMode, DoubleMode] | SingleMode] = {}
        above: Owners = []
        for switch in tree.rows[level]:
            inputs = below[switch.inputs.start : switch.inputs.stop]
            if switch.kind is SwitchKind.DOUBLE:
                modes[switch.name] = left, right = _double_modes(inputs, switch.name)
                above += [inputs[0] if left else None, inputs[3] if right else None]
            else:
                modes[switch.name] = _single_mode(inputs, switch.name)
                above.append(inputs[0] if inputs[0] is not None else inputs[1])
        values = Counter(above)
        # A virtual neuron with one value left is complete: the value leaves here and nothing goes up.
        complete = [owner is not None and values[owner] == 1 for owner in above]
        for switch in tree.rows[level]:
            mode = modes[switch.name]
            emits = [complete[node] for node in switch.nodes]
            if isinstance(mode, tuple):
                doubles[switch.id] = DoubleSetting(*mode, *emits)
            else:
                singles[switch.id] = SingleSetting(mode, *emits)
        below = [None if done else owner for owner, done in zip(above, complete, strict=True)]
    return AdderTreeConfig(placement.num_ms, tuple(doubles), tuple(singles))


def _double_modes(inputs: Owners, name: str) -> tuple[DoubleMode, DoubleMode]:
    from_left, from_right = _run(inputs), _run(inputs[::-1])
    if from_left == 4:
        return DoubleMode.ADD_TWO, DoubleMode.ADD_TWO
    taken = from_left + from_right
    if taken != sum(owner is not None for owner in inputs):
        raise InternalError(f"{name} receives a value on an inner input that no mode takes alone")
    return DoubleMode(from_left), DoubleMode(from_right)


def _single_mode(inputs: Owners, name: str) -> SingleMode:
    left, right = inputs
    if left is not None and right is not None:
        if left != right:
            raise InternalError(f"{name} receives values of two virtual neurons")
        return SingleMode.ADD_TWO
    if left is not None:
        return SingleMode.FLOW_LEFT
    return SingleMode.IDLE if right is None else SingleMode.FLOW_RIGHT


def _run(inputs: Owners) -> int:
    """Length of the run of one owner that starts at the first input; 0 if that has no value."""
    if inputs[0] is None:
        return 0
    length = 1
    while length < len(inputs) and inputs[length] == inputs[0]:
        length += 1
    return length
