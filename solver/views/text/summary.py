"""The closing table of a run over several layers, with totals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.solution import Solution
from solver.arithmetic import exact
from solver.cost.result import utilization_of
from solver.hardware import Hardware
from solver.views import figures
from solver.views.certificate import STATUS_STYLES, what_counts
from solver.views.comparison import (
    add_figure_columns,
    figure_cells,
    figures_table,
    header,
    name_cell,
    tile_cells,
)
from solver.views.console import ReportConsole, whole


def show_summary(console: ReportConsole, answers: Sequence[Answer], asked: int) -> None:
    """Print one row per layer and the totals; `asked` is how many layers there were to solve."""
    solved = [answer for answer in answers if isinstance(answer, Solution)]
    if not solved:
        return
    proved = sum(solution.proved for solution in solved)
    console.say(_headline(asked, len(solved), proved, solved[0].hardware))
    console.say("")
    buffers = solved[0].levels is not None or solved[0].hardware.memory is not None
    table = figures_table(solved[0].hardware.energy_table, "layer", buffers=buffers)
    add_figure_columns(table, ("gap", ""), ("time", ""))
    table.add_column(header("status"), no_wrap=True)
    for answer in answers:
        name = name_cell(answer.layer.title)
        if isinstance(answer, Infeasible):
            lost = Text("infeasible", style=STATUS_STYLES["infeasible"])
            table.add_row(name, *["–"] * (6 + buffers), "", lost)
        else:
            gap, time = figures.percent(answer.gap, 2), figures.seconds(answer.wall_seconds)
            status = Text(str(answer.status), style=STATUS_STYLES[answer.status])
            cells = [*tile_cells(answer, buffers), *figure_cells(answer.cost), whole(gap), whole(time)]
            table.add_row(name, *cells, status)
    table.add_section()
    table.add_row("total", "", *[""] * buffers, *_totals(solved), style="bold")
    console.show_narrow(table, ["time", "EDP", "util."])
    console.say(
        Text("Total EDP is total energy × total cycles; total utilization is over all cycles.", "dim")
    )


def _headline(asked: int, solved: int, proved: int, hardware: Hardware) -> Text:
    line = Text(f"{asked} layers: ", style="bold")
    line.append(f"{proved} proved optimal", style="bold green" if proved == asked else "bold yellow")
    for count, what in ((solved - proved, "not proved"), (asked - solved, "without a mapping")):
        if count:
            line.append(f", {count} {what}", style="bold yellow")
    return line.append("".join(f" · {what}" for what in what_counts(hardware)))


def _totals(solved: Sequence[Solution]) -> list[str]:
    cycles = sum(solution.cost.cycles for solution in solved)
    energy = exact.total([solution.cost.energy for solution in solved])
    macs = sum(solution.layer.macs for solution in solved)
    return [
        figures.integer(cycles),
        figures.amount(energy),
        figures.product(exact.product(energy, cycles)),
        whole(figures.percent(utilization_of(macs, solved[0].hardware, cycles))),
        "",
        whole(figures.seconds(sum(solution.wall_seconds for solution in solved))),
    ]
