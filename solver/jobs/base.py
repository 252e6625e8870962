"""What an executor is, and the simplest one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

ATTEMPTS = 3
"""How often a task is tried whose worker dies; a task that kills its workers must not go on for ever."""

SCHEDULER_LOST = "the connection to the Dask scheduler was lost; the same command goes on from the cache"
"""What users are told then."""

LOST = "SchedulerLost"
"""Kind of the failure of tasks that nobody is left to run."""


class SchedulerLostError(Exception):
    """Nobody is left to run tasks: all that follow would fail, too."""


@dataclass(frozen=True)
class TaskFailure:
    """Why a task has no result; `kind` is the name of the exception."""

    kind: str
    message: str
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, error: BaseException) -> TaskFailure:
        """Return the failure that an exception means."""
        return cls(type(error).__name__, str(error), error)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes
    ----------
    index
        Its place among the items.
    value
        Its result, or a `TaskFailure`.
    attempts
        How often it was started.
    """

    index: int
    value: Any
    attempts: int = 1

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return isinstance(self.value, TaskFailure)

    @property
    def lost(self) -> bool:
        """Whether that is because nobody is left to run it."""
        return isinstance(self.value, TaskFailure) and self.value.kind == LOST


class Executor(Protocol):
    """Runs tasks that do not depend on each other."""

    local: bool
    """Whether tasks run in this very process, so that they may report and be interrupted."""

    width: int
    """How many tasks run at once, as far as known."""

    def run(self, function: Callable[[Item], Value], items: Sequence[Item]) -> Iterator[Outcome]:
        """Call a function with every item.

        Parameters
        ----------
        function
            A function of a module; it and the items are sent to where they run.
        items
            The tasks.

        Returns
        -------
        iterator of Outcome
            As they come, each task once. An exception of the function becomes a `TaskFailure`; Ctrl-C is
            raised here and abandons what is not done.
        """
        ...

    def close(self) -> None:
        """Let go of processes and connections; nothing runs afterwards."""
        ...


class Serial:
    """Runs one task after the other in this process."""

    local = True
    width = 1

    def run(self, function: Callable[[Item], Value], items: Sequence[Item]) -> Iterator[Outcome]:
        """Call a function with every item; see `Executor.run`."""
        for index, item in enumerate(items):
            value: Any
            try:
                value = function(item)
            except Exception as error:
                value = TaskFailure.of(error)
            yield Outcome(index, value)

    def close(self) -> None:
        """Nothing is held."""
