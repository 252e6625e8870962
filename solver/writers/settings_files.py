"""Settings of the multipliers and the distribution network as tables, written and read.

``multipliers.csv``: one line per run of multiplier switches with the same setting, idle ones left out.
``distribution.csv``: one line per word, in the order in which each port sends its words; the mask is that of
the port (bit k is its switch k). Phases are numbered as in configuration.json.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from solver.errors import InputError, placed
from solver.files import read_text
from solver.switches.switch_config import Operand, Phase, SwitchConfig, Word
from solver.writers.switch_document import MOST
from solver.writers.switch_json import multiplier_runs, multipliers_of_runs, word_of

MULTIPLIER_COLUMNS = ("phase", "kind", "first", "last", "state", "code", "count")
DISTRIBUTION_COLUMNS = ("phase", "kind", "port", "order", "mask", "operand", "offset")


@dataclass(frozen=True)
class Row:
    """A line of a file: its cells by column."""

    file: str
    line: int
    cells: dict[str, str]

    def wrong(self, column: str, expected: str, found: object = None) -> InputError:
        """Return what is to be said of a cell, or of what was found with it."""
        found = self.cells[column] if found is None else found
        return InputError(file=self.file, line=self.line, field=column, found=found, expected=expected)

    def number(self, column: str) -> int:
        """Return the number of a cell."""
        number = _integer(self.cells[column])
        if number is None:
            raise self.wrong(column, "an integer of at least 0")
        return number

    def phase(self, config: SwitchConfig) -> int:
        """Return the phase that the line is about."""
        number, kind = self.number("phase"), self.cells["kind"]
        if number >= len(config.phases) or kind != config.phases[number].kind:
            known = ", ".join(f"{i} {phase.kind}" for i, phase in enumerate(config.phases))
            raise self.wrong("phase", f"one of {known}", f"{number} {kind}")
        return number


def multipliers_text(config: SwitchConfig) -> str:
    """Return the content of multipliers.csv."""
    states = config.array.states
    return _table(
        MULTIPLIER_COLUMNS,
        (
            (
                number,
                phase.kind,
                run["first"],
                run["last"],
                run["state"],
                states[run["state"]].value,
                run["count"],
            )
            for number, phase in enumerate(config.phases)
            for run in multiplier_runs(phase.multipliers)
        ),
    )


def distribution_text(config: SwitchConfig) -> str:
    """Return the content of distribution.csv."""
    return _table(
        DISTRIBUTION_COLUMNS,
        (
            (
                number,
                phase.kind,
                port,
                order,
                f"{word.mask:#x}",
                word.operand,
                " ".join(map(str, word.offset)),
            )
            for number, phase in enumerate(config.phases)
            for port, words in enumerate(phase.ports)
            for order, word in enumerate(words)
        ),
    )


def with_multipliers(config: SwitchConfig, path: str | Path) -> SwitchConfig:
    """Return a configuration with the multiplier settings of a file.

    Raises
    ------
    InputError
        If the file cannot be read or is not such a table, with the line.
    """
    by_phase: list[list[tuple[str, int, int, str, int]]] = [[] for _ in config.phases]
    states = config.array.states
    for row in _rows(path, MULTIPLIER_COLUMNS):
        number = row.phase(config)
        first, last, code, count = map(row.number, ("first", "last", "code", "count"))
        state = row.cells["state"]
        if state not in states.__members__ or states[state].value != code:
            expected = ", ".join(f"{s.name} {s.value}" for s in states)
            raise row.wrong("state", f"one of {expected}", f"{state} {code}")
        by_phase[number].append((f"line {row.line}", first, last, state, count))
    with placed(file=str(path)):
        settings = [multipliers_of_runs(runs, config.array) for runs in by_phase]
    phases = zip(config.phases, settings, strict=True)
    return replace(config, phases=tuple(replace(phase, multipliers=setting) for phase, setting in phases))


def with_distribution(config: SwitchConfig, path: str | Path) -> SwitchConfig:
    """Return a configuration with the words of a file.

    Raises
    ------
    InputError
        If the file cannot be read or is not such a table, with the line.
    """
    ports: list[list[list[Word]]] = [[[] for _ in range(config.array.dn_bw)] for _ in config.phases]
    for row in _rows(path, DISTRIBUTION_COLUMNS):
        number, port, order = row.phase(config), row.number("port"), row.number("order")
        if port >= config.array.dn_bw:
            raise row.wrong("port", f"one of 0..{config.array.dn_bw - 1}", port)
        words = ports[number][port]
        if order != len(words):
            raise row.wrong("order", str(len(words)), order)
        words.append(_word(row))
    phases: Iterator[tuple[Phase, list[list[Word]]]] = zip(config.phases, ports, strict=True)
    return replace(
        config,
        phases=tuple(replace(phase, ports=tuple(tuple(words) for words in sent)) for phase, sent in phases),
    )


def _word(row: Row) -> Word:
    try:
        mask = int(row.cells["mask"], 16)
    except ValueError:
        mask = 0
    if mask < 1:
        raise row.wrong("mask", "a hexadecimal number above 0")
    operand, operands = row.cells["operand"], [str(operand) for operand in Operand]
    if operand not in operands:
        raise row.wrong("operand", f"one of {', '.join(operands)}")
    offset = [_integer(cell) for cell in row.cells["offset"].split()]
    if None in offset:
        raise row.wrong("offset", "numbers")
    with placed(file=row.file, line=row.line):
        return word_of("word", mask, operand, (place for place in offset if place is not None))


def _table(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _rows(path: str | Path, columns: Sequence[str]) -> Iterator[Row]:
    file = str(path)
    rows = csv.reader(io.StringIO(read_text(path)))
    for line, cells in enumerate(rows, start=1):
        if line == 1:
            if tuple(cells) != tuple(columns):
                raise InputError(file=file, line=1, found=",".join(cells), expected=",".join(columns))
        elif len(cells) != len(columns):
            raise InputError(file=file, line=line, found=f"{len(cells)} cells", expected=f"{len(columns)}")
        else:
            yield Row(file, line, dict(zip(columns, cells, strict=True)))


def _integer(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
    return None if number is None or number > MOST else number
