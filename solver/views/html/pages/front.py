"""The page of ``map --objective pareto``: the latency-energy front of one or several layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.answers.front import ParetoFront
from solver.views import figures
from solver.views.html.details import Details, mapping_details, mapping_words
from solver.views.html.downloads import hardware_files, json_file, layers_file, table_file
from solver.views.html.elements import Fact, FileGroup, Key, Plot, Table, Tone, Verdict
from solver.views.html.page import page
from solver.views.html.plots.charts import Axis, colour, hover, new_figure, plot, source
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
        plot=_plot(front),
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
                f"{figures.integer(point.cost.cycles)} cycles · {mapping_words(point)}",
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
        Fact("fewest cycles", figures.integer(first.cost.cycles), note=mapping_words(first)),
        Fact("least energy", figures.amount(last.cost.energy), unit, mapping_words(last)),
        Fact(
            "least EDP on the front",
            figures.product(product.cost.edp),
            f"{unit} × cycles",
            mapping_words(product),
        ),
        Fact("space", figures.integer(first.space.size), "mappings", first.space.description),
        Fact("search", figures.seconds(front.wall_seconds)),
    )
    asked = (
        f"Every mapping of {layer_words(first.layer)} that no other beats in both cycles and energy, "
        f"on {hardware_words(first.hardware)}."
    )
    claim = front.claim.capitalize()
    stopped = ("interrupted by the user",) if front.interrupted else ()
    return Verdict(asked, claim, "good" if front.proved else "warn", facts, stopped)


def _plot(front: ParetoFront) -> Plot:
    unit = front.points[0].hardware.energy_table.unit
    cycles = [point.cost.cycles for point in front.points]
    energy = [float(point.cost.energy) for point in front.points]
    x, y = Axis("cycles", cycles), Axis(f"energy ({unit})", energy)
    figure = new_figure(x, y, 400)
    figure.step(x.place(cycles), y.place(energy), mode="after", color=colour("optimum"), alpha=0.6)
    legend = []
    for proved, words in ((True, "proved"), (False, "not proved")):
        some = [point for point in front.points if point.proved is proved]
        if not some:
            continue
        data = source(
            x=x.place([point.cost.cycles for point in some]),
            y=y.place([float(point.cost.energy) for point in some]),
            mapping=[mapping_words(point) for point in some],
            cycles=[figures.integer(point.cost.cycles) for point in some],
            energy=[f"{figures.amount(point.cost.energy)} {unit}" for point in some],
            edp=[figures.product(point.cost.edp) for point in some],
            used=[figures.percent(point.cost.utilization) for point in some],
        )
        role = "optimum" if proved else "series-3"
        points = figure.scatter("x", "y", size=8, color=colour(role), source=data)
        lines = {"cycles": "@cycles", "energy": "@energy", "EDP": "@edp", "utilization": "@used"}
        hover(figure, [points], "mapping", lines)
        legend.append(Key(words, role))
    return plot("The latency-energy front", figure, legend)
