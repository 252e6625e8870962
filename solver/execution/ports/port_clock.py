"""The distribution ports on the clock, as a driver finds them: when its puts get through, and arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.rtl_clock import CYCLES_PER_DATUM, MASKS_PER_PORT
from solver.execution.ports.program import PutRow

_LONG_AGO = -(2**40)


class PortClock:
    """All ports; cycles count from the first configuration (rules S15 and S16).

    Parameters
    ----------
    ports
        How many.

    Attributes
    ----------
    now
        The cycle in which the driver's next instruction may begin.
    """

    def __init__(self, ports: int) -> None:
        self.now = 0
        self._full_until = _LONG_AGO
        # The last deliveries of every port, the latest first.
        self._recent = [[_LONG_AGO] * MASKS_PER_PORT for _ in range(ports)]

    def wait_until_empty(self) -> None:
        """Let the driver see that all has been delivered."""
        self.now = max(self.now, max(port[0] for port in self._recent) + 1) + 1

    def put(self, rows: Sequence[PutRow], rounds: int) -> IntArray:
        """Put rows again and again, one a cycle as long as no port is full.

        Once a round leaves the ports as the one before left them, all further ones take as long.

        Returns
        -------
        ndarray, shape (rounds * rows, ports)
            When every port delivers what a row gives it; meaningless where a row gives it nothing.
        """
        found: list[list[int]] = []
        before: list[int] = []
        for done in range(1, rounds + 1):
            began = self.now
            for row in rows:
                self._put(row)
                found.append([port[0] for port in self._recent])
            # What lies in the past makes no difference.
            times = [self._full_until, *(time for port in self._recent for time in port)]
            state = [max(0, time - self.now) for time in times]
            if state == before:
                return self._further(np.array(found, dtype=np.int64), len(rows), rounds - done, began)
            before = state
        return np.array(found, dtype=np.int64)

    def _further(self, found: IntArray, rows: int, rounds: int, began: int) -> IntArray:
        """Let further rounds pass that are like the last one."""
        pace = self.now - began
        shift = pace * np.arange(1, rounds + 1)[:, None, None]
        rest = (found[len(found) - rows :] + shift).reshape(-1, found.shape[1])
        cycles = rounds * pace
        self.now += cycles
        self._full_until += cycles
        self._recent = [[time + cycles for time in port] for port in self._recent]
        return np.concatenate([found, rest])

    def _put(self, row: PutRow) -> None:
        """Put one row as soon as no port is full."""
        put = max(self.now, self._full_until)
        for port, slot in zip(self._recent, row, strict=True):
            if slot.mask:
                port.insert(0, max(put, port[0]) + CYCLES_PER_DATUM)
                port.pop()
                # A mask waits until the port takes it up, 2 cycles before its datum is delivered.
                self._full_until = max(self._full_until, port[-1] - CYCLES_PER_DATUM)
        self.now = put + 1
