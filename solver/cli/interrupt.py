"""Ctrl-C, or SIGTERM: the first one asks for the best answer so far, the second one ends the program."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from solver.errors import ExitCode


@contextmanager
def second_interrupt_quits() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the first of them, which a search answers with its best; then quit."""
    pressed = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            raise KeyboardInterrupt
        # Not a KeyboardInterrupt: whoever waits for the search to stop would take it for the first one.
        raise SystemExit(int(ExitCode.INTERRUPTED))

    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Ignored where the program was started in the background: Ctrl-C is meant for others then.
    heard = {number: was for number, was in previous.items() if was is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, was in heard.items():
            signal.signal(number, was)
