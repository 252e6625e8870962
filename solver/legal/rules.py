"""What the array computes correctly (rule T10), each rule one formula.

Over arrays they are the predicates of `solver.legal.tiles` and `solver.legal.levels`, over variables the
constraints of CP-SAT's models (`solver.search.array`, `solver.search.two_level.joint`).
"""

from __future__ import annotations

from solver.arithmetic.algebra import Algebra, Truth, Value
from solver.array.placement import capacity_table
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import LevelSplit, Split


def vn_size(a: Algebra, split: Split) -> Value:
    """Return the products that a virtual neuron adds up."""
    return a.product(split.tile["R"], split.tile["S"], split.tile["C"])


def capacity(a: Algebra, hardware: Hardware, vn: Value, num_vns: Value, aux: Value) -> Truth:
    """Return whether there is a multiplier for every position, those that carry partial sums included.

    On the real hardware: whether its adder tree adds up so many virtual neurons at once.
    """
    if hardware.kind.packs:
        return a.at_most(a.product(vn + aux, num_vns), hardware.num_ms)
    return a.at_most(num_vns, a.look_up(capacity_table(hardware.num_ms).most.tolist(), vn))


def adds_apart(a: Algebra, positions: Value, num_vns: Value, folds: Value) -> Truth:
    """Return whether no two virtual neurons add up their folds in the same accumulator.

    Two leaves share an adder and its accumulator, so several virtual neurons of a single multiplier may not
    fold; one that is kept for a sum which comes back counts.
    """
    return a.either(a.at_most(folds, 1), a.at_most(2, positions), a.at_most(num_vns, 1))


def single_windows(a: Algebra, nest: LoopNest, split: Split | LevelSplit) -> Truth:
    """Return whether a layer with a stride works on one window at a time."""
    if nest.stride == (1, 1):
        return True
    return a.both(a.at_most(split.tile["X"], 1), a.at_most(split.tile["Y"], 1))


def images(a: Algebra, hardware: Hardware, split: Split | LevelSplit) -> Truth:
    """Return whether no inputs of several images and groups at once go to the wrong virtual neurons."""
    one = a.at_most(split.tile["N"], 1)
    return one if hardware.one_image else a.either(one, a.at_most(split.tile["G"], 1))


def can_compute(nest: LoopNest, hardware: Hardware) -> bool:
    """Return whether the array has the operation: the adder switches of the real hardware only add."""
    return hardware.kind.compares or nest.operation != "max"
