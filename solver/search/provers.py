"""Who proves: bounds in numpy, CP-SAT, or each of them once.

========  ==========================================  ============================================
          one level                                   two levels
========  ==========================================  ============================================
bounds    every legal tile is enumerated and bounded  a branch and bound over both kinds of tiles
cpsat     CP-SAT decides what is legal and best       the joint model, over array tiles that their
                                                      own bound leaves
both      each by itself, and their answers agree     each by itself, and their answers agree
as usual  bounds discard tiles, CP-SAT lists those    as bounds
          that it cannot exclude
========  ==========================================  ============================================

In all of them what is listed is replayed, by the same replay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from solver.answers.solution import Solution, Status
from solver.errors import InternalError

Prover = Literal["bounds", "cpsat", "both"]
"""What a user can ask for; None is as usual."""

SHARED = "bounds, then cpsat"
"""How an answer says that both had a part in its proof."""

_CLOSE = Decimal("1e-9")
"""Relative difference of two bounds that floating point explains."""


def prove_twice(seconds: float | None, prove: Callable[[Prover, float | None], Solution]) -> Solution:
    """Return what bounds and CP-SAT both prove.

    Parameters
    ----------
    seconds
        Time limit of both together.
    prove
        Answers the question by one prover, within a time limit.

    Raises
    ------
    InternalError
        If they contradict each other.
    """
    first = prove("bounds", seconds)
    if first.status is Status.INTERRUPTED:
        return replace(first, prover="both")
    left = None if seconds is None else max(0.001, seconds - first.wall_seconds)
    second = prove("cpsat", left)
    for one, other in ((first, second), (second, first)):
        if one.bound * (1 - _CLOSE) > other.objective_value:
            raise InternalError(
                f"one prover's bound is {one.bound}, the other's mapping ({other.tile}) costs "
                f"{other.objective_value}: a wrong proof"
            )
    best = min((first, second), key=lambda answer: answer.objective_value)
    proved = first.proved and second.proved
    notes = dict.fromkeys((*first.notes, *second.notes))
    for name, answer in (("bounds", first), ("CP-SAT", second)):
        if not answer.proved:
            notes[f"not proved by {name} alone: its bound is {answer.bound}"] = None
    return replace(
        best,
        status=Status.OPTIMAL if proved else max(first.status, second.status, key=list(Status).index),
        bound=best.objective_value if proved else min(first.bound, second.bound),
        wall_seconds=first.wall_seconds + second.wall_seconds,
        replayed=first.replayed + second.replayed,
        notes=tuple(notes),
        prover="both",
    )
