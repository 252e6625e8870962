"""The report of a design: the accelerator, its proof, and how the others compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from solver.answers.design import DesignAnswer, PointState
from solver.arithmetic.numbers import bytes_text
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.hardware.area import area_of, components_area, known_area
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, what_counts, write_value
from solver.views.comparison import add_figure_columns, header, name_cell, named_table
from solver.views.console import ReportConsole, facts_table, first_line, whole
from solver.views.text.network import form_behind, rewritten_words

MOST_POINTS = 12


def show_design(console: ReportConsole, answer: DesignAnswer) -> None:
    """Print the report of a design."""
    console.say(design_headline(answer))
    console.say("")
    if answer.hardware is not None:
        console.show(_facts(answer))
        console.paragraphs(_layers(answer))
        console.say("")
    if answer.points:
        console.show(points_table(answer))
    console.paragraphs(*design_notes(answer))


def design_notes(answer: DesignAnswer) -> tuple[str, ...]:
    """Return what the proof does not cover, and why accelerators are out."""
    without = Counter(point.reason for point in answer.points if point.reason)
    notes = tuple(
        f"No mapping on {count} of {len(answer.points)} accelerators: {reason}"
        for reason, count in without.most_common()
    )
    if answer.least_area is not None and answer.max_area is not None and not answer.points:
        least, most = figures.amount(answer.least_area), figures.amount(answer.max_area)
        notes = (
            *notes,
            f"The smallest of these accelerators takes {least}, and {most} are allowed.",
        )
    if note := area_note(point.hardware for point in answer.points):
        notes = (*notes, note)
    parts = [solution for layer in answer.layers for _, solution in layer.parts]
    if others := sum(solution.rewritten for solution in parts):
        notes = (*notes, rewritten_words(others, "JSON says what it asks of memory"))
    if answer.max_power is None:
        return notes
    return (
        *notes,
        "Under a limit on power mappings are chosen from the latency-energy front of each layer: one that is "
        "slower and needs no less energy lowers the power as waiting does.",
    )


def area_note(accelerators: Iterable[Hardware]) -> str:
    """Say how areas count ports where they are not the simulator's; empty where they are, or unknown."""
    arrays = [each for each in accelerators if each.memory is None and known_area(each) is not None]
    if all(area_of(each) == components_area(each) for each in arrays):
        return ""
    return (
        "An area counts a port as much as the switch and the wire that it saves: for one port to four "
        "switches it is the simulator's, in whose table ports cost nothing."
    )


def design_headline(answer: DesignAnswer) -> Text:
    """Return the claim and how far it is proved, in one line."""
    objective, parts = answer.objective, []
    first, _, rest = answer.claim.partition(" ")
    claim = f"{first.upper()} {rest}"
    if answer.objective_value is None or answer.hardware is None:
        style = "bold red"
        if answer.points and answer.bound.is_finite():
            unit = unit_of(objective, answer.points[0].hardware.energy_table)
            parts.append(f"bound {write_value(objective, answer.bound)} {unit}")
    else:
        style = "bold green" if answer.proved else "bold yellow"
        unit = unit_of(objective, answer.hardware.energy_table)
        parts = [
            f"{NAMES[objective]} {write_value(objective, answer.objective_value)} {unit}",
            *what_counts(answer.hardware),
            f"bound {write_value(objective, answer.bound)}",
            f"gap {figures.percent(answer.gap or 0.0, 2)}",
        ]
    parts += [
        f"{len(answer.points)} accelerators",
        f"{answer.solves} of {answer.questions} layer questions solved",
    ]
    if answer.cached:
        parts.append(f"{answer.cached} of them from the cache")
    if answer.over_area:
        parts.append(f"{answer.over_area} too large")
    if answer.skipped:
        parts.append(f"{answer.skipped} infeasible combinations of sizes skipped")
    parts.append(figures.seconds(answer.wall_seconds))
    return first_line(answer.network, claim, style, parts)


def _facts(answer: DesignAnswer) -> Table:
    assert answer.hardware is not None and answer.figures is not None
    table = facts_table()
    energy = answer.hardware.energy_table
    table.add_row("hardware", sizes_words(answer.hardware))
    if answer.area is not None:
        most = "" if answer.max_area is None else f" (at most {figures.amount(answer.max_area)})"
        table.add_row("area", f"{figures.amount(answer.area)} {energy.area_unit}{most}")
    clock, rates = answer.hardware.clock, answer.rates
    in_time = "" if rates is None or clock is None else f"; {figures.in_time(rates, clock)}"
    table.add_row("latency", f"{figures.integer(answer.figures.cycles)} cycles{in_time}")
    table.add_row("energy", f"{figures.amount(answer.figures.energy)} {energy.unit}")
    table.add_row("EDP", f"{figures.product(answer.figures.edp)} {energy.unit} × cycles")
    if answer.power is not None:
        most = "" if answer.max_power is None else f" (at most {answer.max_power})"
        table.add_row("power", f"{figures.amount(answer.power)} {energy.unit} per cycle{most}")
    return table


def _layers(answer: DesignAnswer) -> Table:
    table = named_table("layer")
    unit = answer.hardware.energy_table.unit if answer.hardware else ""
    add_figure_columns(table, ("cycles", ""), ("energy", unit))
    table.add_column(header("mapping"))
    for layer in answer.layers:
        if not layer.parts:
            continue
        mappings = ((repeats, each.mapping_text + form_behind(each)) for repeats, each in layer.parts)
        cells = [figures.integer(layer.figures.cycles), figures.amount(layer.figures.energy)]
        table.add_row(name_cell(layer.name, 24), *cells, figures.repeated(mappings))
    return table


def points_table(answer: DesignAnswer) -> Table:
    """Return the accelerators that come next, by their value or bound."""
    table = named_table("accelerator")
    unit = answer.points[0].hardware.energy_table.area_unit
    table.columns[0].no_wrap = False
    for title, below in (("area", unit), (NAMES[answer.objective], ""), ("", ""), ("layers", "solved")):
        table.add_column(header(title, below), justify="right" if title else "left", no_wrap=True)
    ranked = sorted(answer.points, key=lambda point: (point.bound, point.objective_value is None))
    for point in ranked[:MOST_POINTS]:
        table.add_row(*_point(point, answer.objective), style=_style(point, answer))
    if len(ranked) > MOST_POINTS:
        table.add_row(Text(f"and {len(ranked) - MOST_POINTS} more", "dim"), "", "", "", "")
    return table


def _style(point: PointState, answer: DesignAnswer) -> str:
    return "bold green" if answer.hardware is not None and point.hardware == answer.hardware else ""


def _point(point: PointState, objective: Objective) -> list[str]:
    area = "–" if point.area is None else figures.integer(round(point.area))
    if not point.bound.is_finite():
        return [sizes_words(point.hardware), area, "–", "not within the limits", str(point.solved)]
    value, word = (
        (point.objective_value, "") if point.objective_value is not None else (point.bound, "at least")
    )
    shown = write_value(objective, Decimal(value))
    return [sizes_words(point.hardware), area, shown, whole(word), str(point.solved)]


def sizes_words(hardware: Hardware) -> str:
    """Write the sizes of an accelerator."""
    words = [f"{hardware.num_ms} switches", f"dn_bw {hardware.dn_bw}", f"rn_bw {hardware.rn_bw}"]
    if not hardware.accumulation_buffer:
        words.append("no accumulation buffer")
    if hardware.memory is not None:
        size, bandwidth = bytes_text(hardware.memory.buffer.bytes), hardware.memory.dram_bandwidth
        words.append(f"buffer {size}, DRAM {bandwidth}")
    return ", ".join(map(whole, words))
