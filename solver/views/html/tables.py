"""Tables of the command line as tables of a page: the same columns, cells and words."""

from __future__ import annotations

from typing import Any

from rich.table import Table as ConsoleTable
from rich.text import Text

from solver.views.console import GLUE
from solver.views.html.elements import Cell, Column, Kind, Row, Table

NUMBER_MARKS = str.maketrans("", "", ",% ×<>")


def page_table(
    table: ConsoleTable,
    caption: str,
    *,
    notes: tuple[str, ...] = (),
    titled: bool = True,
    sortable: bool = False,
) -> Table:
    """Return a table of the command line as an element of a page.

    Right-aligned columns hold numbers and sort as such, to the digits that are shown. A row in bold green is
    the best one, a bold one is a total if it says so, as on the command line.
    """
    columns = tuple(
        Column(*_head(column.header), number=column.justify == "right") for column in table.columns
    )
    cells = zip(*(list(column.cells) for column in table.columns), strict=True)
    rows = tuple(
        Row(
            tuple(_cell(value, column) for value, column in zip(row, columns, strict=True)),
            _kind(str(style.style or ""), plain(row[0])),
        )
        for row, style in zip(cells, table.rows, strict=True)
    )
    return Table(caption, columns, rows, notes, sortable=sortable, titled=titled)


def _head(header: Any) -> tuple[str, str]:
    title, _, unit = plain(header).partition("\n")
    return title, unit


def plain(value: Any) -> str:
    """Return a text of the command line without its marks."""
    text = value.plain if isinstance(value, Text) else str(value)
    return text.replace(GLUE, " ").strip()


def _cell(value: Any, column: Column) -> Cell:
    text = " ".join(plain(value).split())
    return Cell(text, _number(text) if column.number else None)


def _number(text: str) -> float | None:
    try:
        return float(text.translate(NUMBER_MARKS))
    except ValueError:
        return None


def _kind(style: str, name: str) -> Kind:
    if "green" in style:
        return "best"
    if style == "bold":
        return "total" if name.startswith("total") else "strong"
    return "dim" if style == "dim" else ""
