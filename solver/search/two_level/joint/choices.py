"""What a two-level mapping is, in variables, and which mappings are legal.

Along each loop a table joins the array tile T, the buffer tile B, the refill count o and the passes n; one
more table joins the array tile with the figures of its shape. Legality is the rules' own formulas
(`solver.legal.rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.algebra import Truth, Value
from solver.arithmetic.arrays import IntArray
from solver.cost.two_level import step
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import memory_of
from solver.cost.two_level.dram import GROUPS, InputLines
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal import rules
from solver.legal.levels import array_orders
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.split import LevelSplit
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.two_level.options import Axis

Literals = Mapping[str, cp_model.IntVar]


@dataclass(frozen=True)
class Choices:
    """The decisions of the model.

    Attributes
    ----------
    split
        T, o and n by loop.
    buffer
        B by loop.
    lesser
        min(T, dilation) along X and Y: input lines that one more tap adds.
    lines
        Input lines of a buffer tile.
    shape
        Figures of the array tile by name.
    forwards
        Whether the array forwards inputs when weights are stationary.
    drained
        Whether the array is empty between the filter iterations of every buffer tile.
    dram_order, array_order
        One literal per loop order; exactly one of each holds.
    """

    split: LevelSplit
    buffer: Mapping[str, Value]
    lesser: Mapping[str, Value]
    lines: InputLines
    shape: Mapping[str, Value]
    forwards: Truth
    drained: Truth
    dram_order: Literals
    array_order: Literals

    @property
    def tile(self) -> Mapping[str, Value]:
        """T by loop."""
        return self.split.tile

    def inside(self, b: Builder) -> Callable[[str, str], Truth]:
        """Return whether a group of loops between DRAM and buffer runs inside another."""
        found: dict[tuple[str, str], Truth] = {}
        first = list(GROUPS)
        for place, outer in enumerate(first):
            for inner in first[place + 1 :]:
                orders = [o for o in DRAM_ORDERS if o.index(inner) > o.index(outer)]
                literal = b.truth(f"{inner}_in_{outer}")
                b.model.add(sum(self.dram_order[order] for order in orders) == literal)
                found[inner, outer], found[outer, inner] = literal, ~literal
        return lambda inner, outer: found[inner, outer]

    def by_order(self, b: Builder, of: Callable[[str], Value]) -> Value:
        """Return what a function of the stationary order is under the one that is chosen."""
        last, *others = reversed(list(self.array_order))
        result = of(last)
        for order in others:
            chosen = self.array_order[order]
            result = b.choose(chosen, of(order), result, name=f"under_{order}")
        return result


def state_choices(
    b: Builder,
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    figures: Mapping[str, IntArray],
    axes: list[Axis],
    *,
    every_buffer_tile: bool,
) -> Choices:
    """State the decisions and the legality of a mapping.

    Parameters
    ----------
    shapes, figures
        Array tiles to choose from, all with room for their virtual neurons, and further figures of each.
    every_buffer_tile
        Whether buffer tiles that another beats in all figures along its loop are chosen from too.
    """
    loops = {
        axis.dim: b.table(_columns(nest, axis, np.unique(shapes.tiles[:, i]), every_buffer_tile))
        for i, axis in enumerate(axes)
    }
    tile, buffer, trip, passes = (
        {dim: loop[name] for dim, loop in loops.items()} for name in ("tile", "buffer", "trip", "passes")
    )
    columns = dict(zip(DIMS, shapes.tiles.T, strict=True)) | dict(figures)
    columns |= {
        "forwards": shapes.load.forwards.astype(np.int64),
        "aux": shapes.aux,
        "vns": shapes.num_vns,
        "positions": shapes.vn_size + shapes.aux,
    }
    shape = b.table(columns, {dim: size for dim, size in tile.items() if not isinstance(size, int)})

    def lines(along: str, taps: str) -> list[Value]:
        if getattr(nest, along) > 1:
            return [loops[along][kind] for kind in ("held", "fetched", "kept")]
        # One row of outputs: the filter's taps are the input's rows.
        return [buffer[taps], getattr(nest, taps), getattr(nest, taps)]

    whole = {dim: b.at_most(1, loops[dim]["whole"]) for dim in "KXY"}
    choices = Choices(
        split=LevelSplit(tile, trip, passes),
        buffer=buffer,
        lesser={dim: loops[dim]["lesser"] for dim in "XY"},
        lines=InputLines(*lines("X", "R"), *lines("Y", "S")),
        shape=shape,
        forwards=b.at_most(1, shape["forwards"]),
        drained=step.drains(b, whole, tile, buffer),
        dram_order={order: b.truth(f"dram_{order}") for order in DRAM_ORDERS},
        array_order={order: b.truth(f"{order}_stay") for order in array_orders(hardware)},
    )
    b.model.add_exactly_one(choices.dram_order.values())
    b.model.add_exactly_one(choices.array_order.values())
    folds = b.product(*(loops[dim]["folds"] for dim in "CRS"))
    _state_legality(b, nest, hardware, choices, folds)
    return choices


def _columns(nest: LoopNest, axis: Axis, tiles: IntArray, every_buffer_tile: bool) -> dict[str, IntArray]:
    """Return the columns of the table of one loop."""
    dilation = {"X": nest.dilation[0], "Y": nest.dilation[1]}.get(axis.dim, 1)
    parts = []
    for tile in tiles.tolist():
        every = np.flatnonzero(axis.sizes >= tile)
        at = every if every_buffer_tile else axis.all_contenders(tile)
        passes, ones = axis.passes(tile)[at], np.ones_like(at)
        parts.append(
            {
                "tile": tile * ones,
                "buffer": axis.sizes[at],
                "trip": axis.trips[at],
                "passes": passes,
                "folds": -(-axis.sizes[at] // tile),
                "whole": (passes * tile == axis.size).astype(np.int64),
                "lesser": min(tile, dilation) * ones,
                "held": axis.held[at],
                "fetched": axis.fetched[at],
                "kept": axis.kept[at],
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _state_legality(b: Builder, nest: LoopNest, hardware: Hardware, choices: Choices, folds: Value) -> None:
    """State what the hardware cannot do; switch capacity is in the list of array tiles.

    Every buffer tile is run like a small layer, so folds, rows and filter iterations are those of a buffer
    tile.
    """
    memory, shape = memory_of(hardware), choices.shape
    b.demand(rules.single_windows(b, nest, choices.split))
    b.demand(rules.images(b, hardware, choices.split))
    if hardware.accumulation_buffer:
        b.demand(rules.adds_apart(b, shape["positions"], shape["vns"], folds))
    # A multiplier is kept exactly for sums that come back.
    several = b.at_most(2, b.product(*(choices.split.trip[dim] for dim in "CRS")))
    b.model.add(shape["aux"] == (0 if memory.buffer.adder else several))
    if memory.weights_per_switch is not None:
        streams = choices.array_order.get("outputs", False)
        b.demand(b.either(streams, b.at_most(folds, memory.weights_per_switch)))
