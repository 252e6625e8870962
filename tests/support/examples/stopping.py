"""Runs that are stopped in the middle: executors, and searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from solver.jobs.base import LOST, Outcome, Serial, TaskFailure
from solver.questions.design.bounds import bounded
from solver.search.progress import Clock


class Dying(Serial):
    """Answers one task; then the user presses Ctrl-C, or the scheduler is lost."""

    def __init__(self, lost: bool) -> None:
        self.lost = lost

    def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Outcome]:
        """See `Executor.run`."""
        if function is bounded:
            yield from super().run(function, items)
            return
        yield from super().run(function, items[:1])
        if not self.lost:
            raise KeyboardInterrupt
        for index in range(1, len(items)):
            yield Outcome(index, TaskFailure(LOST, "gone"), 1)


@contextmanager
def stopped(looks: int, *, by_user: bool) -> Iterator[None]:
    """Let the clock of a search say so often that there is time left; then there is none, or Ctrl-C."""
    number = count()

    def expired(clock: Clock) -> bool:
        over = next(number) >= looks
        if over and by_user:
            raise KeyboardInterrupt
        return over

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "expired", property(expired))
        yield
