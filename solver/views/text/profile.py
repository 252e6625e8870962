"""The profile of one mapping: what was mapped, onto what, how the switches are used, what it costs."""

from __future__ import annotations

from math import prod

from rich.table import Table
from rich.text import Text

from solver.answers.evaluation import Evaluation, parts_of
from solver.answers.setup import Setup
from solver.answers.solution import Solution
from solver.arithmetic.numbers import bytes_text
from solver.forms.wish import in_words
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.hardware.words import OPERANDS
from solver.layer import DIMS
from solver.mapping.tile import folds
from solver.pieces.piece import Piece
from solver.views import figures
from solver.views.breakdown import show_breakdown
from solver.views.certificate import what_counts
from solver.views.comparison import figure_cells, figures_table
from solver.views.console import ReportConsole, facts_table, labelled
from solver.views.levels import show_levels
from solver.views.loop_nest import show_loop_nest


def show_profile(console: ReportConsole, evaluation: Evaluation) -> None:
    """Print the profile of a mapping that was given, not searched."""
    title = evaluation.layer.title
    said = " · ".join(["the given mapping, no search", *what_counts(evaluation.hardware)])
    console.headline(title, "EVALUATED", said, "bold cyan")
    buffer = [evaluation.buffer_text] if evaluation.level_figures else []
    table = figures_table(evaluation.hardware.energy_table, "mapping", buffers=bool(buffer))
    table.add_row("given", evaluation.tile_text, *buffer, *figure_cells(evaluation.cost))
    console.paragraphs(table)
    console.say_notes(evaluation.notes)
    console.say("")
    show_details(console, evaluation)


def show_details(console: ReportConsole, result: Evaluation | Solution) -> None:
    """Print layer, hardware and use of the switches, the loops, then where the cost comes from."""
    console.show(_facts(result))
    console.say("")
    show_loops(console, result)
    console.say("")
    for part in parts_of(result, result.cost):
        if part.levels is not None:
            if isinstance(part.layer, Piece):
                console.say(Text(f"{part.layer.span}:", "bold"))
            show_levels(console, part.levels, part.cost, part.hardware)
            console.say("")
    show_breakdown(console, result.cost, result.hardware.energy_table)


def show_loops(console: ReportConsole, result: Evaluation | Solution) -> None:
    """Print the loops of a mapping, of pieces one after the other."""
    for number, part in enumerate(parts_of(result, result.cost)):
        if number:
            console.say("")
        if result.pieces:
            console.say(_piece_line(part))
        show_loop_nest(console, part)


def _facts(result: Evaluation | Solution) -> Table:
    table = facts_table()
    table.add_row("layer", _layer_facts(result))
    table.add_row("hardware", hardware_facts(result.hardware))
    if result.pieces:
        table.add_row("mapping", f"in {len(result.pieces)} pieces, one after the other")
    else:
        if layout := result.written.layout:
            table.add_row("memory", layout)
        table.add_row("mapping", _mapping_facts(result))
    table.add_row(
        "time", f"bound by {result.cost.binds}; cycles from the {result.cost.method}{_rates(result)}"
    )
    table.add_row("set-up", setup_words(result.setup))
    return table


def _piece_line(part: Evaluation) -> Text:
    """Return the heading of a piece: its range, form and share of the cost."""
    layer = part.layer
    assert isinstance(layer, Piece)
    words = [figures.integer(part.cost.cycles) + " cycles", _mapping_facts(part)]
    if layout := part.written.layout:
        words.append(layout)
    if form := in_words(layer, part.form):
        words.insert(0, form)
    return labelled(layer.span, "; ".join(words))


def _rates(result: Evaluation | Solution) -> str:
    rates, clock = result.rates, result.hardware.clock
    return "" if rates is None or clock is None else "; " + figures.in_time(rates, clock)


def _layer_facts(result: Evaluation | Solution) -> str:
    layer, nest = result.layer, result.nest
    sizes = " ".join(f"{dim}{size}" for dim, size in zip(DIMS, nest.sizes, strict=True))
    for name, (rows, cols) in (("stride", nest.stride), ("dilation", nest.dilation)):
        if (rows, cols) != (1, 1):
            sizes += f", {name} {rows}" if rows == cols else f", {name} {rows}×{cols}"
    work = "MACs" if nest.operation == "mac" else "comparisons"
    form = in_words(layer, result.form) if not result.pieces else ""
    stays = f", {form}" if form else ""
    return f"{layer.kind}: {sizes}{stays}; {figures.integer(nest.macs)} {work}"


def setup_words(setup: Setup) -> str:
    """Write what is set up, in words and cycles, and what of it the latency has not."""
    if not setup.uncounted:
        apart = "all of them in the latency"
    elif setup.counted:
        apart = f"{figures.integer(setup.uncounted)} of them beside the latency"
    else:
        apart = "none of them in the latency"
    trees = f" {figures.integer(setup.trees)} times" if setup.trees > 1 else ""
    times = figures.counted(setup.settings, "time")
    return (
        f"adder tree{trees}, {figures.integer(setup.tree_words)} words; multipliers {times}, "
        f"{figures.integer(setup.multiplier_settings)} settings; {figures.integer(setup.cycles)} cycles, "
        f"{apart}"
    )


def hardware_facts(hardware: Hardware) -> str:
    """Write what the accelerator is, in one line."""
    buffer = "with" if hardware.accumulation_buffer else "without"
    array = (
        f"{hardware.name}: {hardware.num_ms} multiplier switches, {hardware.dn_bw} read ports, "
        f"{hardware.rn_bw} collection lines, {buffer} accumulation buffer, reduction {hardware.reduction}, "
        f"forwarding {hardware.forwarding}, energy table {hardware.energy_table.name}"
        + (", set-up counted" if hardware.count_setup else "")
    )
    return array if hardware.memory is None else f"{array}; {_memory_facts(hardware.memory)}"


def _memory_facts(memory: Memory) -> str:
    buffer = memory.buffer
    parts = (f"{name} {bytes_text(getattr(buffer, name))}" for name in OPERANDS if buffer.capacity is None)
    room = bytes_text(buffer.capacity) if buffer.capacity is not None else ", ".join(parts)
    held = "double-buffered" if buffer.double_buffered else "single-buffered"
    speed = f", {buffer.bandwidth} words per cycle" if buffer.bandwidth is not None else ""
    limit = memory.weights_per_switch
    folds = "" if limit is None else f", {limit} stationary words per switch"
    return (
        f"prefetch buffer {room}, {held}, {buffer.sizes}{speed}; DRAM "
        f"{memory.dram_bandwidth} words per cycle; {memory.controller} controller{folds}"
    )


def _mapping_facts(result: Evaluation | Solution) -> str:
    tile = result.tile
    products = tile.vn_size * tile.num_vns
    passes, within = folds(result.nest, tile), ""
    if result.levels is not None:
        mapping = result.levels.mapping
        passes = prod(-(-getattr(mapping.buffer, dim) // getattr(tile, dim)) for dim in ("C", "R", "S"))
        orders = f"loops {mapping.loops}, {mapping.array_order} stationary"
        within = f" in a buffer tile {mapping.buffer}, {orders}"
    tiles = " ".join(f"T_{dim}={size}" for dim, size in tile.to_dict().items())
    return (
        f"{tiles}; {figures.counted(tile.num_vns, 'virtual neuron')} of "
        f"{figures.counted(tile.vn_size, 'multiplier')}, {products} of {result.hardware.num_ms} switches "
        f"multiply, {figures.counted(passes, 'fold')} per output{within}"
    )
