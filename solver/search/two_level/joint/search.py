"""The two-level search with CP-SAT as the prover.

The separable bounds drop array tiles that cannot improve on an incumbent; what is left goes to CP-SAT with
all buffer tiles and loop orders. Of those bounds only the one on array tiles is used, and the bounds on
pairs, the grouping of refill counts and the enumeration of buffer tiles not at all: an independent proof.
"""

from __future__ import annotations

import numpy as np

from solver.cost.result import Objective
from solver.cost.two_level.array import ArrayShapes, array_shapes, tightened
from solver.mapping.buffer_tile import buffer_trips, comes_back
from solver.mapping.levels import LevelMapping
from solver.search.progress import Clock, OutOfTime
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from solver.search.two_level.search import Left, LevelSearch

ROUNDING = 1e-7
"""Relative error of the model's energies, whose units are rounded down; a bound this close is a proof."""

MOST_SETTLED = 200
"""Mappings replayed one after the other because CP-SAT's bound leaves them open; then the gap is given."""


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
    if not len(left.arrays.tile) or not len(left.buffers.order):
        return float("inf")
    # Of a form that is worse than another one at first sight no mapping may be known.
    shapes = shapes_of(search, left, goal.point.mapping if goal.point else None)
    room = room_for(search.nest, search.hardware, goal.objective, goal.found if goal.point else goal.cutoff)
    model = build_joint(search.nest, search.hardware, goal.objective, shapes, room)
    exact = goal.objective is Objective.LATENCY
    settled: set[LevelMapping] = set()
    while True:
        if clock.expired:
            return 0.0
        # The incumbent may be among the mappings that have been excluded.
        known = None if settled or goal.point is None else goal.found
        outcome = minimise(model, known=known, seconds=clock.left, workers=workers, seed=seed)
        if outcome.mapping is not None:
            _settle(search, goal, outcome.mapping)
        if outcome.interrupted:
            raise KeyboardInterrupt
        if outcome.proved and outcome.bound >= goal.best * (1 if exact else 1 - ROUNDING):
            return float("inf")
        if not outcome.proved or len(settled) >= MOST_SETTLED:
            return outcome.bound
        # The replay took longer than the model, or weights overtake: look for what else could be better. Of
        # the buffer tiles that are refilled as often the model may know this one only.
        assert outcome.mapping is not None
        _settle(search, goal, outcome.mapping, alike=True)
        settled.add(outcome.mapping)
        model.exclude(outcome.mapping)


def shapes_of(search: LevelSearch, left: Left, incumbent: LevelMapping | None) -> ArrayShapes:
    """Return the array tiles that are left; an incumbent stays in, so that "no mapping" cannot be right."""
    nest, hardware = search.nest, search.hardware
    rows = np.unique(left.arrays.tile)
    kept = np.column_stack([left.shapes.tiles[rows], left.shapes.aux[rows]])
    if incumbent is not None:
        back = comes_back(hardware, buffer_trips(nest, np.array([incumbent.buffer.sizes])))[0]
        kept = np.unique(np.vstack([kept, [*incumbent.tile.sizes, int(back)]]), axis=0)
    shapes = array_shapes(nest, hardware, kept[:, :-1], kept[:, -1] == 1)
    return tightened(nest, hardware, shapes, search.tight)


def _settle(search: LevelSearch, goal: Best, mapping: LevelMapping, *, alike: bool = False) -> None:
    """Offer a mapping, and the same tiles under the other orders, with the cycles of their replay.

    Parameters
    ----------
    alike
        Whether to offer all buffer tiles that are refilled as often, too.
    """
    nest, hardware = search.nest, search.hardware
    buffers = np.array([mapping.buffer.sizes])
    back = comes_back(hardware, buffer_trips(nest, buffers))
    found = array_shapes(nest, hardware, np.array([mapping.tile.sizes]), back)
    if alike:
        search.expansion.offer_alike(goal, found, buffers[0])
    else:
        search.expansion.offer_tiles(goal, found, buffers)
