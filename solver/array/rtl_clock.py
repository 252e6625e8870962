"""The real hardware on the clock: its measured constants, and when the data of a put arrive.

Source: rules S15 and S16. A put is one call for all ports that gives each of
them at most one datum with the mask of the leaves it is for; there is at most one put per cycle. A port takes
mask and datum in turn, so it delivers one datum every 2 cycles, 2 cycles after the put at the earliest. It
blocks further puts, whatever ports they are for, while 4 masks wait.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.hardware.array_kind import RTL

START_UP = RTL.start_up
WEIGHT_LOAD_EXTRA = 3
"""Cycles of a weight load beyond those of its data (measured)."""
CYCLES_PER_DATUM = 2
"""Cycles between two data of one port, and from a put to its delivery at an idle port (measured)."""
MASKS_PER_PORT = 4
"""Destination masks that wait at a port before a further put blocks (measured)."""

MAX_PSUMS = 2**16 - 1
"""Partial sums that a multiplier sends under one configuration: its counter has 16 bits."""

LOAD_PSUMS = 0
"""psumCount of a multiplier in the weight load: it never leaves that state while the count is not 0."""

_LONG_AGO = -(2**40)


class PutClock:
    """All ports, from the multiplier configuration (cycle 0) on; the first put comes one cycle later.

    Parameters
    ----------
    ports
        Distribution ports (sub-trees).
    """

    def __init__(self, ports: int) -> None:
        self._next_put = 1
        # The last deliveries of every port, the latest in row 0.
        self._recent = np.full((MASKS_PER_PORT, ports), _LONG_AGO, dtype=np.int64)

    def put(self, wanted: BoolArray) -> IntArray:
        """Put one datum on each of some ports, as soon as none is full.

        Parameters
        ----------
        wanted
            Shape (ports,): which ports get one.

        Returns
        -------
        ndarray, shape (ports,)
            The cycle of every port's last delivery so far, this one included where it is wanted.
        """
        # A mask waits until the port takes it up, which is 2 cycles before its datum is delivered.
        cycle = max(self._next_put, int(self._recent[-1].max()) - CYCLES_PER_DATUM)
        self._next_put = cycle + 1
        delivered = np.maximum(cycle, self._recent[0]) + CYCLES_PER_DATUM
        queue = np.vstack([delivered, self._recent[:-1]])
        self._recent = np.where(wanted, queue, self._recent)
        return self._recent[0]

    def wait_until_empty(self) -> None:
        """Let the next put wait for the last delivery; it comes 2 cycles later (measured)."""
        self._next_put = int(self._recent[0].max()) + CYCLES_PER_DATUM
