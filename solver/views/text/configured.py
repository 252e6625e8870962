"""What `configure` tells: which switches do what, which files were written, whose cycles are how many."""

from __future__ import annotations

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from solver.array.adder_tree_config import AdderTreeConfig
from solver.forms.form import Form
from solver.switches.switch_config import Phase, SwitchConfig
from solver.views import figures
from solver.views.console import ReportConsole, labelled, open_table
from solver.writers.config_folder import FILES, MANIFEST
from solver.writers.configure import Configured
from solver.writers.stonne import stonne_command, why_not_stonne


def show_configured(console: ReportConsole, configured: Configured) -> None:
    """Print the report of one configuration."""
    evaluation, config = configured.evaluation, configured.config
    said = f"{evaluation.tile} on the {_array(config)}, in {configured.folder}"
    console.headline(config.name, "CONFIGURED", said)
    if form := form_words(evaluation.written):
        console.say(labelled("form", form))
    console.paragraphs(phase_table(config), multiplier_table(config), _cycles(configured), _files(configured))
    reason = why_not_stonne(config)
    if reason is None:
        console.paragraphs(labelled("reference simulator", stonne_command(config)))
    partial = ", ".join(
        f"{dim} {size} of {getattr(config.tile, dim)}" for dim, size in config.partial_tiles.items()
    )
    if partial:
        said = f"{partial}; words outside the layer are 0, outputs outside are dropped"
        console.say(labelled("last tiles", said))
    console.say_notes(evaluation.notes)


def form_words(form: Form) -> str:
    """Say which form of its layer runs and what it asks of memory; nothing of a layer as it is written."""
    return f"{form.name}; {form.layout}" if form.steps else ""


def _array(config: SwitchConfig) -> str:
    vns, size = len(config.placement.vns), config.placement.vns[0].size
    used = sum(1 for _ in config.tree.in_use())
    of_adders = ("adder switch", "es") if isinstance(config.tree, AdderTreeConfig) else ("adder", "s")
    neurons, adders = figures.counted(vns, "virtual neuron"), figures.counted(used, *of_adders)
    return f"{config.array.kind.title}: {neurons} of {size}, {adders} in use"


def phase_table(config: SwitchConfig) -> Table:
    """Return a table of the phases: how often each runs, and what it sends per run."""
    table = plain_table("#", "phase", "when", "runs", "words per run", "busiest port")
    counts = config.loop_counts
    for number, phase in enumerate(config.phases):
        words = [len(port) for port in phase.ports]
        table.add_row(
            str(number),
            str(phase.kind),
            _when(phase),
            figures.integer(phase.repetitions(counts)),
            figures.integer(sum(words)),
            figures.integer(max(words)),
        )
    return table


def multiplier_table(config: SwitchConfig) -> Table:
    """Return a table of what the multipliers do in each phase."""
    table = plain_table("#", "multipliers")
    for number, phase in enumerate(config.phases):
        table.add_row(str(number), _states(phase))
    return table


def _when(phase: Phase) -> str:
    if phase.streams is not None:
        return f"every {figures.integer(phase.streams.windows)} windows"
    ranges = (
        f"{loop} {low}" if low == high else f"{loop} {low}–{high}" for loop, (low, high) in phase.when.items()
    )
    return ", ".join(ranges) or "always"


def _states(phase: Phase) -> str:
    counts: dict[str, int] = {}
    for setting in phase.multipliers:
        if setting.state.value:
            name = setting.state.name.lower().replace("_", " ")
            counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _cycles(configured: Configured) -> Table:
    cost = configured.evaluation.cost
    table = plain_table("cycles", "", "", left=("cycles", ""))
    table.columns[1].justify = "right"
    table.add_row("executed switch by switch", figures.integer(configured.cycles), "")
    table.add_row(
        f"cost model ({cost.method})",
        figures.integer(cost.run_cycles),
        difference(cost.run_cycles, configured.cycles),
    )
    if configured.stonne is not None:
        table.add_row(
            "reference simulator",
            figures.integer(configured.stonne.cycles),
            f"{difference(configured.stonne.cycles, configured.cycles)}, {configured.stonne.verdict}",
        )
    return table


def difference(cycles: int, executed: int) -> str:
    """Say how a number of cycles compares with the executed ones."""
    if cycles == executed:
        return "equal"
    sign = "+" if cycles > executed else "−"
    share = abs(cycles - executed) / executed
    return f"{sign}{figures.integer(abs(cycles - executed))} ({sign}{figures.percent(share, 2)})"


def _files(configured: Configured) -> Table:
    table = plain_table("file", "", left=("file", ""))
    for name in configured.content.files:
        if name != MANIFEST:
            table.add_row(name, FILES[name])
    for name, reason in configured.content.missing.items():
        table.add_row(Text(name, style="dim"), Text(f"not written: {reason}", style="dim"))
    return table


def plain_table(*titles: str, left: tuple[str, ...] = ("phase", "when", "multipliers")) -> Table:
    """Return a table without lines, its columns to the right but for those named in `left`."""
    table = open_table()
    for title in titles:
        justify: JustifyMethod = "left" if title in left else "right"
        # Only the last column gives way on a narrow console.
        table.add_column(Text(title, style="bold"), justify=justify, no_wrap=title != titles[-1])
    return table
