"""The page of ``map --objective pareto``: the latency-energy front of one or several layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.answers.front import ParetoFront
from solver.views import figures
from solver.views.charts.front import front_chart
from solver.views.html.details import Details, mapping_details
from solver.views.html.downloads import hardware_files, json_file, layers_file, table_file
from solver.views.html.elements import Fact, FileGroup, Plot, Table, Tone, Verdict
from solver.views.html.page import page
from solver.views.html.plots.chart import chart_plot
from solver.views.html.run import Run
from solver.views.html.tables import page_table
from solver.views.html.verdicts import hardware_words, layer_title, layer_words
from solver.views.text.front import front_remark, front_table
from solver.writers.front_table import front_columns


@dataclass(frozen=True)
class Section:
    """The front of one layer."""

    id: str
    name: str
    verdict: Verdict
    plot: Plot
    table: Table
    details: tuple[Details, ...]


def front_page(answers: Sequence[ParetoFront], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some fronts."""
    asked = asked or len(answers)
    sections = [_section(front, f"front-{place}") for place, front in enumerate(answers, start=1)]
    hardware = answers[0].points[0].hardware
    alone = asked == 1
    files = (
        json_file(answers, many=not alone),
        table_file("front", [front_columns(answers)], "a row per point"),
        layers_file([front.points[0].layer for front in answers]),
        *hardware_files({hardware.name: hardware}),
    )
    proved = sum(front.proved for front in answers)
    tone: Tone = "good" if proved == asked else "warn"
    together = Verdict(
        f"Every mapping that no other beats in both cycles and energy, on {hardware_words(hardware)}.",
        f"{proved} of {asked} fronts {'proved, their corners' if answers[0].corners else 'complete, proved'}",
        tone,
        (),
    )
    contents = [(f"{sections[0].id}-points", "Front"), (f"{sections[0].id}-mappings", "Mappings")]
    return page(
        "front.html",
        command="map --objective pareto",
        heading=sections[0].name if alone else f"{asked} latency-energy fronts",
        verdict=sections[0].verdict if alone else together,
        contents=contents if alone else [(section.id, section.name) for section in sections],
        files=[FileGroup("", files)],
        hardware={hardware.name: hardware},
        run=run,
        sections=sections,
        alone=alone,
    )


def _section(front: ParetoFront, name: str) -> Section:
    first = front.points[0]
    return Section(
        id=name,
        name=layer_title(first.layer),
        verdict=_verdict(front),
        plot=chart_plot(front_chart(front)),
        table=page_table(
            front_table(front),
            "Points, fastest first",
            notes=tuple(filter(None, [front_remark(front)])),
            sortable=True,
        ),
        details=tuple(
            Details(
                f"{name}-point-{place}",
                f"Point {place}",
                f"{figures.integer(point.cost.cycles)} cycles · {point.mapping_words}",
                (),
                (mapping_details(point),),
            )
            for place, point in enumerate(front.points, start=1)
        ),
    )


def _verdict(front: ParetoFront) -> Verdict:
    first, last = front.points[0], front.points[-1]
    unit = first.hardware.energy_table.unit
    product = min(front.points, key=lambda point: point.cost.edp)
    facts = (
        Fact("points", figures.integer(len(front.points))),
        Fact("fewest cycles", figures.integer(first.cost.cycles), note=first.mapping_words),
        Fact("least energy", figures.amount(last.cost.energy), unit, last.mapping_words),
        Fact(
            "least EDP on the front",
            figures.product(product.cost.edp),
            f"{unit} × cycles",
            product.mapping_words,
        ),
        Fact.counted("space", first.space.size, "mapping", first.space.description),
        Fact("search", figures.seconds(front.wall_seconds)),
    )
    asked = (
        f"Every mapping of {layer_words(first.layer)} that no other beats in both cycles and energy, "
        f"on {hardware_words(first.hardware)}."
    )
    claim = front.claim.capitalize()
    stopped = ("interrupted by the user",) if front.interrupted else ()
    return Verdict(asked, claim, "good" if front.proved else "warn", facts, stopped)
