"""The loops of a mapping, outermost first, and the level that holds each operand while they run.

An operand is held by the innermost level that keeps all of its words that a loop needs, from the loop's first
iteration to its last: nothing is moved for it beyond that level while the loop runs.

Source of the orders: between DRAM and buffer `LevelMapping.dram_order`, with G outermost and N, X, Y and C,
R, S inside their groups in this order; in the array rule T1 (weights stationary:
N, G, K, then X, Y, then the folds C, R, S), and the two other orders as `solver.cost.two_level.array` states
them. The real hardware holds one weight per multiplier, so its folds are passes outside of the windows
(`solver.cost.rtl.latency`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from solver.hardware import Hardware
from solver.hardware.words import OPERANDS
from solver.keyed import keyed
from solver.layer import DIMS, LoopNest
from solver.mapping.levels import GROUPS, LevelMapping
from solver.mapping.tile import Tile

DRAM, BUFFER, SWITCHES, ACCUMULATORS, ADDERS = "DRAM", "buffer", "switches", "accumulators", "adder tree"

DEPENDS: Mapping[str, frozenset[str]] = {
    "weights": frozenset("GKCRS"),
    "inputs": frozenset("GNCRSXY"),
    "outputs": frozenset("GKNXY"),
}
"""Loops that change which words of an operand are needed."""

FOLDS = ("C", "R", "S")
ARRAY_LOOPS: Mapping[str, tuple[str, ...]] = {
    "weights": ("N", "G", "K", "X", "Y", *FOLDS),
    "inputs": ("N", "G", "X", "Y", "K", *FOLDS),
    "outputs": ("N", "G", "K", "X", "Y", *FOLDS),
}
STAYING: Mapping[str, tuple[str, frozenset[str]]] = {
    "weights": ("weights", frozenset("XYCRS")),
    "inputs": ("inputs", frozenset("KCRS")),
}
"""The operand that stays in the switches, and the loops during which it does."""


@dataclass(frozen=True)
class Loop:
    """One loop of a mapping.

    Attributes
    ----------
    dim
        The loop, of `DIMS`; for the innermost entry the loops that run in parallel on the switches.
    level
        The level whose contents it renews: "buffer" (refilled from DRAM), "array", or "parallel".
    trips, step
        How often it runs, and how much of the loop each iteration covers; trips are 1 when parallel.
    last
        What the last iteration covers.
    holds
        Level that holds each operand while the loop runs.
    """

    dim: str
    level: str
    trips: int
    step: int
    last: int
    holds: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        holds = [{"operand": operand, "level": level} for operand, level in self.holds.items()]
        return keyed(self, "*") | {"holds": holds}


def loop_nest(nest: LoopNest, hardware: Hardware, mapping: Tile | LevelMapping) -> tuple[Loop, ...]:
    """Return the loops of a legal mapping that run more than once, outermost first, then the parallel ones.

    Parameters
    ----------
    nest, hardware, mapping
        The layer, and how it runs where; a `Tile` where there is no DRAM.
    """
    if isinstance(mapping, LevelMapping):
        tile, buffer, order = mapping.tile, mapping.buffer.to_dict(), mapping.array_order
        loops = _outer(nest, buffer, mapping.dram_order)
    else:
        tile, buffer, order, loops = mapping, dict(zip(DIMS, nest.sizes, strict=True)), "weights", []
    return (*loops, *_inner(hardware, buffer, tile, order), *_parallel(tile))


def _outer(nest: LoopNest, buffer: Mapping[str, int], order: str) -> list[Loop]:
    every = ("G", *(dim for group in order for dim in GROUPS[group]))
    dims = [dim for dim in every if buffer[dim] < getattr(nest, dim)]
    loops = []
    for place, dim in enumerate(dims):
        moving = frozenset(dims[place:])
        holds = {operand: DRAM if DEPENDS[operand] & moving else BUFFER for operand in OPERANDS}
        loops.append(_loop(dim, BUFFER, getattr(nest, dim), buffer[dim], holds))
    return loops


def _inner(hardware: Hardware, buffer: Mapping[str, int], tile: Tile, order: str) -> list[Loop]:
    operand, while_ = STAYING.get(order, ("", frozenset()))
    dims: Iterable[str] = ARRAY_LOOPS[order]
    if hardware.kind.passes:
        dims, while_ = ("N", "G", "K", *FOLDS, "X", "Y"), frozenset("XY")
    loops = []
    for dim in dims:
        if getattr(tile, dim) == buffer[dim]:
            continue
        holds = dict.fromkeys(OPERANDS, BUFFER)
        if dim in while_:
            holds[operand] = SWITCHES
        if dim in FOLDS and hardware.accumulation_buffer:
            holds["outputs"] = ACCUMULATORS
        loops.append(_loop(dim, "array", buffer[dim], getattr(tile, dim), holds))
    return loops


def _parallel(tile: Tile) -> list[Loop]:
    holds = {"weights": SWITCHES, "inputs": SWITCHES, "outputs": ADDERS}
    return [Loop(dim, "parallel", 1, size, size, holds) for dim, size in tile.to_dict().items() if size > 1]


def _loop(dim: str, level: str, size: int, step: int, holds: dict[str, str]) -> Loop:
    trips = -(-size // step)
    return Loop(dim, level, trips, step, size - (trips - 1) * step, holds)
