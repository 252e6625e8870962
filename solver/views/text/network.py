"""The report of a network: totals, a row per layer and part, and the baselines beside them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from solver.answers.figures import Figures, rates_of
from solver.answers.layer import LayerAnswer, PartAnswer
from solver.answers.mapped import Mapped
from solver.answers.needs import Needs
from solver.answers.network import NetworkAnswer
from solver.cost.result import Objective
from solver.forms.form import DIRECT
from solver.views import figures
from solver.views.certificate import NAMES, STATUS_STYLES, unit_of, what_counts, write_value
from solver.views.comparison import NAME_WIDTH, add_figure_columns, header, name_cell, named_table
from solver.views.console import ReportConsole, first_line, labelled, whole
from solver.views.text.profile import hardware_facts, setup_words

MAPPING_WIDTH = 16
"""Columns that a mapping with its form is not folded below."""
BASELINE_WIDTH = 8
"""Columns to which the name of a baseline is folded."""
NARROW = 80
"""Columns of a console on which names are folded most."""


def show_network(console: ReportConsole, network: NetworkAnswer) -> None:
    """Print the report of a network."""
    console.say(headline(network))
    console.say(labelled("hardware", hardware_facts(network.hardware)))
    console.say("")
    width = NAME_WIDTH + max(0, console.width - NARROW)
    by_product = network.objective is Objective.EDP
    spare = ["share of", "util.", "energy" if by_product else "gap"]
    console.show_narrow(layer_table(network, width), spare if by_product else ["EDP", *spare])
    if network.baseline_names:
        console.paragraphs(ratio_table(network, width))
    console.say("")
    for remark in remarks(network):
        console.say(remark)


def headline(network: NetworkAnswer) -> Text:
    """Return what was asked, how far it was answered, and the total, in one line."""
    on_host = sum(layer.on_host for layer in network.layers)
    style = "bold green" if network.proved and on_host < len(network.layers) else "bold yellow"
    value = write_value(network.objective, network.figures.value(network.objective))
    unit = unit_of(network.objective, network.hardware.energy_table)
    parts = [f"total {NAMES[network.objective]} {value} {unit}"] if network.mapped else []
    parts += what_counts(network.hardware)
    if network.gap is not None and network.mapped:
        parts.append(f"gap {figures.percent(network.gap, 2)}")
    parts.append(f"{network.different} different, {network.cached} from the cache")
    if on_host:
        parts.append(f"{on_host} on the host")
    kinds = [problem.kind for problem in network.problems]
    parts += [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    parts.append(figures.seconds(network.wall_seconds))
    return first_line(network.name, network.claim, style, parts)


def layer_table(network: NetworkAnswer, width: int = NAME_WIDTH) -> Table:
    """Return a row per layer, those made of parts with the parts below them, and the total.

    Names are folded to `width` columns.
    """
    by_energy = network.objective is Objective.ENERGY
    table = named_table("layer")
    table.add_column(header("mapping"), overflow="fold", min_width=MAPPING_WIDTH)
    add_figure_columns(
        table,
        ("cycles", ""),
        ("energy", network.hardware.energy_table.unit),
        ("EDP", "× cycles"),
        ("util.", ""),
        ("share of", "energy" if by_energy else "cycles"),
        ("gap", ""),
    )
    table.add_column(header("status"), no_wrap=True)
    for layer in network.layers:
        name = name_cell(_name(layer), width)
        standing = network.standing(layer)
        alone = layer.parts[0] if len(layer.parts) == 1 else None
        status = Text(whole(standing), STATUS_STYLES[standing])
        if layer.decomposition:
            status.append(whole(f", {layer.decomposition}"), "dim")
        if layer.on_host:
            table.add_row(name, figures.DASH, *[figures.DASH] * 6, status, style="dim")
            continue
        table.add_row(name, _mapping_cell(alone), *_figure_cells(layer.figures, layer.gap, network), status)
        if len(layer.parts) > 1:
            for part in layer.parts:
                _add_part(table, part, network, width)
    table.add_section()
    if network.mapped:
        cells = _figure_cells(network.figures, network.gap, network)
        table.add_row("total", "", *cells, "", style="bold")
    return table


def _add_part(table: Table, part: PartAnswer, network: NetworkAnswer, width: int) -> None:
    name = name_cell(part.part.name + (f" ×{part.part.repeats}" if part.part.repeats > 1 else ""), width - 2)
    name = "\n".join(whole(f"  {line}") for line in name.splitlines())
    if part.on_host:
        table.add_row(name, figures.DASH, *[figures.DASH] * 6, "host", style="dim")
    else:
        table.add_row(name, _mapping_cell(part), *_figure_cells(part.figures, None, network), "", style="dim")


def _mapping_cell(part: PartAnswer | None) -> str:
    """Return the mapping of a part with its form if it is another than written; pieces are only counted."""
    if part is None:
        return ""
    if part.solution is None:
        return figures.DASH
    solution = part.solution
    if solution.pieces:
        return f"in {len(solution.pieces)} pieces"
    return solution.tile_text + form_behind(solution)


def form_behind(mapping: Mapped) -> str:
    """Return the form of a mapping in one piece, behind a comma, if it is another than written."""
    return "" if mapping.pieces or mapping.form == DIRECT else f", {mapping.form}"


def _figure_cells(found: Figures | None, gap: float | None, network: NetworkAnswer) -> list[str]:
    if found is None:
        return [figures.DASH] * 6
    total = network.figures
    by_energy = network.objective is Objective.ENERGY
    part, whole_ = (found.energy, total.energy) if by_energy else (found.cycles, total.cycles)
    share = float(part / whole_) if whole_ else 0.0
    return [
        figures.integer(found.cycles),
        figures.amount(found.energy, beside=total.energy),
        figures.product(found.edp),
        whole(figures.percent(found.utilization(network.hardware))),
        whole(figures.percent(share)),
        "" if gap is None else whole(figures.percent(gap, 2)),
    ]


def ratio_table(network: NetworkAnswer, width: int = NAME_WIDTH) -> Table:
    """Return how many times the optimum each baseline needs, for each different layer and in total."""
    table = named_table(f"{NAMES[network.objective]},", "times ours")
    names = network.baseline_names
    for name in names:
        table.add_column(
            header(*(part.rstrip("-") for part in wrap(name, BASELINE_WIDTH, break_long_words=False))),
            justify="right",
            no_wrap=True,
        )
    alike: dict[tuple[Figures | None, ...], list[LayerAnswer]] = {}
    for layer in network.mapped:
        if not layer.on_host:
            key = (layer.figures, *(layer.baseline(name) for name in names))
            alike.setdefault(key, []).append(layer)
    for (ours, *theirs), layers in alike.items():
        title = _name(layers[0]) + (f" and {len(layers) - 1} more" if len(layers) > 1 else "")
        cells = [
            "outside" if layers[0].outside(name) else _ratio(them, ours, network.objective)
            for name, them in zip(names, theirs, strict=True)
        ]
        table.add_row(name_cell(title, width), *cells)
    table.add_section()
    totals = [network.beside(name) for name in names]
    ratios = [_ratio(t[0], t[1], network.objective) if t else figures.DASH for t in totals]
    table.add_row("total", *ratios, style="bold")
    table.add_row(whole("layers compared"), *[str(t[2]) if t else "0" for t in totals], style="dim")
    return table


def _ratio(theirs: Figures | None, ours: Figures | None, objective: Objective) -> str:
    if theirs is None or ours is None:
        return figures.DASH
    return figures.ratio(theirs.value(objective), ours.value(objective))


ASSUMED = "the layer before writes its output in the layout that the next one reads."
"""What a network asks of the layers before those that run in another form than written."""


def show_networks(console: ReportConsole, networks: Sequence[NetworkAnswer]) -> None:
    """Print one row per network, with the baselines' totals as multiples of ours."""
    first = networks[0]
    table = named_table("network")
    add_figure_columns(
        table,
        ("layers", ""),
        ("cycles", ""),
        ("energy", first.hardware.energy_table.unit),
        ("EDP", "× cycles"),
        ("util.", ""),
        ("gap", ""),
        ("mrna", NAMES[first.objective]),
    )
    for network in networks:
        total, beside = network.figures, network.beside("mrna")
        mrna = _ratio(beside[0], beside[1], network.objective) if beside else figures.DASH
        on_array = sum(not layer.on_host for layer in network.mapped)
        table.add_row(
            name_cell(network.name),
            str(on_array),
            figures.integer(total.cycles),
            figures.amount(total.energy),
            figures.product(total.edp),
            whole(figures.percent(total.utilization(network.hardware))),
            whole(figures.percent(network.gap or 0.0, 2)),
            mrna,
        )
    console.show(table)


def remarks(network: NetworkAnswer, *, needs: bool = True) -> list[Text]:
    """Return what a reader should know of the figures, the notes, and other ways to take layers apart.

    Parameters
    ----------
    needs
        Whether what the network needs in memory is said.
    """
    remarks = [
        Text(
            "Total EDP is total energy × total cycles; utilization is over all cycles. "
            + (
                "The bound of a total EDP holds for any mappings. "
                if network.objective is Objective.EDP
                else ""
            )
            + "Layers run one after the other.",
            "dim",
        )
    ]
    rates = rates_of(network.figures, network.hardware)
    if rates is not None and network.hardware.clock is not None:
        remarks.insert(0, Text(f"total {figures.in_time(rates, network.hardware.clock)}"))
    if needs and network.needs is not None:
        remarks.append(Text(needs_words(network.needs)))
    if network.mapped:
        remarks.append(Text(f"Setting up every layer: {setup_words(network.setup)}.", "dim"))
    if others := sum(layer.rewritten for layer in network.layers):
        remarks.append(Text(rewritten_words(others, "tables and JSON say what it asks of memory"), "dim"))
    if any(layer.outside(name) for layer in network.layers for name in network.baseline_names):
        remarks.append(
            Text("outside: that baseline does not keep the limits on tiles, and is not compared", "dim")
        )
    remarks += [labelled("note", note) for note in network.notes]
    for layer in network.layers:
        name = _name(layer)
        for other, value in layer.others:
            best = layer.figures.value(network.objective) if layer.figures else value
            times = figures.ratio(value, best)
            text = f"{name}: run in {layer.decomposition}; as {other} it costs {times} times that"
            remarks.append(Text(text))
    return remarks


def needs_words(needs: Needs) -> str:
    """Write what a network needs to lie in memory, beside the buffer."""
    tensor, layer = needs.largest_tensor, needs.largest_layer
    words = str(needs.word_bytes)
    room = (
        "no prefetch buffer is described, the model takes it to hold every layer"
        if needs.buffer is None
        else f"the prefetch buffer has {figures.in_bytes(needs.buffer.bytes)} and holds {needs.fitting} of "
        f"{figures.counted(needs.layers, 'layer')} whole"
    )
    largest = (
        f"largest tensor {figures.in_bytes(tensor.bytes)} ({tensor.what}), "
        f"largest layer {figures.in_bytes(layer.bytes)} ({layer.what})"
    )
    weights, activations = figures.in_bytes(needs.weights), figures.in_bytes(needs.activations)
    return f"In memory, in {words}: weights {weights}, activations {activations}; {largest}; {room}."


def rewritten_words(layers: int, told: str) -> str:
    """Say how many layers of a network run in another form than written, and what is assumed of the others.

    Parameters
    ----------
    told
        Who says more of the form.
    """
    verb = "is" if layers == 1 else "are"
    return f"{figures.counted(layers, 'layer')} {verb} run in another form than written ({told}): {ASSUMED}"


def failures(network: NetworkAnswer) -> list[str]:
    """Return one line per layer that is missing from the totals."""
    lost = [layer for layer in network.layers if layer.status == "infeasible"]
    lines = [f"{_name(layer)}: infeasible: {layer.reason}" for layer in lost]
    missing = sum(layer.status == "missing" for layer in network.layers)
    lines += [f"{figures.counted(missing, 'layer')} not reached"] * bool(missing)
    return lines + [f"{problem.kind}: {problem.message}" for problem in network.problems]


def _name(layer: LayerAnswer) -> str:
    return layer.layer.title
