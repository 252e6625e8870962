"""The two-level search with CP-SAT as the prover.

The separable bounds drop array tiles that cannot improve on an incumbent; what is left goes to CP-SAT with
all buffer tiles and loop orders. Of those bounds only the one on array tiles is used, and the bounds on
pairs, the grouping of refill counts and the enumeration of buffer tiles not at all: an independent proof.
"""

from __future__ import annotations

import numpy as np

from solver.cost.result import Objective
from solver.cost.two_level.array import array_shapes
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from solver.search.two_level.pairs import OutOfTime
from solver.search.two_level.search import LevelSearch

ROUNDING = 1e-7
"""Relative error of the model's energies, whose units are rounded down; a bound this close is a proof."""


def search_jointly(
    search: LevelSearch, goal: Best, clock: Clock, *, workers: int | None = None, seed: int = 0
) -> float:
    """Search for a goal and prove it by CP-SAT.

    Returns
    -------
    float
        Bound on the objective of what may have been missed; infinite when the goal is proved.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts CP-SAT; the goal keeps the best mapping so far.
    """
    try:
        left = search.narrow(goal, clock)
    except OutOfTime:
        return float(goal.value(*(np.array(least) for least in search.least)))
    incumbent = goal.point
    assert incumbent is not None
    # The incumbent stays in, so that "no mapping" cannot be right.
    tiles = np.vstack([left.tiles, [incumbent.mapping.tile.sizes]])
    if not len(left.tiles) or not len(left.buffers.order):
        return float("inf")
    shapes = array_shapes(search.nest, search.hardware, np.unique(tiles, axis=0))
    room = room_for(search.nest, search.hardware, goal.objective, incumbent.latency, incumbent.energy)
    model = build_joint(search.nest, search.hardware, goal.objective, shapes, room)
    if clock.expired:
        return 0.0
    outcome = minimise(model, seconds=clock.left, workers=workers, seed=seed)
    if outcome.mapping is not None:
        found = array_shapes(search.nest, search.hardware, np.array([outcome.mapping.tile.sizes]))
        search.expansion.offer_tiles(goal, found, np.array([outcome.mapping.buffer.sizes]))
    if outcome.interrupted:
        raise KeyboardInterrupt
    exact = goal.objective is Objective.LATENCY
    proved = outcome.proved and outcome.bound >= goal.best * (1 if exact else 1 - ROUNDING)
    return float("inf") if proved else outcome.bound
