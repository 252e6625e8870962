"""Tasks that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * number


def die(work: tuple[int, str]) -> int:
    """Kill the process: as often as the number of the task has files left, or always without a folder."""
    number, folder = work
    if number == 2:
        mark = Path(folder or ".") / "died"
        if not folder or not mark.exists():
            if folder:
                mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return number * 10


def slow_once(work: tuple[int, str]) -> int:
    """Take a minute the first time that task 2 is started."""
    number, folder = work
    mark = Path(folder) / "slow"
    if number == 2 and not mark.exists():
        mark.touch()
        time.sleep(60)
    return number * 10
