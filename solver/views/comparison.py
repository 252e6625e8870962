"""The optimum beside the baselines, one row each, under the same cost."""

from __future__ import annotations

import textwrap
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from solver.answers.solution import BaselineResult, Solution
from solver.cost.result import Cost, Objective
from solver.cost.two_level.result import LevelFigures
from solver.hardware import EnergyTable
from solver.mapping.tile import Tile
from solver.views import figures
from solver.views.console import labelled, open_table, whole

NAME_WIDTH = 18
"""Columns that a name may take; longer ones are folded."""

WIDE = 100
"""Columns of a console from which a table of two tile columns holds every figure."""


def comparison_table(solution: Solution, width: int = WIDE) -> Table:
    """Return the table of the solution and its baselines, best first.

    With two tile columns, fewer than `WIDE` columns of `width` have no room for a product that is not the
    objective.
    """
    best = solution.objective_value
    name = "optimum" if solution.proved else "best"
    buffers = solution.hardware.memory is not None
    product = not buffers or width >= WIDE or solution.objective is Objective.EDP
    table = figures_table(solution.hardware.energy_table, "mapping", buffers=buffers, product=product)
    add_figure_columns(table, ("ratio to", name))
    cells = [
        *tile_cells(solution, buffers),
        *figure_cells(solution.cost, product=product),
        figures.ratio(best, best),
    ]
    table.add_row(name, *cells, style="bold green")
    if (one := solution.one_piece) is not None:
        ratio = figures.ratio(one.cost.value(solution.objective), best)
        cells = [*_tiles(one.tile, one.levels), *figure_cells(one.cost, product=product), ratio]
        table.add_row("in one piece", *cells)
    for baseline in ranked_baselines(solution):
        if baseline.tile is None or baseline.cost is None:
            none = Text(whole("none legal"), style="dim")
            table.add_row(name_cell(baseline.label), none, *["–"] * (4 + product + buffers))
        else:
            tiles = tile_cells(baseline, buffers)
            ratio = figures.ratio(baseline.cost.value(solution.objective), best)
            cells = [*tiles, *figure_cells(baseline.cost, product=product), ratio]
            table.add_row(name_cell(baseline.label), *cells)
    return table


def ranked_baselines(solution: Solution) -> list[BaselineResult]:
    """Return the baselines, best first; then those outside of the limits, and those without a mapping."""
    return sorted(solution.baselines, key=lambda b: _rank(b, solution.objective))


def baseline_notes(solution: Solution) -> list[Text]:
    """Return one line for every baseline that has something to say about its row."""
    return [labelled(baseline.name, baseline.note) for baseline in solution.baselines if baseline.note]


def named_table(*title: str) -> Table:
    """Return an empty table whose first column is named, and never broken."""
    table = open_table()
    table.add_column(header(*title), no_wrap=True)
    return table


def figures_table(energy: EnergyTable, title: str, *, buffers: bool = False, product: bool = True) -> Table:
    """Return an empty table with the columns name, tile, buffer tile and those of `figure_cells`.

    Only the tile columns give way on a narrow console: names and figures are never broken to fit.
    """
    table = named_table(title)
    table.add_column(header("tile") if not buffers else header("array", "tile"))
    if buffers:
        table.add_column(header("buffer", "tile"))
    add_figure_columns(table, ("cycles", ""), ("energy", energy.unit))
    add_figure_columns(table, *([("EDP", "× cycles")] if product else []), ("util.", ""))
    return table


def add_figure_columns(table: Table, *columns: tuple[str, str]) -> None:
    """Add right-aligned columns, each given as title and unit."""
    for title, unit in columns:
        table.add_column(header(title, unit), justify="right", no_wrap=True)


def name_cell(name: str, width: int = NAME_WIDTH) -> str:
    """Return a name as its cell shows it, folded to some columns."""
    return "\n".join(whole(line) for line in textwrap.wrap(name, width))


def figure_cells(cost: Cost, *, product: bool = True) -> list[str]:
    """Return the cells of cycles, energy, EDP (if `product`) and utilization."""
    return [
        figures.integer(cost.cycles),
        figures.amount(cost.energy),
        *([figures.product(cost.edp)] if product else []),
        whole(figures.percent(cost.utilization)),
    ]


def tile_cells(mapped: Solution | BaselineResult, buffers: bool) -> list[str]:
    """Return the cells of the array tile and, if `buffers`, the buffer tile; a line for every piece."""
    tiles = _tiles(mapped.tile, mapped.levels)
    if mapped.pieces:
        parts = mapped.pieces
        tiles = ["\n".join(f"{piece.dim}={piece.count}: {piece.tile}" for piece in parts)]
        if any(piece.levels for piece in parts):
            tiles.append("\n".join(str(piece.levels.mapping.buffer) for piece in parts if piece.levels))
    return tiles if len(tiles) > 1 or not buffers else [*tiles, ""]


def _tiles(tile: Tile | None, levels: LevelFigures | None) -> list[str]:
    return [str(tile)] if levels is None else [str(tile), str(levels.mapping.buffer)]


def _rank(baseline: BaselineResult, objective: Objective) -> tuple[bool, bool, Decimal]:
    """Order by cost; those without a mapping come last, before them those that answer another question."""
    if baseline.cost is None:
        return True, False, Decimal(0)
    return False, baseline.outside, baseline.cost.value(objective)


def header(title: str, *below: str) -> Text:
    """Return a column header: the title, and the unit or more of its words below it."""
    return Text.assemble((whole(title), "bold"), *(("\n" + whole(line), "dim") for line in below or [""]))
