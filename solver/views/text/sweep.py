"""The report of a sweep: a row per network, accelerator and objective; what does not vary is said once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.table import Table
from rich.text import Text

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.cost.result import Objective
from solver.views import figures
from solver.views.certificate import what_counts
from solver.views.comparison import add_figure_columns, header
from solver.views.console import ReportConsole, open_table, whole
from solver.views.text.design import area_note
from solver.views.text.network import ASSUMED

PARAMETERS: dict[str, tuple[str, ...]] = {
    "network": ("network", ""),
    "objective": ("objective", ""),
    "num_ms": ("switches", ""),
    "dn_bw": ("dn_bw", ""),
    "rn_bw": ("rn_bw", ""),
    "accumulation_buffer": ("accum.", "buffer"),
    "buffer_bytes": ("buffer", "KiB"),
    "dram_bandwidth": ("DRAM", "words", "per cycle"),
}
MOST_ROWS = 60
"""Rows that are printed; a longer table is in the files."""


def show_sweep(console: ReportConsole, answer: SweepAnswer) -> None:
    """Print the report of a sweep."""
    console.say(sweep_headline(answer))
    if not answer.rows:
        return
    console.say("")
    constant, varying = split_parameters(answer)
    if constant:
        console.say(", ".join(constant))
        console.say("")
    rows = tuple(row for row in answer.rows if row.status != "left out")
    objectives = {row.objective for row in rows}
    spare = ["power", *(["EDP"] if Objective.EDP not in objectives else []), "util.", "ms"]
    spare += ["status"] if all(row.status == "optimal" for row in rows) else []
    console.show_narrow(sweep_table(rows[:MOST_ROWS], varying), [*spare, "area"])
    if len(rows) > MOST_ROWS:
        console.paragraphs(
            f"{len(rows) - MOST_ROWS} more rows: tables (CSV, Parquet) and JSON have all of them"
        )
    console.paragraphs(*sweep_notes(answer))


def sweep_notes(answer: SweepAnswer) -> list[str]:
    """Return what the table's figures stand on."""
    notes = (_rewritten_note(answer), area_note(row.hardware for row in answer.rows))
    return [note for note in notes if note]


def _rewritten_note(answer: SweepAnswer) -> str:
    """Say that layers run in other forms than written, and what that assumes; empty if none does."""
    counts = [row.rewritten for row in answer.rows if row.figures is not None]
    if not any(counts):
        return ""
    least, most = min(counts), max(counts)
    layers = f"{least} to {most} layers" if least < most else figures.counted(most, "layer")
    return f"A row has {layers} in another form than written (rewritten_layers in tables and JSON): {ASSUMED}"


def sweep_headline(answer: SweepAnswer) -> Text:
    """Return how much was answered, in one line."""
    rows = answer.rows
    done = sum(row.figures is not None for row in rows)
    proved = sum(row.status == "optimal" for row in rows)
    left_out = sum(row.status == "left out" for row in rows)
    style = "bold green" if proved + left_out == len(rows) else "bold yellow"
    line = Text.assemble((f"{done} of {len(rows)} combinations answered, {proved} proved optimal", style))
    if left_out:
        line.append(f", {left_out} left out: no better than a smaller one, by their bounds")
    parts = what_counts(rows[0].hardware) if rows else []
    parts += [f"{answer.questions} different questions, {answer.cached} from the cache"]
    if answer.skipped:
        parts.append(f"{answer.skipped} infeasible combinations of sizes skipped")
    parts.append(figures.seconds(answer.wall_seconds))
    return line.append(" · " + " · ".join(parts))


def sweep_table(rows: tuple[SweepRow, ...], varying: list[str]) -> Table:
    """Return the rows with the parameters that vary; the best of each network and objective is bold."""
    table = open_table()
    for name in varying:
        justify: Any = "left" if name in ("network", "objective", "accumulation_buffer") else "right"
        table.add_column(header(*PARAMETERS[name]), justify=justify, no_wrap=True)
    table_of, clock = rows[0].hardware.energy_table, rows[0].hardware.clock
    clocked = [] if clock is None else [("ms", f"at {figures.scaled(clock, 'Hz')}")]
    add_figure_columns(
        table,
        ("area", table_of.area_unit),
        ("cycles", ""),
        *clocked,
        ("energy", table_of.unit),
        ("EDP", "× cycles"),
        ("power", "per cycle"),
        ("util.", ""),
    )
    table.add_column(header("status"), no_wrap=True)
    best = {id(row) for row in best_rows(rows).values()}
    for row in rows:
        record = row.record()
        cells = [parameter_words(name, record[name]) for name in varying]
        found = row.figures
        cells.append("–" if row.area is None else figures.integer(round(row.area)))
        if found is None:
            cells += ["–"] * (5 + len(clocked))
        else:
            power = row.power or Decimal(0)
            cells += [
                figures.integer(found.cycles),
                *([f"{1000 * record['seconds']:,.4g}"] if clocked else []),
                figures.amount(found.energy),
                figures.product(found.edp),
                figures.amount(power),
                whole(figures.percent(found.utilization(row.hardware))),
            ]
        cells.append(row.status)
        table.add_row(*cells, style="bold green" if id(row) in best else "")
    return table


def best_rows(rows: Sequence[SweepRow]) -> dict[tuple[str, str], SweepRow]:
    """Return the best row of every network and objective."""
    best: dict[tuple[str, str], SweepRow] = {}
    values: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row.network, str(row.objective))
        if row.figures is not None:
            value = row.figures.value(row.objective)
            if key not in best or value < values[key]:
                best[key], values[key] = row, value
    return best


def split_parameters(answer: SweepAnswer) -> tuple[list[str], list[str]]:
    """Return the parameters that do not vary, in words, and the names of those that do."""
    records = [row.record() for row in answer.rows]
    constant, varying = [], []
    for name, (title, *unit) in PARAMETERS.items():
        values = {record[name] for record in records}
        if len(values) > 1:
            varying.append(name)
        elif values != {None}:
            words = f"{title} {unit[0] if name == 'accumulation_buffer' else ''}".strip()
            suffix = " KiB" if name == "buffer_bytes" else ""
            constant.append(f"{words} {parameter_words(name, values.pop())}{suffix}")
    return constant, varying or ["network"]


def parameter_words(name: str, value: Any) -> str:
    """Write a parameter of the hardware as its column does."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "buffer_bytes":
        return f"{value / 1024:g}"
    return str(value)
