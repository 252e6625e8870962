"""When multipliers multiply in a filter iteration, and whether new weights come before that (rule T11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.clocks.collector import LONG_AGO
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.program import Program
from solver.execution.routing import Routing
from solver.execution.values import Block, Chains

Here = Sequence[tuple[Block, slice]]
"""Blocks of windows, and which of the rows at hand they hold in."""


def turns(
    program: Program,
    chains: Chains,
    here: Here,
    grid: tuple[int, int, int],
    arrives: Callable[[Block, slice], IntArray],
    fired: IntArray,
) -> IntArray:
    """Return the cycle in which each multiplier multiplies in each step, shape (multipliers, steps).

    Parameters
    ----------
    grid
        Rows at hand, columns, folds.
    arrives
        Cycles in which the words of a block arrive, shape (`routing.leaf`, rows, columns, folds).
    fired
        When each multiplier has multiplied last.
    """
    result = np.full((program.config.array.num_ms, *grid), LONG_AGO)
    for block, inside in here:
        result[block.routing.leaf, inside, block.cols, block.folds] = arrives(block, inside)
    flat = result.reshape(len(result), -1)
    step = np.arange(flat.shape[1])
    for rank in chains.ranks:
        for block, inside in here:
            before = slice(block.cols.start - 1, block.cols.stop - 1)
            for leaf in chains.within(block.routing, rank):
                given = result[leaf + chains.step, inside, before, block.folds]
                np.add(given, 1, out=result[leaf, inside, block.cols, block.folds])
        # A multiplier multiplies at most once per cycle, in the order of the steps.
        for leaf in rank:
            earliest = flat[leaf] - step
            earliest[0] = max(earliest[0], fired[leaf] + 1)
            np.add(np.maximum.accumulate(earliest), step, out=flat[leaf])
    return flat


def weights_overtake(program: Program) -> bool:
    """Return whether a new weight can differ from the old one: not where all iterations have the same one."""
    counts = program.config.loop_counts
    return counts["g"] * counts["k"] * counts["fold"] > 1


def check_order(
    program: Program, weights: Routing, arrives: IntArray, fired: IntArray, at: tuple[int, int, int]
) -> None:
    """Raise a `SwitchFaultError` if a multiplier gets its new weight with old inputs still to come.

    The first new weight throws the old ones away.

    Parameters
    ----------
    arrives
        Cycle in which each of `weights.leaf` gets its first new weight.
    fired
        When each multiplier has multiplied last.
    at
        The filter iteration (n, g, k) that the weights belong to.
    """
    early = arrives <= fired[weights.leaf]
    if not weights_overtake(program) or not early.any():
        return
    iteration = "filter iteration n = {}, g = {}, k = {}".format(*at)
    faults = []
    for i in np.flatnonzero(early)[np.argsort(arrives[early], kind="stable")]:
        leaf = int(weights.leaf[i])
        cycles = f"weight in cycle {arrives[i]}, last input in cycle {fired[leaf]}"
        faults.append(Fault(FaultKind.OVERTAKEN, f"MS{leaf}", (), (iteration, cycles)))
    raise SwitchFaultError(tuple(faults))
