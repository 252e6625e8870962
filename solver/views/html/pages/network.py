"""The page of `network`: every layer of one or several networks, totals, and the baselines beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from solver.answers.figures import Figures
from solver.answers.layer import LayerAnswer
from solver.answers.needs import Needs
from solver.answers.network import NetworkAnswer
from solver.cost.result import Objective
from solver.layer import HostOperation
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.charts.bars import ratio_bars
from solver.views.charts.layers import network_bars, of_parts
from solver.views.figures import DASH
from solver.views.html.details import Details, part_details
from solver.views.html.downloads import hardware_files, json_file, layers_file, table_file
from solver.views.html.elements import (
    Cell,
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
from solver.views.html.mapping_tables import share_cell, total_cells
from solver.views.html.page import page
from solver.views.html.plots.bars import bars_plot
from solver.views.html.plots.layer import layers_plot
from solver.views.html.run import Run
from solver.views.html.tables import page_table
from solver.views.html.verdicts import hardware_words
from solver.views.text.layers import host_table
from solver.views.text.network import failures, ratio_table, remarks
from solver.writers.network_table import network_columns

STATUS_TONES: dict[str, Tone] = {
    "feasible": "warn", "interrupted": "warn", "infeasible": "bad", "missing": "bad",
}  # fmt: skip
UNFOLDED = 10**6
"""A width at which names of layers are not folded."""


@dataclass(frozen=True)
class Section:
    """One network; `id` starts the ids of its parts."""

    id: str
    name: str
    verdict: Verdict
    plots: tuple[Plot, ...]
    layers: Table
    ratio_plot: Plot | None
    ratios: Table | None
    host: Table | None
    problems: tuple[str, ...]
    details: tuple[Details, ...]


def network_page(answers: Sequence[NetworkAnswer], run: Run, *, asked: int | None = None) -> str:
    """Return the page of some networks."""
    asked = asked or len(answers)
    sections = [_section(answer, f"network-{place}") for place, answer in enumerate(answers, start=1)]
    first, alone = answers[0], len(answers) == 1
    files = (
        json_file(answers, many=asked > 1),
        table_file("network", [network_columns(answers)], "a row per part of a layer"),
        layers_file([layer.layer for each in answers for layer in each.layers], first.name),
        *hardware_files({first.hardware.name: first.hardware}),
    )
    contents = [(section.id, section.name) for section in sections]
    if alone:
        contents = [(f"{sections[0].id}-layers", "Layers")]
        if sections[0].ratios:
            contents.append((f"{sections[0].id}-baselines", "Baselines"))
        contents.append((f"{sections[0].id}-mappings", "Mappings"))
    return page(
        "network.html",
        command="network",
        heading=first.name if alone else f"{len(answers)} networks on {first.hardware.name}",
        verdict=sections[0].verdict if alone else _together(answers, asked),
        contents=contents,
        files=[FileGroup("", files)],
        hardware={first.hardware.name: first.hardware},
        run=run,
        sections=sections,
        alone=alone,
    )


def _section(network: NetworkAnswer, name: str) -> Section:
    mapped = [layer for layer in network.mapped if not layer.on_host]
    host = [layer.layer for layer in network.layers if isinstance(layer.layer, HostOperation)]
    baselines = bool(network.baseline_names) and bool(mapped)
    caption = f"{NAMES[network.objective]}, times ours"
    return Section(
        id=name,
        name=network.name,
        verdict=_verdict(network),
        plots=tuple(layers_plot(network_bars(network), network.hardware, network.baseline_names))
        if mapped
        else (),
        layers=_layer_table(network, name),
        ratio_plot=_ratio_plot(network) if baselines else None,
        ratios=page_table(ratio_table(network, UNFOLDED), caption, titled=False) if baselines else None,
        host=page_table(host_table(host), "Left to the host", titled=False) if host else None,
        problems=tuple(failures(network)),
        details=tuple(
            _details(layer, f"{name}-layer-{place}")
            for place, layer in enumerate(network.layers, start=1)
            if not layer.on_host
        ),
    )


def _verdict(network: NetworkAnswer) -> Verdict:
    on_array = [layer for layer in network.layers if not layer.on_host]
    total, objective = network.figures, network.objective
    unit = network.hardware.energy_table.unit
    gap = DASH if network.gap is None else figures.percent(network.gap, 2)
    facts = (
        Fact("cycles", figures.integer(total.cycles)),
        Fact("energy", figures.amount(total.energy), unit),
        Fact("EDP", figures.product(total.edp), f"{unit} × cycles", "total energy × total cycles"),
        Fact("utilization", figures.percent(total.utilization(network.hardware)), note="over all cycles"),
        Fact("work", figures.integer(total.macs), "MACs"),
        Fact("gap", gap, note=f"of the total {NAMES[objective]} to its proved bound"),
        Fact(
            "layers",
            figures.integer(len(on_array)),
            "on the array",
            f"{network.different} different, {network.cached} from the cache, "
            f"{len(network.layers) - len(on_array)} on the host",
        ),
        Fact("search", figures.seconds(network.wall_seconds)),
        *_needs(network.needs),
    )
    asked = (
        f"The mapping with the least {NAMES[objective]} of every layer of {network.name}, "
        f"on {hardware_words(network.hardware)}."
    )
    claim, tone = figures.heading(network.claim), _tone(proved=network.proved)
    stopped = ("interrupted by the user",) if network.interrupted else ()
    said = (*failures(network), *stopped, *(remark.plain for remark in remarks(network, needs=False)))
    return Verdict(asked, claim, tone, facts, said)


def _needs(needs: Needs | None) -> tuple[Fact, ...]:
    """Return what the network needs in memory, and what there is."""
    if needs is None:
        return ()
    tensor, layer = needs.largest_tensor, needs.largest_layer
    fits = f"holds {needs.fitting} of {needs.layers} layers whole"
    return (
        Fact("weights", figures.in_bytes(needs.weights), note=f"of all layers, in {needs.word_bytes}"),
        Fact("activations", figures.in_bytes(needs.activations), note="the results of all layers"),
        Fact("largest tensor", figures.in_bytes(tensor.bytes), note=tensor.what),
        Fact("largest layer", figures.in_bytes(layer.bytes), note=f"{layer.what}, all its tensors"),
        *([Fact("prefetch buffer", figures.in_bytes(needs.buffer.bytes), note=fits)] if needs.buffer else []),
    )


def _together(answers: Sequence[NetworkAnswer], asked: int) -> Verdict:
    first = answers[0]
    proved = sum(layer.status == "optimal" for each in answers for layer in each.layers)
    on_array = sum(not layer.on_host for each in answers for layer in each.layers)
    complete = len(answers) == asked and all(each.proved for each in answers)
    facts = tuple(
        Fact(
            each.name,
            write_value(each.objective, each.figures.value(each.objective)),
            unit_of(each.objective, each.hardware.energy_table),
        )
        for each in answers
    )
    least = f"The mapping with the least {NAMES[first.objective]} of every layer of {asked} networks"
    claim = f"{proved} of {on_array} layers proved optimal"
    if complete:
        claim = f"Totals of {asked} networks proved optimal"
    stopped = (f"interrupted: {len(answers)} of {asked} networks",) if len(answers) < asked else ()
    asked_for = f"{least}, on {hardware_words(first.hardware)}."
    return Verdict(asked_for, claim, _tone(proved=complete), facts, stopped)


def _tone(*, proved: bool) -> Tone:
    return "good" if proved else "warn"


def _layer_table(network: NetworkAnswer, name: str) -> Table:
    unit = network.hardware.energy_table.unit
    found = []
    for place, layer in enumerate(network.layers, start=1):
        title = text(layer.layer.title)
        if layer.on_host:
            cells = (title, text(layer.layer.kind), *[text(DASH)] * 9, text("host"))
            found.append(Row(cells, "dim"))
            continue
        how = text(of_parts(layer, "mapping_text")), text(of_parts(layer, "form"))
        cells = (title, text(layer.layer.kind), *how, *_figures(layer.figures, network))
        standing = network.standing(layer)
        status = text(standing, STATUS_TONES.get(standing, ""))
        gap = text(DASH) if layer.gap is None else number(figures.percent(layer.gap, 2), layer.gap)
        found.append(Row((*cells, gap, status), link=f"{name}-layer-{place}"))
    if network.mapped:
        gap = text(DASH) if network.gap is None else number(figures.percent(network.gap, 2), network.gap)
        cells = (text("total"), *[text("")] * 3, *_figures(network.figures, network), gap, text(""))
        found.append(Row(cells, "total"))
    heads = columns(
        "layer", "kind", "mapping", "form", ("cycles", ""), ("share", "of cycles"), ("energy", unit),
        ("share", "of energy"), ("EDP", "× cycles"), ("utilization", ""), ("gap", ""), "status",
    )  # fmt: skip
    return Table(
        f"Layers of {network.name}", heads, with_bars(found), sortable=True, filterable=True, titled=False
    )


def _figures(found: Figures | None, network: NetworkAnswer) -> tuple[Cell, ...]:
    if found is None:
        return (text(DASH),) * 6
    product = number(figures.product(found.edp), found.edp)
    return *total_cells(found, network.figures), product, share_cell(found.utilization(network.hardware))


def _ratio_plot(network: NetworkAnswer) -> Plot:
    """Return the totals of the baselines as multiples of ours."""
    objective = network.objective
    ratios: dict[str, tuple[Decimal, int]] = {}
    for name in network.baseline_names:
        if (beside := network.beside(name)) is not None:
            theirs, ours, count = beside
            best = ours.value(objective)
            ratios[name] = (theirs.value(objective) / best if best else Decimal(1), count)
    names = sorted(ratios, key=lambda name: ratios[name][0])
    words = "EDP" if objective is Objective.EDP else NAMES[objective]
    counts = [sum(not layer.on_host for layer in network.mapped), *(ratios[name][1] for name in names)]
    bars = ratio_bars(
        f"Total {words} of the baselines",
        f"total {NAMES[objective]}, times ours",
        [("ours", Decimal(1)), *((name, ratios[name][0]) for name in names)],
        {"layers compared": [figures.integer(count) for count in counts]},
    )
    return bars_plot(bars)


def _details(layer: LayerAnswer, name: str) -> Details:
    parts = [(p.part.name, p.part.repeats, p.solution) for p in layer.parts if p.solution is not None]
    said = [layer.reason] if layer.reason else []
    if layer.decomposition:
        said.append(f"run in {layer.decomposition}")
    said += [f"{part.part.name}: on the host" for part in layer.parts if part.on_host]
    line = layer.status if layer.figures is None else f"{figures.integer(layer.figures.cycles)} cycles"
    return Details(
        name,
        layer.layer.title,
        f"{line} · {of_parts(layer, 'mapping_text')}",
        tuple(said),
        part_details(parts),
    )
