"""Long work that stops on time: it asks by itself, whoever called it on whatever way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class StoppedError(Exception):
    """Work was given up in the middle, as its time was over."""


_over: ContextVar[Callable[[], bool] | None] = ContextVar("_over", default=None)


@contextmanager
def stopping(over: Callable[[], bool]) -> Iterator[None]:
    """Let `go_on` ask, in what is done inside, whether the time is over."""
    token = _over.set(over)
    try:
        yield
    finally:
        _over.reset(token)


def go_on() -> None:
    """Go on, unless the time is over.

    Raises
    ------
    StoppedError
        If it is.
    """
    over = _over.get()
    if over is not None and over():
        raise StoppedError
