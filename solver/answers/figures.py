"""Cycles, energy and work that add up, and their forms in tables and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.arithmetic import exact
from solver.cost.result import Cost, Objective, utilization_of, value_of
from solver.cost.two_level.result import LevelFigures
from solver.hardware import Hardware
from solver.keyed import Keyed, keyed


@dataclass(frozen=True)
class Figures:
    """Cycles, energy and work of things that run one after the other.

    Attributes
    ----------
    cycles
        Latency in cycles.
    energy
        In the unit of the energy table, exact.
    macs
        Multiply-accumulates.
    dram_bytes
        Bytes that cross the chip's edge, or None where no DRAM is described.
    """

    cycles: int = 0
    energy: Decimal = Decimal(0)
    macs: int = 0
    dram_bytes: int | None = None

    @property
    def edp(self) -> Decimal:
        """Total energy x total cycles."""
        return exact.product(self.energy, self.cycles)

    def value(self, objective: Objective) -> Decimal:
        """Return the figure that an objective minimises."""
        return value_of(objective, self.cycles, self.energy)

    def utilization(self, hardware: Hardware) -> float:
        """Return MACs / (switches x cycles); 0 where nothing runs on the array."""
        return utilization_of(self.macs, hardware, self.cycles) if self.cycles else 0.0

    @classmethod
    def total(cls, parts: Iterable[Figures]) -> Figures:
        """Return the sums."""
        parts = list(parts)
        moved = [part.dram_bytes for part in parts if part.cycles]
        known = [each for each in moved if each is not None]
        return cls(
            sum(part.cycles for part in parts),
            exact.total([part.energy for part in parts]),
            sum(part.macs for part in parts),
            sum(known) if known and len(known) == len(moved) else None,
        )

    @classmethod
    def of(cls, cost: Cost, macs: int, repeats: int, levels: Sequence[LevelFigures] = ()) -> Figures:
        """Return the figures of a mapping that runs `repeats` times.

        Parameters
        ----------
        levels
            Figures by level of all that runs one after the other; none without a prefetch buffer.
        """
        moved = repeats * sum(each.dram_bytes for each in levels) if levels else None
        return cls(cost.cycles * repeats, exact.product(cost.energy, repeats), macs * repeats, moved)


@dataclass(frozen=True)
class Rates(Keyed):
    """Figures in time, at the clock of the hardware.

    Attributes
    ----------
    seconds
        Latency.
    per_second
        Runs one after the other in a second.
    gops
        Effective operations in 10^9 per second, two for each multiply-accumulate.
    dram_bytes_per_second
        Bytes that cross the chip's edge, or None where no DRAM is described.
    """

    seconds: float
    per_second: float
    gops: float
    dram_bytes_per_second: float | None = None


def rates_of(figures: Figures, hardware: Hardware) -> Rates | None:
    """Return figures in time, or None if the hardware has no clock or nothing runs."""
    if hardware.clock is None or not figures.cycles:
        return None
    seconds = figures.cycles / hardware.clock
    crossing = None if figures.dram_bytes is None else figures.dram_bytes / seconds
    return Rates(seconds, 1 / seconds, 2 * figures.macs / seconds / 1e9, crossing)


def figures_dict(figures: Figures | None, hardware: Hardware) -> dict[str, Any]:
    """Return figures under their JSON keys, nulls for None."""
    if figures is None:
        return dict.fromkeys(("cycles", "energy", "edp", "utilization", "macs"))
    return {
        **keyed(figures, "cycles energy edp"),
        "utilization": figures.utilization(hardware),
        "macs": figures.macs,
        **({"rates": rates.to_dict()} if (rates := rates_of(figures, hardware)) else {}),
    }


def varied_dict(hardware: Hardware) -> dict[str, Any]:
    """Return what tables of accelerators say of one: what sweep and design vary, and if set-up counts."""
    sizes = keyed(hardware, "num_ms dn_bw rn_bw accumulation_buffer buffer_bytes=memory.buffer.bytes")
    return sizes | keyed(hardware, "dram_bandwidth=memory.dram_bandwidth count_setup")


def ratio_of(theirs: Figures, ours: Figures, objective: Objective) -> float | None:
    """Return how many times ours a baseline's figures are under the objective."""
    value = ours.value(objective)
    return float(theirs.value(objective) / value) if value else None
