"""What a two-level mapping moves, holds, spends and waits for, level by level and operand by operand."""

from __future__ import annotations

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from solver.arithmetic.exact import total
from solver.arithmetic.numbers import bytes_text
from solver.cost.result import Cost
from solver.cost.two_level.result import LevelFigures
from solver.hardware import EnergyTable, Hardware
from solver.hardware.words import OPERANDS, WordBytes
from solver.views import figures
from solver.views.console import ReportConsole, facts_table, open_table, whole


def show_levels(console: ReportConsole, levels: LevelFigures, cost: Cost, hardware: Hardware) -> None:
    """Print words, capacity and energy by level and operand, then the cycles and the roofline."""
    console.show(levels_table(levels, hardware))
    facts = facts_table()
    facts.add_row("cycles", cycles_words(levels, cost, hardware))
    facts.add_row("roofline", roofline_words(levels, cost))
    facts.add_row("buffer", buffer_words(hardware))
    console.paragraphs(facts)


def levels_table(levels: LevelFigures, hardware: Hardware) -> Table:
    """Return words, capacity and energy by level and operand."""
    table = open_table("bold")
    table.add_column("words", no_wrap=True)
    of = levels.word_bytes

    def together(words: dict[str, int]) -> str:
        """Write words of several operands, in bytes where they have several sizes."""
        return figures.integer(sum(words.values())) if of.uniform else bytes_text(levels.bytes_of(words))

    for name in (*OPERANDS, "total"):
        table.add_column(name, justify="right", no_wrap=True)
    for between, words in levels.transfers.items():
        cells = [figures.integer(words[name]) if name in words else "" for name in OPERANDS]
        table.add_row(whole(between), *cells, whole(together(words)))
    tile = levels.tile_words
    table.add_row(
        whole("held by a buffer tile"),
        *(figures.integer(tile[name]) for name in OPERANDS),
        whole(together(tile)),
    )
    room = levels.capacity_words
    shared = room.get("shared")
    table.add_row(
        whole("room for a buffer tile"),
        *("" if shared is not None else figures.integer(room[name]) for name in OPERANDS),
        whole(together(room) if shared is None else _shared(shared, of)),
    )
    table.add_row(whole("room used"), *(whole(cell) for cell in _shares(levels)))
    table.add_section()
    _add_energy(table, levels, hardware.energy_table)
    return table


def _shared(words: int, sizes: WordBytes) -> str:
    return figures.integer(words) if sizes.uniform else bytes_text(words * sizes.least)


def _shares(levels: LevelFigures) -> list[str]:
    tile, room = levels.tile_words, levels.capacity_words
    if "shared" in room:
        return ["", "", "", figures.percent(levels.tile_bytes / (room["shared"] * levels.word_bytes.least))]
    each = [figures.percent(tile[name] / room[name]) if room[name] else "–" for name in OPERANDS]
    return [*each, figures.percent(levels.tile_bytes / levels.bytes_of(room))]


def _add_energy(table: Table, levels: LevelFigures, energy: EnergyTable) -> None:
    table.add_row(Text(f"energy, {energy.unit}".replace(" ", whole(" ")), style="bold"), "", "", "", "")
    largest = max(total(list(operands.values())) for operands in levels.energy.values())
    for level, operands in levels.energy.items():
        values: list[Decimal] = [*(operands[name] for name in OPERANDS), total(list(operands.values()))]
        table.add_row(whole(level), *(figures.amount(value, beside=largest) for value in values))


def buffer_words(hardware: Hardware) -> str:
    """Write what a word of the described buffer costs, and how its table comes to that."""
    assert hardware.memory is not None
    table, own = hardware.prices, hardware.energy_table
    price = f"{table.buffer_read} to read and {table.buffer_write} to write"
    if table.buffer_read == table.buffer_write:
        price = f"{table.buffer_read}"
    sizes = hardware.memory.buffer.sizes
    which = "word" if sizes.uniform else f"word of {own.word_bytes or sizes.least} bytes"
    if which.endswith(" 1 bytes"):
        which = "byte"
    words = f"{bytes_text(hardware.memory.buffer.bytes)}, a {which} costs {price} {table.unit}"
    area = (
        "" if table.buffer_area is None else f"; area {figures.amount(table.buffer_area)} {table.area_unit}"
    )
    if own.buffer_bytes is None or own.buffer_energy_exponent is None:
        return f"{words} (the table {own.name} has one price for every capacity){area}"
    return (
        f"{words} ({own.buffer_read} at {bytes_text(own.buffer_bytes)} in the table {own.name}, by the "
        f"power {own.buffer_energy_exponent} of the capacity){area}"
    )


def cycles_words(levels: LevelFigures, cost: Cost, hardware: Hardware) -> str:
    """Write what the cycles are made of."""
    memory = hardware.memory
    assert memory is not None
    overlapped = "overlapped with the array" if memory.buffer.double_buffered else "not overlapped"
    return (
        f"{figures.integer(cost.cycles)}: array {figures.integer(levels.array_cycles)}, DRAM transfers "
        f"{figures.integer(levels.transfer_cycles)} ({overlapped}), stalls of the array "
        f"{figures.integer(levels.stall_cycles)}"
        + (f", set-up {figures.integer(cost.setup)}" if hardware.count_setup else "")
    )


def roofline_words(levels: LevelFigures, cost: Cost) -> str:
    """Write where the mapping stands below the roofs of array and DRAM."""
    roof = levels.roofline
    binds = cost.binds.replace(cost.bottleneck, f"{cost.bottleneck}-bound", 1)
    side = "the array" if roof.intensity >= roof.ridge else "the DRAM"
    return (
        f"{binds}: {roof.attained:.1f} of {roof.peak} MACs per cycle; {roof.intensity:.1f} "
        f"MACs per DRAM word, from {roof.ridge:.1f} on the DRAM is fast enough: {side} sets the roof"
    )
