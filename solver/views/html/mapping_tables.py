"""The tables of one mapping: baselines, energy, events, words from level to level."""

from __future__ import annotations

from solver.answers.evaluation import Evaluation
from solver.answers.figures import Figures
from solver.answers.solution import Solution
from solver.cost.result import Cost
from solver.cost.two_level.result import LevelFigures
from solver.forms.form import DIRECT
from solver.mapping.tile import Tile
from solver.views import figures
from solver.views.comparison import ranked_baselines
from solver.views.html.elements import Cell, Row, Table, columns, number, text, with_bars


def comparison_table(solution: Solution) -> Table:
    """Return the mapping and its baselines, best first."""
    name = "optimum" if solution.proved else "best"
    choice = any(form != DIRECT for form in (solution.form, *(b.form for b in solution.baselines)))
    unit = solution.hardware.energy_table.unit
    found = [
        Row(
            _mapping_cells(
                name,
                solution.tile_text,
                solution.buffer_text,
                solution.form,
                solution.cost,
                solution,
                choice=choice,
            ),
            "best",
        )
    ]
    if (one := solution.one_piece) is not None:
        cells = _mapping_cells(
            "in one piece", one.tile, _buffer(one.levels), one.form, one.cost, solution, choice=choice
        )
        found.append(Row(cells, ""))
    for baseline in ranked_baselines(solution):
        if baseline.tile is None or baseline.cost is None:
            blank = (text(figures.DASH),) * (6 + choice + (solution.hardware.memory is not None))
            found.append(Row((text(baseline.label), text("none legal"), *blank[1:]), "dim"))
            continue
        cells = _mapping_cells(
            baseline.label, baseline.tile_text, _buffer(baseline.levels), baseline.form, baseline.cost,
            solution,
            choice=choice,
        )  # fmt: skip
        found.append(Row(cells, "dim" if baseline.outside else ""))
    heads = columns(
        "mapping",
        *(["array tile", "buffer tile"] if solution.hardware.memory else ["tile"]),
        *(["form"] if choice else []),
        ("cycles", ""),
        ("energy", unit),
        ("EDP", f"{unit} × cycles"),
        ("utilization", ""),
        ("ratio", f"to the {name}"),
    )
    return Table("The best mapping beside the baselines", heads, tuple(found), sortable=True)


def _mapping_cells(
    name: str,
    tile: Tile | str,
    buffer: str,
    form: str,
    cost: Cost,
    solution: Solution,
    *,
    choice: bool,
) -> tuple[Cell, ...]:
    value, best = cost.value(solution.objective), solution.objective_value
    tiles = [text(tile), text(buffer)] if solution.hardware.memory else [text(tile)]
    return (
        text(name),
        *tiles,
        *([text(form)] if choice else []),
        *cost_cells(cost),
        number(figures.ratio(value, best), value / best if best else None),
    )


def _buffer(levels: LevelFigures | None) -> str:
    return "" if levels is None else str(levels.mapping.buffer)


def cost_cells(cost: Cost) -> tuple[Cell, ...]:
    """Return cycles, energy, EDP and utilization as cells."""
    product = number(figures.product(cost.edp), cost.edp)
    return *pair_cells(cost), product, share_cell(cost.utilization)


def pair_cells(cost: Cost | Figures) -> tuple[Cell, Cell]:
    """Return cycles and energy as cells."""
    energy = number(figures.amount(cost.energy), cost.energy)
    return number(figures.integer(cost.cycles), cost.cycles), energy


def share_cell(share: float, *, bar: bool = False) -> Cell:
    """Return a share as a cell, with a bar if asked for."""
    return number(figures.percent(share), share, share=share if bar else None)


def total_cells(found: Figures, total: Figures) -> tuple[Cell, ...]:
    """Return cycles and energy as cells, each with its share of a total."""
    cycles = found.cycles / total.cycles if total.cycles else 0.0
    energy = float(found.energy / total.energy) if total.energy else 0.0
    return (
        number(figures.integer(found.cycles), found.cycles),
        share_cell(cycles, bar=True),
        number(figures.amount(found.energy, beside=total.energy), found.energy),
        share_cell(energy, bar=True),
    )


def energy_table(solution: Solution | Evaluation) -> Table:
    """Return energy by component, largest first, with its share of the total."""
    cost = solution.cost
    found = []
    for component, value in sorted(cost.energy_by_component.items(), key=lambda item: -item[1]):
        share = float(value / cost.energy) if cost.energy else 0.0
        found.append(
            Row(
                (
                    text(component.replace("_", " ")),
                    number(figures.amount(value, beside=cost.energy), value),
                    number(figures.percent(share), share, share=share),
                )
            )
        )
    whole = (text("total"), number(figures.amount(cost.energy), cost.energy), number("100 %", 1))
    unit = solution.hardware.energy_table.unit
    heads = columns("component", ("energy", unit), ("share", ""))
    return Table("Energy by component", heads, (*with_bars(found), Row(whole, "total")))
