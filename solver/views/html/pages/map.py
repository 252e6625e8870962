"""The page of `map`: one mapping in full, or an overview of several layers with each in a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.solution import Solution
from solver.arithmetic import exact
from solver.cost.result import utilization_of
from solver.views import figures
from solver.views.certificate import HEADLINES, NAMES, unit_of, write_value
from solver.views.charts.layers import LayerBar
from solver.views.html.downloads import configuration, hardware_files, json_file, layers_file, mapping_file
from solver.views.html.elements import (
    Fact,
    FileGroup,
    Plot,
    Row,
    Table,
    Tone,
    Verdict,
    columns,
    number,
    text,
    with_bars,
)
from solver.views.html.mapping import MappingParts, PagePlots, mapping_parts
from solver.views.html.mapping_tables import cost_cells
from solver.views.html.page import page
from solver.views.html.plots.layer import layers_plot
from solver.views.html.run import Run
from solver.views.html.verdicts import hardware_words, layer_title, layer_words, solution_verdict


@dataclass(frozen=True)
class Section:
    """A layer: its verdict, its mapping in full if it has one, and what that makes each part do."""

    id: str
    name: str
    line: str
    verdict: Verdict
    parts: MappingParts | None
    profile: tuple[Table, ...] = ()


def map_page(answers: Sequence[Answer], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some answers.

    Parameters
    ----------
    answers
        At least one.
    asked
        Layers that there were to answer, if the search was stopped before.
    """
    asked = asked or len(answers)
    plots = PagePlots()
    sections = [_section(answer, f"layer-{place}", plots) for place, answer in enumerate(answers, start=1)]
    alone = asked == 1
    first = answers[0]
    solutions = [answer for answer in answers if isinstance(answer, Solution)]
    files = [json_file(answers, many=asked > 1)]
    if solutions:
        files.append(mapping_file(solutions))
    files.append(layers_file([answer.layer for answer in answers]))
    files += hardware_files({first.hardware.name: first.hardware})
    groups = [FileGroup("", tuple(files))]
    for solution in solutions:
        title = "What every switch does, as configure writes it"
        # Of many layers the operands and results would be too much for a page.
        group = f"{title}: {_name(solution)}"
        groups.append(configuration(solution, title) if alone else configuration(solution, group, run_mb=0))
    contents = contents_of(sections[0]) if alone else [("layers", "Layers")]
    return page(
        "map.html",
        command="map",
        heading=_name(first) if alone else f"{asked} layers on {first.hardware.name}",
        verdict=sections[0].verdict if alone else _verdict(answers, asked),
        contents=contents,
        files=groups,
        hardware={first.hardware.name: first.hardware},
        run=run,
        sections=sections,
        overview=None if alone else _overview(answers),
        overview_plots=() if alone else _plots(solutions),
    )


def _section(answer: Answer, name: str, plots: PagePlots) -> Section:
    if isinstance(answer, Infeasible):
        asked = f"A mapping of {layer_words(answer.layer)}, on {hardware_words(answer.hardware)}."
        verdict = Verdict(asked, "Infeasible", "bad", (), (answer.reason,))
        return Section(name, _name(answer), f"infeasible: {answer.reason}", verdict, None)
    value = write_value(answer.objective, answer.objective_value)
    unit = unit_of(answer.objective, answer.hardware.energy_table)
    line = f"{answer.tile_text} · {NAMES[answer.objective]} {value} {unit}"
    return Section(name, _name(answer), line, solution_verdict(answer), mapping_parts(answer, name, plots))


def contents_of(section: Section) -> list[tuple[str, str]]:
    """Return the ids and names of a section's headings."""
    if section.parts is None:
        return []
    names = {
        "time": "Cycles",
        "energy": "Energy",
        "levels": "Levels",
        "nest": "Loop nest",
        "array": "The array",
    }
    if section.parts.comparison:
        names = {"baselines": "Baselines"} | names
    if not section.parts.levels_table:
        names.pop("levels")
    if section.profile:
        names["profile"] = "What each part does"
    return [(f"{section.id}-{key}", name) for key, name in names.items()]


def _verdict(answers: Sequence[Answer], asked: int) -> Verdict:
    first = answers[0]
    solutions = [answer for answer in answers if isinstance(answer, Solution)]
    proved = sum(solution.proved for solution in solutions)
    claim = f"{proved} of {asked} layers proved optimal"
    tone: Tone = "good" if proved == asked else "warn"
    unit = first.hardware.energy_table.unit
    cycles = sum(solution.cost.cycles for solution in solutions)
    energy = exact.total([solution.cost.energy for solution in solutions])
    macs = sum(solution.layer.macs for solution in solutions)
    facts = (
        Fact("cycles, all layers", figures.integer(cycles)),
        Fact("energy, all layers", figures.amount(energy), unit),
        Fact("EDP", figures.product(exact.product(energy, cycles)), f"{unit} × cycles", "of the totals"),
        Fact(
            "utilization",
            figures.percent(utilization_of(macs, first.hardware, cycles)) if cycles else figures.DASH,
        ),
        Fact("search", figures.seconds(sum(solution.wall_seconds for solution in solutions))),
    )
    least = f"The mapping with the least {NAMES[first.objective]} of each layer"
    what = f"{least}, on {hardware_words(first.hardware)}."
    lost = tuple(f"{_name(each)}: {each.reason}" for each in answers if isinstance(each, Infeasible))
    stopped = (f"interrupted: {len(answers)} of {asked} layers answered",) if len(answers) < asked else ()
    return Verdict(what, claim, tone, facts, (*lost, *stopped))


def _overview(answers: Sequence[Answer]) -> Table:
    found = []
    total = sum(answer.cost.cycles for answer in answers if isinstance(answer, Solution))
    for place, answer in enumerate(answers, start=1):
        name, link = text(_name(answer)), f"layer-{place}"
        if isinstance(answer, Infeasible):
            found.append(Row((name, *[text(figures.DASH)] * 7, text("infeasible", "bad")), link=link))
            continue
        share = answer.cost.cycles / total
        cells = (
            name,
            text(answer.mapping_text),
            *cost_cells(answer.cost),
            number(figures.percent(share), share, share=share),
            number(figures.percent(answer.gap, 2), answer.gap),
            text(HEADLINES[answer.status][0].split(",")[0].lower()),
        )
        found.append(Row(cells, link=link))
    unit = answers[0].hardware.energy_table.unit
    heads = columns(
        "layer", "mapping", ("cycles", ""), ("energy", unit), ("EDP", "× cycles"), ("utilization", ""),
        ("share", "of cycles"), ("gap", ""), "status",
    )  # fmt: skip
    return Table("Layers", heads, with_bars(found), sortable=True, filterable=len(found) > 10, titled=False)


def _plots(solutions: Sequence[Solution]) -> tuple[Plot, ...]:
    bars = [
        LayerBar(
            _name(each), each.cost, each.mapping_text, {b.label: b.cost for b in each.baselines if b.cost}
        )
        for each in solutions
    ]
    names = list(dict.fromkeys(each.label for solution in solutions for each in solution.baselines))
    return tuple(layers_plot(bars, solutions[0].hardware, names)) if bars else ()


def _name(answer: Answer) -> str:
    return layer_title(answer.layer)
