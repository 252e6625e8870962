"""The first line of a result: what is claimed, how far it is proved, and over which space."""

from __future__ import annotations

from decimal import Decimal

from rich.text import Text

from solver.answers.network import IN_TOTAL
from solver.answers.solution import Solution, Status
from solver.arithmetic.exact import whole_bound
from solver.cost.result import Objective, objective_of
from solver.forms.form import DIRECT
from solver.hardware import EnergyTable, Hardware
from solver.views import figures
from solver.views.console import first_line

HEADLINES: dict[Status, tuple[str, str]] = {
    Status.OPTIMAL: ("OPTIMAL, proved", "bold green"),
    Status.FEASIBLE: ("FEASIBLE, not proved optimal", "bold yellow"),
    Status.INTERRUPTED: ("INTERRUPTED, not proved optimal", "bold yellow"),
}

STATUS_STYLES = {
    "optimal": "green",
    IN_TOTAL: "green",
    "feasible": "yellow",
    "interrupted": "yellow",
    "infeasible": "red",
    "missing": "red",
    "host": "dim",
}

NAMES = {objective: objective.label for objective in Objective}


def certificate(solution: Solution) -> Text:
    """Return status, objective value, bound, gap, time and space of a solution, as one line."""
    headline, style = HEADLINES[solution.status]
    unit = unit_of(solution.objective, solution.hardware.energy_table)
    value, bound = (write_value(solution.objective, v) for v in (solution.objective_value, solution.bound))
    parts = [
        f"{NAMES[solution.objective]} {value} {unit}",
        *what_counts(solution.hardware),
        f"bound {bound}",
        f"gap {figures.percent(solution.gap, 2)}",
        figures.seconds(solution.wall_seconds),
        f"space: {figures.counted(solution.space.size, 'mapping')} ({solution.space.description})",
    ]
    if solution.space.forms > 1 or solution.form != DIRECT:
        parts.insert(1, f"form: {solution.form}")
    return first_line(solution.layer.name, headline, style, parts)


def what_counts(hardware: Hardware) -> list[str]:
    """Return what a first line says of cycles that are counted if asked for only."""
    return ["set-up counted"] if hardware.count_setup else []


def price_of_hardware(solution: Solution) -> Text:
    """Return the line that says what the real hardware costs against the simulator's array."""
    objective = solution.objective
    unit = unit_of(objective, solution.hardware.energy_table)
    parts: list[str] = []
    for other in solution.simulator:
        value = other.cost.value(objective)
        # A mapping that is not proved may be beaten there, which only raises the ratio.
        least = "" if other.proved else "at least "
        array = "" if parts else " of the simulator's array"
        buffer = "with accumulation buffer" if other.accumulation_buffer else "without it"
        parts.append(
            f"{least}{figures.ratio(solution.objective_value, value)} times that{array} {buffer} "
            f"({write_value(objective, value)} {unit}, {other.text})"
        )
    line = Text.assemble((f"real hardware: {NAMES[objective]} is ", "bold"))
    return line.append(", ".join(parts))


def unit_of(objective: Objective, table: EnergyTable) -> str:
    """Return the unit in which an objective is counted."""
    unit: str = objective_of(objective, "cycles", table.unit, "{} × {}".format)
    return unit


def write_value(objective: Objective, value: Decimal) -> str:
    """Write an objective value the way its column does."""

    def cycles(value: Decimal) -> str:
        return figures.integer(int(whole_bound(value)))

    written: str = objective_of(objective, cycles, figures.amount, lambda *_: figures.product)(value)
    return written
