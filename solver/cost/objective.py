"""What may be minimised: everything that an objective is, for every place that asks for one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from solver.arithmetic.exact import product


class Objective(StrEnum):
    """What is minimised: cycles, energy, or their product.

    Attributes
    ----------
    label
        Its name in texts.
    goal
        mRNA's word for it.
    """

    label: str
    goal: str

    def __new__(cls, value: str, label: str = "", goal: str = "") -> Objective:
        """Return a member, whose text is its value."""
        member = str.__new__(cls, value)
        member._value_, member.label, member.goal = value, label, goal
        return member

    LATENCY = "latency", "latency", "performance"
    ENERGY = "energy", "energy", "energy"
    EDP = "edp", "EDP", "energy_efficiency"


def objective_of(objective: Objective, cycles: Any, energy: Any, times: Callable[[Any, Any], Any]) -> Any:
    """Return the figure that an objective minimises, of numbers, arrays or variables.

    It must not fall when cycles or energy rise.

    Parameters
    ----------
    times
        Multiplies an energy by cycles.

    Raises
    ------
    ValueError
        If there is no such objective.
    """
    match Objective(objective):
        case Objective.LATENCY:
            return cycles
        case Objective.ENERGY:
            return energy
        case Objective.EDP:
            return times(energy, cycles)
    raise ValueError(f"no figure of {objective}")


def value_of(objective: Objective, cycles: int, energy: Decimal) -> Decimal:
    """Return the figure that an objective minimises, exact."""
    return Decimal(objective_of(objective, cycles, energy, product))
