"""What a profile says of prefetch buffer and DRAM: words and energy by level and operand, room, stalls."""

from __future__ import annotations

from solver.arithmetic.exact import total
from solver.cost.two_level.result import LevelFigures
from solver.hardware.words import OPERANDS
from solver.layer import DIMS
from solver.views import figures

Entries = list[tuple[str, str]]


def level_mapping(levels: LevelFigures) -> Entries:
    """Return buffer tile and loop orders."""
    mapping = levels.mapping
    sizes = " ".join(f"B_{dim}={size}" for dim, size in zip(DIMS, mapping.buffer.sizes, strict=True))
    return [
        ("buffer tile", sizes),
        ("loop order around it", mapping.loops),
        ("stationary in the array", mapping.array_order),
    ]


def level_sections(levels: LevelFigures, unit: str) -> list[tuple[str, Entries]]:
    """Return the words moved between the levels, the room that they take, and the energy of the levels."""
    moved = [
        (f"{_named(between, operand)}, {between}", figures.integer(words))
        for between, operands in levels.transfers.items()
        for operand, words in operands.items()
    ]
    accesses = sum(levels.words["DRAM"].values())
    room = levels.capacity_words
    parts = [(name, levels.tile_words[name], room.get(name)) for name in OPERANDS]
    if "shared" in room:
        parts.append(("all operands", sum(levels.tile_words.values()), room["shared"]))
    held = [
        (f"{name} held by a buffer tile", f"{figures.integer(words)} words{_of(capacity)}")
        for name, words, capacity in parts
    ]
    energy = [
        (f"{operand}, {level}", figures.amount(value))
        for level, operands in levels.energy.items()
        for operand, value in operands.items()
    ]
    sums = [(f"{level}", figures.amount(total(list(of.values())))) for level, of in levels.energy.items()]
    return [
        (
            "Prefetch buffer and DRAM",
            [*moved, ("DRAM accesses", f"{figures.integer(accesses)} words"), *held],
        ),
        (f"Energy by level and operand ({unit})", [*energy, *sums]),
    ]


def _named(between: str, operand: str) -> str:
    """Outputs that come back are partial sums."""
    return (
        "partial sums"
        if operand == "outputs" and not between.startswith(("buffer to DRAM", "array"))
        else operand
    )


def _of(capacity: int | None) -> str:
    return "" if capacity is None else f" of {figures.integer(capacity)}"


def level_cycles(levels: LevelFigures) -> Entries:
    """Return the cycles of array and DRAM, and what the array waits."""
    return [
        ("array cycles", figures.integer(levels.array_cycles)),
        ("DRAM transfer cycles", figures.integer(levels.transfer_cycles)),
        ("stall cycles of the array", figures.integer(levels.stall_cycles)),
    ]
