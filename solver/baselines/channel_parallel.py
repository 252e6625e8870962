"""The baseline `channel-parallel`: as many channels at once as fit."""

from __future__ import annotations

from solver.baselines.fill import fill
from solver.baselines.problem import Choice, Problem


def channel_parallel(problem: Problem) -> Choice:
    """Return the tile whose virtual neurons add over channels only, replicated over filters and groups.

    A matrix product has its channels along S, and a depthwise layer has one channel, whose filter columns
    (or rows) take its place: virtual neurons of one multiplier could not be replicated beside an
    accumulation buffer.
    """
    depth = next((dim for dim in ("C", "S", "R") if getattr(problem.nest, dim) > 1), "C")
    return Choice(fill(problem.nest, problem.hardware, (depth, "K", "G")))
