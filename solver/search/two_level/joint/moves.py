"""Words between DRAM and buffer, and the buffer's room, in variables; see `solver.cost.two_level.dram`."""

from __future__ import annotations

from dataclasses import dataclass

from solver.hardware.memory import Memory
from solver.hardware.words import WordBytes
from solver.layer import LoopNest
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.two_level.joint.choices import Choices

_GROUPS = {"K": "K", "P": "NXY", "Q": "CRS"}


@dataclass(frozen=True)
class Moves:
    """Words of all buffer tiles together, and of one.

    Attributes
    ----------
    weights, inputs, writes, reads
        Words to the buffer, outputs to DRAM, and partial sums back from there.
    tile
        Units of one buffer tile (`WordBytes`).
    sizes
        Bytes of a word of each operand.
    folds
        o_C o_R o_S: buffer tiles that an output is summed over.
    """

    weights: cp_model.LinearExpr
    inputs: cp_model.LinearExpr
    writes: cp_model.LinearExpr
    reads: cp_model.LinearExpr
    tile: cp_model.LinearExpr
    folds: cp_model.IntVar
    sizes: WordBytes

    @property
    def total(self) -> cp_model.LinearExpr:
        """Units of all words that cross the chip's edge."""
        return self.sizes.together(self.weights, self.inputs, self.writes + self.reads)


def state_moves(b: Builder, nest: LoopNest, memory: Memory, choices: Choices, most: int) -> Moves:
    """State the words of a mapping; tiles that do not fit are excluded.

    Parameters
    ----------
    most
        Words between DRAM and buffer that an incumbent leaves room for.
    """
    model = b.model
    sizes = {group: _size(nest, dims) for group, dims in _GROUPS.items()}
    runs = {
        group: b.multiply(f"runs_{group}", sizes[group], *(choices.trips[dim] for dim in dims))
        for group, dims in _GROUPS.items()
    }
    several = {g: b.flag(f"several_{g}", runs[g] >= 2, runs[g] <= 1) for g in _GROUPS}
    channels = nest.N * nest.G * nest.C
    once = {"K": channels, "P": nest.weights, "Q": nest.outputs}
    times = {g: b.var(1, max(1, min(sizes[g], most // once[g])), f"times_{g}") for g in _GROUPS}
    keeps = b.truth("keeps_overlap")
    for order, chosen in choices.dram_order.items():
        for group in _GROUPS:
            inside = [several[each] for each in order[order.index(group) + 1 :]]
            # Moved once unless a loop inside interrupts the reuse.
            model.add(times[group] == 1).only_enforce_if([chosen, *(~flag for flag in inside)])
            for flag in inside:
                model.add(times[group] == runs[group]).only_enforce_if([chosen, flag])
        if order.index("Q") > order.index("P"):
            model.add(keeps == ~several["Q"]).only_enforce_if(chosen)
        else:
            model.add(keeps == 1).only_enforce_if(chosen)

    lines = choices.lines
    most_rows = nest.X * nest.R
    most_cols = nest.Y * nest.S

    def area(name: str, rows: str, cols: str) -> cp_model.IntVar:
        return b.multiply(name, most_rows * most_cols, lines[f"rows_{rows}"], lines[f"cols_{cols}"])

    whole = area("whole_inputs", "fetched", "fetched")
    across = area("columns_kept", "fetched", "kept")
    down = area("rows_kept", "kept", "fetched")
    fetched = b.var(1, most_rows * most_cols, "fetched_inputs")
    cut = b.flag("cut_columns", choices.trips["Y"] >= 2, choices.trips["Y"] <= 1)
    model.add(fetched == whole).only_enforce_if(~keeps)
    model.add(fetched == across).only_enforce_if([keeps, cut])
    model.add(fetched == down).only_enforce_if([keeps, ~cut])
    inputs = b.multiply("fetched_often", most // channels, fetched, times["K"])

    buffer = choices.buffer
    held = {
        "weights": b.multiply("held_weights", nest.weights, *(buffer[dim] for dim in "GKCRS")),
        "inputs": b.multiply(
            "held_inputs",
            channels * most_rows * most_cols,
            *(buffer[dim] for dim in "NGC"),
            lines["rows_held"],
            lines["cols_held"],
        ),
        "outputs": b.multiply("held_outputs", nest.outputs, *(buffer[dim] for dim in "NGKXY")),
    }
    sizes_of_words = memory.buffer.sizes
    tile = sizes_of_words.together(**held)
    if memory.buffer.shared_units is not None:
        model.add(tile <= memory.buffer.shared_units)
    else:
        for operand, words in held.items():
            part = memory.buffer.words(operand)
            assert part is not None
            model.add(words <= part)
    return Moves(
        weights=nest.weights * times["P"],
        inputs=channels * inputs,
        writes=nest.outputs * times["Q"],
        reads=nest.outputs * (times["Q"] - 1),
        tile=tile,
        folds=runs["Q"],
        sizes=sizes_of_words,
    )


def _size(nest: LoopNest, dims: str) -> int:
    size = 1
    for dim in dims:
        size *= getattr(nest, dim)
    return size
