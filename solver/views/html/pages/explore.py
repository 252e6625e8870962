"""The page of `explore`: the whole mapping space of a layer."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.exploration import Exploration
from solver.cost.result import Objective
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.charts.explore import histogram_charts, scatter_chart, sensitivity_charts
from solver.views.html.downloads import (
    configuration,
    hardware_files,
    json_file,
    layers_file,
    mapping_file,
    table_file,
)
from solver.views.html.elements import Fact, FileGroup, Table, Verdict, columns, number, rows, text
from solver.views.html.mapping import mapping_parts
from solver.views.html.mapping_tables import cost_cells
from solver.views.html.page import page
from solver.views.html.plots.chart import chart_plot
from solver.views.html.run import Run
from solver.views.html.tables import page_table
from solver.views.html.verdicts import hardware_words, layer_title, layer_words
from solver.views.text.explore import (
    alternatives_table,
    distribution_table,
    landmark_table,
    remarks,
    sensitivity_table,
    traits_table,
)

CONTENTS = (
    ("space", "Space"),
    ("distribution", "Distribution"),
    ("landmarks", "Landmarks"),
    ("sensitivity", "Sensitivity"),
    ("best", "The best mappings"),
    ("optimum", "The optimum"),
)

MOST_POINTS = 60_000
"""Points that a page holds; of more, these many at random."""


def explore_page(answers: Sequence[Exploration], run: Run, *, asked: int | None = None) -> str:
    """Return the page of a mapping space; `answers` holds one."""
    (exploration,) = answers
    solution = exploration.solution
    files = (
        json_file([exploration], many=False),
        table_file("space", [exploration.landscape.columns()], "every mapping with its figures"),
        mapping_file([solution]),
        layers_file([exploration.layer]),
        *hardware_files({exploration.hardware.name: exploration.hardware}),
    )
    return page(
        "explore.html",
        command="explore",
        heading=layer_title(exploration.layer),
        verdict=_verdict(exploration),
        contents=CONTENTS,
        files=[
            FileGroup("", files),
            configuration(solution, "What every switch does for the optimum, as configure writes it"),
        ],
        hardware={exploration.hardware.name: exploration.hardware},
        run=run,
        scatter=chart_plot(scatter_chart(exploration, MOST_POINTS)),
        histograms=tuple(map(chart_plot, histogram_charts(exploration))),
        distribution=page_table(distribution_table(exploration), "Quantiles over all mappings"),
        landmarks=page_table(
            landmark_table(exploration), "Optimum, Pareto front and baselines", sortable=True, titled=False
        ),
        sensitivity_plots=tuple(map(chart_plot, sensitivity_charts(exploration))),
        sensitivity=page_table(sensitivity_table(exploration), "Tile sizes", titled=False),
        traits=page_table(traits_table(exploration), "What they have in common"),
        best=_best(exploration),
        alternatives=page_table(
            alternatives_table(exploration), "Nearly optimal mappings that need less of something else"
        ),
        parts=mapping_parts(solution, "optimum"),
        remarks=tuple(remarks(exploration)),
    )


def _verdict(exploration: Exploration) -> Verdict:
    solution, objective = exploration.solution, exploration.objective
    unit = unit_of(objective, exploration.hardware.energy_table)
    asked = (
        f"The mapping space of {layer_words(exploration.layer)}, on {hardware_words(exploration.hardware)}; "
        f"best means least {NAMES[objective]}."
    )
    front = len(exploration.front)
    sampled = "sampled mappings" if exploration.sampled else "legal mappings"
    energy_unit = exploration.hardware.energy_table.unit
    others = {
        Objective.LATENCY: Fact("cycles", figures.integer(exploration.optimum.cycles)),
        Objective.ENERGY: Fact("energy", figures.amount(exploration.optimum.energy), energy_unit),
    }
    facts = (
        Fact("optimum", exploration.optimum.mapping, long=True),
        Fact("evaluated", figures.integer(exploration.space.size), sampled, exploration.space.description),
        Fact(
            f"least {NAMES[objective]}",
            write_value(objective, solution.objective_value),
            unit,
            f"bound {write_value(objective, solution.bound)}, gap {figures.percent(solution.gap, 2)}",
        ),
        *(others[each] for each in others if each is not objective),
        Fact("utilization", figures.percent(solution.cost.utilization)),
        Fact("bottleneck", solution.cost.binds),
        Fact.counted("Pareto front", front, "mapping"),
        Fact("evaluation", figures.seconds(exploration.evaluation_seconds)),
        Fact("all together", figures.seconds(exploration.wall_seconds)),
    )
    claim = "Optimum proved" if solution.proved else "Best known, not proved optimal"
    return Verdict(asked, claim, "good" if solution.proved else "warn", facts)


def _best(exploration: Exploration) -> Table:
    """Return the best mappings of the space, best first."""
    unit = exploration.hardware.energy_table.unit
    landscape = exploration.landscape
    cells = []
    for place, (index, record) in enumerate(
        zip(exploration.best, exploration.records(exploration.best), strict=True), start=1
    ):
        cost = landscape.settle(index)
        cells.append(
            (
                number(str(place), place),
                text(landscape.mapping(index)),
                *cost_cells(cost),
                number(figures.integer(record["switches"]), record["switches"]),
                number(figures.integer(record["folds"]), record["folds"]),
            )
        )
    heads = columns(
        ("rank", ""), "mapping", ("cycles", ""), ("energy", unit), ("EDP", "× cycles"), ("utilization", ""),
        ("switches", "in use"), ("folds", ""),
    )  # fmt: skip
    return Table(f"The {len(cells)} best mappings", heads, rows(cells), sortable=True)
