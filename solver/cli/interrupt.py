"""Ctrl-C: the first one asks for the best answer so far, the second one ends the program."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from solver.errors import ExitCode


@contextmanager
def second_interrupt_quits() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the first Ctrl-C, which a search answers with its best; then quit."""
    pressed = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            raise KeyboardInterrupt
        # Not a KeyboardInterrupt: whoever waits for the search to stop would take it for the first one.
        raise SystemExit(int(ExitCode.INTERRUPTED))

    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.SIG_IGN:  # started in the background, where Ctrl-C is meant for others
        yield
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
