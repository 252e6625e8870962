"""What `simulate` tells: the verdict, what was moved and computed, and the cycles beside the cost model's."""

from __future__ import annotations

from rich.table import Table

from solver.execution.levels.verify import LevelSimulation
from solver.execution.pieces import PiecesSimulation
from solver.execution.verify import CheckedRun, Simulation
from solver.execution.whole_layers.whole import AnySimulation, WholeSimulation
from solver.pieces.piece import Piece
from solver.views import figures
from solver.views.console import ReportConsole
from solver.views.console import whole as whole_text
from solver.views.text.configured import difference, form_words
from solver.views.text.scheduled import ARITHMETIC, add_traffic, run_words, show_schedule_run


def show_simulation(console: ReportConsole, simulation: AnySimulation) -> None:
    """Print the report of an execution that gave the right outputs."""
    if isinstance(simulation, LevelSimulation):
        show_schedule_run(console, simulation)
        return
    execution = simulation.execution
    pieces = simulation.parts if isinstance(simulation, PiecesSimulation) else ()
    settings = simulation.array if isinstance(simulation, PiecesSimulation) else simulation.config.array
    name = simulation.config.name if isinstance(simulation, Simulation) else ""
    name = name or simulation.layer.title
    count = execution.outputs.size
    outputs = "the output is" if count == 1 else f"all {figures.integer(count)} outputs are"
    said = f"executed on the {settings.kind.array}, {outputs} those of {simulation.layer.defined}"
    console.headline(name, "CORRECT", said)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("mapping", f"{simulation.mapping} on {settings.num_ms} multiplier switches")
    if isinstance(simulation, Simulation) and (form := form_words(simulation.form)):
        table.add_row("form", form)
    for part in pieces:
        piece = part.layer
        assert isinstance(piece, Piece)
        told = f"{part.mapping}, {figures.integer(part.execution.cycles)} cycles"
        table.add_row(piece.span, ", ".join(filter(None, (told, form_words(part.form)))))
    table.add_row("arithmetic", ARITHMETIC[simulation.arithmetic])
    array_cycles = simulation.array_cycles if isinstance(simulation, PiecesSimulation) else None
    if array_cycles is not None:
        executed, model = array_cycles
        compared = difference(model, executed)
        counts = f"{figures.integer(executed)}; cost model {figures.integer(model)}, {compared}"
        table.add_row("array cycles", counts)
    table.add_row("cycles in lockstep" if array_cycles else "cycles", figures.integer(execution.cycles))
    table.add_row("cost model", _model(simulation))
    add_traffic(table, execution)
    for part in (simulation,) if isinstance(simulation, Simulation) else simulation.parts:
        if part.run is not None:
            table.add_row("run", run_words(part.run, part.execution.cycles))
    console.paragraphs(table)
    console.say_notes(simulation.notes)


def _model(simulation: Simulation | PiecesSimulation) -> str:
    if simulation.model_cycles is None:
        return "the mapping is not one that the cost model knows"
    compared = difference(simulation.model_cycles, simulation.execution.cycles)
    return f"{figures.integer(simulation.model_cycles)} by the {simulation.method}, {compared}"


def show_whole(console: ReportConsole, whole: WholeSimulation) -> None:
    """Print the report of a layer whose parts computed it."""
    layer = whole.layer
    right = f"all {figures.integer(whole.outputs.size)} outputs are those of the layer's definition"
    way = f" · in {whole.decomposition}" if whole.decomposition else ""
    console.headline(layer.title, "CORRECT", f"executed part by part, {right}{way}")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("part", no_wrap=True)
    table.add_column("mapping")
    for title in ("runs", "cycles a run", "cost model", "cycles"):
        table.add_column(whole_text(title), justify="right", no_wrap=True)
    for part in whole.parts:
        run, cycles = part.first, part.first.execution.cycles
        model = "–" if run.model_cycles is None else figures.integer(run.model_cycles)
        counts = (
            figures.integer(part.runs),
            figures.integer(cycles),
            model,
            figures.integer(cycles * part.runs),
        )
        form = "" if isinstance(run, PiecesSimulation) or not run.form.steps else f", {run.form.name}"
        table.add_row(whole_text(part.name or layer.kind), f"{run.mapping}{form}", *counts)
    table.add_row("total", "", "", "", "", figures.integer(whole.cycles), style="bold")
    console.paragraphs(table)
    if whole.host:
        console.paragraphs(f"on the host, in fixed point: {', '.join(whole.host)}")
    different = {part.layer: part.first for part in whole.parts}
    runs = [run for first in different.values() for run in _runs(first)]
    if runs:
        results, cycles = sum(run.results for run in runs), sum(run.cycles for run in runs)
        console.paragraphs(
            f"programs played on a model of the ports: {len(runs)}, all {figures.integer(results)} values of "
            f"buses right, {figures.integer(cycles)} cycles"
        )
    console.say_notes(whole.notes)


def _runs(simulation: AnySimulation) -> list[CheckedRun]:
    """Return the programs that were played for an execution."""
    if isinstance(simulation, PiecesSimulation):
        return [run for part in simulation.parts for run in _runs(part)]
    return [] if simulation.run is None else [simulation.run]
