"""``--report``: the answer as a page, refused before the work starts if it could not be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from solver.cli.command import option_group
from solver.cli.output import unfinished
from solver.cli.values import OutputFile


@dataclass(frozen=True)
class ReportFlags:
    """Where the page goes."""

    report: str | None

    def unfinished(self) -> ReportFlags:
        """Return where the page of a stopped run goes."""
        return ReportFlags(unfinished(self.report))

    def check(self) -> None:
        """Refuse a page that could not be made, before anything is computed.

        Raises
        ------
        MissingDependencyError
            If what pages are made with is not installed.
        """
        if self.report is None:
            return
        from solver.views.html.require import require_report

        require_report()

    def write(
        self, answers: Sequence[Any], *, seed: int | None, force: bool, asked: int | None = None
    ) -> None:
        """Write the page of some answers, if one was asked for and there are any.

        Parameters
        ----------
        answers
            What the command found out.
        seed
            Of the searches.
        force
            Whether an existing file may be replaced.
        asked
            How many answers were asked for, if the search was stopped before.
        """
        if self.report is None or not answers:
            return
        from solver.files import write_text
        from solver.views.html.run import Run
        from solver.views.html.write import report_text

        run = Run.now(click.get_current_context().find_root().obj, seed)
        write_text(self.report, report_text(answers, run, asked=asked), force=force)


report_options = option_group(
    "Report",
    ReportFlags,
    "report_flags",
    [
        click.option(
            "--report",
            type=OutputFile("html", "htm"),
            metavar="FILE.html",
            help="Write the result as a page with interactive plots too [needs bokeh and jinja2].",
        ),
    ],
)
