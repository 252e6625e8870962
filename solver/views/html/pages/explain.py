"""The page of `explain`: what binds an optimum, its lower bounds, and what doubling a resource brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.questions.explain.run import Explanation
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.charts.bars import ratio_bars
from solver.views.html.downloads import configuration, hardware_files, json_file, layers_file, mapping_file
from solver.views.html.elements import FileGroup, Plot, Table, Tone, Verdict
from solver.views.html.mapping import MappingParts, mapping_parts
from solver.views.html.page import page
from solver.views.html.plots.bars import bars_plot
from solver.views.html.run import Run
from solver.views.html.tables import page_table
from solver.views.html.verdicts import hardware_words, layer_title, solution_verdict
from solver.views.text.explain import (
    binding_words,
    bounds_table,
    comparison_words,
    distance_words,
    doublings_table,
    proof_words,
    waits_table,
)


@dataclass(frozen=True)
class Section:
    """One explained optimum."""

    id: str
    name: str
    verdict: Verdict
    binding: tuple[str, ...]
    waits: Table
    bounds: Table
    plot: Plot | None
    doublings: Table | None
    proofs: tuple[str, ...]
    parts: MappingParts


def explain_page(answers: Sequence[Explanation], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some explanations."""
    asked = asked or len(answers)
    sections = [_section(each, f"answer-{place}") for place, each in enumerate(answers, start=1)]
    solutions = [each.solution for each in answers]
    hardware = solutions[0].hardware
    layers = list(dict.fromkeys(layer_title(each.layer) for each in solutions))
    alone = asked == 1
    groups = [
        FileGroup(
            "",
            (
                json_file(answers, many=not alone),
                mapping_file(solutions),
                layers_file(list(dict.fromkeys(each.layer for each in solutions))),
                *hardware_files({hardware.name: hardware}),
            ),
        ),
        *(
            configuration(each.solution, f"What every switch does, as configure writes it: {section.name}")
            for each, section in zip(answers, sections, strict=True)
        ),
    ]
    proved = sum(solution.proved for solution in solutions)
    tone: Tone = "good" if proved == asked else "warn"
    together = Verdict(
        f"Why the best mappings are what they are, on {hardware_words(hardware)}.",
        f"{proved} of {asked} optima proved",
        tone,
        (),
    )
    return page(
        "explain.html",
        command="explain",
        heading=", ".join(layers) if len(layers) < 4 else f"{len(layers)} layers",
        verdict=sections[0].verdict if alone else together,
        contents=[(section.id, section.name) for section in sections],
        files=groups,
        hardware={hardware.name: hardware},
        run=run,
        sections=sections,
        alone=alone,
    )


def _section(explanation: Explanation, name: str) -> Section:
    solution = explanation.solution
    doubled = bool(explanation.doublings)
    others = (words.plain for words in comparison_words(explanation))
    return Section(
        id=name,
        name=f"{layer_title(solution.layer)}: least {NAMES[solution.objective]}",
        verdict=solution_verdict(solution),
        binding=(binding_words(solution).plain, *others, distance_words(explanation).plain),
        waits=page_table(waits_table(solution), "What the cycles wait for"),
        bounds=page_table(bounds_table(explanation), "Lower bounds"),
        plot=_plot(explanation),
        doublings=page_table(doublings_table(explanation), "Doubling each resource alone")
        if doubled
        else None,
        proofs=tuple(proof_words(explanation).plain.splitlines()) if doubled else (),
        parts=mapping_parts(solution, name),
    )


def _plot(explanation: Explanation) -> Plot | None:
    """Return the objective with twice as much of each resource, relative to today's."""
    today, objective = explanation.solution, explanation.solution.objective
    solved = [(each, each.solution) for each in explanation.doublings if each.solution is not None]
    if not solved:
        return None
    unit = unit_of(objective, today.hardware.energy_table)
    shown = [("today", today), *((f"{each.resource} × 2", solution) for each, solution in solved)]
    answers = [each for _, each in shown]
    values = [f"{write_value(objective, each.objective_value)} {unit}" for each in answers]
    bars = ratio_bars(
        "Twice as much of one resource",
        f"{NAMES[objective]}, times today's",
        [(name, each.objective_value) for name, each in shown],
        {
            "mapping": [each.mapping_words for each in answers],
            NAMES[objective]: values,
            "bound by": [each.cost.binds for each in answers],
        },
    )
    return bars_plot(bars)
