"""Where the operands of a schedule's buffer tiles lie in the memories of a run on the real hardware.

The memories stand for the prefetch buffer: what it holds of a buffer tile when the array works on it. Every
different tile of an operand has a place of its own, as large as the largest one, in whole array tiles, so
that a step of a loop around the buffer tiles is as far everywhere. Words that neighbouring tiles share are
there once for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.operands import Addresses, Operands
from solver.mapping.loop_nest import DEPENDS
from solver.schedule.schedule import Schedule, tile_ranges


@dataclass(frozen=True)
class ScheduleAddresses:
    """Places of buffer tiles.

    Parameters
    ----------
    weight_steps, input_steps
        What a step of each loop around the buffer tiles adds to the address of a weight and of an input;
        loops that an operand does not depend on are left out.
    weights, inputs
        Words of the memories.
    """

    weight_steps: Mapping[str, int]
    input_steps: Mapping[str, int]
    weights: int
    inputs: int

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleAddresses:
        """Return the places of a schedule's buffer tiles."""
        addresses = [Addresses.of(config) for config in schedule.configs.values()]
        found = []
        for operand, shapes in (
            ("weights", [a.weight_shape for a in addresses]),
            ("inputs", [a.input_shape for a in addresses]),
        ):
            steps, words = {}, max(map(prod, shapes))
            for loop in reversed(schedule.loops):
                if loop.dim in DEPENDS[operand]:
                    steps[loop.dim] = words
                    words *= loop.trips
            found.append((steps, words))
        (weight_steps, weights), (input_steps, inputs) = found
        return cls(weight_steps, input_steps, weights, inputs)

    def base(self, at: Mapping[str, int]) -> tuple[int, int]:
        """Return where the weights and the inputs of a buffer tile begin."""
        weights, inputs = (
            sum(at[dim] * step for dim, step in steps.items())
            for steps in (self.weight_steps, self.input_steps)
        )
        return weights, inputs


def schedule_images(schedule: Schedule, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
    """Return the weights and the inputs in the memories of a schedule's run.

    Parameters
    ----------
    inputs, weights
        Of the layer, shapes (N, G, C, padded rows, padded columns) and (G, K, C, R, S).
    """
    addresses = ScheduleAddresses.of(schedule)
    found = [np.zeros(words, dtype=np.int64) for words in (addresses.weights, addresses.inputs)]
    placed: set[tuple[int, int]] = set()
    for at in schedule.indices():
        bases = addresses.base(at)
        if bases not in placed:
            placed.add(bases)
            for memory, base, words in zip(found, bases, _words(schedule, at, inputs, weights), strict=True):
                memory[base : base + len(words)] = words
    return found[0], found[1]


def _words(
    schedule: Schedule, at: Mapping[str, int], inputs: IntArray, weights: IntArray
) -> Iterator[IntArray]:
    """Yield the weights and the inputs of a buffer tile, flat in whole array tiles."""
    config, nest = schedule.configs[schedule.config_at(at)], schedule.nest
    covers = tile_ranges(nest, schedule.loops, at)
    lines = []
    for axis, (along, taps, length) in enumerate(
        (("X", "R", config.nest.input_rows), ("Y", "S", config.nest.input_cols))
    ):
        first = covers[along].start * nest.stride[axis] + covers[taps].start * nest.dilation[axis]
        lines.append(slice(first, first + length))
    held = Operands(
        config,
        inputs[(*(_slice(covers[dim]) for dim in "NGC"), *lines)],
        weights[tuple(_slice(covers[dim]) for dim in "GKCRS")],
    )
    yield held.weights
    yield held.inputs


def _slice(span: range) -> slice:
    return slice(span.start, span.stop)
