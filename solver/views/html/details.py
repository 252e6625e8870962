"""Mappings in short, for sections that open on demand: figures, loop nest, energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.views import figures
from solver.views.html.elements import Fact, Table
from solver.views.html.mapping import Nest, nest_of
from solver.views.html.mapping_tables import energy_table


@dataclass(frozen=True)
class MappingDetails:
    """One mapping; `title` is empty where the section has only one."""

    title: str
    facts: tuple[Fact, ...]
    nest: Nest
    energy: Table


@dataclass(frozen=True)
class Details:
    """A section that opens on demand: its name, a line about it, remarks and mappings."""

    id: str
    name: str
    line: str
    remarks: tuple[str, ...]
    mappings: tuple[MappingDetails, ...]


def layout_facts(solution: Solution | Evaluation) -> tuple[Fact, ...]:
    """Return what the form of a mapping asks of memory, if it asks anything."""
    layout = solution.mapping_dict()["form"]["layout"]
    return (Fact("memory", layout, long=True),) if layout else ()


def mapping_details(solution: Solution, title: str = "", repeats: int = 1) -> MappingDetails:
    """Return a mapping in short.

    Parameters
    ----------
    repeats
        How often it runs; the figures are those of one run.
    """
    cost, unit = solution.cost, solution.hardware.energy_table.unit
    once = "of one run" if repeats > 1 else ""
    facts = [
        Fact("mapping", solution.mapping_words, long=True),
        *layout_facts(solution),
        Fact("cycles", figures.integer(cost.cycles), note=once),
        Fact("energy", figures.amount(cost.energy), unit, once),
        Fact("EDP", figures.product(cost.edp), f"{unit} × cycles"),
        Fact("utilization", figures.percent(cost.utilization)),
        Fact("bottleneck", cost.binds),
        Fact("proof", str(solution.status), note=f"gap {figures.percent(solution.gap, 2)}"),
    ]
    if repeats > 1:
        facts.append(Fact("runs", figures.integer(repeats), "times"))
    return MappingDetails(title, tuple(facts), nest_of(solution), energy_table(solution))


def part_details(parts: Sequence[tuple[str, int, Solution]]) -> tuple[MappingDetails, ...]:
    """Return the parts of a layer, each with its name, its repeats and its mapping."""
    alone = len(parts) == 1
    return tuple(
        mapping_details(solution, "" if alone else name, repeats) for name, repeats, solution in parts
    )
