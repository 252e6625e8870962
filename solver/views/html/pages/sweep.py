"""The page of `sweep`: networks on many accelerators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from solver.answers.sweep import SweepAnswer
from solver.tables import in_parts
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.figures import DASH
from solver.views.html.downloads import hardware_files, json_file, table_file
from solver.views.html.elements import (
    Fact,
    FileGroup,
    Plot,
    Row,
    Table,
    Verdict,
    columns,
    number,
    text,
)
from solver.views.html.mapping_tables import pair_cells, share_cell
from solver.views.html.page import page
from solver.views.html.pages.network import STATUS_TONES
from solver.views.html.plots.sweep import sweep_plots
from solver.views.html.run import Run
from solver.views.html.tables import plain
from solver.views.text.design import sizes_words
from solver.views.text.sweep import PARAMETERS, best_rows, parameter_words, split_parameters, sweep_notes


@dataclass(frozen=True)
class Section:
    """The rows of one network and objective."""

    id: str
    name: str
    best: str
    plots: tuple[Plot, ...]


def sweep_page(answers: Sequence[SweepAnswer], run: Run, *, asked: int | None = None) -> str:
    """Return the page of a sweep; `answers` holds one."""
    (answer,) = answers
    sections = _sections(answer)
    constant, varying = split_parameters(answer) if answer.rows else ([], [])
    best = {plain(sizes_words(row.hardware)): row.hardware for row in best_rows(answer.rows).values()}
    files = (
        json_file([answer], many=False),
        table_file("sweep", in_parts(answer.each_record()), "the table"),
        *hardware_files(best),
    )
    networks = list(dict.fromkeys(row.network for row in answer.rows))
    contents = [(section.id, section.name) for section in sections]
    return page(
        "sweep.html",
        command="sweep",
        heading=", ".join(networks) if 0 < len(networks) < 5 else f"{len(networks)} networks",
        verdict=_verdict(answer, constant),
        contents=[*contents, ("table", "Table"), *([("failures", "Failures")] if _lost(answer) else [])],
        files=[FileGroup("", files)],
        hardware={f"Best: {name}": hardware for name, hardware in best.items()},
        run=run,
        sections=sections,
        table=_table(answer, varying) if answer.rows else None,
        lost=_lost(answer),
    )


def _sections(answer: SweepAnswer) -> list[Section]:
    found = []
    for place, ((network, _), best) in enumerate(best_rows(answer.rows).items(), start=1):
        rows = [
            row
            for row in answer.rows
            if (row.network, row.objective) == (network, best.objective) and row.figures is not None
        ]
        assert best.figures is not None
        value = write_value(best.objective, best.figures.value(best.objective))
        unit = unit_of(best.objective, best.hardware.energy_table)
        words = f"Best of the sweep: {value} {unit} on {plain(sizes_words(best.hardware))}."
        name = f"{network}, least {NAMES[best.objective]}"
        found.append(Section(f"part-{place}", name, words, sweep_plots(answer, rows)))
    return found


def _verdict(answer: SweepAnswer, constant: Sequence[str]) -> Verdict:
    rows = answer.rows
    done = sum(row.figures is not None for row in rows)
    proved = sum(row.status == "optimal" for row in rows)
    objectives = list(dict.fromkeys(NAMES[row.objective] for row in rows))
    facts = [
        Fact(
            f"{network}, least {NAMES[row.objective]}",
            write_value(row.objective, row.figures.value(row.objective)) if row.figures else DASH,
            unit_of(row.objective, row.hardware.energy_table),
            plain(sizes_words(row.hardware)),
        )
        for (network, _), row in best_rows(answer.rows).items()
    ]
    facts += [
        Fact("combinations", figures.integer(len(rows)), note=f"{done} answered, {proved} proved optimal"),
        Fact(
            "mapping questions",
            figures.integer(answer.questions),
            "different",
            f"{figures.integer(answer.cached)} from the cache",
        ),
        Fact("search", figures.seconds(answer.wall_seconds)),
    ]
    if answer.skipped:
        facts.append(
            Fact("skipped", figures.integer(answer.skipped), note="combinations that are no accelerator")
        )
    asked = f"Networks mapped for least {' and '.join(objectives)} on every accelerator of a grid."
    remarks = [f"the same for all: {', '.join(plain(each) for each in constant)}"] if constant else []
    if answer.interrupted:
        remarks.append("interrupted by the user")
    remarks += sweep_notes(answer)
    good = proved == len(rows) and not answer.failures
    claim = f"{proved} of {len(rows)} combinations proved optimal"
    return Verdict(asked, claim, "good" if good else "warn", tuple(facts), tuple(remarks))


def _table(answer: SweepAnswer, varying: Sequence[str]) -> Table:
    best = {id(row) for row in best_rows(answer.rows).values()}
    energy = answer.rows[0].hardware.energy_table
    found = []
    for row in answer.rows:
        record, had = row.record(), row.figures
        cells = []
        for name in varying:
            words = parameter_words(name, record[name])
            numeric = isinstance(record[name], int) and not isinstance(record[name], bool)
            cells.append(number(words, record[name]) if numeric else text(words))
        cells.append(text(DASH) if row.area is None else number(figures.integer(round(row.area)), row.area))
        if had is None:
            cells += [text(DASH)] * 6
        else:
            power = row.power or Decimal(0)
            cells += [
                *pair_cells(had),
                number(figures.product(had.edp), had.edp),
                number(figures.amount(power), power),
                share_cell(had.utilization(row.hardware)),
                text(DASH) if row.gap is None else number(figures.percent(row.gap, 2), row.gap),
            ]
        cells.append(text(row.status, STATUS_TONES.get(row.status, "bad" if row.status == "failed" else "")))
        found.append(Row(tuple(cells), "best" if id(row) in best else ""))
    texts = ("network", "objective", "accumulation_buffer")
    heads = [
        PARAMETERS[name][0] if name in texts else (PARAMETERS[name][0], " ".join(PARAMETERS[name][1:]))
        for name in varying
    ]
    figures_heads = (
        ("area", energy.area_unit), ("cycles", ""), ("energy", energy.unit), ("EDP", "× cycles"),
        ("power", "per cycle"), ("utilization", ""), ("gap", ""),
    )  # fmt: skip
    return Table(
        "Every combination", columns(*heads, *figures_heads, "status"), tuple(found),
        sortable=True, filterable=True, titled=False,
    )  # fmt: skip


def _lost(answer: SweepAnswer) -> tuple[str, ...]:
    reasons = dict.fromkeys(row.reason for row in answer.rows if row.status == "infeasible" and row.reason)
    return (*answer.failures, *(f"no mapping: {reason}" for reason in reasons))
