"""Words that the array reads from the buffer in one run of a configuration, counted step by step.

A step reads each of its words once, however many ports send it. As in the hardware, padding along X, Y and G
is read like data (the address generator does not know better); taps, channels and filters that the buffer
tile does not hold are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.schedule.schedule import input_lines
from solver.switches.switch_config import WINDOWS, Operand, Phase, PhaseKind, SwitchConfig


def buffer_reads(config: SwitchConfig) -> dict[str, int]:
    """Return the weights and inputs read in a run."""
    found = {"weights": 0, "inputs": 0}
    for phase in config.phases:
        if phase.kind is PhaseKind.WEIGHTS:
            found["weights"] += _weights(config, phase)
        elif phase.kind in WINDOWS:
            found["inputs"] += _inputs(config, phase)
    return found


def _weights(config: SwitchConfig, phase: Phase) -> int:
    nest, tile = config.nest, config.tile
    words = _words(phase, Operand.WEIGHT)
    k = np.array(_range(config, phase, "k"))[:, None] * tile.K + words[:, 1]
    folds = _folds(config, phase)
    inside = np.ones((len(folds), len(words)), dtype=bool)
    for axis, size in enumerate((nest.C, nest.R, nest.S)):
        inside &= folds[:, [axis]] + words[:, 2 + axis] < size
    # Each word in the filter iterations whose filters the buffer tile holds.
    often = (k < nest.K).sum(axis=0)
    return int((inside * often).sum()) * len(_range(config, phase, "n")) * len(_range(config, phase, "g"))


def _inputs(config: SwitchConfig, phase: Phase) -> int:
    nest, tile = config.nest, config.tile
    words = _words(phase, Operand.INPUT)
    steps = prod(len(_range(config, phase, loop)) for loop in ("n", "g", "k", "x", "y"))
    read = 0
    for c, r, s in _folds(config, phase).tolist():
        rows = input_lines(range(tile.X), range(min(tile.R, nest.R - r)), nest.stride[0], nest.dilation[0])
        cols = input_lines(range(tile.Y), range(min(tile.S, nest.S - s)), nest.stride[1], nest.dilation[1])
        inside = c + words[:, 2] < nest.C
        inside &= np.isin(words[:, 3], list(rows)) & np.isin(words[:, 4], list(cols))
        read += int(inside.sum())
    return read * steps


def _words(phase: Phase, operand: Operand) -> IntArray:
    """Return the offsets of the different words of a step."""
    offsets = {word.offset for port in phase.ports for word in port if word.operand is operand}
    return np.array(sorted(offsets), dtype=np.int64).reshape(len(offsets), -1)


def _range(config: SwitchConfig, phase: Phase, loop: str) -> Sequence[int]:
    low, high = phase.when.get(loop, (0, config.loop_counts[loop] - 1))
    return range(low, high + 1)


def _folds(config: SwitchConfig, phase: Phase) -> IntArray:
    """Return where each fold of a phase starts along C, R and S."""
    nest, tile = config.nest, config.tile
    steps = np.array([tile.C, tile.R, tile.S])
    counts = [-(-size // int(step)) for size, step in zip((nest.C, nest.R, nest.S), steps, strict=True)]
    result: IntArray = (np.indices(counts).reshape(3, -1).T * steps)[list(_range(config, phase, "fold"))]
    return result
