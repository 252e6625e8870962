"""The array's energy with many refill counts, from what a step of each kind takes.

An array tile goes with thousands of boxes of refill counts, and what its steps send and add does not depend
on them: it is priced once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.algebra import Value
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import event_prices
from solver.cost.two_level.work import buffer_events, passes_of, step_events
from solver.hardware import Hardware
from solver.layer import LoopNest


class ArrayEnergies:
    """The array's dynamic energy of some array tiles, with its reads and writes of the buffer.

    Parameters
    ----------
    shapes
        Figures of the array tiles.
    sums
        False leaves out the partial sums in the buffer, which depend on the buffer tile alone; those of the
        real hardware depend on the array tile and are never left out.
    """

    def __init__(self, nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, *, sums: bool) -> None:
        self.nest, self.hardware, self.shapes = nest, hardware, shapes
        self._prices = {name: float(price) for name, price in event_prices(hardware).items()}
        self._sums = sums or hardware.kind.adds_outside
        if not self._sums:
            self._prices["psum_reads"] = 0.0
        self._steps = {kind: self._priced(counts) for kind, counts in step_events(hardware, shapes).items()}

    def _priced(self, counts: Mapping[str, Value]) -> FloatArray:
        return np.asarray(sum(self._prices[event] * count for event, count in counts.items()), np.float64)

    def of(self, rows: NDArray | slice, trips: IntArray, passes: IntArray, order: str) -> FloatArray:
        """Return the energies of rows of the shapes.

        Parameters
        ----------
        trips, passes
            o_d and n_d, shape (rows, 8).
        order
            One of `ARRAY_ORDERS`.
        """
        n = passes_of(self.shapes.rows(rows), trips, passes)
        events: dict[str, Value] = {**buffer_events(self.nest, self.hardware, n, order)}
        if not self._sums:
            events["writes"] = self.nest.outputs
        energy = self._priced(events)
        count = n.steps(order, None)
        for kind, energies in self._steps.items():
            if kind != "streamed" or order != "weights":
                energy = energy + energies[rows] * getattr(count, kind)
        return energy

    @property
    def refilled_columns(self) -> BoolArray:
        """Where first windows instead of slides may take less: else refills along Y take no less."""
        result: BoolArray = self._steps["first"] < self._steps["slides"]
        return result

    @property
    def parted_sums(self) -> BoolArray:
        """Where sums that leave and come back may take less than accumulators: else more refills do not."""
        if self.hardware.kind.adds_outside:
            return self.refilled_columns & False
        back = self.shapes.aux * self._steps["sums"]
        result: BoolArray = self._steps["windows"] + back < self._steps["accumulated"]
        return result
