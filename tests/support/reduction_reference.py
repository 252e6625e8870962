"""Rule T6b run adder by adder, the oracle of `solver.array.reduction`, and what that says of each VN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.array.reduction import VnReductions, packed_vns


@dataclass
class Reference:
    """Where a virtual neuron is complete, and what summing it takes."""

    level: int
    adder: int
    paths: tuple[int, ...]
    adds_2_1: int
    adds_3_1: int
    wires: int


def reduce_by_hand(num_ms: int, first: int, size: int) -> Reference:
    """Sum one virtual neuron on the multipliers first .. first+size-1, tracking which each value adds up."""
    level = num_ms.bit_length() - 1
    values: dict[int, list[int]] = {first + i: [i] for i in range(size)}
    paths = [0] * size
    adds = {1: 0, 2: 0, 3: 0}
    wires = 0
    while True:
        level -= 1
        summed: dict[int, list[int]] = {}
        for adder in range(2**level):
            receiver = _receiver(level, adder, set(values))
            sources = [values[c] for c in (2 * adder, 2 * adder + 1) if c in values]
            if not sources:
                continue
            arriving = len(sources) + (receiver == adder)
            wires += arriving
            adds[arriving] += 1
            owner = adder if receiver is None else receiver
            for leaf in (leaf for source in sources for leaf in source):
                paths[leaf] += 1 + (owner != adder)
                summed.setdefault(owner, []).append(leaf)
        values = summed
        if len(values) == 1:
            return Reference(level, next(iter(values)), tuple(paths), adds[2], adds[3], wires)


def _receiver(level: int, adder: int, present: set[int]) -> int | None:
    """Return which adder of a linked pair keeps the sum, or None where the pair is not linked."""
    if adder in (0, 2**level - 1):
        return None
    left = adder if adder % 2 else adder - 1
    right = left + 1
    left_span = _run(present, [c for c in (2 * left + 1, 2 * left) if c in present][:1], -1)
    right_span = _run(present, [c for c in (2 * right, 2 * right + 1) if c in present][:1], 1)
    if not left_span or not right_span:
        return None
    if left_span >= right_span:
        return None if present & {2 * left + 4, 2 * left + 5} else left
    return None if present & {2 * left - 1, 2 * left - 2} else right


def _run(present: set[int], start: list[int], step: int) -> int:
    """Return how many positions in a row hold a value, from `start` on (none if it is empty)."""
    length = 0
    while start and start[0] + step * length in present:
        length += 1
    return length


def each_of(vns: VnReductions) -> list[Reference]:
    """Return virtual neurons one by one."""
    paths = [tuple(own.tolist()) for own in np.split(vns.paths, vns.begins[1:])]
    columns = (column.tolist() for column in (vns.adds_2_1, vns.adds_3_1, vns.wires))
    return [
        Reference(*each) for each in zip(vns.level.tolist(), vns.adder.tolist(), paths, *columns, strict=True)
    ]


def each_packed(num_ms: int, size: int) -> list[Reference]:
    """Return all virtual neurons of one size that fit, packed from position 0."""
    return each_of(packed_vns(num_ms, size))
