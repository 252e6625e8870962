"""A latency-energy front as a table, with what is proved of it."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from solver.answers.front import ParetoFront
from solver.forms.form import DIRECT
from solver.views import figures
from solver.views.certificate import what_counts
from solver.views.comparison import add_figure_columns, figure_cells, figures_table, header
from solver.views.console import ReportConsole, first_line, whole


def show_front(console: ReportConsole, front: ParetoFront) -> None:
    """Print one row per point, fastest first; the first line is the certificate."""
    console.say(front_claim(front))
    console.paragraphs(front_table(front))
    if (remark := front_remark(front)) is not None:
        console.say(Text(remark, "dim"))


def front_remark(front: ParetoFront) -> str | None:
    """Return what a reader should know of a front that is not complete."""
    if not front.proved:
        return "gap: how much less energy a mapping that is as fast could need; there may be further points"
    if front.corners:
        return "no mapping lies below the lines from point to point; there may be others above them"
    return None


def front_table(front: ParetoFront) -> Table:
    """Return a row per point, fastest first."""
    first = front.points[0]
    buffers = first.levels is not None
    table = figures_table(first.hardware.energy_table, "point", buffers=buffers)
    add_figure_columns(table, *([] if front.proved else [("gap", "")]))
    choice = any(point.form != DIRECT for point in front.points)
    if choice:
        table.add_column(header("form"))
    for index, point in enumerate(front.points):
        tiles = ["\n".join(piece.text for piece in point.pieces) or str(point.tile)]
        if point.levels is not None:
            tiles.append(str(point.levels.mapping.buffer))
        cells = figure_cells(point.cost)
        if not front.proved:
            gap = whole(figures.percent(front.gap(index), 2))
            cells.append("proved" if point.proved else gap)
        table.add_row(str(index + 1), *tiles, *cells, *([point.form] if choice else []))
    return table


def front_claim(front: ParetoFront) -> Text:
    """Return what is proved of a front, and over which space, in one line."""
    first = front.points[0]
    parts = [
        figures.counted(len(front.points), "point"),
        *what_counts(first.hardware),
        figures.seconds(front.wall_seconds),
        f"space: {figures.counted(first.space.size, 'mapping')} ({first.space.description})",
    ]
    if first.replayed:
        parts.append(f"{figures.integer(first.replayed)} evaluated one by one")
    style = "bold green" if front.proved else "bold yellow"
    return first_line(first.layer.name, f"PARETO FRONT, {front.claim}", style, parts)
