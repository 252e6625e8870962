"""The page of `evaluate` and of `profile`: mappings in full, and what they make each part of the array do."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.evaluation import Evaluation
from solver.answers.profile import Profile
from solver.answers.solution import Solution
from solver.arithmetic import exact
from solver.views import figures
from solver.views.html.downloads import configuration, hardware_files, json_file, layers_file, mapping_file
from solver.views.html.elements import (
    Column,
    Fact,
    FileGroup,
    Row,
    Table,
    Verdict,
    columns,
    rows,
    text,
)
from solver.views.html.mapping import PagePlots, mapping_parts
from solver.views.html.mapping_tables import cost_cells
from solver.views.html.page import page
from solver.views.html.pages.map import Section, contents_of
from solver.views.html.run import Run
from solver.views.html.verdicts import evaluation_verdict, hardware_words, layer_title, solution_verdict
from solver.views.text.profile_fields import sections as profile_sections


def given_page(answers: Sequence[Evaluation | Profile], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some mappings that were given, or of some profiles.

    Parameters
    ----------
    answers
        At least one, all of one kind.
    asked
        Not of interest: neither command stops half-way.
    """
    del asked
    plots = PagePlots()
    results = [answer.result if isinstance(answer, Profile) else answer for answer in answers]
    found = [
        _section(answer, result, f"layer-{place}", plots)
        for place, (answer, result) in enumerate(zip(answers, results, strict=True), start=1)
    ]
    first, alone = results[0], len(answers) == 1
    hardware = {result.hardware.name: result.hardware for result in results}
    searched = [result for result in results if isinstance(result, Solution)]
    files = (
        json_file(answers, many=not alone),
        *([mapping_file(searched)] if searched else []),
        layers_file([result.layer for result in results]),
        *hardware_files(hardware),
    )
    groups = [FileGroup("", files)]
    if alone:
        groups.append(configuration(first, "What every switch does, as configure writes it"))
    kind = "profile" if isinstance(answers[0], Profile) else "evaluate"
    return page(
        "map.html",
        command=kind,
        heading=found[0].name if alone else f"{len(answers)} mappings on {first.hardware.name}",
        verdict=found[0].verdict if alone else _verdict(results),
        contents=contents_of(found[0]) if alone else [("layers", "Layers")],
        files=groups,
        hardware=hardware,
        run=run,
        sections=found,
        overview=None if alone else _overview(found, results),
        overview_plots=(),
    )


def _section(
    answer: Evaluation | Profile, result: Solution | Evaluation, name: str, plots: PagePlots
) -> Section:
    verdict = solution_verdict(result) if isinstance(result, Solution) else evaluation_verdict(result)
    tables = _profile_tables(answer) if isinstance(answer, Profile) else ()
    line = f"{result.tile_text} · {figures.integer(result.cost.cycles)} cycles"
    title = layer_title(result.layer)
    return Section(name, title, line, verdict, mapping_parts(result, name, plots), tables)


def _profile_tables(profile: Profile) -> tuple[Table, ...]:
    """Return the profile, a table for each part of the array."""
    heads = (Column("what"), Column("figure", number=True))
    return tuple(
        Table(title, heads, rows([(text(name), text(value)) for name, value in entries]))
        for title, entries in profile_sections(profile)
        if entries
    )


def _overview(found: Sequence[Section], results: Sequence[Solution | Evaluation]) -> Table:
    unit = results[0].hardware.energy_table.unit
    heads = columns(
        "layer", "mapping", ("cycles", ""), ("energy", unit), ("EDP", "× cycles"), ("utilization", "")
    )
    body = tuple(
        Row((text(section.name), text(result.mapping_text), *cost_cells(result.cost)), link=section.id)
        for section, result in zip(found, results, strict=True)
    )
    return Table("Layers", heads, body, sortable=True, filterable=len(body) > 10, titled=False)


def _verdict(results: Sequence[Solution | Evaluation]) -> Verdict:
    unit = results[0].hardware.energy_table.unit
    facts = (
        Fact("cycles, all mappings", figures.integer(sum(result.cost.cycles for result in results))),
        Fact("energy, all mappings", figures.amount(exact.total([r.cost.energy for r in results])), unit),
    )
    asked = f"{len(results)} mappings, each run once, on {hardware_words(results[0].hardware)}."
    return Verdict(asked, "Evaluated", "", facts, ())
