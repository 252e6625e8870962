"""How far a search is, and when it has to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from solver.cost.result import Objective


@dataclass(frozen=True)
class Progress:
    """A search in flight.

    Attributes
    ----------
    stage
        What is being done, in a word or two.
    incumbent
        Best objective value so far.
    bound
        No mapping costs less than this.
    seconds
        Time since the search began.
    objective
        What the values are of, where it is not what was asked: a front is searched from several ends.
    """

    stage: str
    incumbent: Decimal | None
    bound: Decimal
    seconds: float
    objective: Objective | None = None


GRACE = 2.0
"""Seconds after the time limit in which the first mapping may still be timed."""


class Clock:
    """The time a search may take, and whom to tell about it."""

    def __init__(self, limit: float | None, on_progress: Callable[[Progress], None] | None) -> None:
        self.started = time.perf_counter()
        self.limit = limit
        self.on_progress = on_progress

    @property
    def seconds(self) -> float:
        """Time since the search began."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float | None:
        """Seconds left, or None without limit."""
        return None if self.limit is None else max(0.0, self.limit - self.seconds)

    @property
    def overdue(self) -> bool:
        """Whether the time limit passed so long ago that a first mapping is not timed to the end either."""
        return self.limit is not None and self.seconds >= self.limit + GRACE

    @property
    def expired(self) -> bool:
        """Whether the time limit has passed."""
        return self.limit is not None and self.seconds >= self.limit

    def report(
        self, stage: str, incumbent: Decimal | None, bound: Decimal, objective: Objective | None = None
    ) -> None:
        """Tell the listener, if there is one."""
        if self.on_progress is not None:
            self.on_progress(Progress(stage, incumbent, bound, self.seconds, objective))


class _Endless(Clock):
    """The time of work that is done to its end."""

    def __init__(self) -> None:
        super().__init__(None, None)

    @property
    def expired(self) -> bool:
        """Never."""
        return False


ENDLESS = _Endless()


class OutOfTime(Exception):
    """Time was up before the search had begun to branch on all that is open.

    Attributes
    ----------
    least
        Least latency and energy of what was left open, if more is known of it than physics says.
    """

    def __init__(self, least: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__("time was up")
        self.least = least
