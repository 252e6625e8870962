"""What `configure` tells of a layer made of parts, and of any layer."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from solver.views import figures
from solver.views.console import ReportConsole, labelled, whole
from solver.views.text.configured import (
    difference,
    plain_table,
    show_configured,
)
from solver.views.text.network import form_behind
from solver.views.text.scheduled import missing_files, show_configured_levels
from solver.writers.config_folder import MANIFEST, PARTS_FILES
from solver.writers.configure import AnyConfigured, ConfiguredPieces
from solver.writers.configure_levels import ConfiguredLevels
from solver.writers.whole.configure import ConfiguredWhole, array_cycles
from solver.writers.whole.parts_folder import folders_of

PART_COLUMNS = ("part", "folder", "mapping", "cost model")


def show_any_configured(console: ReportConsole, configured: AnyConfigured | ConfiguredWhole) -> None:
    """Print the report of what a layer got."""
    if isinstance(configured, ConfiguredWhole):
        show_configured_whole(console, configured)
    elif isinstance(configured, ConfiguredLevels):
        show_configured_levels(console, configured)
    elif isinstance(configured, ConfiguredPieces):
        show_configured_pieces(console, configured)
    else:
        show_configured(console, configured)


def show_configured_pieces(console: ReportConsole, configured: ConfiguredPieces) -> None:
    """Print the report of the configurations of pieces, one after the other, and their sum."""
    for part in configured.parts:
        show_any_configured(console, part)
        console.say("")
    execution, model = array_cycles(configured)
    where = "" if configured.evaluation.hardware.memory is None else " on the array"
    compared = difference(model, execution)
    said = (
        f"{len(configured.parts)} pieces, {figures.integer(execution)} cycles executed{where}, "
        f"{figures.integer(model)} by the {configured.evaluation.cost.method}, {compared}; "
        f"the array is set anew before each, in {configured.folder}"
    )
    console.say(labelled(configured.evaluation.layer.title, said))
    console.say_notes(configured.evaluation.notes)


def show_configured_whole(console: ReportConsole, configured: ConfiguredWhole) -> None:
    """Print the report of a layer made of parts."""
    mapped = configured.mapped
    in_way = f", in {mapped.way.name}" if mapped.way.name else ""
    said = f"{figures.counted(len(configured.parts), 'different part')}{in_way}, in {configured.folder}"
    console.headline(mapped.name, "CONFIGURED", said)
    table = plain_table("part", "folder", "mapping", "runs", "executed", "cost model", left=PART_COLUMNS)
    for primitive, folder in folders_of(mapped.way).items():
        executed, modelled = array_cycles(configured.parts[primitive])
        parts = mapped.parts(primitive)
        more = f" and {len(parts) - 1} like it" if len(parts) > 1 else ""
        table.add_row(
            whole(f"{parts[0].name}{more}" or mapped.name),
            folder,
            mapped.mappings[primitive].mapping_text + form_behind(mapped.mappings[primitive]),
            figures.integer(mapped.runs(primitive)),
            figures.integer(executed),
            f"{figures.integer(modelled)}, {difference(modelled, executed)}",
        )
    console.paragraphs(table)
    executed, modelled = configured.executed, configured.modelled
    told = f"{figures.integer(executed)} executed, cost model {figures.integer(modelled)}"
    console.paragraphs(f"cycles of the array in all runs: {told}, {difference(modelled, executed)}")
    if any(each.levels is not None for each in mapped.mappings.values()):
        console.say(f"cycles: {figures.integer(mapped.figures.cycles)}, transfers included")
    if configured.host:
        console.say(f"left to the host: {', '.join(configured.host)}")
    console.paragraphs(_files(configured))
    folders = folders_of(mapped.way).values()
    for reason, names in missing_files(configured.content.missing, folders).items():
        console.say(Text(f"{names} not written: {reason}", style="dim"))
    notes = (note for each in mapped.mappings.values() for note in each.notes)
    console.say_notes(dict.fromkeys(notes))


def _files(configured: ConfiguredWhole) -> Table:
    """Return a table of the files in the folders, those with the same files once."""
    inside: dict[str, list[str]] = {folder: [] for folder in folders_of(configured.mapped.way).values()}
    for name in configured.content.files:
        folder, _, file = name.partition("/")
        if file and not file.endswith(MANIFEST):
            inside[folder].append(file)
    alike: dict[str, list[str]] = {}
    for folder, files in inside.items():
        alike.setdefault(", ".join(files), []).append(folder)
    table = plain_table("file", "", left=("file", ""))
    for name, what in PARTS_FILES.items():
        table.add_row(name, what)
    for content, (first, *others) in alike.items():
        table.add_row(f"{first}/" + f", {len(others)} like it" * bool(others), content)
    return table
