"""Where the cost of one mapping comes from: energy by component, and the events behind it."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from solver.cost.result import Cost, Counts
from solver.hardware import EnergyTable
from solver.views import figures
from solver.views.console import ReportConsole, open_table, whole

BAR_WIDTH = 16
GUTTER = 4

COUNT_UNITS: dict[str, tuple[str, str]] = {
    "weight_reads": ("weights read", "words"),
    "input_reads": ("inputs read", "words"),
    "psum_reads": ("partial sums read back", "words"),
    "writes": ("outputs written", "words"),
    "dn_wires": ("distribution wires", "transfers"),
    "dn_switches": ("distribution switches", "traversals"),
    "multiplications": ("multiplications", "operations"),
    "psum_forwards": ("partial sums forwarded", "operations"),
    "mn_wires": ("multiplier forwarding wires", "transfers"),
    "rn_wires": ("reduction wires", "transfers"),
    "adds_2_1": ("2:1 additions", "operations"),
    "adds_3_1": ("3:1 additions", "operations"),
    "accumulates": ("accumulations", "operations"),
    "bus_wires": ("collection bus wires", "transfers"),
}


def show_breakdown(console: ReportConsole, cost: Cost, energy: EnergyTable) -> None:
    """Print the energy and the event table, side by side where the console is wide enough."""
    tables = energy_table(cost, energy), counts_table(cost.counts)
    if sum(console.measure(table).maximum for table in tables) + GUTTER <= console.width:
        both = Table.grid(padding=(0, GUTTER, 0, 0))
        both.add_row(*tables)
        console.show(both)
    else:
        console.show(Group(tables[0], "", tables[1]))


def energy_table(cost: Cost, energy: EnergyTable) -> Table:
    """Return energy by component, largest first, with its share of the total."""
    table = _detail_table("energy by component", energy.unit)
    table.add_column(Text("share", style="bold"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    ranked = sorted(cost.energy_by_component.items(), key=lambda item: -item[1])
    largest = max((value for _, value in ranked), default=Decimal(0))
    for component, value in ranked:
        share = value / cost.energy if cost.energy else Decimal(0)
        length = round(BAR_WIDTH * value / largest) if largest else 0
        table.add_row(
            whole(component.replace("_", " ")),
            figures.amount(value, beside=cost.energy),
            whole(figures.percent(float(share))),
            Text("█" * length, style="cyan"),
        )
    table.add_row("total", figures.amount(cost.energy), whole("100 %"), "", style="bold")
    return table


def counts_table(counts: Counts) -> Table:
    """Return every counted event with its unit."""
    table = _detail_table("events", "count")
    table.add_column("", style="dim", no_wrap=True)
    for name, count in counts.to_dict().items():
        title, unit = COUNT_UNITS[name]
        table.add_row(whole(title), figures.integer(count), unit)
    return table


def _detail_table(title: str, unit: str) -> Table:
    table = open_table()
    table.add_column(Text(whole(title), style="bold"), no_wrap=True)
    table.add_column(Text(whole(unit), style="dim"), justify="right", no_wrap=True)
    return table
