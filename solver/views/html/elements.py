"""What pages are made of, as data: verdicts, tables, plots, files. Nothing here is HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from solver.views import figures
from solver.views.charts.chart import Shape

Kind = Literal["best", "total", "strong", "dim", ""]
Tone = Literal["good", "warn", "bad", ""]


@dataclass(frozen=True)
class Fact:
    """A figure with its name; `unit` follows the value, `note` says more below it, `long` ones get a line."""

    name: str
    value: str
    unit: str = ""
    note: str = ""
    long: bool = False

    @classmethod
    def counted(cls, name: str, count: int, noun: str, note: str = "") -> Fact:
        """Return how many there are of something: ``1 mapping``."""
        value, _, unit = figures.counted(count, noun).partition(" ")
        return cls(name, value, unit, note)


@dataclass(frozen=True)
class Verdict:
    """The head of a page or section: what was asked, what is claimed, and the figures that matter.

    Attributes
    ----------
    asked
        What was asked, in words.
    claim
        What is claimed, such as "Optimal, proved"; `tone` tells how good that is.
    """

    asked: str
    claim: str
    tone: Tone
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table; `group` tells what the figure is of where several columns share a title."""

    title: str
    unit: str = ""
    number: bool = False
    bar: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what it is sorted by (the text if None), and the share of its bar (0 to 1)."""

    text: str
    key: float | None = None
    share: float | None = None
    tone: Tone = ""


@dataclass(frozen=True)
class Row:
    """A row; `kind` is how it is shown, `link` the id of the section that says more."""

    cells: tuple[Cell, ...]
    kind: Kind = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    caption
        What it shows; read out by screen readers, and shown above it if `titled`.
    sortable, filterable
        Whether the reader can sort it by its columns, and search in it.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    sortable: bool = False
    filterable: bool = False
    titled: bool = True


@dataclass(frozen=True)
class Key:
    """An entry of a plot's legend: the shape and the colour (a role of `charts.COLOURS`) it explains."""

    label: str
    colour: str
    shape: Shape = "dot"


@dataclass(frozen=True)
class Plot:
    """A plot: `item` is what Bokeh embeds, as JSON; `height` in pixels is kept free for it from the start."""

    title: str
    item: str
    height: int
    legend: tuple[Key, ...] = ()
    note: str = ""
    wide: bool = True


@dataclass(frozen=True)
class File:
    """A file to download, with the very bytes that the command line writes."""

    name: str
    content: bytes = field(repr=False)
    what: str


@dataclass(frozen=True)
class FileGroup:
    """Files that belong together, and why others are not among them, by name."""

    title: str
    files: tuple[File, ...]
    missing: tuple[tuple[str, str], ...] = ()


def text(value: object, tone: Tone = "") -> Cell:
    """Return a cell with a text."""
    return Cell(str(value), tone=tone)


def number(shown: str, value: float | Decimal | None, *, share: float | None = None) -> Cell:
    """Return a cell with a figure as it is shown, sorted by its value."""
    return Cell(shown, None if value is None else float(value), share)


def with_bars(found: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows whose bars are relative to the longest of their column; totals have none."""
    longest: dict[int, float] = {}
    for row in found:
        for place, cell in enumerate(row.cells):
            if cell.share is not None and row.kind != "total":
                longest[place] = max(cell.share, longest.get(place, 0.0))

    def scaled(cell: Cell, place: int, row: Row) -> Cell:
        if cell.share is None:
            return cell
        share = None if row.kind == "total" or not longest[place] else cell.share / longest[place]
        return replace(cell, share=share)

    return tuple(
        replace(row, cells=tuple(scaled(cell, place, row) for place, cell in enumerate(row.cells)))
        for row in found
    )


def columns(*given: str | tuple[str, str] | Column) -> tuple[Column, ...]:
    """Return columns: a name for texts, a name and a unit for numbers, or what is given."""
    made: list[Column] = []
    for each in given:
        if isinstance(each, Column):
            made.append(each)
        elif isinstance(each, str):
            made.append(Column(each))
        else:
            made.append(Column(each[0], each[1], number=True))
    return tuple(made)


def rows(cells: Sequence[Sequence[Cell]]) -> tuple[Row, ...]:
    """Return plain rows."""
    return tuple(Row(tuple(row)) for row in cells)


Context = dict[str, Any]
"""What a template is given."""
