"""What `configure` and `simulate` tell of a two-level mapping: buffer tiles, words, cycles."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rich.table import Table
from rich.text import Text

from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import Execution
from solver.execution.levels.execute import ConfigRun, LevelExecution
from solver.execution.levels.verify import LevelSimulation
from solver.execution.verify import CheckedRun
from solver.hardware.words import OPERANDS
from solver.mapping.tile import Tile
from solver.schedule.schedule import Schedule, Source
from solver.switches.switch_config import Operand
from solver.views import figures
from solver.views.console import ReportConsole, facts_table, whole
from solver.views.text.configured import difference, form_words, plain_table
from solver.writers.config_folder import FILES, MANIFEST, SCHEDULE_FILES
from solver.writers.configure_levels import ConfiguredLevels
from solver.writers.stonne import StonneRun

ARITHMETIC = {
    Arithmetic.EXACT: "exact integers",
    Arithmetic.INT16: "16-bit integers that wrap around",
    Arithmetic.FIXED: "the hardware's fixed point",
}


def show_configured_levels(console: ReportConsole, configured: ConfiguredLevels) -> None:
    """Print the report of one schedule."""
    schedule, levels = configured.schedule, configured.levels
    tiles = figures.counted(schedule.tiles, "buffer tile")
    kinds = figures.counted(len(schedule.configs), "kind")
    console.headline(schedule.name, "CONFIGURED", f"{tiles} of {kinds}, in {configured.folder}")
    console.paragraphs("words that each buffer tile fetches from DRAM, and writes to it:")
    console.show(transfer_table(schedule))
    console.paragraphs(_config_table(schedule, configured.runs, configured.stonne))
    facts = facts_table()
    facts.add_row("mapping", str(schedule.mapping))
    if form := form_words(configured.evaluation.written):
        facts.add_row("form", form)
    executed, model = configured.array_cycles, levels.array_cycles
    facts.add_row(
        "array cycles",
        f"{figures.integer(executed)} executed switch by switch; cost model {figures.integer(model)}, "
        f"{difference(model, executed)}",
    )
    cost = configured.evaluation.cost
    facts.add_row("cycles", f"{figures.integer(cost.run_cycles)} by the {cost.method}, transfers included")
    console.paragraphs(facts)
    files = plain_table("file", "", left=("file", ""))
    for name, what in (SCHEDULE_FILES | FILES).items():
        if name in configured.content.files:
            files.add_row(name, what)
    for name in schedule.configs:
        inside = [f.split("/")[1] for f in configured.content.files if f.startswith(f"{name}/")]
        files.add_row(f"{name}/", ", ".join(file for file in inside if file != MANIFEST))
    console.paragraphs(files)
    for reason, names in missing_files(configured.content.missing, schedule.configs).items():
        console.say(Text(f"{names} not written: {reason}", style="dim"))
    console.say_notes(configured.evaluation.notes)


def missing_files(missing: Mapping[str, str], folders: Collection[str]) -> dict[str, str]:
    """Return which files are not written, by the reason; those that no inner folder has without folders."""
    found: dict[str, list[str]] = {}
    for name, reason in missing.items():
        found.setdefault(reason, []).append(name)

    def told(names: list[str]) -> str:
        inside = {name.partition("/")[2] for name in names}
        everywhere = len(names) == len(folders) and len(inside) == 1 and all(inside)
        return inside.pop() if everywhere else ", ".join(names)

    return {reason: told(names) for reason, names in found.items()}


def transfer_table(schedule: Schedule) -> Table:
    """Return a table of the phases: their buffer tiles, what runs, and the words moved for each tile."""
    titles = ("weights", "inputs", "partial sums", "written")
    table = plain_table(
        "#", "buffer tiles", "runs", "configuration", *titles, left=("buffer tiles", "configuration")
    )
    for number, phase in enumerate(schedule.phases):
        words = phase.words
        ranges = (
            f"{dim.lower()} {low}" if low == high else f"{dim.lower()} {low}–{high}"
            for dim, (low, high) in phase.when.items()
        )
        table.add_row(
            str(number),
            ", ".join(ranges) or "all",
            figures.integer(schedule.repetitions(phase)),
            phase.config,
            figures.integer(words.weights) if words.weights else "kept",
            _inputs(phase.kept is not None, words.inputs),
            figures.integer(words.partial_sums) if words.partial_sums else _SUMS[phase.sums],
            figures.integer(words.written) if words.written else "–",
        )
    return table


_SUMS = {Source.NEW: "new", Source.KEEP: "kept", Source.FETCH: "0"}


def _inputs(kept: bool, words: int) -> str:
    if not words:
        return "kept"
    return f"{figures.integer(words)}, rest kept" if kept else figures.integer(words)


def _config_table(schedule: Schedule, runs: tuple[ConfigRun, ...], stonne: Mapping[str, StonneRun]) -> Table:
    simulator = ("reference simulator",) if stonne else ()
    titles = ("configuration", "buffer tile", "runs", "cycles a run", *simulator)
    table = plain_table(*titles, left=("configuration", "buffer tile"))
    for run in runs:
        nest = schedule.configs[run.name].nest
        sums = f", sums {nest.sums}" if nest.partial else ""
        cells = [run.name, f"{Tile.of(nest.sizes)}{sums}", figures.integer(run.runs)]
        cells.append(figures.integer(run.cycles))
        if stonne:
            cells.append(_stonne(stonne.get(run.name)))
        table.add_row(*cells)
    return table


def _stonne(run: StonneRun | None) -> str:
    if run is None:
        return "cannot run it"
    return f"{figures.integer(run.cycles)}, {run.verdict}"


def show_schedule_run(console: ReportConsole, simulation: LevelSimulation) -> None:
    """Print the report of the execution of a schedule that gave the right outputs."""
    schedule, execution = simulation.schedule, simulation.execution
    count = execution.outputs.size
    outputs = "the output is" if count == 1 else f"all {figures.integer(count)} outputs are"
    tiles = figures.counted(execution.tiles, "buffer tile")
    right = f"{outputs} those of {simulation.layer.defined}"
    said = f"{tiles} executed, {right}, every word moved is one that the cost model counts"
    console.headline(schedule.name, "CORRECT", said)
    console.paragraphs(_moved(simulation), _config_table(schedule, execution.configs, {}))
    facts = facts_table()
    config = next(iter(schedule.configs.values()))
    facts.add_row("mapping", f"{schedule.mapping} on {config.array.num_ms} multiplier switches")
    if form := form_words(simulation.form):
        facts.add_row("form", form)
    facts.add_row("arithmetic", ARITHMETIC[simulation.arithmetic])
    for title, executed, model in (
        ("array cycles", execution.array_cycles, simulation.levels.array_cycles),
        ("cycles in lockstep", execution.cycles, simulation.model_cycles),
    ):
        text = (
            f"{figures.integer(executed)}; cost model {figures.integer(model)}, {difference(model, executed)}"
        )
        facts.add_row(title, text)
    add_traffic(facts, execution)
    if simulation.run is not None:
        facts.add_row("run", run_words(simulation.run, execution.array_cycles))
    console.paragraphs(facts)
    console.paragraphs(
        "In lockstep no buffer tile starts before exactly its own words are there; the cost model lets the "
        "buffer even out the transfers of neighbouring tiles."
    )
    console.say_notes(simulation.notes)


def run_words(run: CheckedRun, executed: int) -> str:
    """Say what a run on the ports of the real hardware gave, beside the cycles executed switch by switch."""
    played = (
        "program played on a model of the ports" if run.source == "program" else f"logged in {run.source}"
    )
    results, cycles = figures.integer(run.results), figures.integer(run.cycles)
    return f"{played}: all {results} bus values right, {cycles} cycles, {difference(run.cycles, executed)}"


def add_traffic(table: Table, execution: Execution | LevelExecution) -> None:
    """Add the products, and the words of the distribution network, to a table of facts."""
    table.add_row("products", f"{figures.integer(execution.products)}, those of padding included")
    for operand in Operand:
        words = execution.words[operand]
        if words:
            sent = figures.integer(words)
            received = figures.integer(execution.deliveries[operand])
            table.add_row(f"{operand}s", f"{sent} words sent, {received} received")


def _moved(simulation: LevelSimulation) -> Table:
    """Return the words moved from level to level as executed, the cost model's beside them."""
    table = plain_table("words", *OPERANDS, "total", "cost model", left=("words",))
    for between, words in simulation.execution.transfers.items():
        cells = [figures.integer(words[name]) if name in words else "" for name in OPERANDS]
        model = sum(simulation.levels.transfers[between].values())
        table.add_row(whole(between), *cells, figures.integer(sum(words.values())), figures.integer(model))
    return table
