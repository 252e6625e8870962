"""Where tables go: a terminal, or a pipe that must get every figure whole and no colour codes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import IO

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

GLUE = "\ue000"
"""Stands for a blank that is not to be broken at while columns are laid out (rich breaks at U+00A0 too)."""

PIPE_WIDTH = 120
"""Columns for output that is not a terminal, unless COLUMNS says otherwise."""


class ReportConsole(Console):
    """A console that never cuts a figure."""

    def show(self, what: RenderableType) -> None:
        """Print at the console's width, or wider where figures would be cut.

        What `whole` glued together is laid out as one word, and printed with blanks again.
        """
        options = self.options.update(width=max(self.width, self._least(what)))
        for segments in Segment.split_lines(self.render(what, options)):
            line = Text.assemble(*((s.text.replace(GLUE, " "), s.style or "") for s in segments))
            line.rstrip()
            self.print(line, soft_wrap=True)

    def show_narrow(self, table: Table, spare: Sequence[str]) -> None:
        """Print a table, on a console that is too narrow for it without some columns, and say which.

        Parameters
        ----------
        table
            With titles of `solver.views.comparison.header`.
        spare
            Titles of the columns that a reader misses least, the first of them first.
        """
        titles = [str(column.header).partition("\n")[0].replace(GLUE, " ") for column in table.columns]
        left_out: list[str] = []
        for title in spare:
            if self._least(table) <= self.width:
                break
            if title in titles:
                left_out.append(title)
                kept = [c for c, of in zip(table.columns, titles, strict=True) if of != title]
                titles.remove(title)
                table.columns = [replace(column, _index=index) for index, column in enumerate(kept)]
        self.show(table)
        if left_out:
            missing = ", ".join(title.rstrip(".") for title in left_out)
            self.say(Text(f"not on {self.width} columns: {missing}", "dim"))

    def _least(self, what: RenderableType) -> int:
        return Measurement.get(self, self.options.update(width=10**4), what).minimum

    def say(self, what: str | Text) -> None:
        """Print one sentence: wrapped on a terminal, on a single line in a pipe, where scripts read it."""
        self.print(what, soft_wrap=not self.is_terminal)

    def paragraphs(self, *shown: RenderableType) -> None:
        """Show each behind an empty line: sentences as `say` does, all else as `show` does."""
        for each in shown:
            self.say("")
            if isinstance(each, str | Text):
                self.say(each)
            else:
                self.show(each)

    def headline(self, name: str, verdict: str, said: str, style: str = "bold green") -> None:
        """Print the first line of a report: what it is of, a word that says how it went, and more."""
        self.say(first_line(name, verdict, style, [said]))

    def say_notes(self, notes: Iterable[str]) -> None:
        """Print sentences that the reader should see."""
        for note in notes:
            self.say(labelled("note", note))


def first_line(name: str, claim: str, style: str, parts: Iterable[str]) -> Text:
    """Return the first line of a report: what it is of, if that has a name, a claim in a style, and more."""
    head = [(f"{name}: ", "bold")] if name else []
    return Text.assemble(*head, (claim, style), *(f" · {part}" for part in parts))


def labelled(label: str, words: str | Text) -> Text:
    """Return a sentence behind a label in bold: ``note: ...``."""
    return Text.assemble((f"{label}: ", "bold"), words)


def whole(text: str) -> str:
    """Return a text that `ReportConsole.show` does not break."""
    return text.replace(" ", GLUE)


def open_table(header_style: StyleType = "", *, show_header: bool = True) -> Table:
    """Return an empty table without lines."""
    return Table(
        box=None,
        pad_edge=False,
        header_style=header_style,
        show_header=show_header,
        padding=(0, 2, 0, 0),
        collapse_padding=True,
    )


def facts_table() -> Table:
    """Return an empty table of facts: a name, and what is to be said of it, which may be folded."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def make_console(file: IO[str] | None = None, width: int | None = None) -> ReportConsole:
    """Return the console for reports (NO_COLOR, FORCE_COLOR and COLUMNS are honoured)."""
    stream = file or sys.stdout
    columns = os.environ.get("COLUMNS", "")
    if width is None and not columns.strip("0").isdecimal():  # on no columns rich would print nothing
        width = shutil.get_terminal_size().columns if stream.isatty() else PIPE_WIDTH
    return ReportConsole(file=stream, width=width, highlight=False, emoji=False, markup=False)
