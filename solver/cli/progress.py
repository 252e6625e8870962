"""What the user sees while a search runs: on the standard error, and only if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from solver.cost.result import Objective
from solver.hardware import EnergyTable
from solver.report.certificate import NAMES, unit_of, write_value
from solver.report.console import make_console
from solver.report.figures import percent


def progress_line(objective: Objective, table: EnergyTable, incumbent: Decimal | None, bound: Decimal) -> str:
    """Return the state of a search in one line: best value, bound and gap."""
    reached = f"bound {write_value(objective, bound)}"
    if incumbent is None:
        return f"nothing found yet · {reached}"
    gap = percent(float((incumbent - bound) / incumbent), 2) if incumbent else "0 %"
    best = f"{NAMES[objective]} {write_value(objective, incumbent)} {unit_of(objective, table)}"
    return f"best {best} · {reached} · gap {gap}"


@contextmanager
def showing(title: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with the elapsed time; the function yielded replaces the text behind the title."""
    console = make_console(sys.stderr)
    with Bar(
        SpinnerColumn(),
        TextColumn("{task.fields[line]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None, line=title)
        yield lambda text: bar.update(task, line=f"{title}: {text}")
