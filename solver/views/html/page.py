"""What every page has: its head, the files to download, and how to reproduce it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solver.hardware import Hardware
from solver.views.html.elements import Column, Context, FileGroup, Table, Verdict, rows, text
from solver.views.html.render import render
from solver.views.html.run import Run
from solver.writers.hardware_file import hardware_text


def page(
    template: str,
    *,
    command: str,
    heading: str,
    verdict: Verdict,
    contents: Sequence[tuple[str, str]],
    files: Sequence[FileGroup],
    hardware: Mapping[str, Hardware],
    run: Run,
    **context: object,
) -> str:
    """Return a page.

    Parameters
    ----------
    template
        Of the page.
    command, heading, verdict
        The command that answered, what the page is about, and the answer in short.
    contents
        Ids and names of its sections; the last two, of every page, are added.
    hardware
        Accelerators that are written out, by their titles.
    context
        What the template needs besides.
    """
    given: Context = {
        "title": f"{heading} · maeri-solver {command}",
        "command": command,
        "heading": heading,
        "verdict": verdict,
        "contents": [*contents, ("files", "Files"), ("reproduce", "How to reproduce this")],
        "files": files,
        "hardware": [(title, hardware_text(each)) for title, each in hardware.items()],
        "run": run,
        "made_with": _made_with(run),
    }
    return render(template, given | context)


def _made_with(run: Run) -> Table:
    seed = "not recorded" if run.seed is None else str(run.seed)
    facts = [*run.versions, ("seed of the search", seed), ("date", run.date)]
    cells = [(text(name), text(value)) for name, value in facts]
    return Table("Made with", (Column("what"), Column("version or value")), rows(cells), titled=False)
