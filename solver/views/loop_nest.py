"""The loop nest of a mapping, outermost first, with the level that holds each operand beside each loop."""

from __future__ import annotations

import numpy as np
from rich.table import Table
from rich.text import Text

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.cost.traffic import forwarding
from solver.cost.two_level.dram import moves
from solver.hardware.words import OPERANDS
from solver.mapping.buffer_tile import buffer_trips
from solver.mapping.loop_nest import Loop
from solver.mapping.tile import Tile
from solver.views.console import ReportConsole, open_table, whole

STYLES = {
    "DRAM": "red",
    "buffer": "yellow",
    "accumulators": "green",
    "switches": "green",
    "adder tree": "green",
}


def show_loop_nest(console: ReportConsole, result: Evaluation | Solution) -> None:
    """Print the loops with one column per operand, and what the columns cannot say below them."""
    buffer = result.levels.mapping.buffer if result.levels else None
    console.show(loop_table(result.loops, result.tile, buffer))
    for remark in nest_remarks(result):
        console.say(Text(remark, style="dim"))


def loop_table(loops: tuple[Loop, ...], tile: Tile, buffer: Tile | None) -> Table:
    """Return the table of `loop_nest`'s loops.

    Parameters
    ----------
    tile, buffer
        Array tile, and buffer tile where there is one; shown where their level begins.
    """
    table = open_table("bold")
    table.add_column(whole("loop nest, outermost first"), no_wrap=True)
    for operand in OPERANDS:
        table.add_column(operand, no_wrap=True)
    for text, holders in nest_lines(loops, tile, buffer):
        style = "dim" if text.lstrip().startswith("buffer tile") else ""
        table.add_row(
            Text(whole(text), style=style), *(_holder(holders.get(operand, "")) for operand in OPERANDS)
        )
    return table


def nest_lines(loops: tuple[Loop, ...], tile: Tile, buffer: Tile | None) -> list[tuple[str, dict[str, str]]]:
    """Return the lines of a loop nest, each indented, with the level that holds each operand.

    The line of the buffer tile, where there is one, has no levels.
    """
    lines: list[tuple[str, dict[str, str]]] = []
    for level in ("buffer", "array"):
        lines += [(_words(loop), loop.holds) for loop in loops if loop.level == level]
        if level == "buffer" and buffer is not None:
            lines.append((f"buffer tile {buffer}", {}))
    parallel = next((loop.holds for loop in loops if loop.level == "parallel"), {})
    lines.append((f"in parallel {tile}", parallel))
    depths, depth = [], 0
    for text, _ in lines:
        depths.append(depth)
        depth += text.startswith("for ")
    return [(" " * depth + text, holds) for depth, (text, holds) in zip(depths, lines, strict=True)]


def _words(loop: Loop) -> str:
    text = f"for {loop.dim}: {loop.trips:,} × {loop.step:,}"
    return text if loop.last == loop.step else f"{text}, last {loop.last:,}"


def _holder(level: str) -> Text:
    return Text(whole(level), style=STYLES.get(level, ""))


def nest_remarks(result: Evaluation | Solution) -> list[str]:
    """Return what the columns of the loop nest cannot say."""
    nest, hardware = result.nest, result.hardware
    remarks = []
    if result.levels is not None:
        mapping = result.levels.mapping
        trips = buffer_trips(nest, np.array([mapping.buffer.sizes], dtype=np.int64))
        along = "Y" if mapping.buffer.Y < nest.Y else "X"
        split = getattr(mapping.buffer, along) < getattr(nest, along)
        taps, stride = (nest.S, nest.stride[1]) if along == "Y" else (nest.R, nest.stride[0])
        if split and taps > stride and moves(trips, mapping.dram_order).keeps[0]:
            remarks.append(f"inputs that the next buffer tile along {along} needs too stay in the buffer")
    tiles = np.array([result.tile.sizes], dtype=np.int64)
    weights_stay = result.levels is None or result.levels.mapping.array_order == "weights"
    if weights_stay and nest.Y > 1 and forwarding(nest, hardware, tiles)[0]:
        remarks.append("along Y the switches hand on inputs; only new columns are sent to them")
    return remarks
