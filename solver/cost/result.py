"""What a mapping costs: the figures, and how they compare under an objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.arithmetic.exact import product
from solver.cost.objective import Objective, objective_of, value_of
from solver.hardware import Hardware
from solver.keyed import Keyed


def values_of(objective: Objective, cycles: IntArray | FloatArray, energy: FloatArray) -> FloatArray:
    """Return the figures of many mappings in floating point, good to rank."""
    values = objective_of(objective, cycles, energy, np.multiply)
    return np.asarray(values, dtype=np.float64)


def utilization_of(macs: Any, hardware: Hardware, cycles: Any) -> Any:
    """Return multiplications per switch and cycle, of numbers or arrays."""
    return macs / (hardware.num_ms * cycles)


Bottleneck = Literal["distribution", "collection", "compute", "drain", "DRAM", "buffer", "set-up"]
Method = Literal["replay", "closed form", "two-level form"]


@dataclass(frozen=True, slots=True)
class Counts(Keyed):
    """Events of one layer, padding of partial tiles included where it runs.

    Attributes
    ----------
    weight_reads, input_reads, psum_reads
        Words that the array reads from the global buffer: weights, inputs, partial sums that come back.
    writes
        Words that it writes there: outputs, and partial sums that go round.
    dn_wires, dn_switches
        Words times links, and times switches, of the distribution trees that they pass.
    multiplications
        Products.
    psum_forwards
        Partial sums that an auxiliary multiplier hands on to the adders.
    mn_wires
        Words handed on between neighbouring multipliers.
    rn_wires
        Values times links of the adder tree that they pass.
    adds_2_1, adds_3_1
        Additions of two and of three values in the adder tree.
    accumulates
        Additions in the accumulation buffer (on the real hardware, outside of the array).
    bus_wires
        Values times links of the collection bus.
    """

    weight_reads: int
    input_reads: int
    psum_reads: int
    writes: int
    dn_wires: int
    dn_switches: int
    multiplications: int
    psum_forwards: int
    mn_wires: int
    rn_wires: int
    adds_2_1: int
    adds_3_1: int
    accumulates: int
    bus_wires: int


CLOSE = Fraction(1, 20)
"""Share of the largest wait that another may be below it and still be named beside it."""


def binding(waits: Mapping[Bottleneck, int]) -> tuple[Bottleneck, ...]:
    """Return what binds: the resource with the largest wait, and then those within `CLOSE` of it.

    Of equal waits the first of `waits` counts.
    """
    largest = max(waits.values())
    close = [name for name, cycles in waits.items() if cycles and cycles >= (1 - CLOSE) * largest]
    return tuple(sorted(close, key=lambda name: -waits[name]))


@dataclass(frozen=True)
class Cost(Keyed):
    """What one mapping of one layer costs on one accelerator.

    Attributes
    ----------
    cycles
        Latency in cycles.
    setup
        How many of them setting up adds to the run, where the hardware counts that.
    method
        Whether `cycles` comes from the cycle-level replay, from the closed form, or (with a prefetch buffer
        and DRAM behind the array) from the closed form summed over the buffer tiles.
    energy
        Energy in the unit of the energy table, exact.
    utilization
        MACs / (num_ms x cycles).
    bottleneck
        What most of the cycles wait for: the largest wait (`binding`).
    counts
        The events.
    energy_by_component
        Dynamic energy per component, and static energy; sums to `energy`.
    waits
        Cycles that each resource would take if it were the only one, by the names of `Bottleneck`.
    close
        Other resources whose wait is within `CLOSE` of the bottleneck's: relieving it alone brings little.
    """

    KEYS = (
        "cycles energy edp utilization bottleneck close_to_bottleneck=close waits method counts "
        "energy_by_component"
    )

    cycles: int
    method: Method
    energy: Decimal
    utilization: float
    bottleneck: Bottleneck
    counts: Counts
    energy_by_component: dict[str, Decimal]
    waits: dict[str, int] = field(default_factory=dict)
    close: tuple[Bottleneck, ...] = ()
    setup: int = 0

    @property
    def run_cycles(self) -> int:
        """Latency without what setting up adds: what the array, or the replay, takes."""
        return self.cycles - self.setup

    @property
    def binds(self) -> str:
        """The bottleneck in words, with what is close to it."""
        if not self.close:
            return self.bottleneck
        return f"{self.bottleneck} ({' and '.join(self.close)} within {int(100 * CLOSE)} % of it)"

    @property
    def edp(self) -> Decimal:
        """Energy-delay product, energy units x cycles, exact."""
        return product(self.energy, self.cycles)

    def value(self, objective: Objective) -> Decimal:
        """Return the figure that `objective` minimises."""
        return value_of(objective, self.cycles, self.energy)
