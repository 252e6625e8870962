"""Cycles, energy and work that add up, and their forms in tables and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.arithmetic import exact
from solver.cost.result import Cost, Objective, value_of
from solver.hardware import Hardware


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
    """

    cycles: int = 0
    energy: Decimal = Decimal(0)
    macs: int = 0

    @property
    def edp(self) -> Decimal:
        """Total energy x total cycles."""
        return exact.product(self.energy, self.cycles)

    def value(self, objective: Objective) -> Decimal:
        """Return the figure that an objective minimises."""
        return value_of(objective, self.cycles, self.energy)

    def utilization(self, hardware: Hardware) -> float:
        """Return MACs / (switches x cycles); 0 where nothing runs on the array."""
        return self.macs / (hardware.num_ms * self.cycles) if self.cycles else 0.0

    @classmethod
    def total(cls, parts: Iterable[Figures]) -> Figures:
        """Return the sums."""
        parts = list(parts)
        return cls(
            sum(part.cycles for part in parts),
            exact.total([part.energy for part in parts]),
            sum(part.macs for part in parts),
        )

    @classmethod
    def of(cls, cost: Cost, macs: int, repeats: int) -> Figures:
        """Return the figures of a mapping that runs `repeats` times."""
        return cls(cost.cycles * repeats, exact.product(cost.energy, repeats), macs * repeats)


def figures_dict(figures: Figures | None, hardware: Hardware) -> dict[str, Any]:
    """Return figures under their JSON keys, nulls for None."""
    if figures is None:
        return dict.fromkeys(("cycles", "energy", "edp", "utilization", "macs"))
    return {
        "cycles": figures.cycles,
        "energy": figures.energy,
        "edp": figures.edp,
        "utilization": figures.utilization(hardware),
        "macs": figures.macs,
    }


def ratio_of(theirs: Figures, ours: Figures, objective: Objective) -> float | None:
    """Return how many times ours a baseline's figures are under the objective."""
    value = ours.value(objective)
    return float(theirs.value(objective) / value) if value else None
