"""Executors whose runs are stopped in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from solver.jobs.base import LOST, Outcome, Serial, TaskFailure
from solver.questions.design.bounds import bounded


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
