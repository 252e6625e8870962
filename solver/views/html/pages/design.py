"""The page of `design`: the chosen accelerator, its proof, the candidates, and the mappings of all layers."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.design import ChosenLayer, DesignAnswer
from solver.cost.result import utilization_of
from solver.tables import columns_of
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.charts.design import CHOSEN, SOLVED, design_chart, fate
from solver.views.charts.layers import LayerBar
from solver.views.figures import DASH
from solver.views.html.details import Details, part_details
from solver.views.html.downloads import hardware_files, json_file, mapping_file, table_file
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
from solver.views.html.mapping_tables import pair_cells, share_cell, total_cells
from solver.views.html.page import page
from solver.views.html.plots.chart import chart_plot
from solver.views.html.plots.layer import layers_plot
from solver.views.html.run import Run
from solver.views.html.tables import plain
from solver.views.text.design import design_notes, sizes_words


def design_page(answers: Sequence[DesignAnswer], run: Run, *, asked: int | None = None) -> str:
    """Return the page of a design; `answers` holds one."""
    (answer,) = answers
    chosen = {} if answer.hardware is None else {"chosen accelerator": answer.hardware}
    solutions = [solution for layer in answer.layers for _, solution in layer.parts]
    layers = [layer for layer in answer.layers if layer.parts]
    files = [json_file([answer], many=False)]
    if answer.points:
        rows = "a row per accelerator within the area"
        files.append(table_file("design", [columns_of(answer.records())], rows))
    if solutions:
        files.append(mapping_file(list({id(each): each for each in solutions}.values())))
    contents = [("candidates", "Candidates")]
    if layers:
        contents.append(("layers", "Layers"))
    return page(
        "design.html",
        command="design",
        heading=answer.network,
        verdict=_verdict(answer),
        contents=contents,
        files=[FileGroup("", (*files, *hardware_files(chosen)))],
        hardware={name.capitalize(): hardware for name, hardware in chosen.items()},
        run=run,
        scatter=chart_plot(design_chart(answer)) if answer.points else None,
        candidates=_candidates(answer) if answer.points else None,
        layer_plots=_layer_plots(answer) if layers else (),
        layers=_layers(answer) if layers else None,
        details_of=tuple(
            Details(
                f"layer-{place}",
                layer.name,
                f"{figures.integer(layer.figures.cycles)} cycles · {_mappings(layer)}",
                (),
                part_details([(solution.layer.name, repeats, solution) for repeats, solution in layer.parts]),
            )
            for place, layer in enumerate(layers, start=1)
        ),
    )


def _verdict(answer: DesignAnswer) -> Verdict:
    objective = answer.objective
    limits = []
    table = answer.points[0].hardware.energy_table if answer.points else None
    if answer.max_area is not None:
        limits.append(
            f"area at most {figures.amount(answer.max_area)} {table.area_unit if table else ''}".strip()
        )
    if answer.max_power is not None:
        limits.append(f"power at most {figures.amount(answer.max_power)} per cycle")
    asked = (
        f"The accelerator and the mappings of all layers of {answer.network} with least {NAMES[objective]}"
    )
    asked += f", {' and '.join(limits)}." if limits else ", without limits."
    tone: Tone = "bad"
    facts: list[Fact] = []
    if answer.hardware is not None and answer.figures is not None and answer.objective_value is not None:
        tone = "good" if answer.proved else "warn"
        energy = answer.hardware.energy_table
        facts = [
            Fact("accelerator", plain(sizes_words(answer.hardware)), long=True),
            Fact("cycles", figures.integer(answer.figures.cycles)),
            Fact("energy", figures.amount(answer.figures.energy), energy.unit),
            Fact("EDP", figures.product(answer.figures.edp), f"{energy.unit} × cycles"),
            Fact("utilization", figures.percent(_utilization(answer, answer.layers))),
        ]
        if answer.area is not None:
            facts.append(Fact("area", figures.amount(answer.area), energy.area_unit))
        if answer.power is not None:
            facts.append(Fact("power", figures.amount(answer.power), f"{energy.unit} per cycle"))
        facts.append(
            Fact(
                f"proved bound of {NAMES[objective]}",
                write_value(objective, answer.bound),
                unit_of(objective, energy),
                f"gap {figures.percent(answer.gap or 0.0, 2)}",
            )
        )
    outside = [f"{answer.over_area} too large"] * bool(answer.over_area)
    outside += [f"{answer.skipped} combinations are none"] * bool(answer.skipped)
    facts += [
        Fact("accelerators considered", figures.integer(len(answer.points)), note=", ".join(outside)),
        Fact(
            "layer questions solved",
            figures.integer(answer.solves),
            f"of {figures.integer(answer.questions)}",
            f"{figures.integer(answer.cached)} from the cache; bounds exclude the rest",
        ),
        Fact("search", figures.seconds(answer.wall_seconds)),
    ]
    stopped = ("interrupted by the user",) if answer.interrupted else ()
    remarks = (*answer.failures, *stopped, *design_notes(answer))
    return Verdict(asked, answer.claim, tone, tuple(facts), remarks)


def _utilization(answer: DesignAnswer, layers: Sequence[ChosenLayer]) -> float:
    """Return the MACs of some layers over what the switches could do in their cycles."""
    cycles = sum(layer.figures.cycles for layer in layers)
    macs = sum(repeats * solution.layer.macs for layer in layers for repeats, solution in layer.parts)
    return utilization_of(macs, answer.hardware, cycles) if answer.hardware and cycles else 0.0


def _candidates(answer: DesignAnswer) -> Table:
    objective = answer.objective
    ranked = sorted(answer.points, key=lambda point: (point.bound, point.objective_value is None))
    found = []
    for point in ranked:
        became = fate(point, answer)
        finite = point.bound.is_finite()
        cells = (
            text(plain(sizes_words(point.hardware))),
            text(DASH) if point.area is None else number(figures.integer(round(point.area)), point.area),
            text(DASH)
            if point.objective_value is None
            else number(write_value(objective, point.objective_value), point.objective_value),
            number(write_value(objective, point.bound), point.bound) if finite else text(DASH),
            number(figures.integer(point.solved), point.solved),
            text(became),
        )
        found.append(Row(cells, "best" if became == CHOSEN else "" if became == SOLVED else "dim"))
    energy = answer.points[0].hardware.energy_table
    heads = columns(
        "accelerator", ("area", energy.area_unit), (NAMES[objective], unit_of(objective, energy)),
        ("bound", unit_of(objective, energy)), ("layers solved", ""), "what became of it",
    )  # fmt: skip
    return Table("Accelerators", heads, tuple(found), sortable=True, filterable=len(found) > 10, titled=False)


def _layers(answer: DesignAnswer) -> Table:
    assert answer.hardware is not None and answer.figures is not None
    unit, total = answer.hardware.energy_table.unit, answer.figures
    found = []
    for place, layer in enumerate((layer for layer in answer.layers if layer.parts), start=1):
        used = share_cell(_utilization(answer, [layer]))
        cells = (text(layer.name), text(_mappings(layer)), *total_cells(layer.figures, total), used)
        found.append(Row(cells, link=f"layer-{place}"))
    used = share_cell(_utilization(answer, answer.layers))
    (cycles, energy), whole = pair_cells(total), number("100 %", 1)
    found.append(Row((text("total"), text(""), cycles, whole, energy, whole, used), "total"))
    heads = columns(
        "layer", "mapping", ("cycles", ""), ("share", "of cycles"), ("energy", unit), ("share", "of energy"),
        ("utilization", ""),
    )  # fmt: skip
    return Table("Layers", heads, with_bars(found), sortable=True, filterable=len(found) > 10, titled=False)


def _mappings(layer: ChosenLayer) -> str:
    return figures.repeated((repeats, solution.mapping_words) for repeats, solution in layer.parts)


def _layer_plots(answer: DesignAnswer) -> tuple[Plot, ...]:
    assert answer.hardware is not None
    bars = [LayerBar(layer.name, layer.figures, _mappings(layer)) for layer in answer.layers if layer.parts]
    return tuple(layers_plot(bars, answer.hardware, ()))
